"""The bottles that are set aside for an order: taken out, or made free again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, select

from leora_gql.db.kept import Kept
from leora_gql.db.rows import update_rows
from leora_gql.domains.catalog.enums import MovementKind
from leora_gql.domains.catalog.models import InventoryItem
from leora_gql.domains.catalog.service.ledger import Movement, move
from leora_gql.domains.change import Change
from leora_gql.domains.orders.models import OrderAllocation, OrderLine

_ALLOCATIONS, _LINES = cast(Table, OrderAllocation.__table__), cast(Table, OrderLine.__table__)
_STOCK = cast(Table, InventoryItem.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """What a line still has set aside in one warehouse, and what has gone out of it."""

    id: UUID
    order_line_id: UUID
    inventory_id: UUID
    warehouse: str
    reserved: int
    fulfilled: int


async def read_reserved(change: Change, order_id: UUID) -> Sequence[Reserved]:
    """What is still set aside for the order, by warehouse name. The operation has locked the order and its stock."""
    return [Reserved(**row) for row in await _RESERVED.rows(change.connection, order=order_id)]


async def release(change: Change, order_id: UUID) -> int:
    """Make free what is still set aside; gives how many bottles."""
    reserved = await read_reserved(change, order_id)
    await update_rows(change.connection, _ALLOCATIONS, [{"id": one.id, "reserved": 0} for one in reserved])
    await move(
        change,
        [
            Movement(
                inventory_id=one.inventory_id,
                kind=MovementKind.RELEASE,
                reserved=-one.reserved,
                order_line_id=one.order_line_id,
            )
            for one in reserved
        ],
    )
    return sum(one.reserved for one in reserved)


async def take_out(change: Change, wanted: Mapping[UUID, int], reserved: Sequence[Reserved]) -> None:
    """Take bottles out for lines, by their keys, from what is set aside for them. That is enough for all."""
    left = dict(wanted)
    going: list[tuple[Reserved, int]] = []
    for one in reserved:
        bottles = min(one.reserved, left.get(one.order_line_id, 0))
        if bottles:
            left[one.order_line_id] -= bottles
            going.append((one, bottles))
    await update_rows(
        change.connection,
        _ALLOCATIONS,
        [
            {"id": one.id, "reserved": one.reserved - bottles, "fulfilled": one.fulfilled + bottles}
            for one, bottles in going
        ],
    )
    await move(
        change,
        [
            Movement(
                inventory_id=one.inventory_id,
                kind=MovementKind.FULFILMENT,
                on_hand=-bottles,
                reserved=-bottles,
                order_line_id=one.order_line_id,
            )
            for one, bottles in going
        ],
    )


_RESERVED = Kept(
    select(
        _ALLOCATIONS.c.id,
        _ALLOCATIONS.c.order_line_id,
        _ALLOCATIONS.c.inventory_id,
        _STOCK.c.warehouse,
        _ALLOCATIONS.c.reserved,
        _ALLOCATIONS.c.fulfilled,
    )
    .select_from(
        _LINES.join(
            _ALLOCATIONS,
            and_(_ALLOCATIONS.c.tenant_id == _LINES.c.tenant_id, _ALLOCATIONS.c.order_line_id == _LINES.c.id),
        ).join(
            _STOCK,
            and_(_STOCK.c.tenant_id == _ALLOCATIONS.c.tenant_id, _STOCK.c.id == _ALLOCATIONS.c.inventory_id),
        )
    )
    .where(_LINES.c.order_id == bindparam("order"), _ALLOCATIONS.c.reserved > 0)
    .order_by(_LINES.c.position, _STOCK.c.warehouse, _ALLOCATIONS.c.id)
)
