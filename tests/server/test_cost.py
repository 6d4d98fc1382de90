"""An operation that would keep everybody else waiting is stopped."""

from __future__ import annotations

import pytest

from leora_gql.graph import context
from tests.api import ADMIN, BUYER, Api

CYCLE = "orders(first: 5) { nodes { customer { %s } } }"


def cycle(depth: int) -> str:
    """Orders of the customer of orders of the customer …: few rows, shown ever so often."""
    found = "id"
    for _ in range(depth):
        found = CYCLE % found
    return f"{{ {found} }}"


@pytest.mark.parametrize("account", [ADMIN, BUYER])
async def test_an_answer_that_lists_too_much_is_stopped(
    api: Api, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    monkeypatch.setattr(context, "MAX_LISTED", 500)
    assert not (await api(cycle(3), as_=account)).errors
    answer = await api(cycle(4), as_=account)
    assert set(answer.codes) == {"OPERATION_TOO_EXPENSIVE"}
    assert "at most 500 rows" in answer.errors[0]["message"]


async def test_many_lists_of_one_operation_count_together(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MAX_LISTED", 25)
    answer = await api("{ a: orders(first: 10) { nodes { id } } b: orders { nodes { id } } }", as_=ADMIN)
    assert answer.codes == ["OPERATION_TOO_EXPENSIVE"]
    assert sorted(name for name, page in answer.data.items() if page is None) in (["a"], ["b"])
