"""The tenant transaction: the only way to a tenant's rows.

Row-level security compares each row with the settings that are made here, for this transaction
only. Nothing else in the product begins, commits or sets the tenant.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.engine import READING, WRITING, Pools
from leora_gql.db.logins import Login
from leora_gql.db.pool import connection_of

SETTINGS = (
    "app.current_tenant_id",
    "app.current_actor_kind",
    "app.current_actor_id",
    "app.current_customer_id",
)
"""The settings that row-level security reads."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class TenantScope:
    """Whom a transaction is bound to: its tenant, and who acts in it."""

    tenant_id: UUID
    actor_kind: str = "SYSTEM"
    actor_id: UUID | None = None
    customer_id: UUID | None = None
    values: tuple[str, str, str, str] = field(init=False, repr=False, compare=False)
    """The values of `SETTINGS`, in their order; empty where there is none."""

    def __post_init__(self) -> None:
        values = (str(self.tenant_id), self.actor_kind, str(self.actor_id or ""), str(self.customer_id or ""))
        object.__setattr__(self, "values", values)

    def opening(self, *, read_only: bool) -> str:
        """What begins a transaction that is bound to the scope: one text, so that neither is had alone."""
        made = "".join(
            f"; SET LOCAL {name} = {_quoted(value)}"
            for name, value in zip(SETTINGS, self.values, strict=True)
        )
        return f"{READING if read_only else WRITING}{made}"


def _quoted(value: str) -> str:
    """A value as an SQL literal. They are UUIDs and an enum's names: whatever else is none of ours."""
    if _PLAIN.fullmatch(value) is None:
        raise ValueError("A setting of the scope is neither a UUID nor a name.")
    return f"'{value}'"


@asynccontextmanager
async def with_tenant(
    pools: Pools, scope: TenantScope, *, login: Login, read_only: bool = False
) -> AsyncGenerator[AsyncConnection]:
    """A connection in one transaction bound to `scope`; commits at the end, rolls back on an error.

    Read-only ones run REPEATABLE READ, so that one operation sees one state; writing ones READ
    COMMITTED. Raises `Unavailable` when no connection can be had in time.
    """
    opening = scope.opening(read_only=read_only)
    async with pools.transaction(
        login, opening=opening, tenant=scope.tenant_id, read_only=read_only
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
