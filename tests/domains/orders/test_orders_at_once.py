"""Orders side by side, over real connections of staff and buyers: nothing is sold twice, nobody waits in a circle."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from sqlalchemy import URL

from leora_gql.auth.principal import Principal
from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.domains.orders.service import submit
from leora_gql.settings import Settings
from tests.api import ADMIN, BUYER, MANAGER, OTHER_BUYER, REP
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    OWED,
    held_up,
    in_row,
    key_of,
    ledger_adds_up,
    mutation,
    put,
    representative,
    shopper,
    stock,
    stocked,
    waiting,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner

MADE = (
    "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { order { id } userErrors { code } } }"
)
RECEIVE = """
mutation ($input: ReceiveInventoryInput!) { receiveInventory(input: $input) { userErrors { code field } } }
"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.fixture
async def market(direct_url: URL, settings: Settings) -> AsyncGenerator[Runner]:
    """A runner with several connections for staff and for buyers."""
    sizes = {Login.STAFF: 6, Login.PORTAL_WRITE: 6, Login.PORTAL: 2}
    wide = Pools(login_urls(settings), sizes=sizes, wait_seconds=120)
    yield Runner(direct_url, wide, settings)
    await wide.close()


async def people(runner: Runner) -> list[Principal]:
    return [await runner.principal(account) for account in (ADMIN, BUYER, REP, OTHER_BUYER, MANAGER)]


async def drafted(
    runner: Runner, who: Principal, *lines: dict[str, Any], customer: str | None = None, **more: Any
) -> str:
    """The id of a new draft; a buyer's own, or of the customer given."""
    given: dict[str, Any] = {"lines": list(lines), **more}
    if who.customer_id is None:
        given["customerId"] = customer or await shopper(runner)
    data = await runner.data(MADE, who, {"input": given})
    assert data["createOrder"]["userErrors"] == []
    return data["createOrder"]["order"]["id"]


async def step(runner: Runner, name: str, who: Principal, order: str) -> str:
    """OK, or the code of the refusal. An error fails the test."""
    data = await runner.data(mutation(name, "id status"), who, {"input": {"id": order}})
    errors = data[name]["userErrors"]
    return errors[0]["code"] if errors else "OK"


async def at_once(steps: Sequence[Any]) -> Counter[str]:
    return Counter(await asyncio.gather(*steps))


async def test_a_hundred_bottles_are_sold_once(market: Runner) -> None:
    sku = await stocked(market, MAIN=60, Cellar=40)
    who = await people(market)
    orders = [(who[n % 5], await drafted(market, who[n % 5], line(sku, 2))) for n in range(60)]
    before = await market.sql(DEADLOCKS)
    told = await at_once([step(market, "submitOrder", one, order) for one, order in orders])
    assert told == {"OK": 50, "INSUFFICIENT_STOCK": 10}
    assert await stock(market, sku) == {"Cellar": (40, 40), "MAIN": (60, 60)}
    (sold,) = await market.sql(
        "SELECT sum(l.quantity)::int AS bottles FROM leora.order_lines l JOIN leora.orders o ON o.id = l.order_id"
        " WHERE l.sku_id = :sku AND o.status = 'PENDING'",
        sku=sku["id"],
    )
    assert sold["bottles"] == 100
    await ledger_adds_up(market)
    assert await market.sql(DEADLOCKS) == before


@pytest.mark.parametrize("account", [ADMIN, BUYER])
async def test_bottles_that_come_in_while_an_order_is_looked_at_are_sold_once(
    market: Runner, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    """They come after it locked its stock, of which there was none; another asks for them before it takes them."""
    sku, caller, other = (
        await stocked(market),
        await market.principal(account),
        await market.principal(OTHER_BUYER),
    )
    order, rival = [await drafted(market, one, line(sku, 5)) for one in (caller, other)]
    read_terms, write_order = submit.read_terms, submit.write_order
    others: list[asyncio.Task[str]] = []

    async def come_in(change: Any, standing: Any) -> Any:
        if standing.id == key_of(order):
            given = {"skuId": global_id("Sku", sku["id"]), "warehouse": "MAIN", "quantity": 5}
            await market.data(RECEIVE, await market.principal(ADMIN), {"input": given})
        return await read_terms(change, standing)

    async def be_asked_for(change: Any, key: Any, values: Any) -> Any:
        if key == key_of(order):
            others.append(asyncio.create_task(step(market, "submitOrder", other, rival)))
            async with asyncio.timeout(30):
                while not others[0].done() and not await waiting(market):
                    pass
        return await write_order(change, key, values)

    monkeypatch.setattr(submit, "read_terms", come_in)
    monkeypatch.setattr(submit, "write_order", be_asked_for)
    assert await step(market, "submitOrder", caller, order) == "OK"
    assert await others[0] == "INSUFFICIENT_STOCK"
    assert await stock(market, sku) == {"MAIN": (5, 5)}
    await ledger_adds_up(market)


async def test_with_orders_called_off_in_between_the_ledger_adds_up(market: Runner) -> None:
    sku = await stocked(market, MAIN=30)
    who = await people(market)
    orders = [(who[n % 5], await drafted(market, who[n % 5], line(sku, 2))) for n in range(30)]

    async def submit_and_cancel(index: int, one: Principal, order: str) -> str:
        told = await step(market, "submitOrder", one, order)
        if told == "OK" and index % 2:
            told = f"cancelled {await step(market, 'cancelOrder', one, order)}"
        return told

    told = await at_once([submit_and_cancel(n, *given) for n, given in enumerate(orders)])
    assert set(told) <= {"OK", "cancelled OK", "INSUFFICIENT_STOCK"}
    assert sum(told.values()) == 30
    assert await stock(market, sku) == {"MAIN": (30, 2 * told["OK"])}
    await ledger_adds_up(market)


async def test_orders_of_the_same_skus_the_other_way_round_never_block_each_other(market: Runner) -> None:
    one, two = await stocked(market, MAIN=500, B=50), await stocked(market, MAIN=500, B=50)
    who = await people(market)
    before = await market.sql(DEADLOCKS)
    orders = []
    for n in range(20):
        lines = [line(one, 1), line(two, 1)]
        caller = who[n % 5]
        orders.append((caller, await drafted(market, caller, *(lines if n % 2 else reversed(lines)))))
    assert await at_once([step(market, "submitOrder", *given) for given in orders]) == {"OK": 20}
    assert await at_once([step(market, "cancelOrder", *given) for given in orders]) == {"OK": 20}
    assert await market.sql(DEADLOCKS) == before
    await ledger_adds_up(market)


async def test_an_order_is_submitted_once(market: Runner) -> None:
    sku = await stocked(market, MAIN=10)
    buyer = await market.principal(BUYER)
    order = await drafted(market, buyer, line(sku, 2))
    told = await at_once([step(market, "submitOrder", buyer, order) for _ in range(6)])
    assert told == {"OK": 1, "INVALID_TRANSITION": 5}
    assert await stock(market, sku) == {"MAIN": (10, 2)}


@pytest.mark.parametrize("account", [ADMIN, BUYER])
async def test_orders_share_one_credit_limit(market: Runner, shop: Shop, account: str) -> None:
    sku = await stocked(market, MAIN=100)
    caller = await market.principal(account)
    customer = await shop.own_customer(BUYER)
    owed = await shop.one(OWED, customer=customer["id"])
    orders = [
        await drafted(market, caller, line(sku, 5), customer=global_id("Customer", customer["id"]))
        for _ in range(4)
    ]
    total = await shop.one("SELECT total_cents FROM leora.orders WHERE id = :id", id=key_of(orders[0]))
    limit = int(owed["cents"]) + 2 * total["total_cents"]
    async with put(market, "customers", customer["id"], credit_limit_cents=limit):
        assert await at_once([step(market, "submitOrder", caller, order) for order in orders]) == {"OK": 4}
    rows = [await in_row(market, {"id": order}, "approval_reasons") for order in orders]
    assert sum("CREDIT_LIMIT" in row["approval_reasons"] for row in rows) == 2


async def test_samples_share_one_allowance(market: Runner) -> None:
    sku, rep = await stocked(market, MAIN=100), await representative(market)
    given = {"isSample": True, "salesRepId": global_id("User", rep.id)}
    orders = [await drafted(market, rep, line(sku, 3), **given) for _ in range(2)]
    async with put(market, "tenant_settings", await market.tenant(), sample_allowance_per_rep=5):
        async with held_up(market, count=2):
            steps = [asyncio.create_task(step(market, "submitOrder", rep, order)) for order in orders]
        assert await at_once(steps) == {"OK": 2}
    rows = [await in_row(market, {"id": order}, "approval_reasons") for order in orders]
    assert sorted(row["approval_reasons"] for row in rows) == [[], ["SAMPLE_ALLOWANCE"]]


async def test_calling_off_and_confirming_exclude_each_other(market: Runner, shop: Shop) -> None:
    sku = await stocked(market, MAIN=100)
    buyer, admin = await market.principal(BUYER), await market.principal(ADMIN)
    customer = await shop.own_customer(BUYER)
    for _ in range(5):
        order = await drafted(market, admin, line(sku, 1), customer=global_id("Customer", customer["id"]))
        await step(market, "submitOrder", buyer, order)
        await market.write("UPDATE leora.orders SET approved_at = now() WHERE id = :id", id=key_of(order))
        told = await at_once(
            [step(market, "cancelOrder", buyer, order), step(market, "confirmOrder", admin, order)]
        )
        assert told == {"OK": 1, "INVALID_TRANSITION": 1}
    await ledger_adds_up(market)


@pytest.mark.parametrize("account", [ADMIN, BUYER])
async def test_of_changes_to_one_draft_none_is_lost_and_none_doubled(market: Runner, account: str) -> None:
    first, second = await stocked(market, MAIN=10), await stocked(market, MAIN=10)
    caller = await market.principal(account)
    order = await drafted(market, caller, line(first, 1))

    async def change(name: str, **given: Any) -> str:
        data = await market.data(mutation(name, "version"), caller, {"input": {"id": order, **given}})
        errors = data[name]["userErrors"]
        return errors[0]["code"] if errors else "OK"

    told = await at_once([change("updateOrder", version=1, notes=f"Note {n}") for n in range(5)])
    assert told == {"OK": 1, "CONFLICT": 4}
    told = await at_once([change("addOrderLines", lines=[line(second, n + 1)]) for n in range(5)])
    assert told == {"OK": 1, "INVALID": 4}
    row = await in_row(market, {"id": order}, "version, subtotal_cents")
    lines = await market.sql(
        "SELECT quantity, line_total_cents FROM leora.order_lines WHERE order_id = :id", id=key_of(order)
    )
    assert (row["version"], len(lines)) == (3, 2)
    assert row["subtotal_cents"] == sum(one["line_total_cents"] for one in lines)


async def test_an_order_is_delivered_once(market: Runner) -> None:
    sku = await stocked(market, MAIN=10)
    rep, manager = await market.principal(REP), await market.principal(MANAGER)
    order = await drafted(market, rep, line(sku, 4))
    await step(market, "submitOrder", rep, order)
    await market.write("UPDATE leora.orders SET approved_at = now() WHERE id = :id", id=key_of(order))
    assert await step(market, "confirmOrder", manager, order) == "OK"
    told = await at_once([step(market, "fulfillOrder", manager, order) for _ in range(5)])
    assert told == {"OK": 1, "INVALID_TRANSITION": 4}
    assert await stock(market, sku) == {"MAIN": (6, 0)}
    await ledger_adds_up(market)
