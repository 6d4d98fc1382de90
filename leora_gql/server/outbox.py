"""What waits to be written to one connection: bounded, so that a reader who stops reading costs little."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

_STALLED_SECONDS = 30.0


class SlowReader(Exception):
    """The other side does not read: the connection is not worth keeping."""


class Outbox:
    """Messages in their order, written by `run`; at most so many and so many bytes of them wait.

    Who can wait does so (`room`); events cannot, and end the connection when there is no room (`offer`).
    """

    def __init__(
        self, write: Callable[[bytes], Awaitable[None]], *, most_messages: int, most_bytes: int
    ) -> None:
        self._write = write
        self._most_messages = most_messages
        self._most_bytes = most_bytes
        self._messages: deque[bytes] = deque()
        self._bytes = 0
        self._ready = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def put(self, message: bytes) -> None:
        """Add a message that its sender waited for room for."""
        self._messages.append(message)
        self._bytes += len(message)
        self._ready.set()
        if len(self._messages) >= self._most_messages or self._bytes >= self._most_bytes:
            self._room.clear()

    async def offer(self, message: bytes) -> None:
        """Add an event. Raises `SlowReader` when what waits already fills the bounds."""
        if not self._room.is_set():
            await asyncio.sleep(0)  # the writer's turn: a burst alone is no sign of a slow reader
            if not self._room.is_set():
                raise SlowReader
        self.put(message)

    async def room(self) -> None:
        """Wait until what waits is within the bounds."""
        await self._room.wait()

    async def run(self) -> None:
        """Write for ever. Raises `SlowReader` when one write takes half a minute."""
        while True:
            await self._ready.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        while self._messages:
            try:
                async with asyncio.timeout(_STALLED_SECONDS):
                    await self._write(self._messages[0])
            except TimeoutError:
                raise SlowReader from None
            self._bytes -= len(self._messages.popleft())
            self._room.set()
        self._ready.clear()
