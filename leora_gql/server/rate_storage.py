"""Counts that several processes share: a Redis server, by the `limits` library."""

from __future__ import annotations

import importlib
import time
from typing import Any

import structlog
from limits.aio.storage import RedisStorage
from limits.errors import ConfigurationError, StorageError

from leora_gql.errors import OperatorError

log = structlog.get_logger("leora.rate")

TIMEOUT = 0.25
"""Seconds to connect or to answer: a caller waits for it."""
LEFT_ALONE = 5.0
"""Seconds in which a server that did not answer is not asked again."""
_COMPLAIN_EVERY = 60.0
_CONNECTIONS = 16


class SharedCounts:
    """Adds to counts that end by themselves. What does not answer is None, told once a minute in the log."""

    def __init__(self, url: str) -> None:
        try:
            # The library's own pool has neither limits on time nor a way to be closed.
            redis: Any = importlib.import_module("redis.asyncio")
            self._pool = redis.BlockingConnectionPool.from_url(
                url,
                max_connections=_CONNECTIONS,
                timeout=TIMEOUT,
                socket_timeout=TIMEOUT,
                socket_connect_timeout=TIMEOUT,
            )
            self._storage = RedisStorage(
                f"async+{url}",
                wrap_exceptions=True,
                implementation="redispy",
                key_prefix="leora",
                connection_pool=self._pool,
            )
        except (ImportError, ConfigurationError):
            raise OperatorError(
                "RATE_LIMIT_STORAGE names a Redis server, and the package redis is not installed."
                " Install leora-gql[redis]"
            ) from None
        self._alone_until = 0.0
        self._complained = -_COMPLAIN_EVERY

    async def add(self, key: str, amount: int, *, seconds: int) -> int | None:
        """The count after adding to it; a new one ends after so many seconds."""
        if time.monotonic() < self._alone_until:
            return None
        try:
            return await self._storage.incr(key, seconds, amount)
        except StorageError as error:
            self._leave_alone(error)
            return None

    async def ends(self, key: str) -> float | None:
        """When the count ends, in seconds since 1970."""
        try:
            return await self._storage.get_expiry(key)
        except StorageError as error:
            self._leave_alone(error)
            return None

    async def close(self) -> None:
        """End the connections."""
        await self._pool.aclose()

    def _leave_alone(self, error: StorageError) -> None:
        now = time.monotonic()
        self._alone_until = now + LEFT_ALONE
        if now - self._complained >= _COMPLAIN_EVERY:
            self._complained = now
            log.warning(
                "rate limits are counted by each process alone", cause=type(error.storage_error).__name__
            )
