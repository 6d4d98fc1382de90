"""The product served by the real server on a real port, in the test's own loop, and a raw socket's client."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from uvicorn import Config, Server
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from leora_gql.app import create_app
from leora_gql.cli.serving import server_options
from leora_gql.server.live import STATE, Live
from leora_gql.settings import Settings

PATIENCE = 10.0
"""Seconds that a test waits for what should happen at once."""
SMALL = 4096
"""Bytes of the sockets' own buffers, where a test needs them full soon."""

FOREVER = "subscription { heartbeat(intervalMs: 10) }"
THREE = "subscription { heartbeat(count: 3, intervalMs: 10) }"
VIEWER = "{ viewer { permissions } }"


async def until(condition: Callable[[], bool], what: str) -> None:
    """Look until it is so."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"never: {what}"
        await asyncio.sleep(0.01)


class SocketClient:
    """One socket that speaks graphql-transport-ws, message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, *messages: Any) -> None:
        for message in messages:
            await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def init(self, authorization: str | None, **payload: Any) -> None:
        await self.send(
            {"type": "connection_init", "payload": {"Authorization": authorization, **payload}},
        )
        assert await self.next() == {"type": "connection_ack"}

    async def subscribe(self, operation: str, query: str, **payload: Any) -> None:
        await self.send({"id": operation, "type": "subscribe", "payload": {"query": query, **payload}})

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self.connection.recv())

    async def answer(self, query: str, **payload: Any) -> dict[str, Any]:
        """The one result of a query or mutation."""
        await self.subscribe("q", query, **payload)
        found = await self.next()
        while found.get("id") != "q":
            found = await self.next()
        if found["type"] == "next":
            assert (await self.next())["type"] == "complete"
        return found["payload"]

    async def closed(self) -> tuple[int | None, str | None]:
        """The code and reason of its end, whatever comes before."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    await self.connection.recv()
        except ConnectionClosed:
            return self.connection.close_code, self.connection.close_reason


@dataclass
class Serving:
    """The running server."""

    server: Server
    running: asyncio.Task[None]
    port: int
    http: httpx.AsyncClient

    @property
    def live(self) -> Live:
        return self.server.lifespan.state[STATE]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @asynccontextmanager
    async def socket(self, *, reads: bool = True, **options: Any) -> AsyncIterator[SocketClient]:
        """A socket; one that does not read keeps hardly anything for whoever would."""
        options.setdefault("subprotocols", [Subprotocol("graphql-transport-ws")])
        if not reads:
            options |= {"sock": self.narrow(), "max_queue": 1, "ping_interval": None}
        connection = await connect(f"ws://{self.host}/graphql", close_timeout=1, **options)
        try:
            yield SocketClient(connection)
        finally:
            connection.transport.abort()

    def narrow(self) -> socket.socket:
        """A connection with a small buffer."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        made.connect(("127.0.0.1", self.port))
        made.setblocking(False)
        return made

    async def stop(self) -> None:
        """End the server as a signal would."""
        self.server.should_exit = True
        await self.running


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Serving]:
    """Serve, and end."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    listening.bind(("127.0.0.1", 0))
    options = {**server_options(settings), "loop": "none", "timeout_graceful_shutdown": 20}
    server = Server(Config(create_app(settings), **options))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    port = listening.getsockname()[1]
    await until(lambda: server.started or running.done(), "the server started")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as http:
        started = Serving(server, running, port, http)
        try:
            yield started
        finally:
            await started.stop()
