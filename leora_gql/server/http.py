"""The HTTP front door: `POST /graphql` and `GET /graphql`, as ASGI has them, with nothing between."""

from __future__ import annotations

from dataclasses import replace

import structlog
from graphql import OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from leora_gql.auth.authenticator import Authenticator
from leora_gql.demo import ACCOUNTS
from leora_gql.server.answer import Answer, failure
from leora_gql.server.body import Disconnected, read_body
from leora_gql.server.caller import Caller
from leora_gql.server.callers import Callers, request_id_of
from leora_gql.server.explain import may_have_explained
from leora_gql.server.explorer import explorer_page
from leora_gql.server.failures import public_error
from leora_gql.server.headers import Headers, header, read_headers
from leora_gql.server.live import Live
from leora_gql.server.negotiation import (
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    JSON,
    accepts_stream,
    media_type,
    wants_page,
)
from leora_gql.server.operation import Operations, Prepared
from leora_gql.server.operation_log import log_operation
from leora_gql.server.reply import Reply, compact_reply, reply_to
from leora_gql.server.request import (
    HttpError,
    OperationRequest,
    body_codec,
    http_error,
    request_from_address,
    request_from_json,
)
from leora_gql.server.sse import EventStream, EventStreams
from leora_gql.server.watch import Watch
from leora_gql.settings import Settings

log = structlog.get_logger("leora.http")


class GraphQLEndpoint:
    """Answers GraphQL over HTTP: an ASGI application for the scopes of type `http` at one path."""

    def __init__(
        self, operations: Operations, *, settings: Settings, auth: Authenticator, live: Live
    ) -> None:
        self._operations = operations
        self._streams = EventStreams(operations, settings=settings, auth=auth, live=live)
        self._settings = settings
        self._callers = Callers(auth, default_tenant_slug=settings.default_tenant_slug)
        self._explorer = settings.explorer_enabled
        self._in_development = settings.environment == "development"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The explorer for browsers, an answer for everybody else, nothing for who has left."""
        headers = read_headers(scope)
        if self._explorer and scope["method"] == "GET" and _opens_explorer(scope, headers):
            await self._page(scope, receive, send)
            return
        request_id = request_id_of(headers)
        media = media_type(headers)
        try:
            reply = await self._reply(scope, receive, headers, media=media, request_id=request_id)
        except Disconnected:
            log.info("caller left", request_id=request_id)
            return
        except Exception as error:  # noqa: BLE001  the last line: whatever happened, the caller gets no stack
            reply = _error_reply(error, media=media or JSON, request_id=request_id)
        if not (isinstance(reply, Reply) and reply.sent_whole(scope, send)):
            await reply.send(send)

    async def _reply(
        self, scope: Scope, receive: Receive, headers: Headers, *, media: str | None, request_id: str
    ) -> Reply | EventStream:
        if media is None and not accepts_stream(headers):
            raise http_error(406, f"This answers in {GRAPHQL_RESPONSE}, {JSON} or {EVENT_STREAM}.")
        is_get = scope["method"] == "GET"
        with Watch(receive, seconds=self._settings.request_timeout_seconds) as watch:
            if is_get:
                asked = self._from_address(scope, headers)
            else:
                codec = _codec(scope, headers)
                body = await read_body(receive, headers, limit=self._settings.body_limit_bytes)
                asked = self._from_body(body, codec, headers)
            watch.body_is_read()
            caller = self._callers.known(scope, headers, request_id=request_id)
            if caller is None:
                caller = await self._callers.identify(
                    scope, headers, request_id=request_id, authorization=header(headers, b"authorization")
                )
            prepared = self._operations.prepare(asked, caller)
            if is_get and isinstance(prepared, Prepared) and prepared.kind is OperationType.MUTATION:
                raise http_error(405, "A mutation needs POST.", headers={"Allow": "POST"})
            if media is None or _needs_stream(prepared, headers):
                return await self._streams.open(prepared, caller, scope, headers, receive)
            if isinstance(prepared, Answer):
                return reply_to(prepared, media=media, request_id=request_id)
            answer = await self._run(prepared, caller, watch)
            explains = self._in_development and answer.ran and _explains(headers, caller)
            if explains:
                answer = await self._explained(answer, prepared, caller)
        if prepared.kind is not OperationType.QUERY:
            return reply_to(answer, media=media, request_id=request_id)
        may_be_kept = is_get and prepared.stored and not explains
        return await compact_reply(
            answer, headers, media=media, request_id=request_id, may_be_kept=may_be_kept
        )

    def _from_address(self, scope: Scope, headers: Headers) -> OperationRequest:
        document_id = header(headers, b"x-graphql-document-id")
        parameters: bytes = scope["query_string"]
        return request_from_address(
            parameters, document_id=document_id, most_nodes=self._settings.variables_limit_nodes
        )

    def _from_body(self, body: bytes, codec: str, headers: Headers) -> OperationRequest:
        document_id = header(headers, b"x-graphql-document-id")
        most_nodes = self._settings.variables_limit_nodes
        return request_from_json(body, codec=codec, document_id=document_id, most_nodes=most_nodes)

    async def _run(self, prepared: Prepared, caller: Caller, watch: Watch) -> Answer:
        answer: Answer | None = None
        try:
            answer = await self._operations.run(prepared, caller)
            return answer
        finally:
            log_operation(prepared.request, answer, caller, transport="http", seconds=watch.elapsed)

    async def _explained(self, answer: Answer, prepared: Prepared, caller: Caller) -> Answer:
        explanation = await self._operations.explain(prepared, caller.principal)
        return replace(answer, extensions={**answer.extensions, "explain": explanation.as_json()})

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = explorer_page(
            Request(scope),
            tenant=self._settings.default_tenant_slug,
            demo_accounts=ACCOUNTS if self._in_development else (),
            explains=self._in_development,
        )
        await page(scope, receive, send)


def _opens_explorer(scope: Scope, headers: Headers) -> bool:
    """Whether a browser comes for the page: it accepts one and its address asks for no operation."""
    if not wants_page(headers) or b"x-graphql-document-id" in headers:
        return False
    parameters: bytes = scope["query_string"]
    return not any(name in parameters for name in (b"query=", b"documentId=", b"extensions="))


def _codec(scope: Scope, headers: Headers) -> str:
    """Python's codec for the body of a request that may have one. Raises `HttpError` (405, 415)."""
    if scope["method"] != "POST":
        raise http_error(405, "Use POST, or GET for queries.", headers={"Allow": "GET, POST"})
    return body_codec(headers.get(b"content-type", b""))


def _needs_stream(prepared: Prepared | Answer, headers: Headers) -> bool:
    """Whether JSON could only refuse what a stream can answer, and the caller takes one."""
    return (
        isinstance(prepared, Prepared)
        and prepared.kind is OperationType.SUBSCRIPTION
        and accepts_stream(headers)
    )


def _explains(headers: Headers, caller: Caller) -> bool:
    """Whether the answer is to be explained: asked for by who may see it."""
    return headers.get(b"x-explain") == b"1" and may_have_explained(caller.principal)


def _error_reply(error: Exception, *, media: str, request_id: str) -> Reply:
    if isinstance(error, HttpError):
        return reply_to(
            failure(error.error, request_id=request_id),
            media=media,
            request_id=request_id,
            status=error.status,
            extra=error.headers,
        )
    shown = public_error(error, request_id=request_id)
    log.info("request failed", request_id=request_id, code=shown.code.value)
    return reply_to(failure(shown, request_id=request_id), media=media, request_id=request_id)
