"""The WebSocket front door: `graphql-transport-ws`, one socket for many operations of one caller."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from leora_gql.auth.authenticator import Authenticator
from leora_gql.errors import RateLimited, Unauthenticated, Unavailable
from leora_gql.server.caller import Caller
from leora_gql.server.callers import Callers, new_request_id, request_id_of
from leora_gql.server.headers import Headers, header, read_headers
from leora_gql.server.live import Live, cut
from leora_gql.server.operation import Operations
from leora_gql.server.outbox import Outbox, SlowReader
from leora_gql.server.presence import NO_LONGER, Credential, Presence
from leora_gql.server.request import HttpError
from leora_gql.server.websocket_operations import SocketOperations
from leora_gql.server.websocket_protocol import (
    ACK,
    PONG,
    SUBPROTOCOL,
    Complete,
    ConnectionInit,
    Message,
    Ping,
    Pong,
    SocketEnd,
    Subscribe,
    bad_message,
    read_message,
)
from leora_gql.settings import Settings

log = structlog.get_logger("leora.websocket")

_FAREWELL_SECONDS = 1.0


class WebSocketEndpoint:
    """Accepts sockets; an ASGI application for the scope type `websocket`."""

    def __init__(
        self, operations: Operations, *, settings: Settings, auth: Authenticator, live: Live
    ) -> None:
        self.operations = operations
        self.settings = settings
        self.auth = auth
        self.callers = Callers(auth, default_tenant_slug=settings.default_tenant_slug)
        self.live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it ends; refuse the handshake of another origin with 403."""
        await receive()
        headers = read_headers(scope)
        if not _is_welcome(headers, self.settings.cors_origins):
            await _reject(send, scope, 403, "This origin may not connect.")
            return
        socket = _Socket(self, scope, headers, receive, send)
        try:
            with self.live.connected(socket.leave):
                await socket.serve()
        except Unavailable as error:
            await _reject(send, scope, 503, error.message)


async def _reject(send: Send, scope: Scope, status: int, reason: str) -> None:
    """Answer the handshake as plain HTTP, where the server can; else it becomes 403."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008, "reason": reason})
        return
    body = reason.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    if status == 503:
        headers.append((b"retry-after", b"10"))
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


class _Gone(Exception):
    """The client has closed the socket, or is no longer there."""


class _Socket:
    """One socket: what it has been told, and the tasks that read, write, watch and operate."""

    def __init__(
        self, endpoint: WebSocketEndpoint, scope: Scope, headers: Headers, receive: Receive, send: Send
    ) -> None:
        self._endpoint = endpoint
        self._settings = endpoint.settings
        self._scope = scope
        self._headers = headers
        self._receive = receive
        self._send = send
        self._outbox = Outbox(
            self._write,
            most_messages=self._settings.live_buffer_messages,
            most_bytes=self._settings.live_buffer_bytes,
        )
        self._leaving = asyncio.Event()
        self._initialised = asyncio.Event()
        self._places = ExitStack()
        self._operations: SocketOperations | None = None

    def leave(self) -> None:
        """The process ends: say goodbye."""
        self._leaving.set()

    async def serve(self) -> None:
        """Run from the handshake to the end."""
        offered: list[str] = self._scope.get("subprotocols") or []
        if SUBPROTOCOL not in offered:
            await self._send({"type": "websocket.accept"})
            await self._close(SocketEnd(4406, "Subprotocol not acceptable"))
            return
        await self._send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        with self._places:
            end = await self._live()
        if isinstance(end, SocketEnd):
            await self._close(end)
        elif isinstance(end, SlowReader):
            log.warning("slow reader dropped", transport="websocket")
            cut(self._scope)

    async def _live(self) -> Exception:
        """Until something ends the socket: what that was."""
        found: list[Exception] = []
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._outbox.run())
                group.create_task(self._until_leaving())
                group.create_task(self._until_initialised())
                await self._read(group)
        except* (SocketEnd, SlowReader, _Gone, OSError) as ends:
            found.extend(_leaves(ends))
        except* Exception:
            log.exception("socket failed")
            found.append(SocketEnd(4500, "Internal server error"))
        return min(found, key=_rank)

    async def _read(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._outbox.room()  # who does not read our answers is not read either
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                raise _Gone
            message = read_message(
                event.get("text"),
                limit=self._settings.body_limit_bytes,
                most_nodes=self._settings.variables_limit_nodes,
            )
            self._take(message, group)
            await asyncio.sleep(0)  # many small messages at once must not keep the others waiting

    def _take(self, message: Message, group: asyncio.TaskGroup) -> None:
        match message:
            case ConnectionInit(payload):
                if self._initialised.is_set():
                    raise SocketEnd(4429, "Too many initialisation requests")
                self._initialised.set()
                group.create_task(self._initialise(payload, group))
            case Ping():
                self._outbox.put(PONG)
            case Pong():
                pass
            case Subscribe():
                if self._operations is None:
                    raise SocketEnd(4401, "Unauthorized")
                self._operations.start(message, request_id=new_request_id())
            case Complete(operation):
                if self._operations is not None:
                    self._operations.stop(operation)

    async def _until_initialised(self) -> None:
        try:
            async with asyncio.timeout(self._settings.socket_init_seconds):
                await self._initialised.wait()
        except TimeoutError:
            raise SocketEnd(4408, "Connection initialisation timeout") from None

    async def _until_leaving(self) -> None:
        await self._leaving.wait()
        raise SocketEnd(1001, "The server is going away.")

    async def _initialise(self, payload: Mapping[str, Any], group: asyncio.TaskGroup) -> None:
        """Authenticate, acknowledge, and then watch for the end of the credential."""
        try:
            caller, presence = await self._authenticate(payload)
            self._places.enter_context(self._endpoint.live.admitted(presence.principal))
            self._operations = SocketOperations(
                self._endpoint.operations,
                presence=presence,
                caller=lambda request_id: replace(
                    caller, principal=presence.principal, request_id=request_id
                ),
                outbox=self._outbox,
                group=group,
                settings=self._settings,
            )
            self._outbox.put(ACK)
            await presence.watch()
        except Unauthenticated as error:
            raise SocketEnd(4403, error.message) from None
        except (RateLimited, Unavailable) as error:
            raise SocketEnd(1013, error.message) from None

    async def _authenticate(self, payload: Mapping[str, Any]) -> tuple[Caller, Presence]:
        """Who connects, by the payload and the handshake's headers. Raises `Unauthenticated`, `Unavailable`."""
        authorization = self._given(payload, "authorization")
        if authorization is None:
            raise Unauthenticated("Connect with an authorization in the payload of connection_init.")
        slug = self._given(payload, "x-tenant-slug")
        headers = {name: value for name, value in self._headers.items() if name != b"idempotency-key"}
        if slug is not None:
            headers[b"x-tenant-slug"] = slug.encode("utf-8", "surrogatepass")
        try:
            caller = await self._endpoint.callers.identify(
                self._scope, headers, request_id=request_id_of(headers), authorization=authorization
            )
        except HttpError as error:
            raise bad_message(error.error.message) from None
        if caller.principal is None:
            raise Unauthenticated(NO_LONGER)
        credential = Credential(authorization, slug)
        return caller, await Presence.of(self._endpoint.auth, credential, caller.principal)

    def _given(self, payload: Mapping[str, Any], name: str) -> str | None:
        """What the payload says under that name in any case, else the handshake's header."""
        for key, value in payload.items():
            if key.lower() == name and value is not None:
                if not isinstance(value, str):
                    raise Unauthenticated(f"{name} is no text.")
                return value
        return header(self._headers, name.encode())

    async def _write(self, message: bytes) -> None:
        await self._transmit({"type": "websocket.send", "text": message.decode()})

    async def _close(self, end: SocketEnd) -> None:
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._outbox.flush()
                await self._transmit({"type": "websocket.close", "code": end.code, "reason": end.reason})
        except (TimeoutError, SlowReader):
            cut(self._scope)
        except (_Gone, OSError):
            pass

    async def _transmit(self, event: dict[str, Any]) -> None:
        try:
            await self._send(event)
        except RuntimeError:  # the server has closed it by itself: a message too big, a ping without a pong
            raise _Gone from None


def _leaves(group: BaseExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _rank(end: Exception) -> int:
    """Of several ends at the same moment, the one that the client should hear of comes first."""
    return 0 if isinstance(end, SocketEnd) else 1 if isinstance(end, SlowReader) else 2


def _is_welcome(headers: Headers, allowed: Sequence[str]) -> bool:
    """Whether the handshake comes from no page, from one of our own origin, or from one that may call us."""
    origin, host = header(headers, b"origin"), header(headers, b"host")
    if origin is None or "*" in allowed or origin in allowed:
        return True
    return bool(host) and _host(origin) == host.lower()


def _host(origin: str) -> str:
    """The host and port of an origin as a `Host` header has them; only the host counts, since a proxy may end TLS."""
    scheme, separator, host = origin.partition("://")
    return host.lower() if separator and scheme in {"http", "https"} else ""
