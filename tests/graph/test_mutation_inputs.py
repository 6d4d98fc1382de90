"""What texts and addresses an input takes."""

from __future__ import annotations

import pytest

from leora_gql.graph.mutation_inputs import InputCheck
from tests.api import ADMIN
from tests.graph.principals import Runner


@pytest.fixture
async def check(runner: Runner) -> InputCheck:
    return InputCheck(await runner.principal(ADMIN))


def refused(check: InputCheck) -> list[str]:
    return [problem.code.value for problem in check.problems]


@pytest.mark.parametrize(
    "text", ["a\nb", "a\tb", "a\r\nb", "a\x00b", "a\x1bb", "a\x85b", "a\u2028b", "a\u202eb"]
)
async def test_a_line_is_one_line(check: InputCheck, text: str) -> None:
    check.text(text, "name", limit=100)
    assert refused(check) == ["INVALID"]


@pytest.mark.parametrize("text", ["Château d’Yquem", "a\u00a0b", "👩‍🍳", "שלום", " é "])
async def test_a_line_is_of_any_script(check: InputCheck, text: str) -> None:
    assert check.text(text, "name", limit=100) == text.strip()
    assert refused(check) == []


async def test_prose_has_lines(check: InputCheck) -> None:
    assert check.prose("a\r\n\tb\n", "notes", limit=100) == "a\n\tb"
    assert refused(check) == []
    check.prose("a\x07b", "notes", limit=100)
    assert refused(check) == ["INVALID"]


@pytest.mark.parametrize(
    "address",
    ["a@x.test", "a.b+c@x-y.test", "o'neil@x.test", "josé@exämple.test", "a@localhost", f"{'a' * 64}@x.test"],
)
async def test_an_address_is_an_address(check: InputCheck, address: str) -> None:
    assert check.email(address, "email") == address
    assert refused(check) == []


@pytest.mark.parametrize(
    "address",
    [
        *("a", "@x.test", "a@", "a@b@c", "a b@x.test", "a@x..test", "a..b@x.test", ".a@x.test", "a.@x.test"),
        *("a;b@x.test", "a,b@x.test", "a<b>@x.test", "Ann <a@x.test>", '"a b"@x.test', "a:b@x.test"),
        *(
            "a\x01b@x.test",
            "a@x.test\nBcc: b@x.test",
            "a@[127.0.0.1]",
            "a@x.test,b@x.test",
            "a\u202eb@x.test",
        ),
    ],
)
async def test_what_means_none_or_another_is_none(check: InputCheck, address: str) -> None:
    check.email(address, "email")
    assert refused(check) == ["INVALID"]
