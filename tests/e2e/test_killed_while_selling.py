"""The gateway is killed while orders are submitted: what was acknowledged is there, and of nothing else a half."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from tests.api import ADMIN, BUYER, MANAGER, OTHER_BUYER, PORTAL, REP, Api
from tests.domains.orders.desk import done, mutation, shopper, stocked
from tests.domains.orders.shop import line
from tests.e2e.fates import ABSENT, WHOLE, fates, in_order
from tests.e2e.gateway import LANES, Gateway
from tests.graph.principals import Runner

ORDERS = 500
KILLS = 3
SELLERS = (ADMIN, BUYER, MANAGER, OTHER_BUYER, REP)
SUBMIT = mutation("submitOrder", "id status")

T = TypeVar("T")


@dataclass(frozen=True)
class Draft:
    """An order to submit, and its purchase order number, under which it is submitted."""

    who: str
    id: str
    name: str


@dataclass
class Sales:
    """What was answered, and what was on its way when the line was cut."""

    acknowledged: set[Draft] = field(default_factory=set)
    cut: set[Draft] = field(default_factory=set)


async def in_lanes(items: Iterable[T], do: Callable[[T], Awaitable[None]]) -> None:
    """Do it with each of them, so many at a time as there are lanes. A lane that is cut ends."""
    waiting = iter(items)

    async def lane() -> None:
        with suppress(httpx.TransportError):
            for item in waiting:
                await do(item)

    await asyncio.gather(*(lane() for _ in range(LANES)))


async def drafted(gateway: Gateway, books: Runner, chance: random.Random) -> list[Draft]:
    """Orders of one to three SKUs, of which some warehouses soon run out, by all sellers for several customers."""
    skus = [await stocked(books, MAIN=150, Annex=300, Barn=60, Cellar=3000) for _ in range(8)]
    customers = [await shopper(books) for _ in range(10)]

    drafts: list[Draft] = []

    async def draft(number: int) -> None:
        who, name = SELLERS[number % len(SELLERS)], f"sale {number}"
        chosen = chance.sample(skus, chance.randint(1, 3))
        given = {"poNumber": name, "lines": [line(sku, chance.randint(1, 12)) for sku in chosen]}
        buyer = {} if who in PORTAL else {"customerId": chance.choice(customers)}
        order = await done(gateway.api, "createOrder", who, **given, **buyer)
        drafts.append(Draft(who, order["id"], name))

    for who in SELLERS:
        await gateway.api.token(who)
    await in_lanes(range(ORDERS), draft)
    assert len(drafts) == ORDERS
    return drafts


async def sell(api: Api, drafts: Collection[Draft], *, enough: int, then: Callable[[], None]) -> Sales:
    """Submit drafts, in lanes; `then` is done with the answer that makes it `enough`."""
    sales = Sales()

    async def submit(draft: Draft) -> None:
        given = {"input": {"id": draft.id}}
        try:
            answer = await api(SUBMIT, given, as_=draft.who, idempotency_key=draft.name)
        except (httpx.NetworkError, httpx.ProtocolError) as error:
            if not isinstance(error, httpx.ConnectError):
                sales.cut.add(draft)
            raise
        assert answer.errors == [], answer.errors
        order = {"id": draft.id, "status": "PENDING"}
        assert answer.data["submitOrder"] == {"order": order, "userErrors": []}
        sales.acknowledged.add(draft)
        if len(sales.acknowledged) == enough:
            then()

    await in_lanes(drafts, submit)
    return sales


async def checked(books: Runner, drafts: Collection[Draft]) -> set[Draft]:
    """Those of the drafts that are submitted, wholly; none of the others is by half."""
    found = await fates(books, [draft.name for draft in drafts])
    assert {name: fate for name, fate in found.items() if fate not in {WHOLE, ABSENT}} == {}
    await in_order(books)
    return {draft for draft in drafts if found[draft.name] == WHOLE}


def told(what: str) -> None:
    """Tell it beside what fails."""
    print(what)  # noqa: T201


async def test_500_orders_are_submitted_once_by_a_gateway_that_is_killed_three_times(
    gateway: Gateway, books: Runner
) -> None:
    seed = random.randrange(2**32)
    told(f"seed {seed}")
    chance = random.Random(seed)
    await gateway.start()
    drafts = await drafted(gateway, books, chance)
    acknowledged: set[Draft] = set()
    cut: set[Draft] = set()
    for _ in range(KILLS):
        left = [draft for draft in drafts if draft not in acknowledged]
        chance.shuffle(left)
        sales = await sell(gateway.api, left, enough=chance.randint(30, 130), then=gateway.kill)
        assert sales.cut, "nothing was on its way"
        acknowledged |= sales.acknowledged
        cut |= sales.cut
        there = await checked(books, drafts)
        told(
            f"{len(acknowledged)} acknowledged, {len(sales.cut)} cut, {len(there - acknowledged)} there unacknowledged"
        )
        assert acknowledged <= there <= acknowledged | cut < {*drafts}
        await gateway.start()
    left = [draft for draft in drafts if draft not in acknowledged]
    rest = await sell(gateway.api, left, enough=len(left), then=lambda: None)
    assert rest.acknowledged == {*left}
    assert await checked(books, drafts) == {*drafts}
