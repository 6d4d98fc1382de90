"""What a document may hold: each limit at its edge, whoever calls, and before the document is validated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import build_schema, get_introspection_query, parse

from leora_gql.auth.permissions import Audience
from leora_gql.schema import printed_schema
from leora_gql.server.limits import MAX_NESTING, Measures, exceeded, limits_for, measure, widest_limits
from leora_gql.server.validation import MAX_TEXT
from leora_gql.settings import Settings
from tests.api import ADMIN, BUYER, Api

DEFAULTS = Settings(_env_file=None)


def measures(document: str) -> Measures:
    """The measures of a document's first operation."""
    return measure(parse(document))[0][1]


def repeated(count: int, each: Callable[[int], str]) -> str:
    return " ".join(each(number) for number in range(count))


def test_each_audience_has_its_limits_and_nobody_those_of_the_portal() -> None:
    portal, staff = limits_for(DEFAULTS, Audience.PORTAL), limits_for(DEFAULTS, Audience.STAFF)
    assert (portal.tokens, portal.cost) == (2_000, 10_000)
    assert (staff.tokens, staff.cost) == (5_000, 50_000)
    for limits in (portal, staff):
        assert (limits.depth, limits.aliases, limits.root_fields) == (12, 30, 50)
        assert (limits.mutations, limits.directives) == (4, 50)
    assert limits_for(DEFAULTS, None) == portal


def test_a_document_is_held_against_the_widest_limits_first() -> None:
    settings = Settings(_env_file=None, portal_max_tokens=6_000, staff_max_cost=70_000)
    widest = widest_limits(settings)
    assert (widest.tokens, widest.cost) == (6_000, 70_000)


MEASURED: list[tuple[str, dict[str, int]]] = [
    ("{ viewer { id } }", {"tokens": 6, "depth": 2, "root_fields": 1, "nesting": 2}),
    ("# nothing\n{ viewer { id } } # more", {"tokens": 6}),
    ("{ ...F } fragment F on Query { viewer { tenant { ... { id } } } }", {"depth": 3, "nesting": 5}),
    ("{ a: viewer { b: id id: id } c: viewer { id } }", {"aliases": 2, "root_fields": 2}),
    ("{ a: x ...F ... { b: x } } fragment F on Query { c: x a: x }", {"aliases": 3, "root_fields": 3}),
    ("mutation { a: x b: x b: x }", {"mutations": 2, "root_fields": 2}),
    ("query ($v: Int @a) @b { x @c ...F @d } fragment F on Query @e { y }", {"directives": 5}),
    ("{ x } query B { x { y } }", {"depth": 1}),
    ("{ ...F } fragment F on Query { ...F x { ...F } }", {"depth": 1}),
    ("{ ...Nowhere }", {"depth": 0}),
]


@pytest.mark.parametrize(("document", "expected"), MEASURED, ids=[document for document, _ in MEASURED])
def test_what_a_document_amounts_to(document: str, expected: dict[str, int]) -> None:
    found = measures(document)
    assert {name: getattr(found, name) for name in expected} == expected


def test_each_operation_is_measured_by_its_name() -> None:
    named = dict(measure(parse("query A { x } query B { x { y } } mutation C { x }")))
    assert {name: (one.depth, one.mutations) for name, one in named.items()} == {
        "A": (1, 0),
        "B": (2, 0),
        "C": (1, 1),
    }


def deep(fields: int) -> str:
    return "{ a" + " { a" * (fields - 1) + " }" * fields


EDGES: list[tuple[str, Callable[[int], str], int]] = [
    ("tokens", lambda count: "{ " + "a " * (count - 2) + "}", 2_000),
    ("directives", lambda count: "{ " + repeated(count, lambda _: "a @x") + " }", 50),
    ("fields deep", deep, 12),
    ("aliases", lambda count: "{ a { " + repeated(count, lambda n: f"b{n}: c") + " } }", 30),
    ("root fields", lambda count: "{ " + repeated(count, lambda n: f"a{n}") + " }", 50),
    ("mutations", lambda count: "mutation { " + repeated(count, lambda n: f"a{n}") + " }", 4),
    ("nests", lambda count: "{ ... " * (count - 1) + "{ a }" + " }" * (count - 1), MAX_NESTING),
]


@pytest.mark.parametrize(("named", "make", "limit"), EDGES, ids=[named for named, *_ in EDGES])
def test_a_limit_is_kept_at_its_edge_and_named_beyond_it(
    named: str, make: Callable[[int], str], limit: int
) -> None:
    limits = limits_for(DEFAULTS, Audience.PORTAL)
    assert exceeded(measures(make(limit)), limits) is None
    error = exceeded(measures(make(limit + 1)), limits)
    assert error is not None
    assert error.extensions == {"code": "OPERATION_TOO_EXPENSIVE"}
    assert named in error.message
    assert f"{limit + 1:,}" in error.message
    assert f"at most {limit:,} may be" in error.message


def test_fragments_that_spread_each_other_twice_are_looked_into_once() -> None:
    """Written out, this document has 2 to the 40th fields."""
    chain = repeated(40, lambda n: f"fragment F{n} on Query {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }}")
    found = measures(f"{{ ...F0 }} {chain} fragment F40 on Query {{ x }}")
    assert found.depth == 41


def test_fragments_nested_beyond_reason_are_no_recursion() -> None:
    chain = repeated(1_000, lambda n: f"fragment F{n} on Query {{ ...F{n + 1} }}")
    assert measures(f"{{ ...F0 }} {chain}").nesting > MAX_NESTING


def test_introspection_counts_like_other_fields_but_for_the_unwrapping_of_types() -> None:
    found = measures(get_introspection_query())
    assert (found.depth, found.root_fields) == (6, 1)
    assert exceeded(found, limits_for(DEFAULTS, None)) is None
    ours = [kind for kind in build_schema(printed_schema()).type_map.values() if kind.name[:2] != "__"]
    assert not [kind.name for kind in ours if "ofType" in getattr(kind, "fields", {})]


async def test_the_portal_may_send_less_than_the_staff(api: Api) -> None:
    document = "{ viewer { id } } " + "#\n" + "query B { " + "viewer { id } " * 60 + "}"
    long = document + " query C { nodes(ids: [" + '"" ' * 2_500 + "]) { id } }"
    for account, refused in ((ADMIN, False), (BUYER, True), (None, True)):
        body = {"query": long.replace("{ viewer", "query A { viewer", 1), "operationName": "A"}
        headers = {"authorization": f"Bearer {await api.token(account)}"} if account else {}
        answer = await api.send(body, **headers)
        assert (answer.codes == ["OPERATION_TOO_EXPENSIVE"]) is refused, answer.body
        assert ("data" in answer.body) is not refused


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ " + "a " * 20_000 + "}", "The document has more than 5,000 tokens."),
        ("{ a " * 1_000 + "}" * 1_000, "The document nests too deeply."),
        ("{ a } " + "#\n" * 20_000, "The document has more than 5,000 tokens."),
        (f"{{ a }} #{'x' * MAX_TEXT}", f"The document is {MAX_TEXT + 7:,} characters long; at most 200,000 may be."),
        ("{ " + repeated(51, lambda n: f"nosuch{n}") + " }", "The operation has 51 root fields; at most 50 may be."),
    ],
    ids=["tokens", "nesting", "comments", "text", "root fields that there are not"],
)  # fmt: skip
async def test_a_document_beyond_the_limits_is_not_validated(api: Api, document: str, message: str) -> None:
    answer: Any = await api(document)
    assert answer.codes == ["OPERATION_TOO_EXPENSIVE"]
    assert answer.errors[0]["message"] == message
    assert "data" not in answer.body
