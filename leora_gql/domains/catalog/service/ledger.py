"""The stock ledger: every change of stock is a movement, written with it in one transaction."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Table, Uuid, bindparam, func, update

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.db.rows import insert_rows
from leora_gql.domains.catalog.enums import MovementKind
from leora_gql.domains.catalog.models import InventoryItem, InventoryMovement
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType

_STOCK, _MOVEMENTS = cast(Table, InventoryItem.__table__), cast(Table, InventoryMovement.__table__)
_EVENTS: Mapping[MovementKind, EventType] = {
    MovementKind.RECEIPT: EventType.INVENTORY_RECEIVED,
    MovementKind.ADJUSTMENT: EventType.INVENTORY_ADJUSTED,
    MovementKind.RESERVATION: EventType.INVENTORY_RESERVED,
    MovementKind.RELEASE: EventType.INVENTORY_RELEASED,
    MovementKind.FULFILMENT: EventType.INVENTORY_FULFILLED,
    MovementKind.SAMPLE: EventType.INVENTORY_SAMPLED,
    MovementKind.TRANSFER_IN: EventType.INVENTORY_TRANSFERRED,
    MovementKind.TRANSFER_OUT: EventType.INVENTORY_TRANSFERRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A change of one item's stock, in bottles: what comes in or goes out, and what is set aside or becomes free."""

    inventory_id: UUID
    kind: MovementKind
    on_hand: int = 0
    reserved: int = 0
    order_line_id: UUID | None = None
    reason: str | None = None


async def move(change: Change, movements: Sequence[Movement]) -> None:
    """Change stock and write it into the ledger; each item's change is noted as events and audit entries.

    The items are locked by the operation (`domains/locks.py`), and the caller has seen that there is enough: the
    database refuses what would leave fewer bottles than are reserved. Raises `LookupError` when an item is missing or
    may not be changed.
    """
    moving = [one for one in movements if one.on_hand or one.reserved]
    if not moving:
        return
    totals = _totals(moving)
    takes = any(on_hand for on_hand, _ in totals.values())
    keys = sorted(totals)
    rows = await _apply(takes).rows(
        change.connection,
        ids=keys,
        reserved_by=[totals[key][1] for key in keys],
        **({"on_hand_by": [totals[key][0] for key in keys]} if takes else {}),
    )
    if len(rows) != len(keys):
        raise LookupError("Stock that was to be changed is missing, or may not be changed here.")
    await insert_rows(change.connection, _MOVEMENTS, [_row(change, one, takes=takes) for one in moving])
    after = {row["id"]: row for row in rows}
    for key in keys:
        _note(change, key, after[key], totals[key], [one for one in moving if one.inventory_id == key])


def _totals(movements: Sequence[Movement]) -> dict[UUID, tuple[int, int]]:
    totals: dict[UUID, tuple[int, int]] = {}
    for one in movements:
        on_hand, reserved = totals.get(one.inventory_id, (0, 0))
        totals[one.inventory_id] = (on_hand + one.on_hand, reserved + one.reserved)
    return totals


def _row(change: Change, one: Movement, *, takes: bool) -> dict[str, object]:
    """A movement's row. Who only reserves (a buyer) may write no other column."""
    return {
        "tenant_id": change.tenant_id,
        "id": new_id(),
        "inventory_id": one.inventory_id,
        "kind": one.kind,
        **({"on_hand_delta": one.on_hand} if takes else {}),
        "reserved_delta": one.reserved,
        "order_line_id": one.order_line_id,
        "reason": one.reason,
        "actor_kind": change.actor.kind,
        "actor_id": change.actor.id,
        "occurred_at": change.now,
    }


def _note(
    change: Change,
    key: UUID,
    row: Mapping[str, Any],
    total: tuple[int, int],
    movements: Sequence[Movement],
) -> None:
    now = {"on_hand": row["on_hand"], "reserved": row["reserved"]}
    before = {"on_hand": row["on_hand"] - total[0], "reserved": row["reserved"] - total[1]}
    told = {"sku_id": row["sku_id"], "warehouse": row["warehouse"], **now}
    kinds = list(dict.fromkeys(one.kind for one in movements))
    change.edited(_EVENTS[kinds[0]], "InventoryItem", key, before=before, after=now, payload=told)
    for kind in kinds[1:]:
        change.told(_EVENTS[kind], "InventoryItem", key, told)


@functools.cache
def _apply(takes: bool) -> Kept:
    names = ("ids", "on_hand_by", "reserved_by") if takes else ("ids", "reserved_by")
    kinds = {"ids": Uuid(), "on_hand_by": Integer(), "reserved_by": Integer()}
    arrays = [bindparam(name, type_=ARRAY(kinds[name])) for name in names]
    by = func.unnest(*arrays).table_valued(*names).render_derived(name="moved")
    c = _STOCK.c
    values: dict[str, Any] = {"reserved": c.reserved + by.c.reserved_by}
    if takes:
        values["on_hand"] = c.on_hand + by.c.on_hand_by
    return Kept(
        update(_STOCK)
        .where(c.id == by.c.ids)
        .values(values)
        .returning(c.id, c.sku_id, c.warehouse, c.on_hand, c.reserved)
    )
