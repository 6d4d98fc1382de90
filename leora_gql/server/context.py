"""The context of an operation: opens its one tenant-bound transaction when first needed, and ends it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import Executable, RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant

T = TypeVar("T")


def scope_of(principal: Principal) -> TenantScope:
    """The settings under which row-level security shows the principal's rows."""
    return TenantScope(
        tenant_id=principal.tenant_id,
        actor_kind=principal.kind.value,
        actor_id=principal.id,
        customer_id=principal.customer_id,
    )


def login_of(principal: Principal) -> Login:
    """The login that reads for the principal's audience."""
    return Login.PORTAL if principal.audience is Audience.PORTAL else Login.STAFF


class OperationSession:
    """The transaction of one operation; an async context manager that ends it with the operation."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._running: asyncio.Future[Any] | None = None
        self._session: AsyncConnection | None = None
        self._principal: Principal | None = None
        self._failure: Exception | None = None
        self._ended = False

    async def rows(self, statement: Executable, *, principal: Principal) -> Sequence[RowMapping]:
        """The rows of a statement: one at a time, since the operation has one connection.

        After a failure the transaction is of no use any more: every later call fails the same way. A field
        that is cancelled, as when one beside it fails, does not cancel its statement: the transaction would
        be of no use to the others.
        """

        async def read(session: AsyncConnection) -> Sequence[RowMapping]:
            return (await session.execute(statement)).mappings().all()

        return await self._in_turn(read, principal)

    async def _in_turn(self, read: Callable[[AsyncConnection], Awaitable[T]], principal: Principal) -> T:
        await self._lock.acquire()
        running = asyncio.ensure_future(self._read(read, principal))
        running.add_done_callback(lambda _: self._lock.release())
        self._running = running
        return await asyncio.shield(running)

    async def _read(self, read: Callable[[AsyncConnection], Awaitable[T]], principal: Principal) -> T:
        if self._ended:
            raise RuntimeError("The operation has ended, and its transaction with it.")
        if self._failure is not None:
            raise self._failure
        try:
            return await read(await self._open(principal))
        except Exception as failure:
            self._failure = failure
            raise

    def _cut_off(self) -> None:
        """End the statement that runs, if one does: nobody waits for its rows."""
        if self._running is not None:
            self._running.cancel()

    @property
    def failure(self) -> Exception | None:
        """What a statement failed with; the transaction is of no use any more."""
        return self._failure

    @contextlib.asynccontextmanager
    async def within(self, session: AsyncConnection, principal: Principal) -> AsyncGenerator[None]:
        """Read in a transaction that somebody else opened for the principal, and will end.

        Leaves it only when no statement runs in it any more. What failed in one before does not count in this one.
        """
        self._session, self._principal, self._failure = session, principal, None
        try:
            yield
        except BaseException:
            self._cut_off()
            raise
        finally:
            async with self._lock:
                self._session, self._principal = None, None

    async def _open(self, principal: Principal) -> AsyncConnection:
        if self._session is None:
            self._principal = principal
            self._session = await self._stack.enter_async_context(
                with_tenant(self._pools, scope_of(principal), login=login_of(principal), read_only=True)
            )
        if self._principal != principal:
            raise RuntimeError("An operation's transaction belongs to one principal.")
        return self._session

    async def __aenter__(self) -> Self:
        """Nothing is opened yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the transaction, if one was opened; a failure that its fields have told is told once.

        Afterwards nothing opens another: what a failed field left running would never give it back.
        """
        if error is not None:
            self._cut_off()
        async with self._lock:
            self._ended = True
            await self._end(kind, error, traceback)

    async def _end(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None or self._failure is None:
            await self._stack.__aexit__(kind, error, traceback)
            return
        with contextlib.suppress(Exception):
            await self._stack.__aexit__(type(self._failure), self._failure, self._failure.__traceback__)
