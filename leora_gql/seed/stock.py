"""Stock in two warehouses and its ledger, whose deltas add up to it.

Each month begins with a receipt of what that month will need, so no moment sells more than there is.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from leora_gql.auth.principal import ActorKind
from leora_gql.domains.catalog.enums import MovementKind
from leora_gql.domains.catalog.models import InventoryItem, InventoryMovement
from leora_gql.domains.intelligence.days import month_of
from leora_gql.seed.catalogue import Item
from leora_gql.seed.people import Staff
from leora_gql.seed.plan import World
from leora_gql.seed.sheets import Sheets

_SECOND_WAREHOUSE_PERCENT: Final = 12


@dataclass(slots=True)
class Shelf:
    """The stock of one SKU in one warehouse; `needs` is what each month takes."""

    id: UUID
    item: Item
    warehouse: str
    reorder_quantity: int
    on_hand: int = 0
    reserved: int = 0
    needs: Counter[dt.date] = field(default_factory=Counter[dt.date])


@dataclass(frozen=True, slots=True)
class Actor:
    """Who moved the bottles."""

    kind: ActorKind
    id: UUID | None


class Stock:
    """Moves bottles; `close` then brings in what was needed and writes the shelves."""

    def __init__(self, sheets: Sheets, world: World, *, items: list[Item], staff: Staff) -> None:
        self._sheets = sheets
        self._world = world
        self._dice = world.dice("stock")
        self._manager = Actor(ActorKind.USER, staff.manager)
        self._shelves: dict[UUID, tuple[Shelf, Shelf]] = {}
        for item in items:
            first, second = (self._shelf(item, warehouse) for warehouse in world.plan.warehouses)
            self._shelves[item.id] = (first, second)

    def _shelf(self, item: Item, warehouse: str) -> Shelf:
        quantity = item.units_per_case * self._dice.randint(2, 8)
        return Shelf(self._dice.id(self._world.calendar.opened), item, warehouse, quantity)

    def reserve(
        self, item: Item, bottles: int, *, line: UUID, at: dt.datetime, day: dt.date, actor: Actor
    ) -> list[tuple[Shelf, int]]:
        """Set bottles aside for an order's line; gives which shelves they stand on."""
        main, other = self._shelves[item.id]
        parts = [(main, bottles)]
        if bottles > 6 and self._dice.happens(_SECOND_WAREHOUSE_PERCENT):
            parts = [(main, bottles // 2), (other, bottles - bottles // 2)]
        for shelf, part in parts:
            shelf.needs[month_of(day)] += part
            self._move(shelf, MovementKind.RESERVATION, at, reserved=part, line=line, actor=actor)
        return parts

    def release(self, shelf: Shelf, bottles: int, *, line: UUID, at: dt.datetime, actor: Actor) -> None:
        """Free bottles that were set aside."""
        self._move(shelf, MovementKind.RELEASE, at, reserved=-bottles, line=line, actor=actor)

    def fulfil(self, shelf: Shelf, bottles: int, *, line: UUID, at: dt.datetime) -> None:
        """Take bottles that were set aside out of the warehouse."""
        self._move(
            shelf,
            MovementKind.FULFILMENT,
            at,
            on_hand=-bottles,
            reserved=-bottles,
            line=line,
            actor=self._manager,
        )

    def sample(self, item: Item, bottles: int, *, at: dt.datetime, day: dt.date, rep: UUID) -> str:
        """Take samples out; gives the warehouse."""
        shelf = self._shelves[item.id][0]
        shelf.needs[month_of(day)] += bottles
        self._move(
            shelf,
            MovementKind.SAMPLE,
            at,
            on_hand=-bottles,
            reason="Sample pull",
            actor=Actor(ActorKind.USER, rep),
        )
        return shelf.warehouse

    def close(self) -> None:
        """Write receipts, counts and transfers, then the shelves as they stand today."""
        for first, second in self._shelves.values():
            self._receive(first)
            self._receive(second)
            if self._dice.happens(20):
                self._count(first)
            if self._dice.happens(15):
                self._transfer(second, first)
            for shelf in (first, second):
                self._write(shelf)

    def _receive(self, shelf: Shelf) -> None:
        calendar, case = self._world.calendar, shelf.item.units_per_case
        supplies = Actor(ActorKind.SYSTEM, None)
        self._move(
            shelf,
            MovementKind.RECEIPT,
            calendar.opened,
            on_hand=shelf.reorder_quantity,
            reason="Opening stock",
            actor=supplies,
        )
        for month, bottles in sorted(shelf.needs.items()):
            cases = -(-bottles // case)
            arrived = calendar.at(month, 360)
            self._move(
                shelf,
                MovementKind.RECEIPT,
                arrived,
                on_hand=cases * case,
                reason="Delivery",
                actor=self._manager,
            )

    def _count(self, shelf: Shelf) -> None:
        at = self._moment()
        lost = self._dice.randint(1, 2)
        self._move(
            shelf, MovementKind.ADJUSTMENT, at, on_hand=-lost, reason="Broken in storage", actor=self._manager
        )

    def _transfer(self, source: Shelf, target: Shelf) -> None:
        at = self._moment()
        bottles = source.item.units_per_case
        reason = f"{source.warehouse} to {target.warehouse}"
        self._move(
            source, MovementKind.TRANSFER_OUT, at, on_hand=-bottles, reason=reason, actor=self._manager
        )
        self._move(target, MovementKind.TRANSFER_IN, at, on_hand=bottles, reason=reason, actor=self._manager)

    def _moment(self) -> dt.datetime:
        calendar = self._world.calendar
        return calendar.at(calendar.ago(self._dice.randint(1, 300)), self._dice.randint(400, 1000))

    def _move(
        self,
        shelf: Shelf,
        kind: MovementKind,
        at: dt.datetime,
        *,
        actor: Actor,
        on_hand: int = 0,
        reserved: int = 0,
        line: UUID | None = None,
        reason: str | None = None,
    ) -> None:
        shelf.on_hand += on_hand
        shelf.reserved += reserved
        self._sheets.add(
            InventoryMovement,
            id=self._dice.id(at),
            inventory_id=shelf.id,
            kind=kind,
            on_hand_delta=on_hand,
            reserved_delta=reserved,
            order_line_id=line,
            reason=reason,
            actor_kind=actor.kind,
            actor_id=actor.id,
            occurred_at=at,
            created_at=at,
            updated_at=at,
        )

    def _write(self, shelf: Shelf) -> None:
        self._sheets.add(
            InventoryItem,
            id=shelf.id,
            sku_id=shelf.item.id,
            warehouse=shelf.warehouse,
            on_hand=shelf.on_hand,
            reserved=shelf.reserved,
            reorder_point=shelf.reorder_quantity // 2,
            reorder_quantity=shelf.reorder_quantity,
            created_at=self._world.calendar.opened,
            updated_at=self._world.calendar.now,
        )
