"""The owner's transaction on one tenant: for what no login may do, like making a tenant or seeding it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.logins import DEFINER
from leora_gql.db.migrate import become, become_owner, transaction

_TENANTS = text("SELECT tenant_id FROM leora.event_heads() ORDER BY tenant_id")
_SET_TENANT = text("SELECT set_config('app.current_tenant_id', :tenant, true)")


@asynccontextmanager
async def as_owner(direct_url: URL, tenant: UUID) -> AsyncGenerator[AsyncConnection]:
    """One transaction as `leora_owner`, bound to the tenant; rolled back on an error.

    The boundary holds for the owner as well: only this tenant's rows are seen and written. Raises
    `OperatorError` when the server cannot be reached, or its login is not a member of the owner.
    """
    async with transaction(direct_url) as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await become_owner(connection)
        await connection.execute(_SET_TENANT, {"tenant": str(tenant)})
        yield connection


async def every_tenant(direct_url: URL) -> list[UUID]:
    """Every tenant, suspended ones too. Not even the owner sees them together: a definer function lists them.

    Raises `OperatorError` when the server cannot be reached, or its login is not a member of the definer.
    """
    async with transaction(direct_url) as connection:
        await become(connection, DEFINER)
        return list(await connection.scalars(_TENANTS))
