"""Transfers: bottles leave one warehouse and are in the other, as one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, Api
from tests.domains.catalog.stocks import TABLES, entry, ledger, receive, sku, warehouse
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

pytestmark = pytest.mark.usefixtures("signed_in")

TRANSFER = """
mutation ($input: TransferInventoryInput!) {
  transferInventory(input: $input) {
    inventoryItem { id warehouse onHand reserved available }
    userErrors { code message field }
  }
}
"""


async def transfer(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    return (await api.data(TRANSFER, {"input": given}, as_=as_))["transferInventory"]


async def test_bottles_go_to_a_warehouse_that_had_none(api: Api, runner: Runner) -> None:
    wine, here, there = await sku(runner), warehouse(), warehouse()
    source = (await receive(api, skuId=wine, warehouse=here, quantity=10))["inventoryItem"]
    async with noted(runner) as left:
        payload = await transfer(
            api, skuId=wine, fromWarehouse=here, toWarehouse=there, quantity=10, reason="Nearer"
        )
    item = payload["inventoryItem"]
    assert payload == {
        "inventoryItem": {"id": item["id"], "warehouse": there, "onHand": 10, "reserved": 0, "available": 10},
        "userErrors": [],
    }
    assert (await ledger(runner, here, there))[1:] == [
        entry(there, "TRANSFER_IN", 10, "Nearer"),
        entry(here, "TRANSFER_OUT", -10, "Nearer"),
    ]
    told = {event["entity_id"]: (event["type"], event["payload"]["onHand"]) for event in left.events}
    assert told == {
        key_of(source["id"]): ("inventory.transferred", 0),
        key_of(item["id"]): ("inventory.transferred", 10),
    }
    assert {row["entity_id"]: row["changes"]["onHand"] for row in left.entries} == {
        key_of(source["id"]): {"before": 10, "after": 0},
        key_of(item["id"]): {"before": 0, "after": 10},
    }


async def test_only_what_nobody_has_reserved_can_go(api: Api, runner: Runner) -> None:
    found = (
        await runner.sql(
            "SELECT i.* FROM leora.inventory i JOIN leora.tenants t ON t.id = i.tenant_id"
            " WHERE t.slug = 'well-crafted' AND i.reserved > 0 ORDER BY i.id LIMIT 1"
        )
    )[0]
    given = {
        "skuId": global_id("Sku", found["sku_id"]),
        "fromWarehouse": found["warehouse"],
        "toWarehouse": warehouse(),
        "quantity": found["available"] + 1,
    }
    async with unchanged(runner, *TABLES):
        payload = await transfer(api, **given)
    assert refusals(payload) == [("INSUFFICIENT_STOCK", ["quantity"])]
    assert payload["inventoryItem"] is None


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": 0}, "OUT_OF_RANGE", "quantity"),
    ({"quantity": -1}, "OUT_OF_RANGE", "quantity"),
    ({"quantity": 10_000_001}, "OUT_OF_RANGE", "quantity"),
    ({"fromWarehouse": " "}, "REQUIRED", "fromWarehouse"),
    ({"toWarehouse": "x" * 101}, "TOO_LONG", "toWarehouse"),
    ({"toWarehouse": " Never Heard Of "}, "INVALID", "toWarehouse"),
    ({"reason": "x" * 501}, "TOO_LONG", "reason"),
    ({}, "NOT_FOUND", "fromWarehouse"),
    ({"skuId": global_id("Sku", NOWHERE)}, "NOT_FOUND", "skuId"),
    ({"skuId": "nonsense"}, "NOT_FOUND", "skuId"),
]


@pytest.mark.parametrize(("given", "code", "field"), REFUSED)
async def test_a_bad_input_is_refused_at_its_field(
    api: Api, runner: Runner, given: dict[str, Any], code: str, field: str
) -> None:
    good = {
        "skuId": await sku(runner),
        "fromWarehouse": "Never Heard Of",
        "toWarehouse": "Main",
        "quantity": 1,
    }
    async with unchanged(runner, *TABLES):
        payload = await transfer(api, **{**good, **given})
    assert refusals(payload) == [(code, [field])]


async def test_another_tenants_stock_does_not_move(api: Api, runner: Runner) -> None:
    wine, here = await sku(runner), warehouse()
    await receive(api, skuId=wine, warehouse=here, quantity=10)
    given = {"skuId": wine, "fromWarehouse": here, "toWarehouse": "Main", "quantity": 1}
    async with unchanged(runner, *TABLES):
        payload = await transfer(api, OTHER_ADMIN, **given)
    assert refusals(payload) == [("NOT_FOUND", ["skuId"])]


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_manage_stock_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    given = {"skuId": await sku(runner), "fromWarehouse": "Main", "toWarehouse": "Elsewhere", "quantity": 1}
    async with unchanged(runner, *TABLES):
        answer = await api(TRANSFER, {"input": given}, as_=account)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {"transferInventory": None})


async def test_there_and_back_at_once_loses_no_bottle(crowd: Runner, api: Api) -> None:
    wine, here, there = await sku(crowd), warehouse(), warehouse()
    for place in (here, there):
        await receive(api, skuId=wine, warehouse=place, quantity=5)
    keeper = await crowd.principal(ADMIN)
    ways = [(here, there), (there, here)] * 8
    answers = await asyncio.gather(
        *(
            crowd.data(
                TRANSFER,
                keeper,
                {"input": {"skuId": wine, "fromWarehouse": one, "toWarehouse": other, "quantity": 2}},
            )
            for one, other in ways
        )
    )
    codes = {error["code"] for answer in answers for error in answer["transferInventory"]["userErrors"]}
    assert codes <= {"INSUFFICIENT_STOCK"}
    rows = await crowd.sql(
        "SELECT sum(on_hand) AS bottles, min(on_hand) AS least FROM leora.inventory WHERE warehouse IN (:here, :there)",
        here=here,
        there=there,
    )
    assert rows[0]["bottles"] == 10
    assert rows[0]["least"] >= 0
    assert sum(row["on_hand_delta"] for row in await ledger(crowd, here, there)) == 10
