"""Which tenants there are, for commands that go through all of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login


async def all_tenants(pools: Pools) -> list[UUID]:
    """The ids of all tenants, the suspended ones among them. Raises `Unavailable`."""
    async with pools.connect(Login.WORKER, read_only=True) as connection:
        found = await connection.scalars(text("SELECT tenant_id FROM leora.event_heads() ORDER BY tenant_id"))
        return list(found)
