"""The HTTP front door: `POST /graphql`, `GET /graphql`, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import structlog
import uuid_utils
from graphql import GraphQLSchema
from starlette.requests import Request
from starlette.responses import Response

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.principal import Principal
from leora_gql.db.engine import Pools
from leora_gql.demo import ACCOUNTS
from leora_gql.errors import BadUserInput, Internal, LeoraError, Unauthenticated, Unavailable
from leora_gql.graph.context import GraphContext
from leora_gql.server.context import OperationSession
from leora_gql.server.explorer import explorer_page
from leora_gql.server.operation import Answer, Operations, only_queries, public_error
from leora_gql.server.request import (
    GRAPHQL_RESPONSE,
    JSON,
    HttpError,
    OperationRequest,
    read_request,
    response_type,
    wants_page,
)
from leora_gql.settings import Settings, decode_key, is_tenant_slug

log = structlog.get_logger("leora.http")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class GraphQLEndpoint:
    """Answers GraphQL over HTTP for one schema."""

    def __init__(
        self, schema: GraphQLSchema, *, settings: Settings, pools: Pools, auth: Authenticator
    ) -> None:
        self._operations = Operations(schema)
        self._settings = settings
        self._pools = pools
        self._auth = auth
        self._cursor_key = decode_key(settings.cursor_key.get_secret_value())

    async def handle(self, request: Request) -> Response:
        """The explorer for browsers, an answer in JSON for everybody else."""
        if self._settings.explorer_enabled and _opens_explorer(request):
            in_development = self._settings.environment == "development"
            return explorer_page(
                request,
                tenant=self._settings.default_tenant_slug,
                demo_accounts=ACCOUNTS if in_development else (),
            )
        request_id = _request_id(request)
        media = JSON
        try:
            media = response_type(request)
            answer = await self._answer(request, request_id)
        except HttpError as error:
            return _error_response(error, media=media, request_id=request_id)
        except Exception as error:  # noqa: BLE001  the last line: whatever happened, the caller gets no stack
            shown = public_error(error, request_id=request_id)
            return _error_response(HttpError(_status_of(shown), shown), media=media, request_id=request_id)
        return _response(
            answer.body,
            _status(answer, media),
            media=media,
            request_id=request_id,
            headers=_when_to_retry(answer.body.get("errors", ())),
        )

    async def _answer(self, request: Request, request_id: str) -> Answer:
        asked = await read_request(request)
        prepared = self._operations.prepare(asked, request_id=request_id)
        if isinstance(prepared, Answer):
            return prepared
        if request.method == "GET":
            only_queries(prepared)
        async with OperationSession(self._pools) as session:
            context = await self._context(request, session=session, request_id=request_id)
            answer = await self._operations.run(prepared, context)
        _log_operation(asked, answer, context.principal, request_id)
        return answer

    async def _context(self, request: Request, *, session: OperationSession, request_id: str) -> GraphContext:
        slug = _tenant_slug(request, self._settings.default_tenant_slug)
        return GraphContext(
            principal=await self._principal(request),
            reader=session,
            settings=self._settings,
            pools=self._pools,
            auth=self._auth,
            tenant_slug=slug,
            cursor_key=self._cursor_key,
            request_id=request_id,
            client_address=request.client.host if request.client else None,
            user_agent=request.headers.get("user-agent"),
            requested_tenant_slug=request.headers.get("x-tenant-slug"),
        )

    async def _principal(self, request: Request) -> Principal | None:
        """Nobody when the credential does not count: each field that needs one then says so."""
        try:
            return await self._auth.authenticate(
                request.headers.get("authorization"), request.headers.get("x-tenant-slug")
            )
        except Unauthenticated:
            return None


def _opens_explorer(request: Request) -> bool:
    return request.method == "GET" and wants_page(request) and "query" not in request.query_params


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid_utils.uuid7())


def _tenant_slug(request: Request, default: str) -> str:
    given = request.headers.get("x-tenant-slug")
    if given is None:
        return default
    if not is_tenant_slug(given):
        raise HttpError(400, BadUserInput("X-Tenant-Slug is no tenant's name."))
    return given


def _status(answer: Answer, media: str) -> int:
    return 200 if answer.ran or media == JSON else 400


def _status_of(error: LeoraError) -> int:
    if isinstance(error, Unavailable):
        return 503
    return 500 if isinstance(error, Internal) else 400


def _when_to_retry(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """`Retry-After` in seconds where an error says so: the longest of them."""
    waits = [error["extensions"]["retryAfter"] for error in errors if "retryAfter" in error["extensions"]]
    return {"Retry-After": str(max(waits))} if waits else {}


def _error_response(error: HttpError, *, media: str, request_id: str) -> Response:
    extensions = {**error.error.extensions, "requestId": request_id}
    body: dict[str, list[dict[str, Any]]] = {
        "errors": [{"message": error.error.message, "extensions": extensions}]
    }
    unavailable = {"Retry-After": "1"} if error.status == 503 else {}
    headers = {**error.headers, **unavailable, **_when_to_retry(body["errors"])}
    return _response(body, error.status, media=media, request_id=request_id, headers=headers)


def _response(
    body: Mapping[str, Any],
    status: int,
    *,
    media: str,
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    content_type = media if media == GRAPHQL_RESPONSE else f"{JSON}; charset=utf-8"
    return Response(
        orjson.dumps(body),
        status_code=status,
        headers={
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Request-Id": request_id,
            "Vary": "Accept",
            **(headers or {}),
        },
    )


def _log_operation(
    asked: OperationRequest, answer: Answer, principal: Principal | None, request_id: str
) -> None:
    log.info(
        "operation",
        request_id=request_id,
        operation=asked.operation_name,
        tenant=principal.tenant_slug if principal else None,
        actor=str(principal.id) if principal else None,
        codes=sorted({error["extensions"]["code"] for error in answer.body.get("errors", ())}),
    )
