"""The driver's connection, with two additions: how its transactions begin, and which statements it keeps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import asyncpg
from asyncpg.pgproto import pgproto
from asyncpg.prepared_stmt import PreparedStatement
from asyncpg.transaction import Transaction

if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection

_Isolation = Literal["read_committed", "read_uncommitted", "repeatable_read", "serializable"]
_UNNAMED_KEPT = 100


def uuid_of(text: str) -> UUID:
    """The UUID of a text, as the driver makes them: read and sent at a tenth of what Python's own takes.

    Raises `ValueError` for a text that is none.
    """
    return pgproto.UUID(text)


class DriverConnection(_Connection):
    """A connection whose transactions all begin with `opening`, in the same round trip as what binds them.

    SQLAlchemy begins transactions through it, so that no transaction of a tenant can begin
    without the tenant's settings: not the first one, and none after a commit or a rollback.
    """

    opening: str = "BEGIN"
    """Until it is first given away, for what SQLAlchemy asks of a new connection."""

    def transaction(
        self,
        *,
        isolation: _Isolation | None = None,
        readonly: bool = False,
        deferrable: bool = False,
    ) -> Transaction:
        """A transaction that begins as `opening` says, whatever else is asked for."""
        return _Opened(self, isolation=isolation, readonly=readonly, deferrable=deferrable)

    async def open(self) -> None:
        """Begin the transaction, unless one is open: one round trip."""
        if self.is_in_transaction():
            return
        if not self.opening:
            raise RuntimeError("A transaction begins in a block of the pools, and nowhere else.")
        await self.execute(self.opening)

    async def commit(self) -> None:
        """End the transaction. Raises `RuntimeError` when it had failed, so that nothing was kept."""
        if await self.execute("COMMIT") != "COMMIT":
            raise RuntimeError("A statement of the transaction had failed: nothing of it was committed.")

    async def rollback(self) -> None:
        """Undo the transaction, if one is open."""
        if self.is_in_transaction():
            await self.execute("ROLLBACK")

    async def settle(self) -> None:
        """Wait for the end of what was cut off, and leave no transaction open."""
        with suppress(asyncpg.InFailedSQLTransactionError):
            await self.execute("SELECT")
        await self.rollback()


class _Opened(Transaction):
    """What SQLAlchemy begins, commits and rolls back."""

    def __init__(
        self, connection: DriverConnection, *, isolation: _Isolation | None, readonly: bool, deferrable: bool
    ) -> None:
        super().__init__(connection, isolation, readonly, deferrable)
        self._driver = connection

    async def start(self) -> None:
        await self._driver.open()

    async def commit(self) -> None:
        await self._driver.commit()

    async def rollback(self) -> None:
        await self._driver.rollback()


class Statements:
    """The statements that are kept prepared on one connection: the `limit` that were used last.

    With a limit of 0 none has a name on the server: each execution parses its text again, in the same
    exchange, so that any pooler can carry it. What is kept then is only the types of its parameters.
    """

    def __init__(self, driver: DriverConnection, *, limit: int) -> None:
        self._driver = driver
        self._limit = limit or _UNNAMED_KEPT
        self._name = None if limit else ""
        self._kept: OrderedDict[str, PreparedStatement[asyncpg.Record]] = OrderedDict()

    async def text(self, statement: str, arguments: Sequence[object]) -> Any:
        """The one text that the statement gives, or its bytes; one round trip, and another one when it is new."""
        prepared = await self._prepared(statement)
        try:
            return await prepared.fetchval(*arguments)
        except BaseException:
            self._kept.pop(statement, None)
            raise

    async def rows(
        self, statement: str, arguments: Sequence[object]
    ) -> tuple[list[asyncpg.Record], str | None]:
        """The rows that the statement gives, and what the server says that it did; as many round trips."""
        prepared = await self._prepared(statement)
        try:
            return await prepared.fetch(*arguments), prepared.get_statusmsg()
        except BaseException:
            self._kept.pop(statement, None)
            raise

    async def _prepared(self, statement: str) -> PreparedStatement[asyncpg.Record]:
        prepared = self._kept.get(statement)
        if prepared is None:
            return await self._prepare(statement)
        self._kept.move_to_end(statement)
        return prepared

    async def _prepare(self, statement: str) -> PreparedStatement[asyncpg.Record]:
        prepared = await self._driver.prepare(statement, name=self._name)
        self._kept[statement] = prepared
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return prepared
