"""How fast one tenant's orders are submitted, by how many writers at a time: `scripts/bench --writers`.

Drafts of five lines are written first; each round then submits them once, by 1, 8 and 32 connections in turn. All
changes of a tenant wait for its head row, which numbers its events and audit entries. Orders of *shared* SKUs wait for
the same stock before that; of *own* SKUs no two under way have one in common, nor a customer.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from benchmark.database import Database, seeded
from benchmark.load import Job
from benchmark.measure import Effort, Load, Sample, Spread, Summary, loading, ratio, sample
from benchmark.processes import Family
from benchmark.report import markdown
from benchmark.stacks import Plan, Running, running
from leora_gql.db.addresses import connected

WRITERS = (1, 8, 32)
VARIANTS = ("own", "shared")
LINES = 5
GROUPS = 64
"""Sets of SKUs, and customers: orders so far apart in the row of drafts have the same again."""
_AT_ONCE = 4
"""Drafts that one operation writes: as many as the limits let it."""
_GOODS = """
WITH product AS (
    SELECT tenant_id, id FROM leora.products
    WHERE tenant_id = :tenant AND status = 'ACTIVE' AND NOT is_sample_only ORDER BY id LIMIT 1
), sku AS (
    INSERT INTO leora.skus
        (tenant_id, id, product_id, code, name, bottle_ml, units_per_case, base_price_cents, cost_cents, currency)
    SELECT tenant_id, gen_random_uuid(), id, 'WRITERS-' || lpad(n::text, 5, '0'), 'A bottle', 750, 12, 1000, 500, 'USD'
    FROM product, generate_series(1, CAST(:count AS int)) AS n RETURNING tenant_id, id
), item AS (
    INSERT INTO leora.inventory (tenant_id, id, sku_id, warehouse, on_hand)
    SELECT tenant_id, gen_random_uuid(), id, 'MAIN', 1000000 FROM sku RETURNING tenant_id, id, on_hand
)
INSERT INTO leora.inventory_movements (tenant_id, id, inventory_id, kind, on_hand_delta, actor_kind)
SELECT tenant_id, gen_random_uuid(), id, 'RECEIPT', on_hand, 'SYSTEM' FROM item
"""
_CUSTOMERS = """
INSERT INTO leora.customers (tenant_id, id, account_number, name, status)
SELECT :tenant, gen_random_uuid(), 'WRITERS-' || lpad(n::text, 5, '0'), 'A shop', 'ACTIVE'
FROM generate_series(1, CAST(:count AS int)) AS n
"""
_SKU_IDS = "SELECT id FROM leora.skus WHERE tenant_id = :tenant AND code LIKE 'WRITERS-%' ORDER BY code"
_CUSTOMER_IDS = (
    "SELECT id FROM leora.customers WHERE tenant_id = :tenant AND account_number LIKE 'WRITERS-%'"
    " ORDER BY account_number"
)
_SUBMITTED = "SELECT count(*) FROM leora.orders WHERE id = ANY (:orders) AND status = 'PENDING'"
_SUBMIT = (
    "mutation ($input: SubmitOrderInput!) { submitOrder(input: $input)"
    " { order { id number status total } userErrors { code message } } }"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is sold and to whom, by their ids."""

    skus: Sequence[UUID]
    customers: Sequence[UUID]

    def draft(self, variant: str, number: int) -> dict[str, object]:
        """The input of `createOrder` for the order of that number in the row."""
        group = number % GROUPS if variant == "own" else 0
        chosen = self.skus[group * LINES : (group + 1) * LINES]
        return {
            "customerId": _global("Customer", self.customers[number % len(self.customers)]),
            "lines": [{"skuId": _global("Sku", sku), "quantity": 1} for sku in chosen],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What was found: for each variant and number of writers; rates also as multiples of a single writer's."""

    submissions: int
    summaries: Mapping[str, Mapping[int, Summary]]
    gains: Mapping[str, Mapping[int, Spread]]


def measure_writers(
    folder: Path, *, scale: int, workers: int, pool: int, effort: Effort, submissions: int
) -> Writing:
    """Submit so many orders in every round of each variant and number of writers, in a database made for it.

    Raises `SystemExit` when any of them is not submitted.
    """
    with _own(folder, scale) as database:
        market = asyncio.run(_market(database))
        plan = Plan(database=database, workers=workers, pool=pool, logs=folder / "logs" / "writers")
        with running(["compiled"], plan) as (now,), loading() as load:
            samples = _rounds(load, now, market, plan, rounds=effort.rounds, submissions=submissions)
    return summarised(samples, submissions)


@contextlib.contextmanager
def _own(folder: Path, scale: int) -> Generator[Database]:
    """A database that nobody else uses, and nobody after: what was submitted before would be counted again."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix="writers-", dir=folder))
    try:
        with seeded(made, scale) as database:
            yield database
    finally:
        shutil.rmtree(made)


async def _market(database: Database) -> Market:
    tenant = {"tenant": database.tenant}
    async with connected(database.server.url(), autocommit=True) as connection:
        await connection.execute(text(_GOODS), {**tenant, "count": GROUPS * LINES})
        await connection.execute(text(_CUSTOMERS), {**tenant, "count": GROUPS})
        await connection.execute(text("VACUUM ANALYZE"))
        skus = await connection.scalars(text(_SKU_IDS), tenant)
        customers = await connection.scalars(text(_CUSTOMER_IDS), tenant)
        return Market(skus=tuple(skus), customers=tuple(customers))


Cell = tuple[str, int]
"""A variant, and how many write."""


def turns(number: int) -> Sequence[Cell]:
    """What a round measures, in its order: each begins with another one, so that none is always first."""
    cells = tuple(itertools.product(VARIANTS, WRITERS))
    first = number % len(cells)
    return (*cells[first:], *cells[:first])


def _rounds(
    load: Load, now: Running, market: Market, plan: Plan, *, rounds: int, submissions: int
) -> dict[Cell, list[Sample]]:
    samples: dict[Cell, list[Sample]] = {cell: [] for cell in turns(0)}
    for number in range(-1, rounds):
        for cell in turns(number):
            print(f"round {number + 1}: {cell[1]} writers, {cell[0]} SKUs", file=sys.stderr, flush=True)
            taken = _submitted(load, now, market, plan, cell=cell, submissions=submissions)
            if number >= 0:  # the one before only warms up
                samples[cell].append(taken)
    return samples


def _submitted(
    load: Load, now: Running, market: Market, plan: Plan, *, cell: Cell, submissions: int
) -> Sample:
    variant, writers = cell
    orders = _drafts(now, [market.draft(variant, number) for number in range(submissions)])
    bodies = tuple(json.dumps({"query": _SUBMIT, "variables": {"input": {"id": order}}}) for order in orders)
    job = Job(port=now.port, token=now.token, bodies=bodies, connections=writers, requests=submissions)
    taken = sample(load, now, job, Family(plan.database.process))
    done = asyncio.run(_count(plan.database, orders))
    if taken.outcome.failures or done != submissions:
        raise SystemExit(f"Of {submissions} orders {done} were submitted, {taken.outcome.failures} failed.")
    return taken


def _drafts(now: Running, inputs: Sequence[dict[str, object]]) -> list[str]:
    """The ids of new drafts, in the order of their inputs."""
    made: list[str] = []
    for start in range(0, len(inputs), _AT_ONCE):
        data = now.answer(creation(inputs[start : start + _AT_ONCE]))
        made += [payload["order"]["id"] for payload in data.values()]
    return made


def creation(inputs: Sequence[dict[str, object]]) -> str:
    """The body of a request that writes these drafts in one operation."""
    names = [f"o{number}" for number in range(len(inputs))]
    declared = ", ".join(f"${name}: CreateOrderInput!" for name in names)
    fields = " ".join(f"{name}: createOrder(input: ${name}) {{ order {{ id }} }}" for name in names)
    variables = dict(zip(names, inputs, strict=True))
    return json.dumps({"query": f"mutation ({declared}) {{ {fields} }}", "variables": variables})


async def _count(database: Database, orders: Sequence[str]) -> int:
    keys = [UUID(base64.b64decode(order).decode().partition(":")[2]) for order in orders]
    async with connected(database.server.url()) as connection:
        return int(await connection.scalar(text(_SUBMITTED), {"orders": keys}) or 0)


def _global(kind: str, key: UUID) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def summarised(samples: Mapping[Cell, Sequence[Sample]], submissions: int) -> Writing:
    """What the rounds come to."""

    def gain(variant: str, writers: int) -> Spread:
        named = {str(count): samples[variant, count] for count in WRITERS}
        return ratio(named, str(writers), str(WRITERS[0]))

    return Writing(
        submissions=submissions,
        summaries={
            variant: {count: Summary.of(samples[variant, count]) for count in WRITERS} for variant in VARIANTS
        },
        gains={variant: {count: gain(variant, count) for count in WRITERS[1:]} for variant in VARIANTS},
    )


def table(writing: Writing) -> str:
    """It as Markdown."""
    heads = (
        *("SKUs", "writers", "submissions/s", "÷ one writer's", "p50 ms", "p99 ms"),
        *("gateway, CPU µs each", "PostgreSQL, CPU µs each"),
    )
    rows: list[list[str]] = []
    for variant, by_writers in writing.summaries.items():
        for count, one in by_writers.items():
            gain = writing.gains[variant].get(count)
            rows.append(
                [
                    *(variant, str(count)),
                    f"{one.rate.median:,.0f} ({one.rate.low:,.0f}–{one.rate.high:,.0f})",
                    f"{gain.median:.2f} ({gain.low:.2f}–{gain.high:.2f})" if gain else "1",
                    *(f"{one.p50_ms:.1f}", f"{one.p99_ms:.1f}"),
                    *(f"{one.server_us:,.0f}", f"{one.postgres_us:,.0f}"),
                ]
            )
    return markdown(heads, rows)
