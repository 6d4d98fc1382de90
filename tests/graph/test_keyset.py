"""Pages: every row once, in one order, whichever way and in whatever steps a list is read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN
from tests.graph.documents import camel, entities, orderings
from tests.graph.principals import Runner

QUERY = """query($first: Int, $last: Int, $after: String, $before: String, $offset: Int, $order: [%sOrderBy!]) {
  list: %s(first: $first, last: $last, after: $after, before: $before, offset: $offset, orderBy: $order) {
    totalCount edges { cursor node { id %s } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def forwards(runner: Runner, query: str, order: Any, size: int) -> list[str]:
    """All ids, read from the start."""
    admin, found, after = await runner.principal(ADMIN), [], None
    while True:
        page = (await runner.data(query, admin, {"first": size, "after": after, "order": order}))["list"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


async def backwards(runner: Runner, query: str, order: Any, size: int) -> list[str]:
    """All ids, read from the end."""
    admin, before = await runner.principal(ADMIN), None
    found: list[str] = []
    while True:
        page = (await runner.data(query, admin, {"last": size, "before": before, "order": order}))["list"]
        found = [edge["node"]["id"] for edge in page["edges"]] + found
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            return found


ORDERS = [
    [],
    [("PLACED_AT", "ASC")],
    [("PLACED_AT", "DESC")],
    [("PLACED_AT", "DESC"), ("TOTAL", "ASC")],
    [("REQUESTED_DELIVERY_ON", "ASC"), ("PLACED_AT", "DESC"), ("NUMBER", "ASC")],
    [("FULFILLED_AT", "DESC"), ("REQUESTED_DELIVERY_ON", "DESC")],
]


@pytest.mark.parametrize("keys", ORDERS, ids=str)
async def test_every_order_comes_once_whichever_way_it_is_read(
    runner: Runner, keys: list[tuple[str, str]]
) -> None:
    order = [{"field": name, "direction": direction} for name, direction in keys]
    query = QUERY % ("Order", "orders", "")
    there = await forwards(runner, query, order, 97)
    expected = await runner.sql(
        "SELECT count(*) AS n FROM leora.orders o JOIN leora.tenants t ON t.id = o.tenant_id"
        " WHERE t.slug = 'well-crafted'"
    )
    assert len(there) == len(set(there)) == expected[0]["n"]
    assert await backwards(runner, query, order, 100) == there


@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity.name)
async def test_rows_without_a_value_come_last_in_both_directions(runner: Runner, entity: Any) -> None:
    admin = await runner.principal(ADMIN)
    for key in orderings(entity.name):
        field = camel(key.lower())
        for direction in ("ASC", "DESC"):
            order = [{"field": key, "direction": direction}]
            query = QUERY % (entity.name, camel(entity.plural), field)
            edges = (await runner.data(query, admin, {"first": 100, "order": order}))["list"]["edges"]
            values = [edge["node"][field] for edge in edges]
            known = [value for value in values if value is not None]
            assert values == known + [None] * (len(values) - len(known)), (key, direction)


async def test_an_offset_gives_the_same_page_as_the_cursor(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    query = QUERY % ("Order", "orders", "")
    order = [{"field": "PLACED_AT", "direction": "DESC"}]
    first = (await runner.data(query, admin, {"first": 30, "order": order}))["list"]
    by_cursor = await runner.data(
        query, admin, {"first": 10, "after": first["pageInfo"]["endCursor"], "order": order}
    )
    by_offset = await runner.data(query, admin, {"first": 10, "offset": 30, "order": order})
    assert by_cursor["list"]["edges"] == by_offset["list"]["edges"]
    assert by_offset["list"]["pageInfo"]["hasPreviousPage"] is True


async def test_a_cursor_works_only_in_its_own_list(runner: Runner) -> None:
    admin = await runner.principal(ADMIN)
    page = (await runner.data("{ orders(first: 1) { pageInfo { endCursor } } }", admin))["orders"]
    cursor = page["pageInfo"]["endCursor"]
    other = await runner.principal("admin@cellardoor.test", tenant="cellar-door")
    for query, principal in (
        ("query($c: String) { invoices(after: $c) { totalCount } }", admin),
        ("query($c: String) { orders(after: $c, orderBy: [{field: NUMBER}]) { totalCount } }", admin),
        ("query($c: String) { orders(after: $c) { totalCount } }", other),
    ):
        answer = await runner.run(query, principal, {"c": cursor})
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
