"""The catalogue domain's root fields beyond its lists: what is available, and where."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import select

from leora_gql.domains.catalog import models
from leora_gql.domains.catalog.types import Sku
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_directives, check_access
from leora_gql.graph.entity import Registry
from leora_gql.graph.fields import Access
from leora_gql.graph.node import as_graphql, decode_id_of
from leora_gql.graph.resolvers import MAX_NODES, load_by_id
from leora_gql.graph.selection import Info

_VIEW = Access("catalog.view")


@strawberry.type(description="How many bottles of a SKU a warehouse can still promise.")
class WarehouseAvailability:
    """One warehouse."""

    warehouse: str = strawberry.field(description="The warehouse's name.")
    available: int = strawberry.field(description="Bottles on hand that nobody has reserved.")


@dataclass(frozen=True, slots=True)
class _Stock:
    sku_id: UUID
    warehouses: list[WarehouseAvailability]


async def _sku(root: _Stock, info: Info) -> Sku | None:
    return as_graphql(await load_by_id(Registry.require("Sku"), root.sku_id, info=info))


def _total(root: _Stock) -> int:
    return sum(one.available for one in root.warehouses)


@strawberry.type(description="What of a SKU can still be promised.")
class Availability:
    """One SKU in all warehouses."""

    warehouses: list[WarehouseAvailability] = strawberry.field(description="By warehouse, in order of name.")
    sku: Sku | None = strawberry.field(resolver=_sku, description="The SKU.")
    total: int = strawberry.field(resolver=_total, description="Bottles in all warehouses.")


class CatalogQueries:
    """Availability, for staff and the portal alike."""

    @strawberry.field(
        description="How many bottles can still be promised, in the order of the ids; null for a SKU that the"
        " caller may not see. Needs `catalog.view`.",
        directives=access_directives(_VIEW),
    )
    async def availability(
        self,
        info: Info,
        sku_ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids of SKUs.")],
    ) -> list[Availability | None] | None:
        """One entry per id."""
        check_access(_VIEW, info.context.require_principal())
        if len(sku_ids) > MAX_NODES:
            raise BadUserInput(f"skuIds holds at most {MAX_NODES}.")
        keys = [decode_id_of("Sku", sku_id) for sku_id in sku_ids]
        sku = Registry.require("Sku")
        visible = await asyncio.gather(*(load_by_id(sku, key, info=info) for key in keys))
        stock = await _stock(info, [record.key for record in visible if record])
        pairs = zip(keys, visible, strict=True)
        return as_graphql([stock.get(key) if record else None for key, record in pairs])


async def _stock(info: Info, keys: Sequence[UUID]) -> dict[UUID, _Stock]:
    table = models.InventoryItem.__table__
    statement = select(table.c.sku_id, table.c.warehouse, table.c.available)
    rows = await info.context.rows(
        statement.where(table.c.sku_id.in_(keys)).order_by(table.c.sku_id, table.c.warehouse)
    )
    stock = {key: _Stock(key, []) for key in keys}
    for row in rows:
        place = WarehouseAvailability(warehouse=row["warehouse"], available=row["available"])
        stock[row["sku_id"]].warehouses.append(place)
    return stock
