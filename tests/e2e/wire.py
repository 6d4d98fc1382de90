"""A wire to PostgreSQL that can hold a transaction at its commit: before the server hears of it, or after it did it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from sqlalchemy import URL

from leora_gql.db.logins import Login
from leora_gql.db.scope import WRITING

PATIENCE = 30
"""Seconds after which a test that waits for a commit fails."""
_CANCEL = 80877102
"""What a connection begins with that only cancels another one's statement."""


class Moment(Enum):
    """Where a transaction that writes is held."""

    BEFORE_COMMIT = "the COMMIT"
    """The server has not heard of it."""
    AFTER_COMMIT = "the answer to the COMMIT"
    """The server has committed, and nobody has heard of it."""


@dataclass(eq=False)
class Hold:
    """What is to be held: of the transactions of a login that write, the one of that number from now on."""

    login: Login
    moment: Moment
    number: int
    reached: asyncio.Event = field(default_factory=asyncio.Event)


class Wire:
    """Carries connections to the server behind a unix socket, message by message."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._holds: dict[Login, Hold] = {}
        self._released = asyncio.Event()
        self._carrying: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen."""
        self._listening = await asyncio.start_server(self._carry, "127.0.0.1", 0)

    async def close(self) -> None:
        """Cut all connections."""
        assert self._listening is not None
        self._listening.close()
        for task in self._carrying:
            task.cancel()
        await asyncio.gather(*self._carrying, return_exceptions=True)

    def url(self, url: URL) -> URL:
        """The address of the server's database by this wire."""
        assert self._listening is not None
        port = self._listening.sockets[0].getsockname()[1]
        return url.set(host="127.0.0.1", port=port, query={"sslmode": "disable"})

    def hold(self, login: Login, moment: Moment, number: int) -> Hold:
        """Hold a transaction that is to come."""
        self._holds[login] = Hold(login, moment, number)
        return self._holds[login]

    def let_go(self) -> None:
        """Close the connections that were held before their commit, as the server's end of a dead client is closed.

        Until then the server believes that its client lives.
        """
        self._released.set()

    def due(self, login: Login) -> Hold | None:
        """What holds the transaction that is about to be committed, if anything does."""
        hold = self._holds.get(login)
        if hold is None:
            return None
        hold.number -= 1
        return None if hold.number else self._holds.pop(login)

    async def released(self) -> None:
        """Returns when what was held is let go."""
        await self._released.wait()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        answers, asks = await asyncio.open_unix_connection(str(self._server))
        line = _Line(self, _End(reader, writer), _End(answers, asks))
        back = asyncio.create_task(line.back())
        try:
            await line.there()
        finally:
            back.cancel()
            writer.close()
            asks.close()
            self._carrying.discard(task)


@dataclass(frozen=True)
class _End:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def message(self) -> tuple[bytes, bytes]:
        """The next message: what kind it is, and what it says."""
        kind = await self.reader.readexactly(1)
        return kind, await self.text()

    async def text(self) -> bytes:
        """What stands behind its length."""
        length = int.from_bytes(await self.reader.readexactly(4))
        return await self.reader.readexactly(length - 4)

    async def send(self, kind: bytes, body: bytes) -> None:
        self.writer.write(kind + (len(body) + 4).to_bytes(4) + body)
        await self.writer.drain()


class _Line:
    """One connection: what the client says, and what the server answers."""

    def __init__(self, wire: Wire, client: _End, server: _End) -> None:
        self._wire = wire
        self._client = client
        self._server = server
        self._writes = False
        self._committing: Hold | None = None

    async def there(self) -> None:
        """Carry what the client says, until it is gone or held."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            opening = await self._client.text()
            await self._server.send(b"", opening)
            if int.from_bytes(opening[:4]) == _CANCEL:
                return
            words = opening[4:].split(b"\0")
            login = Login(words[words.index(b"user") + 1].decode())
            while True:
                kind, body = await self._client.message()
                hold = self._commits(login) if (kind, body) == (b"Q", b"COMMIT\0") else None
                if hold is not None and hold.moment is Moment.BEFORE_COMMIT:
                    hold.reached.set()
                    await self._wire.released()
                    return
                self._committing = hold
                self._writes = self._writes or (kind == b"Q" and body.startswith(WRITING.encode()))
                await self._server.send(kind, body)

    async def back(self) -> None:
        """Carry what the server says, until it has done a commit that is held."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, body = await self._server.message()
                if self._committing is not None and (kind, body) == (b"C", b"COMMIT\0"):
                    self._committing.reached.set()
                    return
                await self._client.send(kind, body)
        self._client.writer.close()

    def _commits(self, login: Login) -> Hold | None:
        writes, self._writes = self._writes, False
        return self._wire.due(login) if writes else None
