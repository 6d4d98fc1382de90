"""Who may do everything: there is always somebody."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from sqlalchemy import Table, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept
from leora_gql.domains.identity.enums import UserStatus
from leora_gql.domains.identity.models import RolePermission, User, UserRole
from leora_gql.domains.identity.service.rights import EVERYTHING
from leora_gql.graph.problems import Problem, UserErrorCode


async def admins(connection: AsyncConnection) -> frozenset[UUID]:
    """The active members of staff who may do everything.

    Whoever asks in order to take that from one of them has `Locks(administration=True)`.
    """
    return frozenset(row["id"] for row in await _ADMINS.rows(connection))


def last_admin(*field: str) -> Problem:
    """It would leave nobody who may do everything."""
    return Problem(
        UserErrorCode.LAST_ADMIN,
        "Nobody would be left who may do everything.",
        field,
    )


def _admins() -> Kept:
    user, has, held = (cast(Table, model.__table__) for model in (User, UserRole, RolePermission))
    return Kept(
        select(user.c.id)
        .join(has, (has.c.tenant_id == user.c.tenant_id) & (has.c.user_id == user.c.id))
        .join(held, (held.c.tenant_id == has.c.tenant_id) & (held.c.role_id == has.c.role_id))
        .where(user.c.status == UserStatus.ACTIVE, held.c.permission_key == literal(EVERYTHING))
    )


_ADMINS = _admins()
