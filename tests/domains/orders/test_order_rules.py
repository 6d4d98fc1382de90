"""What holds between the steps: all or nothing, samples, who approves, stock that was never there."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from leora_gql.auth.principal import ActorKind
from tests.api import ADMIN, BUYER, MANAGER, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    ORDER,
    do,
    done,
    draft,
    events,
    last_event,
    ledger_adds_up,
    mutation,
    put,
    refused,
    shopper,
    stock,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner

BOTH = """
mutation ($one: SubmitOrderInput!, $two: SubmitOrderInput!) {
  one: submitOrder(input: $one) { order { status } userErrors { code field } }
  two: submitOrder(input: $two) { order { status } userErrors { code field } }
}
"""
CREATED = """
mutation ($input: ReorderInput!) {
  reorder(input: $input) { order { id } orderEdge { cursor node { id } } userErrors { code } }
}
"""


async def test_two_orders_of_one_operation_are_submitted_together_or_not_at_all(
    api: Api, runner: Runner, shop: Shop
) -> None:
    sku = await stocked(runner, MAIN=10)
    first, second, third = [await draft(api, shop, lines=[line(sku, 6 - 2 * n)]) for n in range(3)]
    before = await touched(runner)
    told = await api.data(BOTH, {"one": {"id": first["id"]}, "two": {"id": first["id"]}}, as_=ADMIN)
    assert told["one"] == {"order": None, "userErrors": [{"code": "ROLLED_BACK", "field": None}]}
    assert told["two"]["userErrors"] == [{"code": "INVALID_TRANSITION", "field": ["id"]}]
    assert await touched(runner) == before

    await done(api, "submitOrder", id=first["id"])
    told = await api.data(BOTH, {"one": {"id": second["id"]}, "two": {"id": third["id"]}}, as_=ADMIN)
    assert told["two"]["userErrors"] == [{"code": "INSUFFICIENT_STOCK", "field": ["lines", "0"]}]
    assert await stock(runner, sku) == {"MAIN": (10, 6)}
    await ledger_adds_up(runner)


async def test_what_no_warehouse_has_is_missing(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, lines=[line(await stocked(runner), 1)])
    before = await touched(runner)
    assert refused(await do(api, "submitOrder", id=order["id"])) == [("INSUFFICIENT_STOCK", ["lines", "0"])]
    assert await touched(runner) == before


async def test_samples_have_no_price_to_override_and_buyers_neither_submit_nor_repeat_them(
    api: Api, runner: Runner, shop: Shop
) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    sku = await stocked(runner, MAIN=9)
    order = await draft(api, shop, customerId=customer, isSample=True, lines=[line(sku, 1)])
    before = await touched(runner)
    given = {"lineId": order["lines"]["nodes"][0]["id"], "unitPrice": "1", "reason": "x"}
    payload = await do(api, "overrideLinePrice", id=order["id"], **given)
    assert refused(payload) == [("NOT_ALLOWED", ["unitPrice"])]
    for name in ("submitOrder", "reorder"):
        assert refused(await do(api, name, BUYER, id=order["id"])) == [("NOT_ALLOWED", ["id"])]
    assert await touched(runner) == before


async def test_a_person_approves_and_only_what_asks_for_it(api: Api, runner: Runner, shop: Shop) -> None:
    asks = await shopper(runner, credit_limit_cents=1)
    sku = await stocked(runner, MAIN=9)
    order = await draft(api, shop, customerId=await shopper(runner), lines=[line(sku, 1)])
    other = await draft(api, shop, customerId=asks, lines=[line(sku, 1)])
    async with put(runner, "tenant_settings", await runner.tenant(), minimum_order_amount_cents=0):
        for one in (order, other):
            await done(api, "submitOrder", id=one["id"])
    admin = await runner.principal(ADMIN)
    robot = replace(admin, kind=ActorKind.INTEGRATION, id=uuid4())
    before = await touched(runner)
    data = await runner.data(mutation("approveOrder"), robot, {"input": {"id": other["id"]}})
    assert refused(data["approveOrder"]) == [("NOT_ALLOWED", ["id"])]
    needless = await do(api, "approveOrder", MANAGER, id=order["id"])
    assert refused(needless) == [("NOT_ALLOWED", ["id"])]
    assert needless["userErrors"][0]["message"] == "It needs no approval."
    assert await touched(runner) == before
    assert await events(runner, other) == ["order.created", "order.submitted"]


async def test_no_event_of_an_order_says_what_we_note_among_ourselves(
    api: Api, runner: Runner, shop: Shop
) -> None:
    order = await draft(api, shop, internalNotes="Between us.")
    await done(api, "updateOrder", id=order["id"], internalNotes="Still between us.")
    event = await last_event(runner, order)
    assert event["type"] == "order.updated"
    assert "between us" not in str(event["payload"]).lower()


async def test_what_is_ordered_again_comes_with_its_edge(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER, lines=[line(await stocked(runner, MAIN=9), 1)])
    again = (await api.data(CREATED, {"input": {"id": order["id"]}}, as_=BUYER))["reorder"]
    assert again["orderEdge"]["node"] == again["order"]
    shown = await api.data(f"query ($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}", again["order"], as_=BUYER)
    assert shown["order"]["total"] == order["total"]
