"""The long-lived connections of this process: how many there may be, and the end of all of them at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from starlette.types import Scope

from leora_gql.auth.principal import Principal
from leora_gql.errors import RateLimited, Unavailable
from leora_gql.server.extensions import CUT
from leora_gql.settings import Settings

_RETRY_AFTER = 10
_FAREWELL_SECONDS = 2.0

STATE = "live"
"""The key of the application's state under which the server finds `Live`."""


def cut(scope: Scope) -> None:
    """Drop the connection at once, where the server lets us; else it ends when its buffers do."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    if CUT in extensions:
        extensions[CUT]["abort"]()


class Live:
    """Counts sockets and event streams; `leave` tells each of them that the process ends."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.live_connections
        self._limit_each = settings.live_connections_per_principal
        self._leaving = False
        self._connections: set[Callable[[], None]] = set()
        self._principals: Counter[tuple[UUID, UUID]] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._connections)

    @contextmanager
    def connected(self, leave: Callable[[], None]) -> Generator[None]:
        """Hold a place for one connection, which ends itself when `leave` is called. Raises `Unavailable`."""
        if self._leaving or len(self._connections) >= self._limit:
            raise Unavailable("This server takes no further live connections. Try again shortly.")
        self._connections.add(leave)
        self._empty.clear()
        try:
            yield
        finally:
            self._connections.discard(leave)
            if not self._connections:
                self._empty.set()

    @contextmanager
    def admitted(self, principal: Principal) -> Generator[None]:
        """Count a connection as the principal's. Raises `RateLimited` where it has too many."""
        key = (principal.tenant_id, principal.id)
        if self._principals[key] >= self._limit_each:
            raise RateLimited("Too many live connections of this account.", retry_after=_RETRY_AFTER)
        self._principals[key] += 1
        try:
            yield
        finally:
            self._principals[key] -= 1
            if not self._principals[key]:
                del self._principals[key]

    def leave(self) -> None:
        """The process ends: take no further connection, and ask each one to say goodbye."""
        self._leaving = True
        for leave in list(self._connections):
            leave()

    async def close(self) -> None:
        """Leave, and wait for the goodbyes, but not for long."""
        self.leave()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), _FAREWELL_SECONDS)
