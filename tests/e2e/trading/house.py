"""A distributor of its own for each example, the product that serves it, and what its tables say."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import URL

from leora_gql.auth.permissions import expand
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.model import new_id
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.audit.verification import verify
from leora_gql.domains.orders.service.stock_check import check_stock
from leora_gql.settings import Settings, decode_key
from tests.accounts import Company, make_company
from tests.domains.noted import key_of
from tests.e2e.trading.acts import PAYLOADS, Act, Outcome, Seen
from tests.e2e.trading.invariants import AMISS
from tests.e2e.trading.looking import FACTS, Names, facts
from tests.e2e.trading.model import BUYERS, STAFF, Customer, Fact, Listed, Sku, Terms, World
from tests.e2e.trading.reading import LOOK, Told, asked, named
from tests.e2e.trading.record import DELIVERIES, EVENTS, STORY, SUBSCRIPTIONS, told_twice
from tests.graph.principals import Runner

_ROLES = {"admin": "admin", "manager": "manager", "rep": "sales_rep", "vic": "portal_viewer"}
_OTHERS = """
SELECT (SELECT count(*) FROM leora.orders WHERE tenant_id <> $1), (SELECT count(*) FROM leora.invoices
    WHERE tenant_id <> $1), (SELECT sum(on_hand + reserved) FROM leora.inventory WHERE tenant_id <> $1),
    (SELECT sum(version) FROM leora.customers WHERE tenant_id <> $1)
"""
_PERMISSIONS = "SELECT permission_key FROM leora.role_permissions WHERE tenant_id = $1 AND role_id = $2"
_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def a_world() -> World:
    """Three customers, five SKUs with prices of every kind, two warehouses."""
    return World(
        terms=Terms(),
        customers={
            "c1": Customer("GOLD", "rep", exempt=False, limit=200_000),
            "c2": Customer(None, "manager", exempt=True),
            "c3": Customer("GOLD", None, exempt=False),
        },
        skus={
            "W1": Sku(1000, (Listed(950, least=12), Listed(900, tier="GOLD", least=6, most=29))),
            "W2": Sku(1333, (Listed(1111, customer="c1"),)),
            "W3": Sku(7, (Listed(6, least=3), Listed(5, least=12))),
            "W4": Sku(25_999),
            "W5": Sku(499, (Listed(450, tier="GOLD"), Listed(430, customer="c2", least=7))),
        },
        stock={
            **{(sku, "MAIN"): [60, 0] for sku in ("W1", "W2", "W3", "W5")},
            **{(sku, "ANNEX"): [40, 0] for sku in ("W1", "W3", "W4")},
        },
    )


@dataclass
class Product:
    """The product in this process: pools with room for acts at once, and one connection past it."""

    runner: Runner
    connection: asyncpg.Connection[Any]

    @classmethod
    async def open(cls, url: URL, settings: Settings) -> Product:
        sizes = {Login.STAFF: 6, Login.PORTAL_WRITE: 4, Login.PORTAL: 2}
        pools = Pools(login_urls(settings), sizes=sizes, wait_seconds=60, write_wait_seconds=60)
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(plain, server_settings={"plan_cache_mode": "force_generic_plan"})
        return cls(Runner(url, pools, settings), connection)

    async def deadlocks(self) -> int:
        return await self.connection.fetchval(_DEADLOCKS)

    async def close(self) -> None:
        await self.connection.close()
        await self.runner.pools.close()


class House:
    """One distributor, and what it has been asked."""

    def __init__(self, product: Product, company: Company) -> None:
        self.product, self.company = product, company
        self.names = Names()
        self.people: dict[str, Principal] = {}
        self.events = self.entries = 0
        self.told: Mapping[str, Any] = {}
        self.news: Sequence[Sequence[Any]] = ()
        self.others: object = None

    @classmethod
    async def open(cls, product: Product, world: World) -> House:
        house = cls(product, await make_company(product.runner.direct_url))
        await _furnish(house, world)
        house.others = await product.connection.fetchrow(_OTHERS, house.company.id)
        await house.outcome([])
        return house

    async def ask(self, acts: Sequence[Act]) -> list[tuple[str, ...]]:
        """The codes by which acts of one person that are one operation are refused; new rows get their names."""
        self.told = await self._answer(acts)
        return [self._codes(self.told, f"a{n}", act) for n, act in enumerate(acts)]

    async def ask_again(self, act: Act, key: str) -> list[tuple[str, ...]]:
        """The same of one act, which comes three times under a key, twice at once: it is done once."""
        first, second = await asyncio.gather(self._answer([act], key), self._answer([act], key))
        assert first == second == await self._answer([act], key)
        self.told = first
        return [self._codes(first, "a0", act)]

    async def _answer(self, acts: Sequence[Act], key: str | None = None) -> Mapping[str, Any]:
        names = [f"a{n}" for n in range(len(acts))]
        inputs = ", ".join(f"${name}: {act.input_type}!" for name, act in zip(names, acts, strict=True))
        fields = " ".join(
            f"{name}: {act.mutation}(input: ${name}) {{ {PAYLOADS[act.about]} userErrors {{ code message field }} }}"
            for name, act in zip(names, acts, strict=True)
        )
        given = dict(zip(names, (act.given for act in acts), strict=True))
        who = self.people[acts[0].who]
        return await self.product.runner.run(
            f"mutation ({inputs}) {{ {fields} }}", who, given, idempotency_key=key
        )

    def _codes(self, answer: Mapping[str, Any], name: str, act: Act) -> tuple[str, ...]:
        assert all("path" in one for one in answer.get("errors", ())), (act, answer["errors"])
        errors = [one for one in answer.get("errors", ()) if one["path"][0] == name]
        if errors:
            assert [one["extensions"]["code"] for one in errors] == ["FORBIDDEN"], (act, errors)
            return ("FORBIDDEN",)
        payload = answer["data"][name]
        row = next(value for field, value in payload.items() if field != "userErrors")
        codes = tuple(sorted(one["code"] for one in payload["userErrors"]))
        assert (row is None) == bool(codes), (act, payload)
        assert all(
            one["message"] and one["field"] for one in payload["userErrors"] if one["code"] != "ROLLED_BACK"
        )
        if row is not None and act.makes is not None:
            self.names.bind(act.makes, key_of(row["id"]))
        return codes

    async def at_once(self, acts: Sequence[Act]) -> list[tuple[str, ...]]:
        """The same of acts that are operations of their own, all under way together."""
        answers = await asyncio.gather(*(self.ask([act]) for act in acts))
        return [codes for (codes,) in answers]

    async def outcome(self, codes: Sequence[tuple[str, ...]]) -> Outcome:
        """With the events since the last time. Sequences are dense, and what leaves an event is in the audit log."""
        text = await self.product.connection.fetchval(EVENTS, self.company.id, self.events, self.entries)
        event, entry, self.news, entries = orjson.loads(text)
        assert event == self.events + len(self.news)
        assert entry == self.entries + len(entries)
        assert {(kind, key) for _, kind, key, _ in self.news} == {(kind, key) for kind, key in entries}
        self.events, self.entries = event, entry
        return Outcome(list(codes), Counter(kind for kind, *_ in self.news))

    async def look(self, who: str, world: World, customer: str) -> Told:
        """What somebody reads."""
        given = asked(self.names, world, customer)
        return named(await self.product.runner.data(LOOK, self.people[who], given), self.names)

    async def facts(self) -> dict[Fact, Fact]:
        """All that the tables say."""
        text = await self.product.connection.fetchval(FACTS, self.company.id)
        return facts(orjson.loads(text), self.names)

    async def seen(self, codes: Sequence[tuple[str, ...]]) -> Seen:
        return Seen(await self.outcome(codes), await self.facts())

    async def amiss(self) -> list[tuple[Any, ...]]:
        """Invariants that do not hold, and for which rows."""
        return [tuple(row) for row in await self.product.connection.fetch(AMISS, self.company.id)]

    async def verified(self, world: World) -> None:
        """The audit log is whole and true, events are delivered, stock adds up, and no other tenant was touched."""
        connection = self.product.connection
        story = orjson.loads(await connection.fetchval(STORY, self.company.id) or "[]")
        untold = told_twice(story, world, self.names)
        assert not untold, untold
        undelivered = await connection.fetch(DELIVERIES, self.company.id)
        assert not undelivered, undelivered
        runner = self.product.runner
        scope = self.people["admin"].scope
        key = decode_key(runner.settings.audit_key.get_secret_value())
        async with with_tenant(runner.pools, scope, login=Login.STAFF, read_only=True) as reading:
            assert (await verify(reading, self.company.id, key=key)).faults == []
            assert (await check_stock(reading)).discrepancies == []
        assert await connection.fetchrow(_OTHERS, self.company.id) == self.others


async def _furnish(house: House, world: World) -> None:
    """Write the world's people, customers, SKUs, prices and stock."""
    put, tenant = house.product.connection.execute, house.company.id
    names = house.names
    for name in STAFF:
        key = new_id()
        names.bind(name, str(key))
        await put(
            "INSERT INTO leora.users (tenant_id, id, email, first_name, last_name, status)"
            " VALUES ($1, $2, $3, 'A', 'Seller', 'ACTIVE')",
            *(tenant, key, f"{name}@house.test"),
        )
    supplier, product = new_id(), new_id()
    await put(
        "INSERT INTO leora.suppliers (tenant_id, id, name, slug) VALUES ($1, $2, 'S', 's')", tenant, supplier
    )
    await put(
        "INSERT INTO leora.products (tenant_id, id, supplier_id, code, name, category, status)"
        " VALUES ($1, $2, $3, 'P', 'A wine', 'Wine', 'ACTIVE')",
        *(tenant, product, supplier),
    )
    for name, customer in world.customers.items():
        await put(*_customer(tenant, name, customer, names))
    for name, sku in world.skus.items():
        for statement, *values in _sku(tenant, name, sku, product, names):
            await put(statement, *values)
    for (sku_name, place), (count, _) in world.stock.items():
        await put(*_stock(tenant, UUID(names.ids[sku_name]), place, count))
    await put(*_terms(tenant, world.terms))
    for types in SUBSCRIPTIONS:
        await put(
            "INSERT INTO leora.webhook_subscriptions (tenant_id, id, name, url, event_types, secret)"
            " VALUES ($1, $2, 'Till', 'https://till.test', $3, 'secret')",
            *(tenant, new_id(), types),
        )
    await _people(house)


def _customer(tenant: UUID, name: str, one: Customer, names: Names) -> tuple[Any, ...]:
    key = new_id()
    names.bind(name, str(key))
    rep = None if one.rep is None else UUID(names.ids[one.rep])
    return (
        (
            "INSERT INTO leora.customers (tenant_id, id, account_number, name, status, tier, sales_rep_id, tax_exempt,"
            " credit_limit_cents) VALUES ($1, $2, $3, 'A shop', 'ACTIVE', $4, $5, $6, $7)"
        ),
        *(tenant, key, name, one.tier, rep, one.exempt, one.limit),
    )


def _sku(tenant: UUID, name: str, sku: Sku, product: UUID, names: Names) -> list[tuple[Any, ...]]:
    key = new_id()
    names.bind(name, str(key))
    rows: list[tuple[Any, ...]] = [
        (
            (
                "INSERT INTO leora.skus (tenant_id, id, product_id, code, name, bottle_ml, units_per_case,"
                " base_price_cents, currency) VALUES ($1, $2, $3, $4, 'A bottle', 750, 12, $5, 'USD')"
            ),
            *(tenant, key, product, name, sku.base),
        )
    ]
    for one in sku.listed:
        customer = None if one.customer is None else UUID(names.ids[one.customer])
        rows.append(
            (
                (
                    "INSERT INTO leora.price_list_entries (tenant_id, id, sku_id, price_list, currency,"
                    " customer_id, customer_tier, unit_price_cents, min_quantity, max_quantity)"
                    " VALUES ($1, $2, $3, 'L', 'USD', $4, $5, $6, $7, $8)"
                ),
                *(tenant, new_id(), key, customer, one.tier, one.price, one.least, one.most),
            )
        )
    return rows


def _stock(tenant: UUID, sku: UUID, place: str, count: int) -> tuple[Any, ...]:
    return (
        (
            "WITH item AS (INSERT INTO leora.inventory (tenant_id, id, sku_id, warehouse, on_hand) VALUES"
            " ($1, $2, $3, $4, $5)) INSERT INTO leora.inventory_movements (tenant_id, id, inventory_id, kind,"
            " on_hand_delta, actor_kind) VALUES ($1, $6, $2, 'RECEIPT', $5, 'SYSTEM')"
        ),
        *(tenant, new_id(), sku, place, count, new_id()),
    )


def _terms(tenant: UUID, terms: Terms) -> tuple[Any, ...]:
    return (
        (
            "UPDATE leora.tenant_settings SET tax_rate = $2::text::numeric, shipping_flat_rate_cents = $3,"
            " free_shipping_threshold_cents = $4, minimum_order_amount_cents = $5, default_warehouse = $6,"
            " sample_allowance_per_rep = $7 WHERE tenant_id = $1"
        ),
        *(tenant, terms.tax_rate, terms.shipping, terms.free_from),
        *(terms.minimum, terms.warehouse, terms.allowance),
    )


async def _people(house: House) -> None:
    """The principals of staff and buyers, with what their roles permit."""
    company, names, put = house.company, house.names, house.product.connection.execute
    for name, customer in BUYERS.items():
        key = new_id()
        names.bind(name, str(key))
        await put(
            "INSERT INTO leora.portal_users (tenant_id, id, customer_id, email, first_name, last_name, status)"
            " VALUES ($1, $2, $3, $4, 'A', 'Buyer', 'ACTIVE')",
            *(company.id, key, UUID(names.ids[customer]), f"{name}@shop.test"),
        )
    for name in (*STAFF, *BUYERS):
        role = company.roles[_ROLES.get(name, "portal_user")]
        rows = await house.product.connection.fetch(_PERMISSIONS, company.id, role)
        customer = BUYERS.get(name)
        house.people[name] = Principal(
            kind=ActorKind.PORTAL_USER if customer else ActorKind.USER,
            id=UUID(names.ids[name]),
            tenant_id=company.id,
            tenant_slug=company.slug,
            permissions=expand(row["permission_key"] for row in rows),
            customer_id=UUID(names.ids[customer]) if customer else None,
        )
