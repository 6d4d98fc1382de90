"""The database that every stack serves: embedded, seeded at one scale, kept between runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import URL, text

from leora_gql import seed
from leora_gql.db import migrate
from leora_gql.db.addresses import connected
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.logins import Login
from leora_gql.demo import ACCOUNTS
from leora_gql.settings import Settings, load_settings

ACCOUNT = ACCOUNTS[0]
"""Who asks: a member of staff who may read and write everything that is asked for."""

_SUPPLIERS = "bench-"
_LINES_OF_ONE = 4
_WHO = text("""
    SELECT t.id AS tenant, u.id AS actor
    FROM leora.tenants t JOIN leora.users u ON u.tenant_id = t.id
    WHERE t.slug = :slug AND u.email = :email
""")
_ORDERS = text("""
    SELECT order_id FROM leora.order_lines WHERE tenant_id = :tenant
    GROUP BY order_id HAVING count(*) = :lines ORDER BY order_id LIMIT 200
""")


@dataclass(frozen=True, slots=True)
class Database:
    """A seeded database that runs, and what the stacks and the operations must know of it."""

    server: EmbeddedServer
    settings: Settings
    scale: int
    tenant: UUID
    actor: UUID
    orders: Sequence[UUID]

    @property
    def staff(self) -> URL:
        """The address that the stacks log in at."""
        return self.server.url(user=Login.STAFF.value)

    @property
    def process(self) -> int:
        """The id of PostgreSQL's first process, the parent of all others."""
        return int((self.server.cluster / "postmaster.pid").read_text().split("\n", 1)[0])

    @property
    def scope(self) -> tuple[str, str, str, str]:
        """What the policies read: tenant, kind of actor, actor, customer."""
        return str(self.tenant), "USER", str(self.actor), ""

    def forget_suppliers(self) -> None:
        """Delete what the mutations made, so that one run leaves to the next what it found."""
        asyncio.run(
            _execute(self.server.url(), f"DELETE FROM leora.suppliers WHERE slug LIKE '{_SUPPLIERS}%'")
        )


@contextlib.contextmanager
def seeded(folder: Path, scale: int) -> Generator[Database]:
    """The database of a scale for as long as the block lasts; made under `folder` the first time.

    Raises `OperatorError` when PostgreSQL does not start.
    """
    data = folder / f"scale-{scale}"
    with EmbeddedServer(data) as server:
        url = server.url()
        address = url.render_as_string(hide_password=False)
        settings = load_settings(_env_file=None, database_url=address, direct_url=address, data_dir=data)
        migrate.prepare(url)
        if seed.run(url, settings=settings, scale=scale).created:
            asyncio.run(_execute(url, "VACUUM ANALYZE"))
        yield asyncio.run(_known(server, settings, scale))


async def _known(server: EmbeddedServer, settings: Settings, scale: int) -> Database:
    async with connected(server.url()) as connection:
        who = (await connection.execute(_WHO, {"slug": ACCOUNT.tenant, "email": ACCOUNT.email})).one()
        orders = await connection.scalars(_ORDERS, {"tenant": who.tenant, "lines": _LINES_OF_ONE})
        return Database(server, settings, scale, who.tenant, who.actor, tuple(orders))


async def _execute(url: URL, statement: str) -> None:
    async with connected(url, autocommit=True) as connection:
        await connection.execute(text(statement))
