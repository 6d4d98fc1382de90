"""The product behind a real socket, as `leora serve` has it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp
from uvicorn import Config, Server

from leora_gql.cli.serving import HttpConnection

PATIENCE = 30
"""Seconds after which a test that waits for the server fails."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Line:
    """One connection, written to and read from byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *parts: bytes) -> None:
        """Send each part by itself."""
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()

    async def reply(self) -> Reply:
        """The next answer."""
        async with asyncio.timeout(PATIENCE):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
            return Reply(int(first.split()[1]), headers, body)

    async def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read()

    def end_sending(self) -> None:
        """Say that no more is coming, and stay to listen."""
        self._writer.write_eof()

    def leave(self) -> None:
        """Close the connection."""
        self._writer.close()


@dataclass(frozen=True)
class Served:
    """A server that listens."""

    port: int

    @property
    def url(self) -> str:
        """The address of its root."""
        return f"http://127.0.0.1:{self.port}"

    async def connect(self) -> Line:
        """A new connection."""
        return Line(*await asyncio.open_connection("127.0.0.1", self.port))


@contextmanager
def served(app: ASGIApp) -> Generator[Served]:
    """Serves an application from a thread of its own, until the end of the block."""
    config = Config(app, loop="uvloop", http=HttpConnection, access_log=False, log_config=None)
    server = Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Served(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive()


def post(body: bytes, *headers: str, length: int | None = None) -> bytes:
    """A POST of JSON, as bytes; `length` is what it says of itself where that is not the truth."""
    lines = [
        "POST /graphql HTTP/1.1",
        "Host: leora.test",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(*chunks: bytes) -> list[bytes]:
    """A POST of JSON whose length nobody knows before its end: the head, the chunks, the end."""
    head = (
        b"POST /graphql HTTP/1.1\r\nHost: leora.test\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    return [head, *(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks), b"0\r\n\r\n"]
