"""Which warehouse gives the bottles of a line: the default one first, then the others by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Stock:
    """The free bottles of a SKU in a warehouse."""

    inventory_id: UUID
    sku_id: UUID
    warehouse: str
    available: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bottles that a line needs."""

    line_id: UUID
    sku_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The bottles that a line takes from one warehouse."""

    line_id: UUID
    inventory_id: UUID
    quantity: int


def allocate(
    lines: Sequence[Wanted], stock: Iterable[Stock], *, default_warehouse: str
) -> tuple[list[Taken], Mapping[UUID, int]]:
    """What each line takes from where; and by line how many bottles there are for those that get too few.

    Lines come in their order, so that two of one SKU never take the same bottle.
    """
    ranked = sorted(stock, key=lambda one: warehouse_rank(one.warehouse, default_warehouse))
    left = {one.inventory_id: one.available for one in ranked}
    taken: list[Taken] = []
    short: dict[UUID, int] = {}
    for line in lines:
        missing = line.quantity
        for one in ranked:
            bottles = min(missing, max(0, left[one.inventory_id])) if one.sku_id == line.sku_id else 0
            if bottles:
                taken.append(Taken(line.line_id, one.inventory_id, bottles))
                left[one.inventory_id] -= bottles
                missing -= bottles
        if missing:
            short[line.line_id] = line.quantity - missing
    return taken, short


def warehouse_rank(warehouse: str, default_warehouse: str) -> tuple[bool, str]:
    """Sorts warehouses by who gives first."""
    return warehouse != default_warehouse, warehouse
