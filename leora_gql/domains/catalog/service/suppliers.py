"""Suppliers: adding them, and the slugs that tell them apart."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Integer, Table, Text, bindparam, exists, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.domains.catalog.enums import SupplierStatus
from leora_gql.domains.catalog.models import Supplier
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, edit
from leora_gql.domains.events import EventType
from leora_gql.graph.problems import Problem, UserErrorCode

_SUPPLIERS = cast(Table, Supplier.__table__)
_LONGEST_BASE = 90
_MOST_OF_A_NAME = 1_000
_NO_LETTERS = "supplier"
_TAKEN = Problem(UserErrorCode.DUPLICATE, "Another supplier has that slug.", ("slug",))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSupplier:
    """A supplier to add; without a `slug` it gets one made of its name."""

    name: str
    slug: str | None
    contact_name: str | None
    contact_email: str | None
    contact_phone: str | None
    address: dict[str, str] | None
    status: SupplierStatus


async def create_supplier(change: Change, new: NewSupplier) -> UUID | Problem:
    """Add a supplier; gives its key. A given slug that is taken is a problem, a derived one never is.

    Locks nothing. Two that want the same slug at once wait for each other at its unique key.
    """
    connection, key = change.connection, new_id()
    values = {
        "name": new.name,
        "contact_name": new.contact_name,
        "contact_email": new.contact_email,
        "contact_phone": new.contact_phone,
        "address": new.address,
        "status": new.status,
    }
    base = new.slug or slug_of(new.name)
    slug: str | None = base
    while slug is not None:
        row = {**values, "slug": slug}
        if await _INSERT.value(connection, tenant_id=change.tenant_id, id=key, **row) is not None:
            change.made(EventType.SUPPLIER_CREATED, "Supplier", key, row)
            return key
        slug = None if new.slug else await _NEXT_SLUG.value(connection, base=base)
    return _TAKEN


async def update_supplier(change: Change, new: Edit) -> UUID | Problem:
    """Change a supplier; gives its key. A slug that is taken is a violated constraint. Needs it locked."""
    return await edit(change, Supplier, new, entity="Supplier", event=EventType.SUPPLIER_UPDATED)


def slug_of(name: str) -> str:
    """The slug that a name amounts to: what of it is ASCII letters and digits, accents taken off.

    >>> slug_of("Château d'Yquem & Fils")
    'chateau-d-yquem-fils'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    dashed = "-".join(re.findall(r"[a-z0-9]+", plain))
    return dashed[:_LONGEST_BASE].strip("-") or _NO_LETTERS


def _next_slug() -> Any:
    """The first of `base-2`, `base-3` … that nobody has, each looked up by its unique key."""
    number = func.generate_series(2, _MOST_OF_A_NAME, type_=Integer()).column_valued("number")
    slug = bindparam("base", type_=Text()).concat(literal("-", Text())).concat(sql_cast(number, Text()))
    taken = exists().where(_SUPPLIERS.c.slug == slug)
    return select(slug).where(~taken).order_by(number).limit(1)


_NEXT_SLUG = Kept(_next_slug())
_INSERT = Kept(
    insert(_SUPPLIERS).on_conflict_do_nothing().returning(_SUPPLIERS.c.id),
    names=(
        "tenant_id",
        "id",
        "name",
        "slug",
        "contact_name",
        "contact_email",
        "contact_phone",
        "address",
        "status",
    ),
)
"""Gives nothing when the slug is taken."""
