"""One document, asked again with variables of other shapes: each gets its own answer, whichever was first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.api import ADMIN
from tests.graph.principals import Runner

QUERY = """query($first: Int, $last: Int, $offset: Int, $where: OrderWhere, $order: [OrderOrderBy!]) {
  orders(first: $first, last: $last, offset: $offset, where: $where, orderBy: $order) { nodes { id } } }"""
NUMBER = {"field": "NUMBER", "direction": "ASC"}
PLACED = {"field": "PLACED_AT", "direction": "DESC"}
SHAPES: list[dict[str, Any]] = [
    {},
    {"first": 3, "order": [PLACED, NUMBER]},
    {"first": None, "last": 2, "order": [NUMBER], "where": None},
    {"first": 4, "offset": 2, "where": {"number": {"contains": "1"}, "customer": {"name": {"contains": ""}}}},
    {"where": {"number": None, "fulfilledAt": {"isNull": True}, "or": [{"number": {"startsWith": "X"}}, {}]}},
]


@pytest.mark.parametrize("order", list(permutations(range(len(SHAPES)), 2)), ids=str)
async def test_every_shape_gets_its_own_answer(runner: Runner, order: tuple[int, int]) -> None:
    admin = await runner.principal(ADMIN)
    for index in (*order, *order):
        compiled = await runner.answer(QUERY, admin, SHAPES[index])
        assert compiled == await runner.answer(QUERY, admin, SHAPES[index], compiler="off")
