"""Sample orders: whose allowance they use, who may say so, and that buyers leave them alone."""

from __future__ import annotations

from tests.api import ADMIN, BUYER, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    Payload,
    do,
    done,
    draft,
    refused,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner


async def test_a_buyer_changes_no_samples_and_can_call_them_off(api: Api, runner: Runner, shop: Shop) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    one, two, three = [await stocked(runner, MAIN=9) for _ in range(3)]
    order = await draft(
        api, shop, ADMIN, customerId=customer, isSample=True, lines=[line(one), line(two)], poNumber="S"
    )
    first = order["lines"]["nodes"][0]["id"]
    asked: dict[str, Payload] = {
        "addOrderLines": {"lines": [line(three, 5)]},
        "updateOrderLines": {"lines": [{"lineId": first, "quantity": 9}]},
        "removeOrderLines": {"lineIds": [first]},
        "updateOrder": {"notes": "More, please."},
    }
    before = await touched(runner)
    for name, given in asked.items():
        assert refused(await do(api, name, BUYER, id=order["id"], **given)) == [("NOT_ALLOWED", ["id"])]
    assert await touched(runner) == before
    assert (await done(api, "cancelOrder", BUYER, id=order["id"]))["status"] == "CANCELLED"
