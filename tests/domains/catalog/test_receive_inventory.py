"""Receipts: the bottles, their place in the ledger, every refusal, who may, and many at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.catalog.stocks import RECEIVE, TABLES, entry, ledger, receive, sku, warehouse
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

pytestmark = pytest.mark.usefixtures("signed_in")


async def test_bottles_come_into_a_warehouse_that_had_none(api: Api, runner: Runner) -> None:
    wine, place = await sku(runner), warehouse()
    async with noted(runner) as left:
        payload = await receive(api, skuId=wine, warehouse=f" {place} ", quantity=12, reason="PO 7")
    item = payload["inventoryItem"]
    assert payload == {
        "inventoryItem": {
            "id": item["id"],
            "warehouse": place,
            "onHand": 12,
            "reserved": 0,
            "available": 12,
            "version": 2,
            "sku": {"id": wine},
        },
        "userErrors": [],
    }
    assert await ledger(runner, place) == [entry(place, "RECEIPT", 12, "PO 7")]
    assert left.event == {
        "type": "inventory.received",
        "entity_type": "InventoryItem",
        "entity_id": key_of(item["id"]),
        "payload": {"skuId": wine, "warehouse": place, "onHand": 12, "reserved": 0},
    }
    assert left.entry == {
        "operation": "receiveInventory",
        "action": "UPDATE",
        "entity_type": "InventoryItem",
        "entity_id": key_of(item["id"]),
        "changes": {"onHand": {"before": 0, "after": 12}},
    }


async def test_a_second_receipt_adds_to_the_first(api: Api, runner: Runner) -> None:
    wine, place = await sku(runner), warehouse()
    first = await receive(api, skuId=wine, warehouse=place, quantity=12)
    second = await receive(api, MANAGER, skuId=wine, warehouse=place, quantity=30)
    assert second["inventoryItem"]["id"] == first["inventoryItem"]["id"]
    assert second["inventoryItem"]["onHand"] == 42
    assert await ledger(runner, place) == [
        entry(place, "RECEIPT", 12),
        entry(place, "RECEIPT", 30, email=MANAGER),
    ]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": 0}, "OUT_OF_RANGE", "quantity"),
    ({"quantity": -1}, "OUT_OF_RANGE", "quantity"),
    ({"quantity": 10_000_001}, "OUT_OF_RANGE", "quantity"),
    ({"warehouse": " "}, "REQUIRED", "warehouse"),
    ({"warehouse": "x" * 101}, "TOO_LONG", "warehouse"),
    ({"reason": "x" * 501}, "TOO_LONG", "reason"),
    ({"skuId": "nonsense"}, "NOT_FOUND", "skuId"),
    ({"skuId": global_id("Sku", NOWHERE)}, "NOT_FOUND", "skuId"),
    ({"skuId": global_id("Product", NOWHERE)}, "NOT_FOUND", "skuId"),
]


@pytest.mark.parametrize(("given", "code", "field"), REFUSED)
async def test_a_bad_input_is_refused_at_its_field(
    api: Api, runner: Runner, given: dict[str, Any], code: str, field: str
) -> None:
    good = {"skuId": await sku(runner), "warehouse": "Nowhere Yet", "quantity": 1}
    async with unchanged(runner, *TABLES):
        payload = await receive(api, **{**good, **given})
    assert refusals(payload) == [(code, [field])]
    assert payload["inventoryItem"] is None


async def test_more_than_a_warehouse_holds_is_refused(api: Api, runner: Runner) -> None:
    wine, place = await sku(runner), warehouse()
    await receive(api, skuId=wine, warehouse=place, quantity=1)
    key = (await runner.sql("SELECT id FROM leora.inventory WHERE warehouse = :place", place=place))[0]["id"]
    raised = "UPDATE leora.inventory SET on_hand = on_hand + :by WHERE id = :key"
    await runner.write(raised, by=999_999_999, key=key)
    async with unchanged(runner, *TABLES):
        payload = await receive(api, skuId=wine, warehouse=place, quantity=1)
    assert refusals(payload) == [("OUT_OF_RANGE", ["quantity"])]
    await runner.write(raised, by=-999_999_999, key=key)


async def test_another_tenants_sku_is_not_found(api: Api, runner: Runner) -> None:
    foreign = await sku(runner, "cellar-door")
    async with unchanged(runner, *TABLES):
        payload = await receive(api, skuId=foreign, warehouse="Main", quantity=1)
    assert refusals(payload) == [("NOT_FOUND", ["skuId"])]
    assert (await receive(api, OTHER_ADMIN, skuId=foreign, warehouse="Main", quantity=1))["userErrors"] == []


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_manage_stock_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    given = {"skuId": await sku(runner), "warehouse": "Main", "quantity": 1}
    async with unchanged(runner, *TABLES):
        answer = await api(RECEIVE, {"input": given}, as_=account)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {"receiveInventory": None})


async def test_sixteen_at_once_make_one_item_and_add_up(crowd: Runner) -> None:
    wine, place = await sku(crowd), warehouse()
    keeper = await crowd.principal(ADMIN)
    given = {"input": {"skuId": wine, "warehouse": place, "quantity": 3}}
    made = await asyncio.gather(*(crowd.data(RECEIVE, keeper, given) for _ in range(16)))
    assert len({answer["receiveInventory"]["inventoryItem"]["id"] for answer in made}) == 1
    assert sorted(answer["receiveInventory"]["inventoryItem"]["onHand"] for answer in made) == list(
        range(3, 49, 3)
    )
    assert len(await ledger(crowd, place)) == 16


async def test_new_items_in_opposite_orders_never_wait_in_a_circle(crowd: Runner) -> None:
    wine, one, other = await sku(crowd), warehouse(), warehouse()
    keeper = await crowd.principal(ADMIN)
    both = """mutation ($first: ReceiveInventoryInput!, $second: ReceiveInventoryInput!) {
      first: receiveInventory(input: $first) { inventoryItem { onHand } userErrors { code } }
      second: receiveInventory(input: $second) { inventoryItem { onHand } userErrors { code } }
    }"""
    here = {"skuId": wine, "warehouse": one, "quantity": 1}
    there = {"skuId": wine, "warehouse": other, "quantity": 1}
    before = await _deadlocks(crowd)
    await asyncio.gather(
        *(crowd.data(both, keeper, {"first": here, "second": there}) for _ in range(8)),
        *(crowd.data(both, keeper, {"first": there, "second": here}) for _ in range(8)),
    )
    assert len(await ledger(crowd, one, other)) == 32
    assert await _deadlocks(crowd) == before


async def _deadlocks(runner: Runner) -> int:
    rows = await runner.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return rows[0]["deadlocks"]
