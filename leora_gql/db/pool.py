"""The connections of one login, each with two faces: SQLAlchemy's (`core`) and the driver's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Coroutine, Sequence
from time import monotonic
from typing import Any, TypeVar, cast
from uuid import UUID

import structlog
from asyncpg import PostgresError, Record
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from leora_gql.db.admission import Admission
from leora_gql.db.driver import DriverConnection, Statements
from leora_gql.errors import Unavailable

TRUSTED_SECONDS = 30.0
"""A connection that was idle for longer is asked whether it still answers, before it is used."""

_PING_SECONDS = 1.0
_SETTLE_SECONDS = 2.0

T = TypeVar("T")

_FACE = "leora connection"

_log = structlog.get_logger(__name__)


class PooledConnection:
    """One connection to the server, for one user at a time."""

    __slots__ = ("core", "driver", "settled", "statements", "tenant", "used_at")

    def __init__(self, core: AsyncConnection, driver: DriverConnection, *, statements: int) -> None:
        self.core = core
        self.driver = driver
        self.statements = Statements(driver, limit=statements)
        self.tenant: UUID | None = None
        self.used_at = monotonic()
        self.settled = True
        core.info[_FACE] = self

    @property
    def lost(self) -> bool:
        """Whether there is no server behind it any more."""
        return self.driver.is_closed() or self.core.invalidated

    @property
    def whole(self) -> bool:
        """Whether it can be given to the next user as it is."""
        return not self.lost and self.settled and not self.driver.is_in_transaction()

    def failed(self, error: BaseException) -> None:
        """Note what a statement ended with: after PostgreSQL's own errors a connection is in order."""
        if not isinstance(error, PostgresError):
            self.settled = False

    async def text(self, statement: str, arguments: Sequence[object]) -> Any:
        """The one text that a statement gives, or its bytes. Raises as `done` does."""
        return await self.done(self.statements.text(statement, arguments))

    async def rows(self, statement: str, arguments: Sequence[object]) -> list[Record]:
        """The rows that a statement gives. Raises as `done` does."""
        return (await self.done(self.statements.rows(statement, arguments)))[0]

    async def count(self, statement: str, arguments: Sequence[object]) -> int:
        """How many rows a statement wrote. Raises as `done` does."""
        _, did = await self.done(self.statements.rows(statement, arguments))
        return int((did or "0").rsplit(" ", 1)[-1])

    async def done(self, work: Awaitable[T]) -> T:
        """What a statement on this connection comes to.

        Raises `Unavailable` when the connection is lost on the way, the driver's `PostgresError` for what the
        server refuses.
        """
        try:
            return await work
        except BaseException as error:
            self.failed(error)
            if isinstance(error, Exception) and self.lost:
                raise Unavailable from error
            raise

    async def commit(self) -> None:
        """End the transaction, if one is open. Raises `RuntimeError` when nothing of it was kept."""
        if self.core.get_transaction():
            await self.core.commit()
        if self.driver.is_in_transaction():
            await self.driver.commit()

    async def roll_back(self) -> None:
        """Undo the transaction, if one is open."""
        if self.core.get_transaction():
            await self.core.rollback()
        await self.driver.rollback()

    async def discard(self) -> None:
        """Close it, whatever state it is in, without waiting for the server."""
        self.driver.terminate()
        with contextlib.suppress(Exception):
            await self.core.invalidate()
        with contextlib.suppress(Exception):
            await self.core.close()


def connection_of(core: AsyncConnection) -> PooledConnection:
    """What is under the connection of a transaction. Raises `RuntimeError` when none is open on it."""
    found: PooledConnection | None = None if core.closed else core.info.get(_FACE)
    if found is None or not found.driver.is_in_transaction():
        raise RuntimeError("There is no open transaction that is bound to a tenant.")
    return found


class Pool:
    """At most `size` connections of one login, opened when needed and kept.

    `server_version` is PostgreSQL's major version, once there was a connection.
    Whoever takes one gives it back: at once, and never waiting. What was cut off in the middle is brought
    to an end beside the requests, and until then its connection counts as in use.
    """

    def __init__(self, engine: AsyncEngine, *, size: int, statements: int) -> None:
        self.engine = engine
        self.admission = Admission(size)
        self.server_version: int | None = None
        self._statements = statements
        self._idle: list[PooledConnection] = []
        self._settling: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self, tenant: UUID | None, *, seconds: float) -> PooledConnection:
        """A connection that answers, for somebody of this tenant, within so many seconds.

        Raises `Unavailable` when there is none in time.
        """
        until = monotonic() + seconds
        if not self.admission.admit(tenant):
            await self.admission.wait(tenant, seconds=seconds)
        connection = self._trusted() or await self._another(tenant, until)
        connection.tenant = tenant
        return connection

    def give_back(self, connection: PooledConnection) -> None:
        """End a use. Nothing is awaited, so nothing can interrupt it."""
        if connection.whole and not self._closed:
            self._shelve(connection)
        else:
            self._beside(self._settle(connection))

    async def close(self) -> None:
        """Close every connection; those in use when they are given back."""
        self._closed = True
        while self._idle:
            await self._idle.pop().discard()
        while self._settling:
            await asyncio.wait(self._settling)
        await self.engine.dispose()

    def _trusted(self) -> PooledConnection | None:
        """The connection that was used last, unless that is long ago or it is lost."""
        if self._idle:
            connection = self._idle[-1]
            # It was whole when it was put here, and since then only its server can have left.
            if not connection.driver.is_closed() and monotonic() - connection.used_at < TRUSTED_SECONDS:
                return self._idle.pop()
        return None

    async def _another(self, tenant: UUID | None, until: float) -> PooledConnection:
        """One that was idle for long and still answers, else a new one.

        What it takes goes on beside the requests when the caller is cut off: a connection is never left
        half made, and the next caller has it.
        """
        making = asyncio.create_task(self._answering_or_new())
        try:
            async with asyncio.timeout(max(until - monotonic(), 0)):
                return await asyncio.shield(making)
        except BaseException as error:
            self._beside(self._keep(making, tenant))
            if isinstance(error, DBAPIError | OSError):
                _log.warning("no connection", login=self.engine.url.username, reason=_reason(error))
                raise Unavailable from error
            raise

    async def _answering_or_new(self) -> PooledConnection:
        while self._idle:
            connection = self._idle.pop()
            try:
                async with asyncio.timeout(_PING_SECONDS):
                    await connection.driver.settle()
            except Exception:  # noqa: BLE001 -- whatever it is, the connection goes
                await connection.discard()
            else:
                return connection
        core = await self.engine.connect()
        raw = await core.get_raw_connection()
        driver = cast("DriverConnection", raw.driver_connection)
        self.server_version = driver.get_server_version().major
        return PooledConnection(core, driver, statements=self._statements)

    async def _keep(self, making: asyncio.Task[PooledConnection], tenant: UUID | None) -> None:
        """Give back what was made for somebody who is gone."""
        try:
            connection = await making
        except BaseException:
            self.admission.leave(tenant)
            raise
        connection.tenant = tenant
        self.give_back(connection)

    async def _settle(self, connection: PooledConnection) -> None:
        """Bring to an end what was cut off; a connection that cannot be brought to one is closed."""
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                if not connection.lost and not self._closed:
                    await connection.driver.settle()
                    await connection.roll_back()
                    connection.settled = True
        except Exception as error:  # noqa: BLE001 -- whatever it is, the connection goes
            _log.warning("connection closed", login=self.engine.url.username, reason=_reason(error))
        finally:
            if connection.whole and not self._closed:
                self._shelve(connection)
            else:
                await self._remove(connection)

    async def _remove(self, connection: PooledConnection) -> None:
        try:
            await connection.discard()
        finally:
            self.admission.leave(connection.tenant)

    def _shelve(self, connection: PooledConnection) -> None:
        connection.driver.opening = ""
        connection.used_at = monotonic()
        self._idle.append(connection)
        self.admission.leave(connection.tenant)

    def _beside(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._settling.discard(task)
        if not task.cancelled():
            task.exception()  # was told to whoever waited for it


def _reason(error: BaseException) -> str:
    """The kind of an error: its text may name addresses or values."""
    cause = getattr(error, "orig", None)
    return type(getattr(cause, "__cause__", None) or cause or error).__name__
