"""What resolvers know of the operation that they run in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Executable, RowMapping

from leora_gql.auth.principal import Principal
from leora_gql.errors import Unauthenticated
from leora_gql.graph.allowance import Allowance
from leora_gql.graph.cursors import Cursors
from leora_gql.graph.plan import Plan

if TYPE_CHECKING:
    from leora_gql.auth.authenticator import Authenticator
    from leora_gql.db.engine import Pools
    from leora_gql.graph.selection import Selection
    from leora_gql.settings import Settings

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Reader(Protocol):
    """Where the context reads: the one transaction of its operation."""

    async def rows(self, statement: Executable, *, principal: Principal) -> Sequence[RowMapping]:
        """The rows of a statement; every call of an operation is for the same principal."""
        ...


class GraphContext:
    """One operation: its caller, its transaction, its loaders.

    The transaction is opened on first use; whoever made the context ends it. A session mutation puts
    the new principal in place with `become`.
    """

    def __init__(
        self,
        *,
        principal: Principal | None,
        reader: Reader,
        settings: Settings,
        pools: Pools,
        auth: Authenticator,
        tenant_slug: str,
        cursor_key: bytes,
        request_id: str,
        client_address: str | None = None,
        user_agent: str | None = None,
        requested_tenant_slug: str | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self.principal = principal
        self.settings = settings
        self.pools = pools
        self.auth = auth
        self.tenant_slug = tenant_slug
        self.requested_tenant_slug = requested_tenant_slug
        self._cursor_key = cursor_key
        self._cursors: Cursors | None = None
        self.request_id = request_id
        self.client_address = client_address
        self.user_agent = user_agent
        self.selections: dict[Hashable, Selection] = {}
        self.lists: dict[str, Any] = {}
        self.allowance = allowance
        self.plan = Plan()
        self._reader = reader
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    def require_principal(self) -> Principal:
        """The caller. Raises `Unauthenticated` when nobody is signed in."""
        if self.principal is None:
            raise Unauthenticated
        return self.principal

    def become(self, principal: Principal) -> None:
        """Continue as another principal, as after a sign-in."""
        self.principal = principal
        self._cursors = None
        self.forget()

    def forget(self) -> None:
        """Read anew what was read: it was another's, or of a transaction that was undone."""
        self._loaders.clear()
        self.lists.clear()

    @property
    def cursors(self) -> Cursors:
        """The cursors of the caller's tenant. Raises `Unauthenticated`."""
        if self._cursors is None:
            self._cursors = Cursors(self._cursor_key, self.require_principal().tenant_id)
        return self._cursors

    async def rows(self, statement: Executable) -> Sequence[RowMapping]:
        """The rows of a statement in the operation's transaction. Raises `Unauthenticated`."""
        return await self._reader.rows(statement, principal=self.require_principal())

    def loader(self, key: Hashable, load: Callable[[list[K]], Awaitable[Sequence[V]]]) -> DataLoader[K, V]:
        """The loader called `key`, made with `load` on first use; batches within this operation only."""
        found = self._loaders.get(key)
        if found is None:

            async def batch(keys: list[K]) -> list[V]:
                return list(await load(keys))

            found = DataLoader(batch)
            self._loaders[key] = found
        return found
