"""The HTTP front door: `POST /graphql`, `GET /graphql`, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Mapping

import structlog
import uuid_utils
from graphql import GraphQLSchema, OperationType
from starlette.requests import Request
from starlette.responses import Response

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.principal import Principal
from leora_gql.db.engine import Pools
from leora_gql.demo import ACCOUNTS
from leora_gql.errors import BadUserInput, Internal, LeoraError, Unauthenticated, Unavailable
from leora_gql.server.answer import Answer
from leora_gql.server.caller import Caller
from leora_gql.server.explorer import explorer_page
from leora_gql.server.failures import public_error
from leora_gql.server.operation import Operations
from leora_gql.server.request import (
    GRAPHQL_RESPONSE,
    JSON,
    HttpError,
    OperationRequest,
    http_error,
    read_request,
    response_type,
    wants_page,
)
from leora_gql.settings import Settings, is_tenant_slug

log = structlog.get_logger("leora.http")

_SENT = frozenset({"query", "extensions", "documentId", "doc_id", "id"})
"""Parameters of an operation: where there is one, even a browser wants its answer."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class GraphQLEndpoint:
    """Answers GraphQL over HTTP for one schema."""

    def __init__(
        self, schema: GraphQLSchema, *, settings: Settings, pools: Pools, auth: Authenticator
    ) -> None:
        self._operations = Operations(schema, settings=settings, pools=pools, auth=auth)
        self._settings = settings
        self._auth = auth

    async def close(self) -> None:
        """End what outlives requests."""
        await self._operations.close()

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
        return _response(answer, _status(answer, media), media=media, request_id=request_id)

    async def _answer(self, request: Request, request_id: str) -> Answer:
        asked = await read_request(request)
        caller = await self._caller(request, request_id)
        prepared = self._operations.prepare(asked, caller)
        if isinstance(prepared, Answer):
            return prepared
        if request.method == "GET" and prepared.kind is not OperationType.QUERY:
            raise http_error(405, "GET is for queries only; use POST.", headers={"Allow": "POST"})
        answer = await self._operations.run(prepared, caller)
        _log_operation(asked, answer, caller)
        return answer

    async def _caller(self, request: Request, request_id: str) -> Caller:
        return Caller(
            principal=await self._principal(request),
            tenant_slug=_tenant_slug(request, self._settings.default_tenant_slug),
            request_id=request_id,
            requested_tenant_slug=request.headers.get("x-tenant-slug"),
            address=request.client.host if request.client else None,
            user_agent=request.headers.get("user-agent"),
            idempotency_key=request.headers.get("idempotency-key"),
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
    return request.method == "GET" and wants_page(request) and not _SENT & request.query_params.keys()


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


def _error_response(error: HttpError, *, media: str, request_id: str) -> Response:
    extensions = {**error.error.extensions, "requestId": request_id}
    answer = Answer(None, [{"message": error.error.message, "extensions": extensions}])
    unavailable = {"Retry-After": "1"} if error.status == 503 else {}
    headers = {**error.headers, **unavailable}
    return _response(answer, error.status, media=media, request_id=request_id, headers=headers)


def _response(
    answer: Answer,
    status: int,
    *,
    media: str,
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    content_type = media if media == GRAPHQL_RESPONSE else f"{JSON}; charset=utf-8"
    retry = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    return Response(
        answer.body(),
        status_code=status,
        headers={
            "Content-Type": content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Request-Id": request_id,
            "Vary": "Accept",
            **(headers or {}),
            **retry,
        },
    )


def _log_operation(asked: OperationRequest, answer: Answer, caller: Caller) -> None:
    principal = caller.principal
    log.info(
        "operation",
        request_id=caller.request_id,
        operation=asked.operation_name,
        tenant=principal.tenant_slug if principal else None,
        actor=str(principal.id) if principal else None,
        codes=sorted({error["extensions"]["code"] for error in answer.errors}),
    )
