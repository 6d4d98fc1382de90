"""Whether stock is what its ledger says, and what orders have reserved of it what their allocations say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.domains.catalog.models import InventoryItem, InventoryMovement, Sku
from leora_gql.domains.orders.models import OrderAllocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """An item that does not add up, in bottles: what it says, its movements' sums, and its allocations' sum."""

    sku_code: str
    warehouse: str
    on_hand: int
    moved_on_hand: int
    reserved: int
    moved_reserved: int
    allocated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCheck:
    """How many items were looked at, and which of them do not add up."""

    items: int
    discrepancies: Sequence[Discrepancy]


async def check_stock(connection: AsyncConnection) -> StockCheck:
    """Check all stock of the tenant that the transaction is bound to. Locks nothing; reads one state per statement."""
    items = await connection.scalar(select(func.count()).select_from(InventoryItem))
    found = await connection.execute(_statement())
    return StockCheck(items=items or 0, discrepancies=[Discrepancy(**row) for row in found.mappings()])


def _statement() -> Any:
    """A row for each item that does not add up."""
    item, sku = cast(Table, InventoryItem.__table__), cast(Table, Sku.__table__)
    movement, allocation = cast(Table, InventoryMovement.__table__), cast(Table, OrderAllocation.__table__)
    moved = (
        select(
            movement.c.inventory_id,
            func.sum(movement.c.on_hand_delta).label("on_hand"),
            func.sum(movement.c.reserved_delta).label("reserved"),
        )
        .group_by(movement.c.inventory_id)
        .subquery("moved")
    )
    allocated = (
        select(allocation.c.inventory_id, func.sum(allocation.c.reserved).label("reserved"))
        .group_by(allocation.c.inventory_id)
        .subquery("allocated")
    )
    on_hand, reserved = func.coalesce(moved.c.on_hand, 0), func.coalesce(moved.c.reserved, 0)
    held = func.coalesce(allocated.c.reserved, 0)
    return (
        select(
            sku.c.code.label("sku_code"),
            item.c.warehouse,
            item.c.on_hand,
            on_hand.label("moved_on_hand"),
            item.c.reserved,
            reserved.label("moved_reserved"),
            held.label("allocated"),
        )
        .select_from(
            item.join(sku, (sku.c.tenant_id == item.c.tenant_id) & (sku.c.id == item.c.sku_id))
            .outerjoin(moved, moved.c.inventory_id == item.c.id)
            .outerjoin(allocated, allocated.c.inventory_id == item.c.id)
        )
        .where(or_(item.c.on_hand != on_hand, item.c.reserved != reserved, item.c.reserved != held))
        .order_by(sku.c.code, item.c.warehouse)
    )
