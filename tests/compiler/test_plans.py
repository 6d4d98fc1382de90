"""Plans: one for all requests that would be given the same, and never for any other."""

from __future__ import annotations

from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from tests.compiler.compiling import caller, compilable, compiler, cursor, sql

LIST = """
query($where: CustomerWhere, $orderBy: [CustomerOrderBy!], $first: Int, $after: String) {
  customers(where: $where, orderBy: $orderBy, first: $first, after: $after) { nodes { id } }
}
"""


def test_requests_of_one_shape_share_a_plan_and_bring_their_own_values() -> None:
    made, operation = compiler(), compilable(LIST)
    one, other = (
        made.bind(operation, {"where": {"name": {"eq": name}}, "first": 5}, caller()) for name in ("A", "B")
    )
    assert one.plan is other.plan
    assert (set(one.arguments), set(other.arguments)) == ({"A"}, {"B"})


ORDERS = ("NAME", "TIER", "CREATED_AT")
SHAPES: list[dict[str, Any]] = [
    {},
    {"first": None},
    {"first": 1},
    {"first": 2},
    {"where": None},
    {"where": {}},
    {"where": {"name": {"eq": "A"}}},
    {"where": {"name": {"contains": "a"}}},
    {"where": {"name": {"contains": ""}}},
    {"where": {"tier": {"isNull": True}}},
    {"where": {"tier": {"isNull": False}}},
    {"where": {"or": [{"tier": {"eq": "GOLD"}}]}},
    {"where": {"or": [{"tier": {"eq": "GOLD"}}, {"name": {"eq": "A"}}]}},
    {"orderBy": []},
    *({"orderBy": [{"field": field}]} for field in ORDERS),
    *({"orderBy": [{"field": field, "direction": "DESC"}]} for field in ORDERS),
    *({"orderBy": [{"field": field} for field in fields]} for fields in permutations(ORDERS, 2)),
    {"orderBy": [{"field": "NAME"}], "after": cursor("Customer", ("NAME", "ASC"), values=["a", UUID(int=1)])},
    {"orderBy": [{"field": "TIER"}], "after": cursor("Customer", ("TIER", "ASC"), values=["x", UUID(int=1)])},
    {"orderBy": [{"field": "TIER"}], "after": cursor("Customer", ("TIER", "ASC"), values=[None, UUID(int=1)])},
]


@pytest.mark.parametrize("backward", [False, True])
def test_an_operation_serves_its_shapes_in_any_order(backward: bool) -> None:
    """What one request was looked at for says nothing of what another holds."""
    made, operation = compiler(), compilable(LIST)
    for inputs in SHAPES[::-1] if backward else SHAPES:
        alone = compiler().bind(compilable(LIST), inputs, caller())
        found = made.bind(operation, inputs, caller())
        assert (sql(found), found.arguments) == (sql(alone), alone.arguments), inputs
        assert made.bind(operation, inputs, caller()).plan is found.plan
