"""The connection pools of a process: one per login, opened when first needed, for both ways of answering."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import URL, ExceptionContext, event
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from leora_gql.db.addresses import for_asyncpg, statements
from leora_gql.db.driver import DriverConnection
from leora_gql.db.logins import Login
from leora_gql.db.pool import Pool, PooledConnection
from leora_gql.db.scope import READING, WRITING
from leora_gql.errors import Unavailable

CONNECTING_FAILED = (OperationalError, InterfaceError, OSError, asyncio.TimeoutError)


class Pools:
    """The pools of all logins, from the addresses of the settings.

    `sizes` are connections per process; a login without one gets two. `statement_cache` is the number of
    prepared statements that each way of answering keeps per connection: 0 behind poolers that cannot carry
    them. Who reads waits for a connection at most `wait_seconds`, who writes `write_wait_seconds`.
    """

    def __init__(
        self,
        urls: Mapping[Login, URL],
        *,
        sizes: Mapping[Login, int] | None = None,
        statement_cache: int = 100,
        wait_seconds: float = 2.0,
        write_wait_seconds: float = 10.0,
    ) -> None:
        self._urls = urls
        self._sizes = sizes or {}
        self._statement_cache = statement_cache
        self._read_seconds = wait_seconds
        self._write_seconds = write_wait_seconds
        self._pools: dict[Login, Pool] = {}

    def pool(self, login: Login) -> Pool:
        """The login's pool; made on the first call."""
        if login not in self._pools:
            self._pools[login] = Pool(
                self._engine(login), size=self._sizes.get(login, 2), statements=self._statement_cache
            )
        return self._pools[login]

    def wait_seconds(self, *, read_only: bool) -> float:
        """How long to wait for a connection."""
        return self._read_seconds if read_only else self._write_seconds

    def _engine(self, login: Login) -> AsyncEngine:
        """What makes the login's connections. Keeping them is the pool's part: checking one out of
        SQLAlchemy's own pool would cost more than a whole statement of the compiled way."""
        address, arguments = for_asyncpg(self._urls[login])
        engine = create_async_engine(
            address,
            poolclass=NullPool,
            hide_parameters=True,  # errors are logged; what callers sent is not
            connect_args={
                "connection_class": DriverConnection,
                "timeout": 5,
                "server_settings": {"application_name": f"leora {login.value}"},
                **statements(self._statement_cache),
                **arguments,
            },
        )
        event.listen(engine.sync_engine, "handle_error", _keep_what_was_cut_off)
        return engine

    async def server_version(self) -> int:
        """PostgreSQL's major version. Whoever is in a transaction need not wait for it. Raises `Unavailable`."""
        known = next((pool.server_version for pool in self._pools.values() if pool.server_version), None)
        if known is not None:
            return known
        pool = self.pool(Login.AUTH)
        connection = await pool.take(None, seconds=self.wait_seconds(read_only=True))
        try:
            return connection.driver.get_server_version().major
        finally:
            pool.give_back(connection)

    @asynccontextmanager
    async def transaction(
        self, login: Login, *, opening: str, tenant: UUID | None, seconds: float
    ) -> AsyncGenerator[PooledConnection]:
        """A connection in a transaction that began with `opening`; commits at the end, or rolls back.

        Raises `Unavailable` when no connection can be had in time, or when it is lost on the way.
        """
        pool = self.pool(login)
        connection = await self._opened(pool, opening=opening, tenant=tenant, seconds=seconds)
        try:
            yield connection
            await connection.commit()
        except BaseException as error:
            if not isinstance(error, Exception):
                connection.settled = False  # cut off: nobody waits for its end
                raise
            await _undone(connection)
            if connection.lost:
                raise Unavailable from error
            raise
        finally:
            pool.give_back(connection)

    async def _opened(
        self, pool: Pool, *, opening: str, tenant: UUID | None, seconds: float
    ) -> PooledConnection:
        """A connection whose transaction has begun. One that turns out to be dead is replaced, once:
        beginning does nothing that could be done twice."""
        for last in (False, True):
            connection = await pool.take(tenant, seconds=seconds)
            connection.driver.opening = opening
            try:
                await connection.driver.open()
            except BaseException as error:
                connection.failed(error)
                pool.give_back(connection)
                if not isinstance(error, Exception) or not connection.lost:
                    raise
                if last:
                    raise Unavailable from error
            else:
                connection.driver.opening = ""  # once: after its end there is no other one in the block
                return connection
        raise AssertionError

    @asynccontextmanager
    async def connect(
        self, login: Login, *, read_only: bool, patient: bool = False
    ) -> AsyncGenerator[AsyncConnection]:
        """A connection without a tenant: it sees no tenant's rows, only what definer functions give.

        Its transactions have the isolation that reading or writing needs; what is not committed is rolled
        back. Who is `patient` waits for it as long as who writes, also to read. Raises `Unavailable` when none
        can be had in time.
        """
        opening = READING if read_only else WRITING
        seconds = self.wait_seconds(read_only=read_only and not patient)
        async with self.transaction(login, opening=opening, tenant=None, seconds=seconds) as connection:
            yield connection.core
            await connection.roll_back()

    async def close(self) -> None:
        """Close every connection of every pool."""
        for pool in self._pools.values():
            await pool.close()
        self._pools.clear()


async def _undone(connection: PooledConnection) -> None:
    try:
        await connection.roll_back()
    except Exception:  # noqa: BLE001  what led here is what the caller is told
        connection.settled = False


def _keep_what_was_cut_off(context: ExceptionContext) -> None:
    """Tell SQLAlchemy that a cancelled statement is no lost connection: the pool brings it to its end.

    Else whoever closes sockets in the middle makes the server start a new process each time.
    """
    if not isinstance(context.original_exception, Exception):
        context.is_disconnect = False
