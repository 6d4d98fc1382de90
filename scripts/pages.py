"""Whether page 5,000 of a tenant's orders costs what page 1 costs.

    .venv/bin/python scripts/pages.py [--orders 1000000] [--rounds 60] [--data .leora-pages]

Fills an embedded database of its own: the demo tenants, and orders up to the number asked for. Then asks the
product, over HTTP and signed in, for both pages of each ordering in turn, round by round, and prints the
medians and the median of the rounds' ratios. Writes `bench/pages.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql import seed
from leora_gql.app import create_app
from leora_gql.db import migrate
from leora_gql.db.addresses import connected
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.graph.cursors import Cursors
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.ordering import Ordering, SortDirection, default_ordering
from leora_gql.settings import Settings, decode_key, load_settings

SIZE, DEEP = 100, 5_000
ORDERINGS: dict[str, tuple[str, ...]] = {
    "by id": (),
    "by the time placed, latest first": ("-placed_at",),
    "by total": ("total",),
    "by the time placed, then by total the other way": ("-placed_at", "total"),
}
SIGN_IN = (
    'mutation { signIn(input: {email: "admin@wellcrafted.test", password: "cork-and-cask"}) { accessToken } }'
)
QUERY = """query($after: String, $order: [OrderOrderBy!]) { orders(first: 100, after: $after, orderBy: $order) {
    nodes { id number status total placedAt } pageInfo { hasNextPage endCursor } } }"""
MORE = """
INSERT INTO leora.orders (tenant_id, id, number, customer_id, status, placed_at, currency,
                          shipping_amount_cents, total_cents, created_at)
SELECT c.tenant_id, gen_random_uuid(), 'X-' || lpad(n::text, 8, '0'), c.id, 'PENDING', at, 'USD', cents, cents, at
FROM (
    SELECT n, now() - n * interval '37 seconds' AS at, 1000 + (hashint8(n) & 1048575) AS cents,
           n % (SELECT count(*) FROM leora.customers WHERE tenant_id = :tenant) AS place
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n
) AS made
JOIN (SELECT tenant_id, id, row_number() OVER (ORDER BY id) - 1 AS place
      FROM leora.customers WHERE tenant_id = :tenant) AS c USING (place)
"""


@dataclass
class Result:
    """One ordering: milliseconds of both pages, and the median of the rounds' ratios."""

    ordering: str
    first_ms: float
    deep_ms: float
    ratio: float


async def fill(url: URL, orders: int) -> str:
    """Add orders to Well Crafted until there are so many; its tenant's id."""
    async with connected(url) as connection:
        tenant = await _one(connection, "SELECT id::text FROM leora.tenants WHERE slug = 'well-crafted'")
        have = await _one(
            connection, "SELECT count(*) FROM leora.orders WHERE tenant_id = :tenant", tenant=tenant
        )
        await connection.rollback()
        for first in range(int(have) + 1, orders + 1, 50_000):
            async with connection.begin():
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
                last = min(first + 49_999, orders)
                await connection.execute(text(MORE), {"tenant": tenant, "first": first, "last": last})
            print(f"\r{last:,} orders", end="", flush=True)
    async with connected(url, autocommit=True) as connection:
        await connection.execute(text("VACUUM ANALYZE leora.orders"))
    print()
    return str(tenant)


async def _one(connection: AsyncConnection, statement: str, **values: Any) -> Any:
    return (await connection.execute(text(statement), values)).scalar_one()


async def deep_cursor(
    url: URL, settings: Settings, tenant: str, *, entity: Entity, ordering: Ordering
) -> str:
    """The cursor of the row before page 5,000."""
    order = ", ".join(
        f"{key.source} {'DESC NULLS LAST' if key.descending else 'ASC'}" for key in ordering.keys
    )
    columns = ", ".join(key.source for key in ordering.keys)
    statement = (
        f"SELECT {columns} FROM leora.orders WHERE tenant_id = :tenant ORDER BY {order}"
        f" OFFSET {SIZE * (DEEP - 1) - 1} LIMIT 1"
    )
    async with connected(url) as connection:
        row = (await connection.execute(text(statement), {"tenant": tenant})).one()
    key = decode_key(settings.cursor_key.get_secret_value())
    return Cursors(key, UUID(tenant)).codec(entity, ordering).encode(list(row))


async def page(client: httpx.AsyncClient, variables: dict[str, Any], token: str) -> float:
    """Milliseconds for one page; it must be a whole one."""
    started = time.perf_counter()
    answer = await client.post(
        "/graphql",
        json={"query": QUERY, "variables": variables},
        headers={"authorization": f"Bearer {token}"},
    )
    took = (time.perf_counter() - started) * 1000
    body = answer.json()
    if "errors" in body or len(body["data"]["orders"]["nodes"]) != SIZE:
        raise SystemExit(f"not a whole page: {json.dumps(body)[:300]}")
    return took


async def measure(url: URL, settings: Settings, tenant: str, *, rounds: int) -> list[Result]:
    """Both pages of every ordering, interleaved."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    results: list[Result] = []
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://x") as client,
    ):
        entity = Registry.get("Order")
        assert entity is not None
        token = (await client.post("/graphql", json={"query": SIGN_IN})).json()["data"]["signIn"][
            "accessToken"
        ]
        for name, keys in ORDERINGS.items():
            chosen = default_ordering(entity, keys)
            after = await deep_cursor(url, settings, tenant, entity=entity, ordering=chosen)
            order = [
                {
                    "field": key.removeprefix("-").upper(),
                    "direction": (SortDirection.DESC if key.startswith("-") else SortDirection.ASC).value,
                }
                for key in keys
            ]
            pairs = [
                (
                    await page(client, {"order": order}, token),
                    await page(client, {"order": order, "after": after}, token),
                )
                for _ in range(rounds + 5)
            ][5:]
            results.append(
                Result(
                    ordering=name,
                    first_ms=round(statistics.median(first for first, _ in pairs), 2),
                    deep_ms=round(statistics.median(deep for _, deep in pairs), 2),
                    ratio=round(statistics.median(deep / first for first, deep in pairs), 3),
                )
            )
    return results


def main() -> None:
    """Fill, measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--data", type=Path, default=Path(".leora-pages"))
    given = parser.parse_args()
    with EmbeddedServer(given.data) as server:
        url = server.url()
        address = url.render_as_string(hide_password=False)
        settings = load_settings(
            _env_file=None, environment="test", database_url=address, direct_url=address, data_dir=given.data
        )
        migrate.prepare(url)
        seed.run(url, settings=settings)
        tenant = asyncio.run(fill(url, given.orders))
        results = asyncio.run(measure(url, settings, tenant, rounds=given.rounds))
    print(f"{given.orders:,} orders, pages of {SIZE}, {given.rounds} rounds; milliseconds, medians")
    for result in results:
        print(f"{result.first_ms:8.2f} {result.deep_ms:8.2f}  ratio {result.ratio:5.3f}  {result.ordering}")
    report = {"orders": given.orders, "rounds": given.rounds, "pages": [asdict(result) for result in results]}
    Path("bench").mkdir(exist_ok=True)
    Path("bench/pages.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
