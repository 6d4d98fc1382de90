"""How uvicorn serves us, for `leora serve` and `leora dev` alike, and what it does for long-lived connections.

An application cannot drop a reader that has stopped reading: a server that is asked to close first writes
what waits, for ever. And a server that ends does not tell its event streams. The two protocols here add both.
"""

from __future__ import annotations

import logging
from asyncio import Protocol, TimerHandle, Transport
from typing import Any, TypedDict

from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from leora_gql.cli.logs import SOCKET_LOGGER
from leora_gql.server.extensions import CUT, WHOLE, Lines
from leora_gql.server.live import STATE, Live
from leora_gql.settings import Settings

_LINGER_SECONDS = 5.0
"""How long a closed socket may take to write what waits and to say goodbye."""
_GOODBYE_SECONDS = 2.0
"""The same, when the server waits for it to end."""


class _Joined:
    """A response's way to the connection: its head is written together with what comes first of its body.

    Each write is a call of the system and wakes who reads; most responses need no more than one.
    """

    __slots__ = ("_head", "_transport", "close", "is_closing")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None
        self.close, self.is_closing = transport.close, transport.is_closing

    def write(self, data: bytes) -> None:
        """Write, or wait with the head of a response; what comes next may be empty."""
        if self._head is not None:
            data, self._head = self._head + data, None
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):
            self._head = data
            return
        self._transport.write(data)


class HttpConnection(HttpToolsProtocol):
    """HTTP whose applications can drop the connection, answer at once, and hear of the server's end."""

    def connection_made(self, transport: Any) -> None:
        """A connection: what the scopes of its requests get from us."""
        super().connection_made(transport)
        self._joined = _Joined(transport)
        self._extensions = {CUT: {"abort": transport.abort}, WHOLE: self._answer}

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answered: Any = cycle  # one at a time: what was sent before it waits in line
        cycle.scope["extensions"] = self._extensions
        cycle.transport = self._joined
        super()._start_asgi_task(cycle, app)

    def _answer(self, send: Any, headers: Lines, body: bytes) -> bool:
        """Answer with 200 at once, as uvicorn would in two steps that trust no header; False where it has to.

        Only for who was given the cycle's own `send`, with nothing between, on a connection that goes on as it is.
        """
        cycle = self._answered
        stopped = cycle.response_started or cycle.disconnected or cycle.flow.write_paused
        if stopped or not cycle.keep_alive or send != cycle.send or cycle.scope["method"] == "HEAD":
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        lines = b"\r\n".join(map(b": ".join, (*cycle.default_headers, *headers)))
        self.transport.write(b"".join((STATUS_LINE[200], lines, b"\r\n\r\n", body)))
        cycle.message_event.set()
        cycle.on_response()
        return True

    def shutdown(self) -> None:
        """The server ends: event streams would not by themselves."""
        super().shutdown()
        _leave(self.app_state)


class SocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket that applications can drop, and that is gone soon after it was closed, read or not."""

    _ending: TimerHandle | None = None
    _broken = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.logger = logging.getLogger(SOCKET_LOGGER)

    def handle_connect(self, event: Any) -> None:
        """Begin the handshake: the scope gets our extension."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions = self.scope.get("extensions") or {}
            self.scope["extensions"] = {**extensions, CUT: {"abort": self.transport.abort}}

    def data_received(self, data: bytes) -> None:
        """Read; what comes after the protocol was broken is thrown away."""
        if not self._broken:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        """The client broke the protocol: say how, and go on reading, since a reset would take the answer from it."""
        self._broken = True
        sent = self.conn.close_sent
        code, reason = (sent.code, sent.reason) if sent else (1006, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()

    async def run_asgi(self) -> None:
        """Run the application; afterwards the connection has a moment to end by itself."""
        try:
            await super().run_asgi()
        finally:
            self._end_soon()

    async def send(self, message: Any) -> None:
        """Send; a handshake that was refused as plain HTTP is complete, which uvicorn forgets."""
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    def keepalive_timeout(self) -> None:
        """No pong came: tell the application at once, although what waits can never be written."""
        super().keepalive_timeout()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1011})
        self._end_soon()

    def shutdown(self) -> None:
        """The server ends: the application says goodbye (1001) itself."""
        if self.close_sent or not self.handshake_complete or not _leave(self.app_state):
            super().shutdown()
        self._end_soon(_GOODBYE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        super().connection_lost(exc)
        if self._ending is not None:
            self._ending.cancel()

    def _end_soon(self, seconds: float = _LINGER_SECONDS) -> None:
        if self._ending is None and not self.disconnected:
            self._ending = self.loop.call_later(seconds, self.transport.abort)


def _leave(state: dict[str, Any]) -> bool:
    """Tell the application's long-lived connections that the process ends; False where it has none."""
    live = state.get(STATE)
    if not isinstance(live, Live):
        return False
    live.leave()
    return True


class ServerOptions(TypedDict):
    """The part of uvicorn's configuration that is the same for everybody who serves."""

    loop: str
    http: type[Protocol]
    ws: type[Protocol]
    ws_max_size: int
    ws_per_message_deflate: bool
    ws_ping_interval: float
    ws_ping_timeout: float
    access_log: bool
    log_config: None
    server_header: bool
    proxy_headers: bool
    forwarded_allow_ips: list[str]


def server_options(settings: Settings) -> ServerOptions:
    """Options for `uvicorn.Config`. Left to itself it believes whoever connects from this machine to be a proxy."""
    return {
        "loop": "uvloop",
        "http": HttpConnection,
        "ws": SocketConnection,
        "ws_max_size": settings.body_limit_bytes,
        "ws_per_message_deflate": False,  # small messages gain nothing, and each socket would hold two windows
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": list(settings.trusted_proxies),
    }


def server_config(settings: Settings, *, workers: int) -> Config:
    """How `leora serve` runs uvicorn."""
    return Config(
        "leora_gql.cli.worker:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        timeout_graceful_shutdown=20,
        **server_options(settings),
    )
