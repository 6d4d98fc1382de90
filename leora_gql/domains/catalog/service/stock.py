"""Stock that comes in, is put right, and moves between warehouses: each written by the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, Text, Uuid, bindparam, select

from leora_gql.db.kept import Kept
from leora_gql.db.rows import update_rows
from leora_gql.domains.catalog.enums import MovementKind
from leora_gql.domains.catalog.models import InventoryItem, Sku
from leora_gql.domains.catalog.service.ledger import Movement, move
from leora_gql.domains.change import Change
from leora_gql.domains.editing import moved_on
from leora_gql.domains.events import EventType
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

MOST_ON_HAND = 1_000_000_000
"""Bottles that one warehouse can hold of a SKU."""

_STOCK = cast(Table, InventoryItem.__table__)
_COLUMNS = tuple(
    _STOCK.c[name]
    for name in (
        *("id", "sku_id", "warehouse", "on_hand", "reserved", "available", "version"),
        *("reorder_point", "reorder_quantity"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Bottles that came into a warehouse."""

    sku_id: UUID
    warehouse: str
    quantity: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What a count found too much or too little, of an item or of a SKU in a warehouse; and when to reorder, by column.

    The delta is 0 where only the latter is given.
    """

    inventory_id: UUID | None
    sku_id: UUID | None
    warehouse: str | None
    on_hand_delta: int
    reason: str | None
    version: int | None
    reorder: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Bottles that go from one warehouse to another."""

    sku_id: UUID
    from_warehouse: str
    to_warehouse: str
    quantity: int
    reason: str | None


async def receive_inventory(change: Change, new: Receipt) -> UUID | Problem:
    """Take bottles into stock; gives the item's key.

    The item is locked by the operation, and made by it where the warehouse had none of the SKU; so no item means no
    such SKU.
    """
    item = await _at(change, new.sku_id, new.warehouse)
    if item is None:
        return no_such("Sku", "skuId")
    if item["on_hand"] + new.quantity > MOST_ON_HAND:
        return _too_many("quantity")
    receipt = Movement(
        inventory_id=item["id"], kind=MovementKind.RECEIPT, on_hand=new.quantity, reason=new.reason
    )
    await move(change, [receipt])
    return item["id"]


async def adjust_inventory(change: Change, new: Adjustment) -> UUID | Problem:
    """Put the bottles on hand right, and say when to reorder; gives the item's key. What orders have reserved stays.

    The item is locked by the operation.
    """
    item = await _to_adjust(change, new)
    if isinstance(item, Problem):
        return item
    refusal = _adjustment_refusal(item, new)
    if refusal is not None:
        return refusal
    adjustment = Movement(
        inventory_id=item["id"],
        kind=MovementKind.ADJUSTMENT,
        on_hand=new.on_hand_delta,
        reason=new.reason,
    )
    await move(change, [adjustment])
    await _reorder(change, {**item, "on_hand": item["on_hand"] + new.on_hand_delta}, new.reorder)
    return item["id"]


async def _to_adjust(change: Change, new: Adjustment) -> dict[str, Any] | Problem:
    if new.inventory_id is not None:
        item = await _BY_ID.row(change.connection, key=new.inventory_id)
        return item or no_such("InventoryItem", "inventoryItemId")
    item = await _at(change, new.sku_id, new.warehouse)
    if item is not None:
        return item
    there = await _SKU.value(change.connection, key=new.sku_id)
    return no_such("InventoryItem", "warehouse") if there else no_such("Sku", "skuId")


async def _reorder(change: Change, item: Mapping[str, Any], given: Mapping[str, object]) -> None:
    """Write what differs of when to reorder, and note it. No bottle moves: the ledger has nothing of it."""
    after = {name: value for name, value in given.items() if item[name] != value}
    if not after:
        return
    await update_rows(change.connection, _STOCK, [{"id": item["id"], **after}])
    told = {name: item[name] for name in ("sku_id", "warehouse", "on_hand", "reserved")}
    change.edited(
        EventType.INVENTORY_ADJUSTED,
        "InventoryItem",
        item["id"],
        before={name: item[name] for name in after},
        after=after,
        payload={**told, **after},
    )


async def transfer_inventory(change: Change, new: Transfer) -> UUID | Problem:
    """Move bottles that nobody has reserved to another warehouse; gives the key of the item they went to.

    Both items are locked by the operation, which has made the one they go to where there was none.
    """
    source = await _at(change, new.sku_id, new.from_warehouse)
    target = await _at(change, new.sku_id, new.to_warehouse)
    if target is None:
        return no_such("Sku", "skuId")
    if source is None:
        return no_such("InventoryItem", "fromWarehouse")
    if source["available"] < new.quantity:
        message = f"{new.from_warehouse} has {source['available']:,} bottles that nobody has reserved."
        return Problem(UserErrorCode.INSUFFICIENT_STOCK, message, ("quantity",))
    if target["on_hand"] + new.quantity > MOST_ON_HAND:
        return _too_many("quantity")
    out = Movement(
        inventory_id=source["id"], kind=MovementKind.TRANSFER_OUT, on_hand=-new.quantity, reason=new.reason
    )
    into = Movement(
        inventory_id=target["id"], kind=MovementKind.TRANSFER_IN, on_hand=new.quantity, reason=new.reason
    )
    await move(change, [out, into])
    return target["id"]


def _adjustment_refusal(item: dict[str, Any], new: Adjustment) -> Problem | None:
    if new.version is not None and item["version"] != new.version:
        return moved_on()
    after = item["on_hand"] + new.on_hand_delta
    if after < item["reserved"]:
        message = (
            f"Of {item['on_hand']:,} bottles orders have reserved {item['reserved']:,}: no fewer can be left."
        )
        return Problem(UserErrorCode.INSUFFICIENT_STOCK, message, ("onHandDelta",))
    return _too_many("onHandDelta") if after > MOST_ON_HAND else None


def _too_many(field: str) -> Problem:
    return Problem(
        UserErrorCode.OUT_OF_RANGE, f"A warehouse holds at most {MOST_ON_HAND:,} bottles.", (field,)
    )


async def _at(change: Change, sku_id: UUID | None, warehouse: str | None) -> dict[str, Any] | None:
    return await _BY_PLACE.row(change.connection, sku=sku_id, warehouse=warehouse)


_SKU = Kept(select(Sku.id).where(Sku.id == bindparam("key", type_=Uuid())))
_BY_ID = Kept(select(*_COLUMNS).where(_STOCK.c.id == bindparam("key", type_=Uuid())))
_BY_PLACE = Kept(
    select(*_COLUMNS).where(
        _STOCK.c.sku_id == bindparam("sku", type_=Uuid()),
        _STOCK.c.warehouse == bindparam("warehouse", type_=Text()),
    )
)
