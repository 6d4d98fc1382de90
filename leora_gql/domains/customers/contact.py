"""Whom a customer calls: its sales representative as a business card, open to its own buyers too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnClause, column, select, table

from leora_gql.db.model import SCHEMA
from leora_gql.graph.selection import Info

if TYPE_CHECKING:
    from leora_gql.graph.node import Record

_CARD: tuple[ColumnClause[Any], ...] = tuple(
    column(name) for name in ("id", "first_name", "last_name", "email", "phone")
)
_USERS = table("users", *_CARD, schema=SCHEMA)


@strawberry.type(description="How to reach a member of staff.")
class SalesRepContact:
    """A business card."""

    name: str = strawberry.field(description="First and last name.")
    email: str = strawberry.field(description="The e-mail address.")
    phone: str | None = strawberry.field(description="The telephone number.")


async def sales_rep_contact(root: Record, info: Info) -> SalesRepContact | None:
    """The card of the customer's sales representative; null when it has none."""
    key: UUID | None = root.values["sales_rep_id"]

    async def load(keys: list[UUID]) -> Sequence[SalesRepContact | None]:
        rows = await info.context.rows(select(_USERS).where(_USERS.c.id.in_(keys)))
        cards = {
            row["id"]: SalesRepContact(
                name=f"{row['first_name']} {row['last_name']}", email=row["email"], phone=row["phone"]
            )
            for row in rows
        }
        return [cards.get(one) for one in keys]

    return None if key is None else await info.context.loader("contact_by_user_id", load).load(key)
