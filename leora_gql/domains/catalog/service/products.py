"""Products: adding, changing and archiving them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leora_gql.domains.catalog.enums import ProductStatus
from leora_gql.domains.catalog.models import Product
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, read_for_edit, write_edit
from leora_gql.domains.events import EventType
from leora_gql.domains.making import make
from leora_gql.graph.problems import Problem, UserErrorCode

_ONLY_ARCHIVED = Problem(
    UserErrorCode.INVALID_TRANSITION, "A product is archived by archiveProduct alone.", ("status",)
)
_ARCHIVED_ALREADY = Problem(UserErrorCode.INVALID_TRANSITION, "It is archived already.", ("id",))


async def create_product(change: Change, new: Mapping[str, object]) -> UUID | Problem:
    """Add a product of these values; gives its key. It cannot begin as an archived one. Locks nothing.

    A code that is taken and a supplier that is not there are violated constraints.
    """
    if new["status"] is ProductStatus.ARCHIVED:
        return _ONLY_ARCHIVED
    return await make(change, Product, new, entity="Product", event=EventType.PRODUCT_CREATED)


async def update_product(change: Change, new: Edit) -> UUID | Problem:
    """Change a product; gives its key. DRAFT and ACTIVE bring an archived one back. Needs it locked."""
    row = await read_for_edit(change, Product, new, entity="Product")
    if isinstance(row, Problem):
        return row
    if new.values.get("status") is ProductStatus.ARCHIVED and not _is_archived(row):
        return _ONLY_ARCHIVED
    return await write_edit(change, Product, new, row, entity="Product", event=EventType.PRODUCT_UPDATED)


async def archive_product(change: Change, new: Edit) -> UUID | Problem:
    """Archive a product; gives its key. Once archived it cannot be archived again. Needs it locked."""
    row = await read_for_edit(change, Product, new, entity="Product")
    if isinstance(row, Problem):
        return row
    if _is_archived(row):
        return _ARCHIVED_ALREADY
    return await write_edit(change, Product, new, row, entity="Product", event=EventType.PRODUCT_ARCHIVED)


def _is_archived(row: Mapping[str, Any]) -> bool:
    return row["status"] is ProductStatus.ARCHIVED
