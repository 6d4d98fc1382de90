"""What the tests of stock share: a SKU of the demo tenant in warehouses of the test's own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.api import ADMIN, Api
from tests.domains.noted import global_id
from tests.graph.principals import Runner

RECEIVE = """
mutation ($input: ReceiveInventoryInput!) {
  receiveInventory(input: $input) {
    inventoryItem { id warehouse onHand reserved available version sku { id } }
    userErrors { code message field }
  }
}
"""
TABLES = ("inventory", "inventory_movements")
LEDGER = """
SELECT i.warehouse, m.kind, m.on_hand_delta, m.reserved_delta, m.reason, m.actor_kind, u.email
FROM leora.inventory_movements m JOIN leora.inventory i ON i.tenant_id = m.tenant_id AND i.id = m.inventory_id
LEFT JOIN leora.users u ON u.id = m.actor_id
WHERE i.warehouse = ANY (:warehouses) ORDER BY m.occurred_at, m.kind
"""


def warehouse() -> str:
    """The name of a warehouse that nobody has."""
    return f"Cellar {uuid4()}"


async def sku(runner: Runner, tenant: str = "well-crafted") -> str:
    """The global id of a SKU of the tenant."""
    rows = await runner.sql(
        "SELECT s.id FROM leora.skus s JOIN leora.tenants t ON t.id = s.tenant_id WHERE t.slug = :tenant"
        " ORDER BY s.id LIMIT 1",
        tenant=tenant,
    )
    return global_id("Sku", rows[0]["id"])


async def receive(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    """The payload of a receipt that has no errors beside it."""
    return (await api.data(RECEIVE, {"input": given}, as_=as_))["receiveInventory"]


async def ledger(runner: Runner, *warehouses: str) -> list[dict[str, Any]]:
    """The movements in the warehouses, in their order."""
    return await runner.sql(LEDGER, warehouses=list(warehouses))


def entry(
    place: str, kind: str, on_hand: int, reason: str | None = None, email: str = ADMIN
) -> dict[str, Any]:
    """A movement as `ledger` gives it."""
    return {
        "warehouse": place,
        "kind": kind,
        "on_hand_delta": on_hand,
        "reserved_delta": 0,
        "reason": reason,
        "actor_kind": "USER",
        "email": email,
    }
