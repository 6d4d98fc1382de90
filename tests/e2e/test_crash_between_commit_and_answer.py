"""The gateway is killed at the commit of a change: a retry under its `Idempotency-Key` makes one order of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from leora_gql.db.logins import Login
from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER, PORTAL, Answer, tenant_of
from tests.domains.orders.desk import done, mutation, shopper, stocked, touched, waiting
from tests.domains.orders.shop import line
from tests.e2e.fates import WHOLE, fates, in_order
from tests.e2e.gateway import Gateway
from tests.e2e.wire import PATIENCE, Moment, Wire
from tests.graph.principals import Runner

Held = tuple[str, Moment, int]
"""Who asks, and where which transaction of the request is held."""

COMMITTED: Sequence[Held] = (
    (ADMIN, Moment.AFTER_COMMIT, 1),
    (BUYER, Moment.AFTER_COMMIT, 1),
    (OTHER_BUYER, Moment.BEFORE_COMMIT, 2),
    (BUYER, Moment.AFTER_COMMIT, 2),
)
"""Held when the order was committed: a buyer's answer is told after that, and kept by a second transaction."""
UNDONE: Sequence[Held] = ((OTHER_ADMIN, Moment.BEFORE_COMMIT, 1), (BUYER, Moment.BEFORE_COMMIT, 1))
"""Held before: each with its tenant's head row locked, for which all other changes of the tenant would wait."""
LOCKED = 3
"""How many of them hold a row of their key when PostgreSQL has not noticed yet that their client is dead."""

LEFT = """
SELECT encode(textsend('Order:' || o.id), 'base64') AS id, o.number, o.status,
    (SELECT count(*) FROM leora.idempotency_keys k WHERE k.key = o.po_number) AS keys,
    ARRAY(SELECT type FROM leora.webhook_events e WHERE e.entity_id = o.id ORDER BY sequence) AS events,
    ARRAY(SELECT operation FROM leora.audit_log l WHERE l.entity_id = o.id ORDER BY sequence) AS entries
FROM leora.orders o WHERE o.po_number = :name
"""


@dataclass(frozen=True)
class Request:
    """A mutation under a key, which is its order's purchase order number too."""

    gateway: Gateway
    who: str
    mutation: str
    name: str
    given: dict[str, Any]

    async def send(self, **other: Any) -> Answer:
        """The answer of the process that runs; with something `other` it is another request."""
        return await self.gateway.api(
            mutation(self.mutation, "id number status"),
            {"input": {**self.given, **other}},
            as_=self.who,
            idempotency_key=self.name,
        )

    async def done(self) -> dict[str, Any]:
        """The order of an answer without errors."""
        answer = await self.send()
        assert answer.errors == [], answer.errors
        payload = answer.data[self.mutation]
        assert payload["userErrors"] == []
        return payload["order"]


async def requested(gateway: Gateway, books: Runner, who: str, mutation: str) -> Request:
    """A request to make an order, or to submit one that is there."""
    tenant, name = tenant_of(who), f"order {uuid4()}"
    sku = await stocked(books, tenant=tenant, MAIN=4, Cellar=6)
    given: dict[str, Any] = {"poNumber": name, "lines": [line(sku, 8)]}
    if who not in PORTAL:
        given["customerId"] = await shopper(books, tenant=tenant)
    if mutation == "submitOrder":
        given = {"id": (await done(gateway.api, "createOrder", who, **given))["id"]}
    return Request(gateway, who, mutation, name, given)


async def held(wire: Wire, request: Request, moment: Moment, number: int) -> asyncio.Task[Answer]:
    """Send it; returns when that of its transactions is held there."""
    hold = wire.hold(Login.PORTAL_WRITE if request.who in PORTAL else Login.STAFF, moment, number)
    reached, asking = asyncio.create_task(hold.reached.wait()), asyncio.create_task(request.send())
    await asyncio.wait({reached, asking}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    assert not asking.done(), (
        f"{request.who} is answered although {moment.value} of transaction {number} is held"
    )
    assert reached.done()
    return asking


async def retried(wire: Wire, books: Runner, requests: Sequence[Request]) -> Sequence[dict[str, Any]]:
    """What retries come to that meet dead transactions, until PostgreSQL notices that nobody is behind them."""
    asking = [asyncio.create_task(request.done()) for request in requests]
    async with asyncio.timeout(PATIENCE):
        while await waiting(books) < LOCKED:
            assert not any(task.done() and task.exception() for task in asking)
    wire.let_go()
    return await asyncio.gather(*asking)


async def left(books: Runner, request: Request) -> list[dict[str, Any]]:
    """The orders of a request, what came with them, and its keys."""
    return await books.sql(LEFT, name=request.name)


@pytest.mark.parametrize(
    ("mutation", "other", "record"),
    [
        (
            "createOrder",
            {"notes": "More"},
            {"keys": 1, "events": ["order.created"], "entries": ["createOrder"]},
        ),
        (
            "submitOrder",
            {"version": 1},
            {
                "keys": 1,
                "events": ["order.created", "order.submitted"],
                "entries": ["createOrder", "submitOrder"],
            },
        ),
    ],
)
async def test_a_retry_makes_one_order(
    wired: Gateway, wire: Wire, books: Runner, mutation: str, other: dict[str, Any], record: dict[str, Any]
) -> None:
    await wired.start()
    committed = [await requested(wired, books, who, mutation) for who, *_ in COMMITTED]
    undone = [await requested(wired, books, who, mutation) for who, *_ in UNDONE]
    asking, once = [], []
    for request, (_, moment, number) in zip(committed, COMMITTED, strict=True):
        asking.append(await held(wire, request, moment, number))
        found = await left(books, request)
        assert [{name: order[name] for name in record} for order in found] == [record]
        once.append(found)
    before = await touched(books)
    for request, (_, moment, number) in zip(undone, UNDONE, strict=True):
        asking.append(await held(wire, request, moment, number))
    wired.kill()
    for outcome in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(outcome, httpx.TransportError), outcome
    assert await touched(books) == before

    await wired.start()
    requests = [*committed, *undone]
    orders = await retried(wire, books, requests)
    now = [await left(books, request) for request in requests]
    assert now == [[{**order, **record}] for order in orders]
    assert now[: len(once)] == once
    if mutation == "submitOrder":
        assert set((await fates(books, [request.name for request in requests])).values()) == {WHOLE}
    await in_order(books)

    before = await touched(books)
    assert [await request.done() for request in requests] == orders
    for request in requests:
        assert (await request.send(**other)).codes == ["CONFLICT"]
    assert await touched(books) == before
