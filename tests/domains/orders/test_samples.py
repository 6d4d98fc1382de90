"""Sample orders: whose allowance they use, who may say so, and that buyers leave them alone."""

from __future__ import annotations

from typing import Any

import pytest

from leora_gql.auth.principal import Principal
from tests.api import ADMIN, BUYER, MANAGER, REP, Api
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
from tests.domains.orders.shop import Shop, create, line
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


@pytest.mark.parametrize("is_sample", [True, False])
async def test_who_is_not_active_represents_nobody(
    api: Api, runner: Runner, shop: Shop, is_sample: bool
) -> None:
    gone = global_id("User", await hired(runner, "DISABLED"))
    given = {
        "customerId": await shopper(runner),
        "isSample": is_sample,
        "lines": [line(await stocked(runner))],
    }
    order = await draft(api, shop, **given)
    before = await touched(runner)
    assert refused(await create(api, salesRepId=gone, **given)) == [("NOT_ALLOWED", ["salesRepId"])]
    changed = await do(api, "updateOrder", id=order["id"], salesRepId=gone)
    assert refused(changed) == [("NOT_ALLOWED", ["salesRepId"])]
    assert await touched(runner) == before


async def test_a_representative_uses_nobody_elses_allowance(api: Api, runner: Runner, shop: Shop) -> None:
    me = (await runner.principal(REP)).id
    own, other = await hired(runner), await hired(runner)
    given: dict[str, Any] = {
        "customerId": await shopper(runner, sales_rep_id=own),
        "isSample": True,
        "lines": [line(await stocked(runner))],
    }
    ours = await draft(api, shop, **given)
    mine = await draft(api, shop, REP, **given)
    before = await touched(runner)
    stolen = await create(api, REP, salesRepId=global_id("User", other), **given)
    assert refused(stolen) == [("NOT_ALLOWED", ["salesRepId"])]
    for order, rep in ((mine, other), (ours, other), (ours, None)):
        whose = None if rep is None else global_id("User", rep)
        payload = await do(api, "updateOrder", REP, id=order["id"], salesRepId=whose)
        assert refused(payload) == [("NOT_ALLOWED", ["salesRepId"])]
    assert await touched(runner) == before

    for rep in (me, own):
        named = global_id("User", rep)
        made = await draft(api, shop, REP, **given, salesRepId=named)
        assert (await in_row(runner, made, "sales_rep_id"))["sales_rep_id"] == rep
        await done(api, "updateOrder", REP, id=mine["id"], salesRepId=named)
        assert (await in_row(runner, mine, "sales_rep_id"))["sales_rep_id"] == rep
    await done(api, "updateOrder", REP, id=mine["id"], salesRepId=None)


async def test_who_manages_orders_says_whose_allowance_it_is(api: Api, runner: Runner, shop: Shop) -> None:
    other = global_id("User", await hired(runner))
    given = {"customerId": await shopper(runner), "isSample": True, "lines": [line(await stocked(runner))]}
    await draft(api, shop, MANAGER, **given, salesRepId=other)
    order = await draft(api, shop, REP, **given)
    await done(api, "updateOrder", MANAGER, id=order["id"], salesRepId=other)


async def test_what_is_no_sample_counts_for_whom_a_representative_says(
    api: Api, runner: Runner, shop: Shop
) -> None:
    other = global_id("User", await hired(runner))
    order = await draft(
        api,
        shop,
        REP,
        customerId=await shopper(runner),
        lines=[line(await stocked(runner))],
        salesRepId=other,
    )
    await done(api, "updateOrder", REP, id=order["id"], salesRepId=None)
    await done(api, "updateOrder", REP, id=order["id"], salesRepId=other)


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
