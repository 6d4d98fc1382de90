"""A draft in a currency that the tenant sells in no more: nothing is added to it, and it is ordered again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN, BUYER, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import do, done, draft, in_row, put, refused, stocked, touched
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_a_draft_in_an_older_currency_is_ordered_again(
    api: Api, runner: Runner, shop: Shop, who: str
) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    skus = [await stocked(runner, MAIN=9) for _ in range(3)]
    order = await draft(api, shop, who, customerId=customer, lines=[line(skus[0], 2), line(skus[1])])
    first, second = (one["id"] for one in order["lines"]["nodes"])
    asked: dict[str, dict[str, Any]] = {
        "addOrderLines": {"lines": [line(skus[2])]},
        "updateOrderLines": {"lines": [{"lineId": first, "quantity": 3}]},
        "removeOrderLines": {"lineIds": [second]},
        "submitOrder": {},
    }
    if who == ADMIN:
        asked |= {
            "overrideLinePrice": {"lineId": first, "unitPrice": "1", "reason": "x"},
            "updateOrder": {"discountAmount": "1"},
        }
    async with put(
        runner,
        "tenant_settings",
        await runner.tenant(),
        default_currency="EUR",
        shipping_flat_rate_cents=700,
        free_shipping_threshold_cents=None,
    ):
        before = await touched(runner)
        for name, given in asked.items():
            payload = await do(api, name, who, id=order["id"], **given)
            assert refused(payload) == [("CURRENCY_MISMATCH", ["id"])], name
            message = payload["userErrors"][0]["message"]
            assert all(word in message for word in ("USD", "EUR", "reorder"))
        assert await touched(runner) == before

        for sku in skus:
            await runner.write("UPDATE leora.skus SET currency = 'EUR' WHERE id = :id", id=sku["id"])
        again = await done(api, "reorder", who, id=order["id"])
        row = await in_row(runner, again, "currency, shipping_amount_cents, subtotal_cents")
        assert row == {"currency": "EUR", "shipping_amount_cents": 700, "subtotal_cents": 3000}
        await done(api, "submitOrder", who, id=again["id"])
        await done(api, "cancelOrder", who, id=again["id"])
        changed = await done(
            api, "updateOrder", who, id=order["id"], notes="x", requestedDeliveryOn="2099-01-31"
        )
        assert (changed["notes"], changed["total"]) == ("x", order["total"])
        assert (await done(api, "cancelOrder", who, id=order["id"]))["status"] == "CANCELLED"


async def test_what_was_submitted_in_an_older_currency_goes_on(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER, lines=[line(await stocked(runner, MAIN=9))])
    await done(api, "submitOrder", BUYER, id=order["id"])
    async with put(runner, "tenant_settings", await runner.tenant(), default_currency="EUR"):
        assert (await done(api, "updateOrder", BUYER, id=order["id"], notes="x"))["notes"] == "x"
        if (await in_row(runner, order, "requires_approval"))["requires_approval"]:
            await done(api, "approveOrder", id=order["id"])
        assert (await done(api, "confirmOrder", id=order["id"]))["status"] == "CONFIRMED"
        assert (await done(api, "fulfillOrder", id=order["id"]))["total"] == order["total"]
