"""What the tests of changing orders share: the mutations, drafts to change, and what the record says of them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.addresses import connected
from leora_gql.db.model import new_id
from tests.api import ADMIN, Api
from tests.domains.noted import global_id
from tests.domains.orders.shop import Shop, create, line
from tests.graph.principals import Runner

ORDER = """
  id number status version poNumber notes subtotal discountAmount taxAmount shippingAmount total
  placedAt fulfilledAt cancelledAt requestedDeliveryOn
  lines(first: 100) { nodes {
    id position skuCode quantity unitPrice discountAmount lineTotal fulfilledQuantity
  } }
"""
TOUCHED = """
SELECT (SELECT json_agg(o ORDER BY o.id) FROM (SELECT id, version, updated_at FROM leora.orders) o)::text AS orders,
    (SELECT count(*) FROM leora.order_lines) AS lines,
    (SELECT sum(reserved) FROM leora.inventory) AS reserved,
    (SELECT sum(on_hand) FROM leora.inventory) AS on_hand,
    (SELECT count(*) FROM leora.inventory_movements) AS movements,
    (SELECT count(*) FROM leora.webhook_events) AS events,
    (SELECT count(*) FROM leora.audit_log WHERE action NOT LIKE 'SIGN_IN%') AS audit
"""
OWED = """
SELECT (SELECT coalesce(sum(balance_due_cents), 0) FROM leora.invoices WHERE customer_id = :customer)
    + (SELECT coalesce(sum(o.total_cents - coalesce(
            (SELECT sum(i.total_cents) FROM leora.invoices i WHERE i.order_id = o.id AND i.status <> 'VOID'), 0)), 0)
        FROM leora.orders o WHERE o.customer_id = :customer AND o.status NOT IN ('DRAFT', 'CANCELLED')) AS cents
"""
"""What a customer owes that has called off nothing that was delivered."""
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
Payload = dict[str, Any]


def mutation(name: str, fields: str = ORDER) -> str:
    kind = name[0].upper() + name[1:]
    return (
        f"mutation ($input: {kind}Input!) {{ {name}(input: $input)"
        f" {{ order {{ {fields} }} userErrors {{ code message field }} }} }}"
    )


async def do(api: Api, name: str, as_: str = ADMIN, **given: Any) -> Payload:
    """The payload of a mutation whose answer has no errors."""
    return (await api.data(mutation(name), {"input": given}, as_=as_))[name]


async def done(api: Api, name: str, as_: str = ADMIN, **given: Any) -> Payload:
    """The order of a mutation that is not refused."""
    payload = await do(api, name, as_, **given)
    assert payload["userErrors"] == [], payload
    return payload["order"]


def refused(payload: Payload) -> list[tuple[str, list[str] | None]]:
    """The problems of a payload that has nothing else."""
    assert payload["order"] is None, payload
    assert all(error["message"] for error in payload["userErrors"])
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


async def draft(
    api: Api, shop: Shop, as_: str = ADMIN, *, quantities: tuple[int, ...] = (2, 3), **given: Any
) -> Payload:
    """A draft of the first SKUs, as `createOrder` and the fields above tell it."""
    if as_ == ADMIN and "customerId" not in given:
        given["customerId"] = global_id("Customer", (await shop.customer())["id"])
    skus = await shop.skus(len(quantities))
    lines = [line(sku, quantity) for sku, quantity in zip(skus, quantities, strict=True)]
    payload = await create(api, as_, **{"lines": lines, **given})
    assert payload["userErrors"] == [], payload
    query = f"query ($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}"
    return (await api.data(query, {"id": payload["order"]["id"]}, as_=as_))["order"]


async def hired(runner: Runner, status: str = "ACTIVE") -> UUID:
    """A new member of staff."""
    key = new_id()
    await runner.write(
        "INSERT INTO leora.users (tenant_id, id, email, first_name, last_name, status)"
        " VALUES (:tenant, :id, :email, 'Ada', 'Example', :status)",
        tenant=await runner.tenant(),
        id=key,
        email=f"{key.hex}@wellcrafted.test",
        status=status,
    )
    return key


async def robot(runner: Runner, maker: UUID) -> Principal:
    """An integration that may do everything, made by that member of staff."""
    return replace(await runner.principal(ADMIN), kind=ActorKind.INTEGRATION, id=new_id(), maker_id=maker)


async def done_by(runner: Runner, caller: Principal, name: str, **given: Any) -> Payload:
    """The order of a mutation that is not refused, asked for by a principal of the test's own making."""
    payload = (await runner.data(mutation(name), caller, {"input": given}))[name]
    assert payload["userErrors"] == [], payload
    return payload["order"]


def key_of(global_key: str) -> UUID:
    return UUID(base64.b64decode(global_key).decode().split(":")[1])


async def events(runner: Runner, order: Payload) -> list[str]:
    """The types of the order's events in their order."""
    rows = await runner.sql(
        "SELECT type FROM leora.webhook_events WHERE entity_id = :id ORDER BY sequence",
        id=key_of(order["id"]),
    )
    return [row["type"] for row in rows]


async def last_event(runner: Runner, order: Payload) -> dict[str, Any]:
    rows = await runner.sql(
        "SELECT type, payload FROM leora.webhook_events WHERE entity_id = :id ORDER BY sequence DESC LIMIT 1",
        id=key_of(order["id"]),
    )
    return rows[0]


async def last_entry(runner: Runner, order: Payload) -> dict[str, Any]:
    """The newest audit entry about the order."""
    rows = await runner.sql(
        "SELECT operation, action, actor_kind, changes FROM leora.audit_log WHERE entity_id = :id"
        " ORDER BY sequence DESC LIMIT 1",
        id=key_of(order["id"]),
    )
    return rows[0]


async def touched(runner: Runner) -> dict[str, Any]:
    """What must be the same after a refusal."""
    return (await runner.sql(TOUCHED))[0]


async def in_row(runner: Runner, order: Payload, columns: str) -> dict[str, Any]:
    rows = await runner.sql(f"SELECT {columns} FROM leora.orders WHERE id = :id", id=key_of(order["id"]))
    return rows[0]


async def stocked(runner: Runner, *, tenant: str = "well-crafted", **bottles: int) -> dict[str, Any]:
    """A new SKU of 10.00 a bottle with so many bottles by warehouse, come in by the ledger."""
    sku, owner = new_id(), await runner.tenant(tenant)
    await runner.write(
        "INSERT INTO leora.skus (tenant_id, id, product_id, code, name, bottle_ml, units_per_case, base_price_cents,"
        " cost_cents, currency) SELECT s.tenant_id, :id, s.product_id, :code, 'A bottle', 750, 12, 1000, 500, 'USD'"
        " FROM leora.skus s JOIN leora.products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"
        " WHERE s.tenant_id = :tenant AND p.status = 'ACTIVE' AND NOT p.is_sample_only ORDER BY s.id LIMIT 1",
        id=sku,
        code=f"T-{sku.hex[-12:]}",
        tenant=owner,
    )
    for warehouse, count in bottles.items():
        await runner.write(
            "WITH item AS (INSERT INTO leora.inventory (tenant_id, id, sku_id, warehouse, on_hand)"
            " VALUES (:tenant, :id, :sku, :warehouse, :count) RETURNING tenant_id, id)"
            " INSERT INTO leora.inventory_movements (tenant_id, id, inventory_id, kind, on_hand_delta, actor_kind)"
            " SELECT tenant_id, :movement, id, 'RECEIPT', :count, 'SYSTEM' FROM item",
            tenant=owner,
            id=new_id(),
            movement=new_id(),
            sku=sku,
            warehouse=warehouse,
            count=count,
        )
    return (await runner.sql("SELECT * FROM leora.skus WHERE id = :id", id=sku))[0]


async def shopper(runner: Runner, *, tenant: str = "well-crafted", **columns: Any) -> str:
    """A new customer with these columns; its global id."""
    key = new_id()
    names = "".join(f", {name}" for name in columns)
    values = "".join(f", :{name}" for name in columns)
    await runner.write(
        f"INSERT INTO leora.customers (tenant_id, id, account_number, name, status{names})"
        f" VALUES (:tenant, :id, :number, 'A shop', 'ACTIVE'{values})",
        tenant=await runner.tenant(tenant),
        id=key,
        number=f"T-{key.hex[-12:]}",
        **columns,
    )
    return global_id("Customer", key)


async def representative(runner: Runner) -> Principal:
    """A new member of staff who may do everything and has done nothing yet."""
    return replace(await runner.principal(ADMIN), id=await hired(runner))


async def stock(runner: Runner, sku: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Bottles on hand and reserved by warehouse."""
    rows = await runner.sql(
        "SELECT warehouse, on_hand, reserved FROM leora.inventory WHERE sku_id = :sku ORDER BY warehouse",
        sku=sku["id"],
    )
    return {row["warehouse"]: (row["on_hand"], row["reserved"]) for row in rows}


async def ledger_adds_up(runner: Runner) -> None:
    """Every item's stock is the sum of its movements, and what is reserved the sum of what lines have set aside."""
    wrong = await runner.sql(
        "SELECT i.id FROM leora.inventory i"
        " LEFT JOIN (SELECT inventory_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved"
        "   FROM leora.inventory_movements GROUP BY inventory_id) m ON m.inventory_id = i.id"
        " LEFT JOIN (SELECT inventory_id, sum(reserved) AS reserved FROM leora.order_allocations"
        "   GROUP BY inventory_id) a ON a.inventory_id = i.id"
        " WHERE i.on_hand <> coalesce(m.on_hand, 0) OR i.reserved <> coalesce(m.reserved, 0)"
        " OR i.reserved <> coalesce(a.reserved, 0)"
    )
    assert wrong == []


async def waiting(runner: Runner) -> int:
    """How many wait for what others have locked."""
    return (await runner.sql(WAITING))[0]["count"]


@asynccontextmanager
async def held_up(runner: Runner, *, count: int) -> AsyncIterator[None]:
    """The tenant's changes can all but be written down while the block runs, and until so many of them wait."""
    async with connected(runner.direct_url) as holder:
        await holder.execute(text("SELECT FROM leora.tenant_heads FOR UPDATE"))
        yield
        async with asyncio.timeout(30):
            while await waiting(runner) < count:
                pass


@asynccontextmanager
async def put(runner: Runner, table: str, key: Any, **columns: Any) -> AsyncIterator[None]:
    """Columns of a row behind the product's back, as they were afterwards. A tenant's settings go by their tenant."""
    by = "tenant_id" if table == "tenant_settings" else "id"
    was = (await runner.sql(f"SELECT {', '.join(columns)} FROM leora.{table} WHERE {by} = :key", key=key))[0]
    change = (
        f"UPDATE leora.{table} SET {', '.join(f'{name} = :{name}' for name in columns)} WHERE {by} = :key"
    )
    await runner.write(change, key=key, **columns)
    try:
        yield
    finally:
        await runner.write(change, key=key, **was)
