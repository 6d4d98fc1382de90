"""An answer as HTTP sends it: status, headers, bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.types import Scope, Send

from leora_gql.errors import ErrorCode
from leora_gql.server.answer import Answer
from leora_gql.server.compression import coding_for, compress
from leora_gql.server.conditional import already_has, entity_tag
from leora_gql.server.extensions import WHOLE, Lines
from leora_gql.server.headers import Headers
from leora_gql.server.negotiation import GRAPHQL_RESPONSE, JSON

_ALWAYS: Lines = ((b"x-content-type-options", b"nosniff"),)
_PASSING: Lines = (*_ALWAYS, (b"cache-control", b"no-store"), (b"vary", b"Accept, Accept-Encoding"))
_KEPT: Lines = (
    *_ALWAYS,
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Accept, Accept-Encoding, Authorization, X-Tenant-Slug"),
)
_CONTENT_TYPE = {
    JSON: (b"content-type", b"application/json; charset=utf-8"),
    GRAPHQL_RESPONSE: (b"content-type", b"application/graphql-response+json"),
}
_ABOUT_US = {
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.TIMEOUT: 504,
}
"""Statuses for refusals that say nothing of the operation: proxies and clients that retry must see them in either
media type. All others follow the media type."""


class Reply(NamedTuple):
    """What is sent back; a tuple, since every request makes one."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def sent_whole(self, scope: Scope, send: Send) -> bool:
        """Send it at once, where the server takes it so, and tell whether it did."""
        extensions: dict[str, Any] | None = scope.get("extensions")
        whole = extensions.get(WHOLE) if extensions and self.status == 200 else None
        return whole is not None and whole(send, self.headers, self.body)

    async def send(self, send: Send) -> None:
        """Send it, as ASGI has it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def reply_to(
    answer: Answer,
    *,
    media: str,
    request_id: str,
    status: int | None = None,
    extra: Mapping[str, str] | None = None,
) -> Reply:
    """The reply that carries an answer as it is; `status` and `extra` headers where HTTP itself refuses."""
    body = answer.body()
    headers = _headers(answer, media, request_id, body, lines=_PASSING)
    if extra:
        headers += [(name.lower().encode(), value.encode()) for name, value in extra.items()]
    return Reply(_status(answer, media) if status is None else status, headers, body)


async def compact_reply(
    answer: Answer, asked: Headers, *, media: str, request_id: str, may_be_kept: bool
) -> Reply:
    """The reply to a query: compressed where that helps, and not sent again to who has it already."""
    body = answer.body()
    coding = coding_for(asked, len(body))
    tag = None
    if may_be_kept and answer.ran and not answer.errors:
        tag = entity_tag(body, media=media, coding=coding)
        if already_has(asked, tag):
            headers = [(b"x-request-id", request_id.encode()), (b"etag", tag), *_KEPT]
            return Reply(304, headers, b"")
    if coding is not None:
        body = await compress(body, coding)
    headers = _headers(answer, media, request_id, body, lines=_PASSING if tag is None else _KEPT)
    if coding is not None:
        headers.append((b"content-encoding", coding.encode()))
    if tag is not None:
        headers.append((b"etag", tag))
    return Reply(_status(answer, media), headers, body)


def _headers(
    answer: Answer, media: str, request_id: str, body: bytes, *, lines: Lines
) -> list[tuple[bytes, bytes]]:
    headers = [
        _CONTENT_TYPE[media],
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
        *lines,
    ]
    if answer.errors and (wait := answer.retry_after) is not None:
        headers.append((b"retry-after", b"%d" % wait))
    return headers


def _status(answer: Answer, media: str) -> int:
    if answer.ran:
        return 200
    for code in answer.codes:
        if code in _ABOUT_US:
            return _ABOUT_US[ErrorCode(code)]
    return 200 if media == JSON else 400
