"""Submitting an order: bottles set aside, every refusal, and what it asks approval for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER, REP, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    OWED,
    do,
    done,
    draft,
    events,
    hired,
    in_row,
    key_of,
    last_entry,
    last_event,
    ledger_adds_up,
    mutation,
    put,
    refused,
    representative,
    shopper,
    stock,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner

APPROVAL = "requires_approval, approval_reasons"


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_it_is_pending_with_its_bottles_set_aside(
    api: Api, runner: Runner, shop: Shop, who: str
) -> None:
    main = (
        await shop.one(
            "SELECT default_warehouse AS name FROM leora.tenant_settings s JOIN leora.tenants t"
            " ON t.id = s.tenant_id WHERE t.slug = 'well-crafted'"
        )
    )["name"]
    sku = await stocked(runner, **{"Annex": 4, main: 5, "Barn": 9})
    order = await draft(api, shop, who, lines=[line(sku, 12)])
    sent = await done(api, "submitOrder", who, id=order["id"], version=1)
    assert (sent["status"], sent["version"]) == ("PENDING", 2)
    assert sent["placedAt"] is not None
    assert {name: sent[name] for name in ("number", "subtotal", "total", "lines")} == {
        name: order[name] for name in ("number", "subtotal", "total", "lines")
    }
    assert await stock(runner, sku) == {"Annex": (4, 4), "Barn": (9, 3), main: (5, 5)}
    taken = await runner.sql(
        "SELECT i.warehouse, a.reserved, a.fulfilled, m.kind, m.reserved_delta, m.actor_kind"
        " FROM leora.order_allocations a JOIN leora.inventory i ON i.id = a.inventory_id"
        " JOIN leora.inventory_movements m ON m.inventory_id = i.id AND m.order_line_id = a.order_line_id"
        " WHERE a.order_line_id = :line ORDER BY a.id",
        line=key_of(order["lines"]["nodes"][0]["id"]),
    )
    actor = "PORTAL_USER" if who == BUYER else "USER"
    assert [tuple(row.values()) for row in taken] == [
        (warehouse, bottles, 0, "RESERVATION", bottles, actor)
        for warehouse, bottles in ((main, 5), ("Annex", 4), ("Barn", 3))
    ]
    await ledger_adds_up(runner)
    assert await events(runner, order) == ["order.created", "order.submitted"]
    event = await last_event(runner, order)
    assert (event["payload"]["status"], event["payload"]["total"]) == ("PENDING", sent["total"])
    entry = await last_entry(runner, order)
    assert (entry["operation"], entry["actor_kind"]) == ("submitOrder", actor)
    assert entry["changes"]["status"] == {"before": "DRAFT", "after": "PENDING"}


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_it_has_todays_prices(api: Api, runner: Runner, shop: Shop, who: str) -> None:
    sku, dear = await stocked(runner, MAIN=50), await stocked(runner, MAIN=50)
    order = await draft(api, shop, who, lines=[line(sku, 2), line(dear, 1)])
    _, second = order["lines"]["nodes"]
    given = {"lineId": second["id"], "unitPrice": "99", "reason": "Agreed."}
    await done(api, "overrideLinePrice", id=order["id"], **given)
    await runner.write(
        "UPDATE leora.skus SET base_price_cents = 1200 WHERE id IN (:a, :b)", a=sku["id"], b=dear["id"]
    )
    sent = await done(api, "submitOrder", who, id=order["id"])
    assert [one["unitPrice"] for one in sent["lines"]["nodes"]] == ["12.00", "99.00"]
    assert sent["subtotal"] == "123.00"
    assert sent["version"] == 3
    replaced = await shop.one(
        "SELECT price_override_original_cents AS cents FROM leora.order_lines WHERE id = :id",
        id=key_of(second["id"]),
    )
    assert replaced["cents"] == 1200


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_an_override_that_has_become_todays_price_still_is_one(
    api: Api, runner: Runner, shop: Shop, who: str
) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    sku = await stocked(runner, MAIN=50)
    order = await draft(api, shop, who, customerId=customer, lines=[line(sku, 2)])
    key = order["lines"]["nodes"][0]["id"]
    await done(api, "overrideLinePrice", id=order["id"], lineId=key, unitPrice="12", reason="x")
    await runner.write("UPDATE leora.skus SET base_price_cents = 1200 WHERE id = :id", id=sku["id"])
    await done(api, "submitOrder", who, id=order["id"])
    assert "PRICE_OVERRIDE" in (await in_row(runner, order, APPROVAL))["approval_reasons"]
    row = await shop.one(
        "SELECT unit_price_cents, price_override_original_cents, price_override_at IS NOT NULL AS overridden"
        " FROM leora.order_lines WHERE id = :id",
        id=key_of(key),
    )
    assert tuple(row.values()) == (1200, 1200, True)


@pytest.mark.parametrize("who", [ADMIN, BUYER])
@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"status": "INACTIVE"}, "CUSTOMER_INACTIVE"),
        ({"license_expires_on": dt.date(2020, 1, 1)}, "LICENSE_EXPIRED"),
        ({"credit_status": "HOLD"}, "CREDIT_HOLD"),
    ],
)
async def test_a_customer_that_may_not_buy_is_refused(
    api: Api, runner: Runner, shop: Shop, who: str, columns: dict[str, Any], code: str
) -> None:
    customer = await shop.own_customer(BUYER)
    sku = await stocked(runner, MAIN=10)
    order = await draft(
        api, shop, who, customerId=global_id("Customer", customer["id"]), lines=[line(sku, 1)]
    )
    async with put(runner, "customers", customer["id"], **columns):
        before = await touched(runner)
        assert refused(await do(api, "submitOrder", who, id=order["id"])) == [(code, ["id"])]
        assert await touched(runner) == before


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_what_is_not_sold_or_not_there_is_refused_at_its_line(
    api: Api, runner: Runner, shop: Shop, who: str
) -> None:
    gone, scarce, plenty = (
        await stocked(runner, MAIN=10),
        await stocked(runner, MAIN=3, B=1),
        await stocked(runner, MAIN=10),
    )
    order = await draft(api, shop, who, lines=[line(gone, 1), line(plenty, 1), line(scarce, 5)])
    await runner.write("UPDATE leora.skus SET status = 'INACTIVE' WHERE id = :id", id=gone["id"])
    before = await touched(runner)
    payload = await do(api, "submitOrder", who, id=order["id"])
    assert refused(payload) == [("SKU_INACTIVE", ["lines", "0"]), ("INSUFFICIENT_STOCK", ["lines", "2"])]
    assert (
        payload["userErrors"][1]["message"] == f"Of {scarce['code']} 4 bottles are free, and 5 are ordered."
    )
    assert await touched(runner) == before


async def test_only_a_draft_in_sight_and_unchanged_is_submitted(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER, lines=[line(await stocked(runner, MAIN=10), 1)])
    before = await touched(runner)
    for stranger in (OTHER_BUYER, OTHER_ADMIN):
        assert refused(await do(api, "submitOrder", stranger, id=order["id"])) == [("NOT_FOUND", ["id"])]
    assert refused(await do(api, "submitOrder", id=order["id"], version=7)) == [("CONFLICT", ["version"])]
    assert await touched(runner) == before
    await done(api, "submitOrder", BUYER, id=order["id"])
    before = await touched(runner)
    payload = await do(api, "submitOrder", id=order["id"])
    assert refused(payload) == [("INVALID_TRANSITION", ["id"])]
    message = payload["userErrors"][0]["message"]
    assert "PENDING" in message
    assert "CONFIRMED or CANCELLED" in message
    assert await touched(runner) == before


async def test_submitting_takes_the_right_to_order(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER, lines=[line(await stocked(runner, MAIN=10), 1)])
    before = await touched(runner)
    for account in (ADMIN, BUYER):
        reader = await runner.principal(account, frozenset({"orders.view"}))
        body = await runner.run(mutation("submitOrder"), reader, {"input": {"id": order["id"]}})
        assert body["errors"][0]["extensions"]["requiredPermission"] == "orders.create"
    assert await touched(runner) == before


async def test_an_ordinary_order_needs_no_approval(api: Api, runner: Runner, shop: Shop) -> None:
    tenant = await runner.tenant()
    async with put(runner, "tenant_settings", tenant, minimum_order_amount_cents=0):
        order = await draft(
            api, shop, customerId=await shopper(runner), lines=[line(await stocked(runner, MAIN=9), 1)]
        )
        await done(api, "submitOrder", id=order["id"])
    assert await in_row(runner, order, APPROVAL) == {"requires_approval": False, "approval_reasons": []}


async def test_every_reason_to_ask_is_found(api: Api, runner: Runner, shop: Shop) -> None:
    tenant = await runner.tenant()
    customer = await shopper(runner, credit_limit_cents=1)
    order = await draft(api, shop, customerId=customer, lines=[line(await stocked(runner, MAIN=9), 2)])
    given = {"lineId": order["lines"]["nodes"][0]["id"], "unitPrice": "9", "reason": "x"}
    await done(api, "overrideLinePrice", id=order["id"], **given)
    await done(api, "updateOrder", id=order["id"], discountAmount="1")
    async with put(runner, "tenant_settings", tenant, minimum_order_amount_cents=1701):
        await done(api, "submitOrder", REP, id=order["id"])
    assert await in_row(runner, order, APPROVAL) == {
        "requires_approval": True,
        "approval_reasons": ["CREDIT_LIMIT", "MINIMUM_ORDER", "PRICE_OVERRIDE", "DISCOUNT"],
    }


async def test_samples_are_free_and_counted_against_the_allowance(
    api: Api, runner: Runner, shop: Shop
) -> None:
    rep, tenant = await hired(runner), await runner.tenant()
    sku = await stocked(runner, MAIN=100)
    given = {
        "customerId": await shopper(runner),
        "isSample": True,
        "salesRepId": global_id("User", rep),
    }
    reasons = []
    async with put(runner, "tenant_settings", tenant, sample_allowance_per_rep=5):
        for bottles in (5, 1):
            order = await draft(api, shop, lines=[line(sku, bottles)], **given)
            assert order["total"] == "0.00"
            await done(api, "submitOrder", id=order["id"])
            reasons.append((await in_row(runner, order, APPROVAL))["approval_reasons"])
    assert reasons == [[], ["SAMPLE_ALLOWANCE"]]


async def test_samples_of_a_customer_without_a_rep_count_for_whoever_wrote_them(runner: Runner) -> None:
    rep, sku = await representative(runner), await stocked(runner, MAIN=100)
    reasons = []
    async with put(runner, "tenant_settings", await runner.tenant(), sample_allowance_per_rep=5):
        for bottles in (5, 1):
            given = {"customerId": await shopper(runner), "lines": [line(sku, bottles)], "isSample": True}
            made = await runner.data(mutation("createOrder"), rep, {"input": given})
            order = made["createOrder"]["order"]
            await runner.data(mutation("submitOrder"), rep, {"input": {"id": order["id"]}})
            reasons.append((await in_row(runner, order, APPROVAL))["approval_reasons"])
    assert reasons == [[], ["SAMPLE_ALLOWANCE"]]


@pytest.mark.parametrize("who", [ADMIN, BUYER])
@pytest.mark.parametrize("shown", [True, False])
async def test_what_is_owed_counts_whether_or_not_the_buyer_sees_its_invoices(
    api: Api, runner: Runner, shop: Shop, who: str, shown: bool
) -> None:
    customer = await shop.own_customer(BUYER)
    owed = await shop.one(OWED, customer=customer["id"])
    assert owed["cents"] > 0
    sku = await stocked(runner, MAIN=100)
    order = await draft(
        api, shop, who, customerId=global_id("Customer", customer["id"]), lines=[line(sku, 1)]
    )
    total = round(float(order["total"]) * 100)
    limit, tenant = int(owed["cents"]) + total, await runner.tenant()
    async with (
        put(
            runner,
            "tenant_settings",
            tenant,
            minimum_order_amount_cents=0,
            portal_invoices_enabled=shown,
        ),
        put(runner, "customers", customer["id"], credit_limit_cents=limit),
    ):
        await done(api, "submitOrder", who, id=order["id"])
        assert (await in_row(runner, order, APPROVAL))["approval_reasons"] == []
        more = await draft(
            api, shop, who, customerId=global_id("Customer", customer["id"]), lines=[line(sku, 1)]
        )
        await done(api, "submitOrder", who, id=more["id"])
        assert (await in_row(runner, more, APPROVAL))["approval_reasons"] == ["CREDIT_LIMIT"]
