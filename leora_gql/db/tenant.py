"""The tenant transaction: the only way to a database session.

Row-level security compares each row with the settings that are made here, for this transaction
only. Nothing else in the product begins, commits or sets the tenant.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login

_SET_SCOPE = text(
    "SELECT set_config('app.current_tenant_id', :tenant, true),"
    " set_config('app.current_actor_kind', :kind, true),"
    " set_config('app.current_actor_id', :actor, true),"
    " set_config('app.current_customer_id', :customer, true)"
)


@dataclass(frozen=True, slots=True)
class TenantScope:
    """Whom a transaction is bound to: its tenant, and who acts in it."""

    tenant_id: UUID
    actor_kind: str = "SYSTEM"
    actor_id: UUID | None = None
    customer_id: UUID | None = None


@asynccontextmanager
async def with_tenant(
    pools: Pools, scope: TenantScope, *, login: Login, read_only: bool = False
) -> AsyncGenerator[AsyncSession]:
    """A session inside one transaction bound to `scope`; commits at the end, rolls back on an error.

    Read-only ones run REPEATABLE READ, so that one operation sees one state; writing ones READ
    COMMITTED. Raises `Unavailable` when no connection can be had in time.
    """
    async with (
        pools.connect(login, read_only=read_only) as connection,
        AsyncSession(bind=connection, expire_on_commit=False, autoflush=False) as session,
        session.begin(),
    ):
        await session.execute(
            _SET_SCOPE,
            {
                "tenant": str(scope.tenant_id),
                "kind": scope.actor_kind,
                "actor": str(scope.actor_id or ""),
                "customer": str(scope.customer_id or ""),
            },
        )
        yield session
