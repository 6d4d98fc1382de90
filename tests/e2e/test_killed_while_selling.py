"""The gateway is killed while orders are submitted: what was acknowledged is there, and of nothing else a half."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Draft:
    """An order to submit, and its purchase order number, under which it is submitted."""

    who: str
    id: str
    name: str


@dataclass
class Sales:
    """What was asked for, and what of it was answered."""

    asked: set[Draft] = field(default_factory=set)
    acknowledged: set[Draft] = field(default_factory=set)


async def drafted(gateway: Gateway, books: Runner, chance: random.Random) -> list[Draft]:
    """Orders of one to three SKUs, of which some warehouses soon run out, by all sellers for several customers."""
    skus = [await stocked(books, MAIN=150, Annex=300, Barn=60, Cellar=3000) for _ in range(8)]
    customers = [await shopper(books) for _ in range(10)]

    async def draft(number: int) -> Draft:
        who, name = SELLERS[number % len(SELLERS)], f"sale {number}"
        chosen = chance.sample(skus, chance.randint(1, 3))
        given = {"poNumber": name, "lines": [line(sku, chance.randint(1, 12)) for sku in chosen]}
        buyer = {} if who in PORTAL else {"customerId": chance.choice(customers)}
        return Draft(who, (await done(gateway.api, "createOrder", who, **given, **buyer))["id"], name)

    for who in SELLERS:
        await gateway.api.token(who)
    return await asyncio.gather(*(draft(number) for number in range(ORDERS)))


async def sell(api: Api, drafts: Collection[Draft], *, enough: int, then: Callable[[], None]) -> Sales:
    """Submit drafts over all lanes; `then` comes with the answer that makes it `enough`, and may end all lanes."""
    sales, waiting = Sales(), iter(drafts)

    async def lane() -> None:
        for draft in waiting:
            sales.asked.add(draft)
            try:
                answer = await api(
                    SUBMIT, {"input": {"id": draft.id}}, as_=draft.who, idempotency_key=draft.name
                )
            except httpx.TransportError:
                return
            assert answer.errors == [], answer.errors
            assert answer.data["submitOrder"] == {
                "order": {"id": draft.id, "status": "PENDING"},
                "userErrors": [],
            }
            sales.acknowledged.add(draft)
            if len(sales.acknowledged) == enough:
                then()

    await asyncio.gather(*(lane() for _ in range(LANES)))
    return sales


async def checked(books: Runner, drafts: Collection[Draft], left: Collection[Draft]) -> int:
    """How many of those that are `left` are there as a whole; none is there by half, and all others are there."""
    found = await fates(books, [draft.name for draft in drafts])
    assert {name: fate for name, fate in found.items() if fate not in {WHOLE, ABSENT}} == {}
    absent = {draft for draft in drafts if found[draft.name] == ABSENT}
    assert absent <= {*left}, "acknowledged, and not there"
    await in_order(books)
    return len(left) - len(absent)


async def test_500_orders_are_submitted_once_by_a_gateway_that_is_killed_three_times(
    gateway: Gateway, books: Runner
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    await gateway.start()
    drafts = await drafted(gateway, books, chance)
    left = drafts
    for _ in range(KILLS):
        chance.shuffle(left)
        sales = await sell(gateway.api, left, enough=chance.randint(30, 130), then=gateway.kill)
        assert sales.acknowledged < sales.asked < {*left}, "it was not killed in the middle"
        left = [draft for draft in left if draft not in sales.acknowledged]
        there = await checked(books, drafts, left)
        print(
            f"killed with {len(sales.acknowledged)} acknowledged, {len(sales.asked - sales.acknowledged)}"
            f" on their way, {there} of {len(left)} there all the same"
        )
        await gateway.start()
    assert (await sell(gateway.api, left, enough=len(left), then=lambda: None)).acknowledged == {*left}
    await checked(books, drafts, [])
