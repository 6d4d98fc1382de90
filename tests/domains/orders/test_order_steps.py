"""From a submitted order to its end: approved, confirmed, delivered, called off, ordered again."""

from __future__ import annotations

from typing import Any, Literal

import orjson
import pytest

from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.transitions import FOR_BUYERS, FOR_STAFF
from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, OTHER_BUYER, REP, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    Payload,
    do,
    done,
    draft,
    events,
    in_row,
    key_of,
    last_entry,
    last_event,
    ledger_adds_up,
    mutation,
    refused,
    shopper,
    stock,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner

STEPS = {
    "approveOrder": "orders.approve",
    "confirmOrder": "orders.manage",
    "fulfillOrder": "orders.manage",
    "cancelOrder": "orders.cancel",
    "reorder": "orders.create",
}


async def confirmed(api: Api, runner: Runner, shop: Shop, *skus: tuple[dict[str, Any], int]) -> Payload:
    """An order of the bottles that is confirmed, approved where it had to be."""
    customer = await shopper(runner)
    order = await draft(api, shop, REP, customerId=customer, lines=[line(sku, n) for sku, n in skus])
    await done(api, "submitOrder", REP, id=order["id"])
    if (await in_row(runner, order, "requires_approval"))["requires_approval"]:
        await done(api, "approveOrder", MANAGER, id=order["id"])
    return await done(api, "confirmOrder", MANAGER, id=order["id"])


async def test_approval_clears_the_way(api: Api, runner: Runner, shop: Shop) -> None:
    customer = await shopper(runner, credit_limit_cents=1)
    order = await draft(
        api, shop, MANAGER, customerId=customer, lines=[line(await stocked(runner, MAIN=9), 2)]
    )
    await done(api, "submitOrder", MANAGER, id=order["id"])
    before = await touched(runner)
    assert refused(await do(api, "confirmOrder", id=order["id"])) == [("NOT_ALLOWED", ["id"])]
    assert refused(await do(api, "approveOrder", MANAGER, id=order["id"])) == [("NOT_ALLOWED", ["id"])]
    assert await touched(runner) == before

    approved = await done(api, "approveOrder", id=order["id"], version=2)
    assert (approved["status"], approved["version"]) == ("PENDING", 3)
    row = await in_row(runner, order, "approved_by_id, approved_at, requires_approval")
    admin = await shop.one("SELECT id FROM leora.users WHERE email = :email", email=ADMIN)
    assert (row["approved_by_id"], row["requires_approval"]) == (admin["id"], True)
    entry = await last_entry(runner, order)
    assert entry["changes"]["approvedById"] == {"before": None, "after": global_id("User", admin["id"])}
    before = await touched(runner)
    assert refused(await do(api, "approveOrder", id=order["id"])) == [("NOT_ALLOWED", ["id"])]
    assert await touched(runner) == before

    assert (await done(api, "confirmOrder", MANAGER, id=order["id"]))["status"] == "CONFIRMED"
    assert await events(runner, order) == [
        "order.created",
        "order.submitted",
        "order.approved",
        "order.confirmed",
    ]


async def test_it_is_delivered_in_parts_and_called_off_in_the_middle(
    api: Api, runner: Runner, shop: Shop
) -> None:
    one, two = await stocked(runner, MAIN=6, Z=6), await stocked(runner, MAIN=10)
    order = await confirmed(api, runner, shop, (one, 8), (two, 4))
    first, second = order["lines"]["nodes"]
    assert await stock(runner, one) == {"MAIN": (6, 6), "Z": (6, 2)}

    part = await done(
        api, "fulfillOrder", MANAGER, id=order["id"], lines=[{"lineId": first["id"], "quantity": 7}]
    )
    assert (part["status"], part["fulfilledAt"]) == ("PARTIALLY_FULFILLED", None)
    assert part["version"] == order["version"] + 1
    assert [line["fulfilledQuantity"] for line in part["lines"]["nodes"]] == [7, 0]
    assert await stock(runner, one) == {"MAIN": (0, 0), "Z": (5, 1)}
    event = await last_event(runner, order)
    assert event["type"] == "order.partially_fulfilled"
    assert event["payload"]["delivered"] == [{"skuCode": one["code"], "quantity": 7}]
    await ledger_adds_up(runner)

    before = await touched(runner)
    for given, problem in (
        ([{"lineId": first["id"], "quantity": 2}], ("OUT_OF_RANGE", ["lines", "0", "quantity"])),
        ([{"lineId": first["id"], "quantity": 0}], ("OUT_OF_RANGE", ["lines", "0", "quantity"])),
        ([{"lineId": second["id"], "quantity": 1}] * 2, ("INVALID", ["lines", "1", "lineId"])),
        ([], ("REQUIRED", ["lines"])),
    ):
        assert refused(await do(api, "fulfillOrder", id=order["id"], lines=given)) == [problem]
    assert await touched(runner) == before

    off = await done(api, "cancelOrder", MANAGER, id=order["id"])
    assert off["status"] == "CANCELLED"
    assert off["cancelledAt"] is not None
    assert [line["fulfilledQuantity"] for line in off["lines"]["nodes"]] == [7, 0]
    assert await stock(runner, one) == {"MAIN": (0, 0), "Z": (5, 0)}
    assert await stock(runner, two) == {"MAIN": (10, 0)}
    event = await last_event(runner, order)
    assert (event["type"], event["payload"]["released"]) == ("order.cancelled", 5)
    await ledger_adds_up(runner)
    (owed,) = await runner.sql(OWED, id=key_of(order["id"]))
    assert owed["cents"] == 7000 + round(float(order["shippingAmount"]) * 100)


OWED = """
SELECT leora.customer_exposure(customer_id, 'USD') AS cents
FROM (
    SELECT o.customer_id, set_config('app.current_tenant_id', o.tenant_id::text, true),
        set_config('app.current_customer_id', o.customer_id::text, true)
    FROM leora.orders o WHERE o.id = :id OFFSET 0
) AS bound
"""


async def test_it_is_delivered_whole(api: Api, runner: Runner, shop: Shop) -> None:
    one, two = await stocked(runner, MAIN=6), await stocked(runner, MAIN=10)
    order = await confirmed(api, runner, shop, (one, 6), (two, 4))
    (first, _) = order["lines"]["nodes"]
    await done(api, "fulfillOrder", id=order["id"], lines=[{"lineId": first["id"], "quantity": 1}])
    whole = await done(api, "fulfillOrder", id=order["id"])
    assert whole["status"] == "FULFILLED"
    assert whole["fulfilledAt"] is not None
    assert [line["fulfilledQuantity"] for line in whole["lines"]["nodes"]] == [6, 4]
    assert (await stock(runner, one), await stock(runner, two)) == ({"MAIN": (0, 0)}, {"MAIN": (6, 0)})
    assert (await last_event(runner, order))["type"] == "order.fulfilled"
    await ledger_adds_up(runner)


async def test_what_a_status_does_not_lead_to_is_refused_by_name(
    api: Api, runner: Runner, shop: Shop
) -> None:
    order = await draft(api, shop, lines=[line(await stocked(runner, MAIN=9), 1)])
    before = await touched(runner)
    for name in ("approveOrder", "confirmOrder", "fulfillOrder"):
        payload = await do(api, name, id=order["id"])
        assert refused(payload) == [("INVALID_TRANSITION", ["id"])]
        message = payload["userErrors"][0]["message"]
        assert "The order is DRAFT; from there it can become PENDING or CANCELLED." in message
    assert await touched(runner) == before
    await done(api, "cancelOrder", id=order["id"])
    before = await touched(runner)
    for name in ("submitOrder", "approveOrder", "confirmOrder", "fulfillOrder", "cancelOrder"):
        assert refused(await do(api, name, id=order["id"])) == [("INVALID_TRANSITION", ["id"])]
    assert await touched(runner) == before


async def test_a_buyer_orders_and_calls_off_until_it_is_confirmed(
    api: Api, runner: Runner, shop: Shop
) -> None:
    sku = await stocked(runner, MAIN=9, Other=4)
    order = await draft(api, shop, BUYER, lines=[line(sku, 11)])
    await done(api, "submitOrder", BUYER, id=order["id"])
    assert sum(reserved for _, reserved in (await stock(runner, sku)).values()) == 11
    off = await done(api, "cancelOrder", BUYER, id=order["id"])
    assert off["status"] == "CANCELLED"
    assert await stock(runner, sku) == {"MAIN": (9, 0), "Other": (4, 0)}
    await ledger_adds_up(runner)
    assert await events(runner, order) == ["order.created", "order.submitted", "order.cancelled"]

    again = await draft(api, shop, BUYER, lines=[line(sku, 1)])
    await done(api, "submitOrder", BUYER, id=again["id"])
    await runner.write("UPDATE leora.orders SET status = 'CONFIRMED' WHERE id = :id", id=key_of(again["id"]))
    before = await touched(runner)
    assert refused(await do(api, "cancelOrder", BUYER, id=again["id"])) == [("INVALID_TRANSITION", ["id"])]
    assert refused(await do(api, "cancelOrder", OTHER_BUYER, id=again["id"])) == [("NOT_FOUND", ["id"])]
    assert await touched(runner) == before


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_the_same_again_at_todays_prices(api: Api, runner: Runner, shop: Shop, who: str) -> None:
    one, two = await stocked(runner, MAIN=6), await stocked(runner, MAIN=10)
    order = await draft(
        api, shop, who, lines=[line(one, 2), line(two, 4)], shippingAddress={"city": "Salem"}, poNumber="P"
    )
    await done(api, "cancelOrder", who, id=order["id"])
    await runner.write("UPDATE leora.skus SET base_price_cents = 1100 WHERE id = :id", id=one["id"])
    again = await done(api, "reorder", who, id=order["id"])
    assert (again["status"], again["version"], again["poNumber"]) == ("DRAFT", 1, None)
    assert again["number"] != order["number"]
    lines = [(made["skuCode"], made["quantity"], made["unitPrice"]) for made in again["lines"]["nodes"]]
    assert lines == [(one["code"], 2, "11.00"), (two["code"], 4, "10.00")]
    assert (await in_row(runner, again, "shipping_address"))["shipping_address"] == {"city": "Salem"}
    assert await events(runner, again) == ["order.created"]

    await runner.write(
        "UPDATE leora.skus SET status = 'DISCONTINUED' WHERE id IN (:a, :b)", a=one["id"], b=two["id"]
    )
    before = await touched(runner)
    payload = await do(api, "reorder", who, id=order["id"])
    assert refused(payload) == [("SKU_INACTIVE", ["lines", "0"]), ("SKU_INACTIVE", ["lines", "1"])]
    assert one["code"] in payload["userErrors"][0]["message"]
    assert await touched(runner) == before


async def test_each_step_takes_its_permission(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER, lines=[line(await stocked(runner, MAIN=9), 1)])
    before = await touched(runner)
    for account in (ADMIN, BUYER):
        for name, permission in STEPS.items():
            others = frozenset({"orders.view", *STEPS.values()} - {permission})
            caller = await runner.principal(account, others)
            body = await runner.run(mutation(name), caller, {"input": {"id": order["id"]}})
            assert body["data"] == {name: None}
            assert body["errors"][0]["extensions"]["requiredPermission"] == permission
    assert await touched(runner) == before


async def test_an_order_of_another_tenant_or_version_is_not_touched(
    api: Api, runner: Runner, shop: Shop
) -> None:
    order = await draft(api, shop, lines=[line(await stocked(runner, MAIN=9), 1)])
    before = await touched(runner)
    for name in STEPS:
        assert refused(await do(api, name, OTHER_ADMIN, id=order["id"])) == [("NOT_FOUND", ["id"])]
        assert refused(await do(api, name, id="bm9uc2Vuc2U=")) == [("NOT_FOUND", ["id"])]
        assert refused(await do(api, name, id=order["id"], version=5)) == [("CONFLICT", ["version"])]
    assert await touched(runner) == before


MAY = "query ($first: Int!) { orders(first: $first) { nodes { id status allowedTransitions } } }"


@pytest.mark.parametrize("compiler", ["on", "off"])
@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_an_order_says_what_it_can_become(
    runner: Runner, who: str, compiler: Literal["on", "off"]
) -> None:
    caller = await runner.principal(who)
    body = orjson.loads(await runner.answer(MAY, caller, {"first": 100}, compiler=compiler))
    orders = body["data"]["orders"]["nodes"]
    allowed = FOR_STAFF if who == ADMIN else FOR_BUYERS
    assert len({order["status"] for order in orders}) > 1
    for order in orders:
        assert order["allowedTransitions"] == [to.value for to in allowed[OrderStatus(order["status"])]]


async def test_it_says_so_in_the_answer_to_a_step(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER, lines=[line(await stocked(runner, MAIN=9), 1)])
    for who, allowed in ((BUYER, ["CANCELLED"]), (ADMIN, ["CONFIRMED", "CANCELLED"])):
        name = "submitOrder" if who == BUYER else "updateOrder"
        data = await api.data(mutation(name, "allowedTransitions"), {"input": {"id": order["id"]}}, as_=who)
        assert data[name]["order"] == {"allowedTransitions": allowed}
