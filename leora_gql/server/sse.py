"""Server-sent events: an operation's answers as a stream (`graphql-sse`, distinct connections)."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from dataclasses import replace

import structlog
from graphql import OperationType
from starlette.types import Receive, Scope, Send

from leora_gql.auth.authenticator import Authenticator
from leora_gql.errors import Unauthenticated, Unavailable
from leora_gql.server.answer import Answer, failure
from leora_gql.server.caller import Caller
from leora_gql.server.failures import public_error
from leora_gql.server.headers import Headers, header
from leora_gql.server.live import Live, cut
from leora_gql.server.one_answer import answer_of
from leora_gql.server.operation import Operations, Prepared
from leora_gql.server.operation_log import log_operation
from leora_gql.server.outbox import Outbox, SlowReader
from leora_gql.server.presence import Credential, Presence
from leora_gql.settings import Settings

log = structlog.get_logger("leora.sse")

KEEP_ALIVE_SECONDS = 12.0
_TRANSPORT = "sse"
_COMMENT = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"
_FAREWELL_SECONDS = 1.0
_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


class EventStreams:
    """Answers operations as event streams."""

    def __init__(
        self, operations: Operations, *, settings: Settings, auth: Authenticator, live: Live
    ) -> None:
        self.operations = operations
        self.settings = settings
        self._auth = auth
        self._live = live

    async def open(
        self, prepared: Prepared | Answer, caller: Caller, scope: Scope, headers: Headers, receive: Receive
    ) -> EventStream:
        """The stream of an operation's answers, which holds its place until it has been sent.

        Raises `RateLimited` and `Unavailable` where there are too many connections.
        """
        presence = await self._presence(caller, headers)
        caller = replace(caller, principal=presence.principal if presence else None)
        stream = EventStream(self, prepared, presence, caller, scope, receive)
        with ExitStack() as places:
            places.enter_context(self._live.connected(stream.leave))
            if presence is not None:
                places.enter_context(self._live.admitted(presence.principal))
            stream.places = places.pop_all()
        return stream

    async def _presence(self, caller: Caller, headers: Headers) -> Presence | None:
        """Nobody when the credential does not count: each field that needs one then says so."""
        authorization = header(headers, b"authorization")
        if authorization is None or caller.principal is None:
            return None
        credential = Credential(authorization, caller.requested_tenant_slug)
        try:
            return await Presence.of(self._auth, credential, caller.principal)
        except Unauthenticated:
            return None


class _Ended(Exception):
    """The stream is over; `last` is what it says at the end, after which nothing follows."""

    def __init__(self, last: bytes = b"") -> None:
        super().__init__()
        self.last = last


class _Gone(Exception):
    """The client is no longer there."""


class EventStream:
    """One response: the tasks that write, watch, keep alive and answer."""

    def __init__(
        self,
        streams: EventStreams,
        prepared: Prepared | Answer,
        presence: Presence | None,
        caller: Caller,
        scope: Scope,
        receive: Receive,
    ) -> None:
        self.places = ExitStack()
        self._streams = streams
        self._prepared = prepared
        self._presence = presence
        self._caller = caller
        self._scope = scope
        self._receive = receive
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """The process ends: end the stream."""
        self._leaving.set()

    async def send(self, send: Send) -> None:
        """Send the whole response: until its answers end, or the client, its credential or the process."""
        with self.places:
            await self._begin(send)
            outbox = Outbox(
                lambda message: send({"type": "http.response.body", "body": message, "more_body": True}),
                most_messages=self._streams.settings.live_buffer_messages,
                most_bytes=self._streams.settings.live_buffer_bytes,
            )
            outbox.put(_COMMENT)  # so that the client learns at once that the stream is open
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(outbox.run())
                    group.create_task(self._until_gone())
                    group.create_task(self._until_leaving())
                    group.create_task(_keep_alive(outbox))
                    group.create_task(self._watch())
                    group.create_task(self._answers(outbox))
            except* _Gone:
                pass
            except* _Ended as ends:
                ended = ends.exceptions[0]
                await self._finish(outbox, send, last=ended.last if isinstance(ended, _Ended) else b"")
            except* SlowReader:
                log.warning("slow reader dropped", transport=_TRANSPORT)
                cut(self._scope)

    async def _answers(self, outbox: Outbox) -> None:
        prepared = self._prepared
        try:
            if isinstance(prepared, Answer):
                outbox.put(_event(prepared))
            elif prepared.kind is OperationType.SUBSCRIPTION:
                await self._follow(prepared, outbox)
            else:
                outbox.put(_event(await self._only_answer(prepared)))
        except SlowReader:
            raise
        except Exception as error:  # noqa: BLE001  the last line: whatever happened, the caller gets no stack
            outbox.put(_event(self._failure(error)))
        raise _Ended(_COMPLETE)

    async def _only_answer(self, prepared: Prepared) -> Answer:
        seconds = self._streams.settings.request_timeout_seconds
        return await answer_of(
            self._streams.operations, prepared, self._caller, transport=_TRANSPORT, seconds=seconds
        )

    async def _follow(self, prepared: Prepared, outbox: Outbox) -> None:
        answers = self._streams.operations.subscribe(prepared, self._caller_now)
        first = True
        async with aclosing(answers):
            async for answer in answers:
                if first:
                    log_operation(prepared.request, answer, self._caller, transport=_TRANSPORT, seconds=None)
                    first = False
                await outbox.offer(_event(answer))

    def _caller_now(self) -> Caller:
        return replace(self._caller, principal=self._presence.principal if self._presence else None)

    def _failure(self, error: Exception) -> Answer:
        request_id = self._caller.request_id
        return failure(public_error(error, request_id=request_id), request_id=request_id)

    async def _watch(self) -> None:
        if self._presence is None:
            return
        try:
            await self._presence.watch()
        except (Unauthenticated, Unavailable) as error:
            raise _Ended(_event(self._failure(error)) + _COMPLETE) from None

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise _Gone

    async def _until_leaving(self) -> None:
        """Without a `complete`: a client that is told of no end connects again, to another process."""
        await self._leaving.wait()
        raise _Ended

    async def _begin(self, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", self._caller.request_id.encode()),
            (b"vary", b"Accept"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})  # the head leaves at once

    async def _finish(self, outbox: Outbox, send: Send, *, last: bytes) -> None:
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await outbox.flush()
                await send({"type": "http.response.body", "body": last})
        except (TimeoutError, SlowReader):
            cut(self._scope)


async def _keep_alive(outbox: Outbox) -> None:
    while True:
        await asyncio.sleep(KEEP_ALIVE_SECONDS)
        await outbox.offer(_COMMENT)


def _event(answer: Answer) -> bytes:
    """A `next` event on one line: what breaks lines in JSON text is white space, never part of a string."""
    return b"event: next\ndata: %b\n\n" % answer.body().translate(_ON_ONE_LINE)
