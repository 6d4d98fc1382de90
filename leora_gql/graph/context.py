"""What resolvers know of the operation that they run in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Executable, RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from leora_gql.auth.principal import Principal
from leora_gql.errors import Unauthenticated

if TYPE_CHECKING:
    from leora_gql.auth.authenticator import Authenticator
    from leora_gql.db.engine import Pools
    from leora_gql.graph.selection import Selection
    from leora_gql.settings import Settings

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Sessions(Protocol):
    """Where the context gets its one tenant-bound session from."""

    async def open(self, principal: Principal) -> AsyncSession:
        """The operation's session; the same one at each call for the same principal."""
        ...


class GraphContext:
    """One operation: its caller, its transaction, its loaders.

    `session()` opens the transaction on first use; whoever made the context ends it. A session
    mutation puts the new principal in place with `become`.
    """

    def __init__(
        self,
        *,
        principal: Principal | None,
        sessions: Sessions,
        settings: Settings,
        pools: Pools,
        auth: Authenticator,
        tenant_slug: str,
        cursor_key: bytes,
        request_id: str,
        client_address: str | None = None,
        user_agent: str | None = None,
        requested_tenant_slug: str | None = None,
    ) -> None:
        self.principal = principal
        self.settings = settings
        self.pools = pools
        self.auth = auth
        self.tenant_slug = tenant_slug
        self.requested_tenant_slug = requested_tenant_slug
        self.cursor_key = cursor_key
        self.request_id = request_id
        self.client_address = client_address
        self.user_agent = user_agent
        self.selections: dict[Hashable, Selection] = {}
        self.lists: dict[str, Any] = {}
        self._sessions = sessions
        self._lock = asyncio.Lock()
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    def require_principal(self) -> Principal:
        """The caller. Raises `Unauthenticated` when nobody is signed in."""
        if self.principal is None:
            raise Unauthenticated
        return self.principal

    def become(self, principal: Principal) -> None:
        """Continue as another principal, as after a sign-in."""
        self.principal = principal
        self._loaders.clear()
        self.lists.clear()

    async def session(self) -> AsyncSession:
        """The operation's session, bound to the caller's tenant. Raises `Unauthenticated`."""
        return await self._sessions.open(self.require_principal())

    async def rows(self, statement: Executable) -> Sequence[RowMapping]:
        """Run a statement in the operation's transaction; one at a time, since it has one connection."""
        async with self._lock:
            session = await self.session()
            return (await session.execute(statement)).mappings().all()

    def loader(self, key: Hashable, load: Callable[[list[K]], Awaitable[Sequence[V]]]) -> DataLoader[K, V]:
        """The loader called `key`, made with `load` on first use; batches within this operation only."""
        found = self._loaders.get(key)
        if found is None:

            async def batch(keys: list[K]) -> list[V]:
                return list(await load(keys))

            found = DataLoader(batch)
            self._loaders[key] = found
        return found
