"""Sample orders: whose allowance they use, who may say so, and that buyers leave them alone."""

from __future__ import annotations

from typing import Any

from leora_gql.auth.principal import Principal
from tests.api import ADMIN, BUYER, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    Payload,
    do,
    done,
    done_by,
    draft,
    hired,
    in_row,
    put,
    refused,
    representative,
    robot,
    shopper,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner


async def asked(runner: Runner, caller: Principal, **given: Any) -> list[str]:
    """Why a new sample order asks for approval."""
    order = await done_by(runner, caller, "createOrder", isSample=True, **given)
    await done_by(runner, caller, "submitOrder", id=order["id"])
    return (await in_row(runner, order, "approval_reasons"))["approval_reasons"]


async def test_samples_of_nobody_count_for_whoever_wrote_them_with_their_own(runner: Runner) -> None:
    ada = await representative(runner)
    sku, customer = await stocked(runner, MAIN=100), await shopper(runner)
    async with put(runner, "tenant_settings", await runner.tenant(), sample_allowance_per_rep=5):
        reasons = [
            await asked(runner, ada, customerId=customer, lines=[line(sku, bottles)]) for bottles in (4, 1, 1)
        ]
        named = await asked(
            runner, ada, customerId=customer, lines=[line(sku)], salesRepId=global_id("User", ada.id)
        )
    assert [*reasons, named] == [[], [], ["SAMPLE_ALLOWANCE"], ["SAMPLE_ALLOWANCE"]]


async def test_samples_of_another_representative_do_not_count_for_whoever_wrote_them(runner: Runner) -> None:
    ada, bob = await representative(runner), await hired(runner)
    sku, customer = await stocked(runner, MAIN=100), await shopper(runner)
    async with put(runner, "tenant_settings", await runner.tenant(), sample_allowance_per_rep=5):
        reasons = [
            await asked(runner, ada, customerId=customer, lines=[line(sku, 5)], salesRepId=rep)
            for rep in (global_id("User", bob), None)
        ]
    assert reasons == [[], []]


async def test_samples_that_count_for_nobody_always_ask(runner: Runner) -> None:
    till = await robot(runner, await hired(runner))
    sku, rep = await stocked(runner, MAIN=9), await hired(runner)
    whose, nobodys = await shopper(runner, sales_rep_id=rep), await shopper(runner)
    assert await asked(runner, till, customerId=whose, lines=[line(sku)]) == []
    assert await asked(runner, till, customerId=nobodys, lines=[line(sku)]) == ["SAMPLE_ALLOWANCE"]


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
