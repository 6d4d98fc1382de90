"""The connection pools: one per login, opened when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from leora_gql.db.addresses import for_asyncpg, statements
from leora_gql.db.logins import Login
from leora_gql.errors import Unavailable

CONNECTING_FAILED = (OperationalError, InterfaceError, PoolTimeout, OSError, asyncio.TimeoutError)


class Pools:
    """One engine per login, from the addresses of the settings.

    `sizes` are connections per process; a login without one gets two. `statement_cache` is the
    number of prepared statements kept per connection: 0 behind poolers that cannot carry them.
    """

    def __init__(
        self,
        urls: Mapping[Login, URL],
        *,
        sizes: Mapping[Login, int] | None = None,
        statement_cache: int = 256,
        wait_seconds: float = 2.0,
    ) -> None:
        self._urls = urls
        self._sizes = sizes or {}
        self._statement_cache = statement_cache
        self._wait_seconds = wait_seconds
        self._engines: dict[Login, AsyncEngine] = {}

    def engine(self, login: Login) -> AsyncEngine:
        """The login's engine; made on the first call."""
        if login not in self._engines:
            self._engines[login] = self._create(login)
        return self._engines[login]

    def _create(self, login: Login) -> AsyncEngine:
        address, arguments = for_asyncpg(self._urls[login])
        return create_async_engine(
            address,
            pool_size=self._sizes.get(login, 2),
            max_overflow=0,
            hide_parameters=True,  # errors are logged; what callers sent is not
            pool_timeout=self._wait_seconds,
            pool_pre_ping=True,
            connect_args={
                "timeout": 5,
                "server_settings": {"application_name": f"leora {login.value}"},
                **statements(self._statement_cache),
                **arguments,
            },
        )

    @asynccontextmanager
    async def connect(self, login: Login, *, read_only: bool) -> AsyncGenerator[AsyncConnection]:
        """A connection whose next transaction has the isolation that reading or writing needs.

        Raises `Unavailable` when none can be had in time.
        """
        try:
            connection = await self.engine(login).connect()
        except CONNECTING_FAILED as error:
            raise Unavailable from error
        try:
            options = (
                {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
                if read_only
                else {"isolation_level": "READ COMMITTED"}
            )
            yield await connection.execution_options(**options)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable from error
            raise
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close every connection of every pool."""
        for engine in self._engines.values():
            await engine.dispose()
        self._engines.clear()
