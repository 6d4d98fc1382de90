"""Reads of several tenants, mixed on few connections: through the pools as they are, and through a pooler."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import URL, text

from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.one_trip import Expression, read_utf8, text_in
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant

SEEN = Expression(
    "(SELECT $1::text || ':' || string_agg(s.tenant_id || '/' || s.id, ',' ORDER BY s.id)"
    " FROM leora.suppliers AS s WHERE $2::int > 0)",
    parameters=2,
)
"""The suppliers that are seen, after a word that shows whose answer it is."""


@dataclass(frozen=True)
class Distributor:
    """A demo tenant, and what it must see."""

    tenant: UUID
    suppliers: str

    @property
    def scope(self) -> TenantScope:
        return TenantScope(self.tenant, "USER")


async def distributors(direct_url: URL) -> Sequence[Distributor]:
    """The demo tenants, with their suppliers as the superuser sees them."""
    async with connected(direct_url) as connection:
        rows = await connection.execute(
            text(
                "SELECT tenant_id, string_agg(tenant_id || '/' || id, ',' ORDER BY id)"
                " FROM leora.suppliers GROUP BY tenant_id"
            )
        )
        found = [Distributor(*row) for row in rows]
    assert len(found) >= 2
    return found


async def read_text(
    pools: Pools, scope: TenantScope, expression: Expression, arguments: Sequence[object], *, login: Login
) -> str | None:
    """What `read_utf8` gives, as text."""
    found = await read_utf8(pools, scope, expression, arguments, login=login)
    return None if found is None else found.decode()


async def by_one_trip(pools: Pools, of: Distributor, word: str) -> str | None:
    return await read_text(pools, of.scope, SEEN, (word, 1), login=Login.STAFF)


async def in_a_transaction(pools: Pools, of: Distributor, word: str) -> str | None:
    async with with_tenant(pools, of.scope, login=Login.STAFF, read_only=True) as connection:
        return await text_in(connection, SEEN, (word, 1))


async def through_sqlalchemy(pools: Pools, of: Distributor, word: str) -> str | None:
    async with with_tenant(pools, of.scope, login=Login.STAFF, read_only=True) as connection:
        rows = await connection.execute(text("SELECT tenant_id, id FROM leora.suppliers ORDER BY id"))
        return word + ":" + ",".join(f"{row.tenant_id}/{row.id}" for row in rows)


WAYS = (by_one_trip, by_one_trip, by_one_trip, in_a_transaction, through_sqlalchemy)


async def all_are_right(pools: Pools, tenants: Sequence[Distributor], *, reads: int) -> None:
    """Reads of all tenants in all ways at the same time; each must see its own rows."""

    async def read(number: int) -> None:
        of, way = tenants[number % len(tenants)], WAYS[number % len(WAYS)]
        assert await way(pools, of, str(number)) == f"{number}:{of.suppliers}", way.__name__

    for begin in range(0, reads, 50):
        await asyncio.gather(*(read(number) for number in range(begin, min(begin + 50, reads))))
