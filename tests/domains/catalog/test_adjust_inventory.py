"""Adjustments: what a count found, never below what orders have reserved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, Api
from tests.domains.catalog.stocks import TABLES, entry, ledger, receive, sku, warehouse
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

pytestmark = pytest.mark.usefixtures("signed_in")

ADJUST = """
mutation ($input: AdjustInventoryInput!) {
  adjustInventory(input: $input) {
    inventoryItem { id onHand reserved available version }
    userErrors { code message field }
  }
}
"""
RESERVED = """
SELECT i.id, i.on_hand, i.reserved, i.version FROM leora.inventory i JOIN leora.tenants t ON t.id = i.tenant_id
WHERE t.slug = 'well-crafted' AND i.reserved > 0 AND i.on_hand > i.reserved ORDER BY i.id LIMIT 1
"""


async def adjust(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    return (await api.data(ADJUST, {"input": {"reason": "Count", **given}}, as_=as_))["adjustInventory"]


async def test_an_item_is_put_right(api: Api, runner: Runner) -> None:
    place = warehouse()
    wine = await sku(runner)
    item = (await receive(api, skuId=wine, warehouse=place, quantity=10))["inventoryItem"]
    async with noted(runner) as left:
        payload = await adjust(
            api, inventoryItemId=item["id"], onHandDelta=-3, reason=" Broken ", version=item["version"]
        )
    assert payload == {
        "inventoryItem": {"id": item["id"], "onHand": 7, "reserved": 0, "available": 7, "version": 3},
        "userErrors": [],
    }
    assert (await ledger(runner, place))[1:] == [entry(place, "ADJUSTMENT", -3, "Broken")]
    assert left.event == {
        "type": "inventory.adjusted",
        "entity_type": "InventoryItem",
        "entity_id": key_of(item["id"]),
        "payload": {"skuId": wine, "warehouse": place, "onHand": 7, "reserved": 0},
    }
    assert left.entry["changes"] == {"onHand": {"before": 10, "after": 7}}
    assert left.entry["operation"] == "adjustInventory"


async def test_sku_and_warehouse_say_which_as_well(api: Api, runner: Runner) -> None:
    wine, place = await sku(runner), warehouse()
    item = (await receive(api, skuId=wine, warehouse=place, quantity=10))["inventoryItem"]
    payload = await adjust(api, skuId=wine, warehouse=place, onHandDelta=5)
    assert (payload["inventoryItem"]["id"], payload["inventoryItem"]["onHand"]) == (item["id"], 15)


async def test_what_orders_have_reserved_stays(api: Api, runner: Runner) -> None:
    found = (await runner.sql(RESERVED))[0]
    key, free = global_id("InventoryItem", found["id"]), found["on_hand"] - found["reserved"]
    async with unchanged(runner, *TABLES):
        payload = await adjust(api, inventoryItemId=key, onHandDelta=-free - 1)
    assert refusals(payload) == [("INSUFFICIENT_STOCK", ["onHandDelta"])]
    assert payload["inventoryItem"] is None
    taken = await adjust(api, inventoryItemId=key, onHandDelta=-free)
    assert (taken["inventoryItem"]["available"], taken["inventoryItem"]["reserved"]) == (0, found["reserved"])
    await adjust(api, inventoryItemId=key, onHandDelta=free)


async def test_a_lost_update_is_a_conflict(api: Api, runner: Runner) -> None:
    item = (await receive(api, skuId=await sku(runner), warehouse=warehouse(), quantity=10))["inventoryItem"]
    await adjust(api, inventoryItemId=item["id"], onHandDelta=1, version=item["version"])
    async with unchanged(runner, *TABLES):
        payload = await adjust(api, inventoryItemId=item["id"], onHandDelta=1, version=item["version"])
    assert refusals(payload) == [("CONFLICT", ["version"])]


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"onHandDelta": 0}, [("OUT_OF_RANGE", "onHandDelta")]),
    ({"onHandDelta": 10_000_001}, [("OUT_OF_RANGE", "onHandDelta")]),
    ({"onHandDelta": -10_000_001}, [("OUT_OF_RANGE", "onHandDelta")]),
    ({"reason": " "}, [("REQUIRED", "reason")]),
    ({"reason": "x" * 501}, [("TOO_LONG", "reason")]),
    ({"skuId": None}, [("REQUIRED", "skuId")]),
    ({"warehouse": None}, [("REQUIRED", "warehouse")]),
    ({"warehouse": "Never Heard Of"}, [("NOT_FOUND", "warehouse")]),
    ({"skuId": global_id("Sku", NOWHERE)}, [("NOT_FOUND", "skuId")]),
    ({"onHandDelta": None}, [("REQUIRED", "onHandDelta")]),
    ({"reason": None}, [("REQUIRED", "reason")]),
    ({"onHandDelta": None, "reason": None}, [("REQUIRED", "onHandDelta")]),
    ({"reorderPoint": -1}, [("OUT_OF_RANGE", "reorderPoint")]),
    ({"reorderPoint": 1_000_000_001}, [("OUT_OF_RANGE", "reorderPoint")]),
    ({"reorderPoint": None}, [("REQUIRED", "reorderPoint")]),
    ({"reorderQuantity": -1, "onHandDelta": None}, [("OUT_OF_RANGE", "reorderQuantity")]),
    ({"reorderQuantity": None, "onHandDelta": None}, [("REQUIRED", "reorderQuantity")]),
    ({"reorderPoint": 1, "reason": None}, [("REQUIRED", "reason")]),
    ({"inventoryItemId": global_id("InventoryItem", NOWHERE), "skuId": None, "warehouse": None},
     [("NOT_FOUND", "inventoryItemId")]),
    ({"inventoryItemId": global_id("InventoryItem", NOWHERE)},
     [("INVALID", "skuId"), ("INVALID", "warehouse")]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), REFUSED)
async def test_a_bad_input_is_refused_at_its_field(
    api: Api, runner: Runner, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    wine = await sku(runner)
    rows = await runner.sql(
        "SELECT i.warehouse FROM leora.inventory i JOIN leora.tenants t ON t.id = i.tenant_id"
        " WHERE t.slug = 'well-crafted' AND i.sku_id::text = :sku ORDER BY i.id LIMIT 1",
        sku=key_of(wine),
    )
    good = {"skuId": wine, "warehouse": rows[0]["warehouse"], "onHandDelta": 1}
    async with unchanged(runner, *TABLES):
        payload = await adjust(api, **{**good, **given})
    assert refusals(payload) == [(code, [field]) for code, field in expected]


REORDER = """
mutation ($input: AdjustInventoryInput!) {
  adjustInventory(input: $input) {
    inventoryItem { id onHand reorderPoint reorderQuantity needsReorder version } userErrors { code field message }
  }
}
"""


async def reorder(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    return (await api.data(REORDER, {"input": given}, as_=as_))["adjustInventory"]


async def test_when_to_reorder_is_said_without_moving_a_bottle(api: Api, runner: Runner) -> None:
    wine, place = await sku(runner), warehouse()
    item = (await receive(api, skuId=wine, warehouse=place, quantity=10))["inventoryItem"]
    async with noted(runner) as left:
        payload = await reorder(
            api, skuId=wine, warehouse=place, reorderPoint=10, reorderQuantity=24, version=item["version"]
        )
    assert payload == {
        "inventoryItem": {
            "id": item["id"],
            "onHand": 10,
            "reorderPoint": 10,
            "reorderQuantity": 24,
            "needsReorder": True,
            "version": item["version"] + 1,
        },
        "userErrors": [],
    }
    assert await ledger(runner, place) == [entry(place, "RECEIPT", 10)]
    said = {"skuId": wine, "warehouse": place, "onHand": 10, "reserved": 0}
    assert left.event == {
        "type": "inventory.adjusted",
        "entity_type": "InventoryItem",
        "entity_id": key_of(item["id"]),
        "payload": {**said, "reorderPoint": 10, "reorderQuantity": 24},
    }
    assert left.entry["changes"] == {
        "reorderPoint": {"before": 0, "after": 10},
        "reorderQuantity": {"before": 0, "after": 24},
    }
    async with unchanged(runner, *TABLES):
        again = await reorder(api, inventoryItemId=item["id"], reorderPoint=10)
    assert (again["userErrors"], again["inventoryItem"]["version"]) == ([], item["version"] + 1)


async def test_bottles_and_when_to_reorder_are_changed_together(api: Api, runner: Runner) -> None:
    wine, place = await sku(runner), warehouse()
    item = (await receive(api, skuId=wine, warehouse=place, quantity=10))["inventoryItem"]
    async with noted(runner) as left:
        payload = await reorder(
            api, inventoryItemId=item["id"], onHandDelta=5, reason="Count", reorderQuantity=6
        )
    found = payload["inventoryItem"]
    assert (found["onHand"], found["reorderPoint"], found["reorderQuantity"]) == (15, 0, 6)
    assert (await ledger(runner, place))[1:] == [entry(place, "ADJUSTMENT", 5, "Count")]
    assert [one["changes"] for one in left.entries] == [
        {"onHand": {"before": 10, "after": 15}},
        {"reorderQuantity": {"before": 0, "after": 6}},
    ]
    assert [one["payload"]["onHand"] for one in left.events] == [15, 15]


async def test_when_to_reorder_is_refused_like_any_adjustment(api: Api, runner: Runner) -> None:
    item = (await receive(api, skuId=await sku(runner), warehouse=warehouse(), quantity=10))["inventoryItem"]
    given = {"inventoryItemId": item["id"], "reorderPoint": 5}
    async with unchanged(runner, *TABLES):
        late = await reorder(api, **given, version=9)
        foreign = await reorder(api, OTHER_ADMIN, **given)
        answer = await api(REORDER, {"input": given}, as_=REP)
        both = await reorder(api, **given, onHandDelta=-11, reason="Gone")
    assert refusals(late) == [("CONFLICT", ["version"])]
    assert refusals(foreign) == [("NOT_FOUND", ["inventoryItemId"])]
    assert answer.codes == ["FORBIDDEN"]
    assert refusals(both) == [("INSUFFICIENT_STOCK", ["onHandDelta"])]


async def test_another_tenants_stock_is_not_found(api: Api, runner: Runner) -> None:
    item = (await receive(api, skuId=await sku(runner), warehouse=warehouse(), quantity=10))["inventoryItem"]
    async with unchanged(runner, *TABLES):
        payload = await adjust(api, OTHER_ADMIN, inventoryItemId=item["id"], onHandDelta=1)
    assert refusals(payload) == [("NOT_FOUND", ["inventoryItemId"])]


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_manage_stock_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    found = (await runner.sql(RESERVED))[0]
    given = {"inventoryItemId": global_id("InventoryItem", found["id"]), "onHandDelta": 1, "reason": "Mine"}
    async with unchanged(runner, *TABLES):
        answer = await api(ADJUST, {"input": given}, as_=account)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {"adjustInventory": None})
