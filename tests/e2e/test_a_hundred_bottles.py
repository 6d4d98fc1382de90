"""500 buyers on 100 bottles: a served gateway, a connection for each, every submission sent at one moment."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from leora_gql.db.connect import login_urls
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.audit.verification import verify
from leora_gql.domains.orders.service.stock_check import check_stock
from leora_gql.secrets_file import SECRET_NAMES
from leora_gql.settings import decode_key, variable
from tests import postgres
from tests.api import ADMIN, MANAGER
from tests.cli.commands import Command, free_port
from tests.domains.noted import global_id
from tests.domains.orders.desk import key_of, shopper, stock, stocked
from tests.e2e.crowd import Line, Log, Person, Signer, let_open, open_lines, step
from tests.graph.principals import Runner

BUYERS, BOTTLES, CUSTOMERS = 500, 100, 25
MANY_CONNECTIONS = {"DATABASE_POOL_SIZE": "60"}
"""Enough for transactions of buyers to be in each other's way; by default one of them writes at a time."""
PATIENCE = {"REQUEST_TIMEOUT_SECONDS": "120"}
"""An idle core serves the crowd in two seconds; one that has much else to do may need more than the ten there are."""
MADE = (
    "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { order { id } userErrors { code } } }"
)
SOLD = """
SELECT count(DISTINCT o.id) AS orders, coalesce(sum(l.quantity), 0)::int AS bottles
FROM leora.orders o JOIN leora.order_lines l ON l.order_id = o.id
WHERE l.sku_id = :sku AND o.status = 'PENDING'
"""
RECORDED = """
WITH told AS (
    SELECT entity_id FROM leora.webhook_events WHERE type = 'order.submitted' AND entity_id = ANY (:orders)
), moved AS (
    SELECT order_line_id FROM leora.inventory_movements WHERE inventory_id = ANY (:stock) AND kind = 'RESERVATION'
)
SELECT (SELECT count(*) FROM told) AS events, (SELECT count(DISTINCT entity_id) FROM told) AS orders,
    (SELECT count(*) FROM moved) AS movements, (SELECT count(DISTINCT order_line_id) FROM moved) AS lines
"""
DENSE = """
SELECT h.event_sequence, count(e.sequence) AS events, max(e.sequence) AS last
FROM leora.tenant_heads h JOIN leora.webhook_events e ON e.tenant_id = h.tenant_id
WHERE h.tenant_id = :tenant GROUP BY h.event_sequence
"""
MOMENTS = """
SELECT (payload->>'onHand')::int AS on_hand, (payload->>'reserved')::int AS reserved FROM leora.webhook_events
WHERE entity_id = ANY (:stock) ORDER BY sequence
"""
Serve = Callable[..., int]


@pytest.fixture
async def runner(own_url: URL) -> AsyncGenerator[Runner]:
    """The product on a database of one's own, past the gateway."""
    settings = postgres.settings_for(own_url, data_dir=postgres.run_folder())
    pools = Pools(login_urls(settings), sizes={Login.PORTAL_WRITE: 4}, write_wait_seconds=60)
    yield Runner(own_url, pools, settings)
    await pools.close()


@pytest.fixture
def serve(runner: Runner, tmp_path: Path) -> Generator[Serve]:
    """Starts a gateway on that database, in a process of its own; gives its port."""
    let_open(2 * BUYERS)
    started: list[Command] = []

    def begin(**environment: str) -> int:
        settings = runner.settings
        secrets = {variable(name): getattr(settings, name).get_secret_value() for name in SECRET_NAMES}
        address = runner.direct_url.render_as_string(hide_password=False)
        given = {"LEORA_ENV": "production", "DATABASE_URL": address, **secrets, **PATIENCE, **environment}
        started.append(Command("serve", port=free_port(), folder=tmp_path, **given))
        assert started[-1].until_ready().status_code == 200
        return started[-1].port

    yield begin
    for command in started:
        command.end()


@dataclass
class Market:
    """What is sold, and who wants it: an order of one bottle each, as a draft."""

    runner: Runner
    sku: dict[str, Any]
    buyers: list[Person]
    orders: dict[Person, str]

    @classmethod
    async def open(cls, runner: Runner, signer: Signer) -> Market:
        sku = await stocked(runner, MAIN=60, Cellar=BOTTLES - 60)
        customers = [key_of(await shopper(runner)) for _ in range(CUSTOMERS)]
        buyers = await signer.buyers(BUYERS, customers)
        given = {"input": {"lines": [{"skuId": global_id("Sku", sku["id"]), "quantity": 1}]}}

        async def drafted(buyer: Person) -> str:
            data = await runner.data(MADE, buyer.principal, given)
            return data["createOrder"]["order"]["id"]

        return cls(
            runner, sku, buyers, dict(zip(buyers, await asyncio.gather(*map(drafted, buyers)), strict=True))
        )

    async def sold(self) -> dict[str, Any]:
        """Orders that hold bottles, and how many bottles that is."""
        return (await self.runner.sql(SOLD, sku=self.sku["id"]))[0]

    async def items(self) -> list[Any]:
        rows = await self.runner.sql("SELECT id FROM leora.inventory WHERE sku_id = :sku", sku=self.sku["id"])
        return [row["id"] for row in rows]

    async def books_are_right(self) -> None:
        """The stock adds up and was never promised twice, and the records of events and changes have no gap."""
        runner = self.runner
        tenant, admin = await runner.tenant(), await runner.principal(ADMIN)
        async with with_tenant(runner.pools, admin.scope, login=Login.STAFF, read_only=True) as connection:
            assert (await check_stock(connection)).discrepancies == []
            key = decode_key(runner.settings.audit_key.get_secret_value())
            assert (await verify(connection, tenant, key=key)).faults == []
        (dense,) = await runner.sql(DENSE, tenant=tenant)
        assert dense["event_sequence"] == dense["events"] == dense["last"]
        moments = await runner.sql(MOMENTS, stock=await self.items())
        assert moments
        assert all(0 <= row["reserved"] <= row["on_hand"] for row in moments)


@pytest.mark.parametrize("environment", [{}, MANY_CONNECTIONS], ids=["by default", "many connections"])
async def test_a_hundred_bottles_are_sold_to_a_hundred_of_five_hundred(
    serve: Serve, runner: Runner, server: EmbeddedServer, environment: dict[str, str]
) -> None:
    port = serve(**environment)
    market = await Market.open(runner, Signer(runner))
    log = Log.of(server, runner)
    lines = await open_lines(port, BUYERS)
    asked = [
        step(line, buyer, "submitOrder", id=market.orders[buyer])
        for line, buyer in zip(lines, market.buyers, strict=True)
    ]
    told = Counter(await asyncio.gather(*asked))
    assert log.complaints() == []
    assert told == {"OK": BOTTLES, "INSUFFICIENT_STOCK": BUYERS - BOTTLES}
    assert await stock(runner, market.sku) == {"MAIN": (60, 60), "Cellar": (40, 40)}
    assert await market.sold() == {"orders": BOTTLES, "bottles": BOTTLES}
    orders = [key_of(order) for order in market.orders.values()]
    (recorded,) = await runner.sql(RECORDED, orders=orders, stock=await market.items())
    assert set(recorded.values()) == {BOTTLES}
    await market.books_are_right()


@dataclass
class Bustle:
    """The crowd, of whom every other one that gets a bottle gives it back, and staff who move bottles meanwhile."""

    market: Market
    added: int = 0
    """Bottles that staff have brought in, less those taken out."""
    told: Counter[str] = field(default_factory=Counter)
    without: list[Person] = field(default_factory=list)
    over: bool = False
    _sold: Iterator[int] = field(default_factory=itertools.count)

    async def buy(self, line: Line, buyer: Person) -> None:
        """Submit; who gets a bottle may give it back, who gets none tries once more."""
        for _ in range(2):
            told = await self.submitted(line, buyer)
            if told == "OK":
                if next(self._sold) % 2:
                    await self.noted(step(line, buyer, "cancelOrder", id=self.market.orders[buyer]), "cancel")
                return
        self.without.append(buyer)

    async def submitted(self, line: Line, buyer: Person) -> str:
        return await self.noted(step(line, buyer, "submitOrder", id=self.market.orders[buyer]), "submit")

    async def noted(self, asked: Any, name: str) -> str:
        told = await asked
        self.told[f"{name}: {told}"] += 1
        return told

    async def work(self, line: Line, who: Person) -> None:
        """Receipts, adjustments and transfers until the crowd has gone, and none of them left half way."""
        sku = {"skuId": global_id("Sku", self.market.sku["id"])}
        counts = [
            ("receiveInventory", 1, {"warehouse": "Shed", "quantity": 1}),
            ("adjustInventory", -1, {"warehouse": "MAIN", "onHandDelta": -1, "reason": "Broken"}),
            ("transferInventory", 0, {"fromWarehouse": "Shed", "toWarehouse": "Cellar", "quantity": 1}),
            ("adjustInventory", 1, {"warehouse": "Cellar", "onHandDelta": 1, "reason": "Found"}),
            ("transferInventory", 0, {"fromWarehouse": "Cellar", "toWarehouse": "MAIN", "quantity": 1}),
            ("adjustInventory", -1, {"warehouse": "Shed", "onHandDelta": -1, "reason": "Gone"}),
        ]
        for name, bottles, given in itertools.cycle(counts):
            if self.over:
                return
            if await self.noted(step(line, who, name, **sku, **given), name) == "OK":
                self.added += bottles


async def test_bottles_given_back_and_moved_meanwhile_are_sold_once(
    serve: Serve, runner: Runner, server: EmbeddedServer
) -> None:
    port, signer = serve(**MANY_CONNECTIONS), Signer(runner)
    market = await Market.open(runner, signer)
    staff = [await signer.staff(email) for email in (ADMIN, MANAGER)]
    log, bustle = Log.of(server, runner), Bustle(market)
    lines = await open_lines(port, BUYERS + len(staff))
    at_work = [asyncio.create_task(bustle.work(lines.pop(), one)) for one in staff]
    await asyncio.gather(*map(bustle.buy, lines, market.buyers))
    bustle.over = True
    await asyncio.gather(*at_work)
    again = await open_lines(port, len(bustle.without))  # the gateway closes those that were idle for long
    await asyncio.gather(*map(bustle.submitted, again, bustle.without))
    assert log.complaints() == []
    assert {told.partition(": ")[2] for told in bustle.told} == {"OK", "INSUFFICIENT_STOCK"}
    assert bustle.told["cancel: OK"] > BOTTLES // 3
    on_hand, reserved = map(sum, zip(*(await stock(runner, market.sku)).values(), strict=True))
    assert on_hand == BOTTLES + bustle.added
    assert await market.sold() == {"orders": reserved, "bottles": reserved}
    assert reserved == bustle.told["submit: OK"] - bustle.told["cancel: OK"]
    assert reserved == on_hand
    await market.books_are_right()
