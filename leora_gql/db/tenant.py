"""The tenant transaction: the only way to a tenant's rows.

Row-level security compares each row with the settings that are made here, for this transaction
only. Nothing else in the product begins, commits or sets the tenant.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.pool import connection_of
from leora_gql.db.scope import TenantScope


@asynccontextmanager
async def with_tenant(
    pools: Pools, scope: TenantScope, *, login: Login, read_only: bool = False
) -> AsyncGenerator[AsyncConnection]:
    """A connection in one transaction bound to `scope`; commits at the end, rolls back on an error.

    Read-only ones run REPEATABLE READ, so that one operation sees one state; writing ones READ
    COMMITTED. Raises `Unavailable` when no connection can be had in time.
    """
    opening = scope.opening(read_only=read_only)
    seconds = pools.wait_seconds(read_only=read_only)
    async with pools.transaction(
        login, opening=opening, tenant=scope.tenant_id, seconds=seconds
    ) as connection:
        yield connection.core


@asynccontextmanager
async def savepoint(connection: AsyncConnection) -> AsyncGenerator[None]:
    """A part of the transaction of `with_tenant` that is undone alone when an error leaves the block."""
    driver = connection_of(connection).driver
    await driver.execute("SAVEPOINT part")
    try:
        yield
    except Exception:
        await driver.execute("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
        raise
    await driver.execute("RELEASE SAVEPOINT part")
