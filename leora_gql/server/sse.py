"""Server-sent events: an operation's answers as a stream (`graphql-sse`, distinct connections)."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from dataclasses import replace

import structlog
from graphql import OperationType
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from leora_gql.auth.authenticator import Authenticator
from leora_gql.errors import RateLimited, Unauthenticated, Unavailable
from leora_gql.server.answer import Answer, failure
from leora_gql.server.caller import Caller
from leora_gql.server.live import Live, answer_of, cut, log_operation
from leora_gql.server.operation import Operations, Prepared
from leora_gql.server.outbox import Outbox, SlowReader
from leora_gql.server.presence import Credential, Presence
from leora_gql.server.request import HttpError, OperationRequest, accepts_json, accepts_stream, http_error
from leora_gql.settings import Settings

log = structlog.get_logger("leora.sse")

KEEP_ALIVE_SECONDS = 12.0
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
        self.auth = auth
        self.live = live

    def wants(self, accept: str, asked: OperationRequest, caller: Caller) -> bool:
        """Whether to stream: where no JSON type is accepted, or JSON could only refuse a subscription."""
        if not accepts_stream(accept):
            return False
        if not accepts_json(accept):
            return True
        prepared = self.operations.prepare(asked, caller)
        return isinstance(prepared, Prepared) and prepared.kind is OperationType.SUBSCRIPTION

    async def answer(
        self, asked: OperationRequest, caller: Caller, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Run the operation and stream its answers until they end, or the client, its credential or the process.

        Raises `HttpError` before anything is sent: 405 for a GET that is no query, 429 and 503 where there
        are too many connections.
        """
        prepared = self.operations.prepare(asked, caller)
        if isinstance(prepared, Prepared) and not _may_be_sent(scope["method"], prepared.kind):
            raise http_error(
                405, "GET is for queries and subscriptions; use POST.", headers={"Allow": "POST"}
            )
        with ExitStack() as places:
            try:
                presence = await self._presence(scope)
                stream = _Stream(self, presence, caller, scope, receive, send)
                places.enter_context(self.live.connected(stream.leave))
                if presence is not None:
                    places.enter_context(self.live.admitted(presence.principal))
            except RateLimited as error:
                raise HttpError(429, error, headers={"Retry-After": str(error.retry_after)}) from None
            except Unavailable as error:
                raise HttpError(503, error) from None
            await stream.serve(asked, prepared)

    async def _presence(self, scope: Scope) -> Presence | None:
        """Nobody when the credential does not count: each field that needs one then says so."""
        headers = Headers(scope=scope)
        authorization = headers.get("authorization")
        if authorization is None:
            return None
        try:
            return await Presence.enter(self.auth, Credential(authorization, headers.get("x-tenant-slug")))
        except Unauthenticated:
            return None


def _may_be_sent(method: str, kind: OperationType) -> bool:
    return method == "POST" or kind is not OperationType.MUTATION


class _Ended(Exception):
    """The stream is over, and says so."""


class _Gone(Exception):
    """The client is no longer there."""


class _Stream:
    """One response: the tasks that write, watch, keep alive and answer."""

    def __init__(
        self,
        streams: EventStreams,
        presence: Presence | None,
        caller: Caller,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        self._streams = streams
        self._presence = presence
        self._caller = caller
        self._scope = scope
        self._receive = receive
        self._send = send
        self._leaving = asyncio.Event()
        self._outbox = Outbox(
            self._write,
            most_messages=streams.settings.live_buffer_messages,
            most_bytes=streams.settings.live_buffer_bytes,
        )

    def leave(self) -> None:
        """The process ends: end the stream."""
        self._leaving.set()

    async def serve(self, asked: OperationRequest, prepared: Prepared | Answer) -> None:
        """Write the whole response."""
        await self._begin()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._outbox.run())
                group.create_task(self._until_gone())
                group.create_task(self._until_leaving())
                group.create_task(self._keep_alive())
                group.create_task(self._watch())
                group.create_task(self._answers(asked, prepared))
        except* _Gone:
            pass
        except* _Ended:
            await self._finish()
        except* SlowReader:
            log.warning("slow reader dropped", transport="sse")
            cut(self._scope)

    async def _answers(self, asked: OperationRequest, prepared: Prepared | Answer) -> None:
        try:
            if isinstance(prepared, Prepared) and prepared.kind is OperationType.SUBSCRIPTION:
                await self._follow(prepared)
            else:
                self._outbox.put(_event(await self._only_answer(asked, prepared)))
        except SlowReader:
            raise
        except Exception as error:  # noqa: BLE001  the last line: whatever happened, the caller gets no stack
            self._outbox.put(_event(failure(error, request_id=self._caller.request_id)))
        self._outbox.put(_COMPLETE)
        raise _Ended

    async def _only_answer(self, asked: OperationRequest, prepared: Prepared | Answer) -> Answer:
        answer = prepared
        if isinstance(answer, Prepared):
            answer = await answer_of(self._streams.operations, answer, self._caller)
        log_operation("sse", asked, answer, self._caller)
        return answer

    async def _follow(self, prepared: Prepared) -> None:
        answers = self._streams.operations.subscribe(prepared, self._caller_now)
        first = True
        async with aclosing(answers):
            async for answer in answers:
                if first:
                    log_operation("sse", prepared.request, answer, self._caller)
                    first = False
                await self._outbox.offer(_event(answer))

    def _caller_now(self) -> Caller:
        return replace(self._caller, principal=self._presence.principal if self._presence else None)

    async def _watch(self) -> None:
        if self._presence is None:
            return
        try:
            await self._presence.watch()
        except (Unauthenticated, Unavailable) as error:
            self._outbox.put(_event(failure(error, request_id=self._caller.request_id)))
            self._outbox.put(_COMPLETE)
            raise _Ended from None

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            await self._outbox.offer(_COMMENT)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise _Gone

    async def _until_leaving(self) -> None:
        """Without a `complete`: a client that is told of no end connects again, to another process."""
        await self._leaving.wait()
        raise _Ended

    async def _begin(self) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", self._caller.request_id.encode()),
            (b"vary", b"Accept"),
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        self._outbox.put(_COMMENT)  # so that the client learns at once that the stream is open

    async def _write(self, message: bytes) -> None:
        await self._send({"type": "http.response.body", "body": message, "more_body": True})

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._outbox.flush()
                await self._send({"type": "http.response.body", "body": b""})
        except (TimeoutError, SlowReader):
            cut(self._scope)


def _event(answer: Answer) -> bytes:
    """A `next` event on one line: what breaks lines in JSON text is white space, never part of a string."""
    return b"event: next\ndata: %b\n\n" % answer.body().translate(_ON_ONE_LINE)
