"""Reading a GraphQL request out of an HTTP one; whatever cannot be one is refused with a reason."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from starlette.requests import Request

from leora_gql.errors import BadUserInput, LeoraError

MAX_BODY = 1024 * 1024
MAX_JSON_DEPTH = 64
JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
DOCUMENT_HEADER = "x-graphql-document-id"
_DOCUMENT_IDS = ("documentId", "doc_id", "id")
"""What the specification's appendix, Relay and older clients call the id of a stored document."""
_CHARSETS = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "iso8859-1"})
"""By Python's names. Others are refused: some of its codecs take quadratic time, or are no charsets."""


class HttpError(Exception):
    """A request that is answered with this HTTP status before any GraphQL is looked at."""

    def __init__(self, status: int, error: LeoraError, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


def http_error(status: int, message: str, *, headers: Mapping[str, str] | None = None) -> HttpError:
    """An `HttpError` that blames the request."""
    return HttpError(status, BadUserInput(message), headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRequest:
    """The parameters of a GraphQL-over-HTTP request. Without a `query`, something else names one."""

    query: str | None = None
    document_id: str | None = None
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    operation_name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])


async def read_request(request: Request) -> OperationRequest:
    """The operation that a GET or POST asks for. Raises `HttpError` (400, 405, 413, 415)."""
    if request.method == "GET":
        return _from_parameters(request)
    if request.method != "POST":
        raise http_error(405, "Use POST, or GET for queries.", headers={"Allow": "GET, POST"})
    return _from_json(await _body(request), _charset(request), _document_header(request))


def response_type(request: Request) -> str:
    """The media type to answer in, by `Accept`. Raises `HttpError` (406) when we have none of it."""
    accepted = _accepted(request.headers.get("accept", ""))
    if not accepted:
        return JSON
    scores = {kind: _quality(kind, accepted) for kind in (GRAPHQL_RESPONSE, JSON)}
    if not any(scores.values()):
        raise http_error(406, f"This answers in {GRAPHQL_RESPONSE} or {JSON}.")
    if scores[GRAPHQL_RESPONSE] > scores[JSON] or (
        scores[GRAPHQL_RESPONSE] == scores[JSON] and _named_first(accepted) == GRAPHQL_RESPONSE
    ):
        return GRAPHQL_RESPONSE
    return JSON


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page rather than for JSON."""
    accepted = _accepted(request.headers.get("accept", ""))
    return any(kind == "text/html" for kind, quality in accepted if quality > 0)


def _accepted(header: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for part in header.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if kind:
            found.append((kind, quality))
    return found


def _quality(kind: str, accepted: list[tuple[str, float]]) -> float:
    for pattern in (kind, "application/*", "*/*"):
        for name, quality in accepted:
            if name == pattern:
                return quality
    return 0.0


def _named_first(accepted: list[tuple[str, float]]) -> str | None:
    return next((kind for kind, _ in accepted if kind in (GRAPHQL_RESPONSE, JSON)), None)


def _from_parameters(request: Request) -> OperationRequest:
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _decode(given[name].encode("utf-8", "surrogatepass"))
    return _operation(given, _document_header(request))


def _document_header(request: Request) -> str | None:
    return request.headers.get(DOCUMENT_HEADER)


def _charset(request: Request) -> str:
    kind, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    if kind != JSON:
        raise http_error(415, f"Send the request as {JSON}.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset":
            return _known_charset(value.strip('"'))
    return "utf-8"


def _known_charset(value: str) -> str:
    try:
        name = codecs.lookup(value).name
    except (LookupError, ValueError):
        name = ""
    if name not in _CHARSETS:
        raise http_error(415, "That charset is not known; use utf-8.")
    return name


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise http_error(413, "The request is larger than 1 MiB.")
        chunks.append(chunk)
    return b"".join(chunks)


def _from_json(body: bytes, charset: str, document_id: str | None) -> OperationRequest:
    if charset != "utf-8":
        try:
            body = body.decode(charset).encode()
        except (UnicodeError, LookupError):
            raise http_error(400, f"The body is not {charset}.") from None
    return _operation(_decode(body), document_id)


def _decode(text: bytes) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = _decode_slowly(text)
    _check_depth(value)
    return value


def _decode_slowly(text: bytes) -> Any:
    """What orjson refuses but JSON allows: lone surrogates, which are told apart later, and huge numbers."""
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise http_error(400, "The body is not JSON.") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 400 else float("inf")


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _check_depth(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise http_error(400, f"The JSON nests more than {MAX_JSON_DEPTH} levels.")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else []


def _operation(given: Any, document_id: str | None) -> OperationRequest:
    if not isinstance(given, dict):
        raise http_error(400, "The body is a JSON object with query, variables and operationName.")
    fields = cast("dict[str, Any]", given)
    variables, extensions = _object(fields, "variables"), _object(fields, "extensions")
    query, name = _text(fields, "query"), _text(fields, "operationName")
    for field_name in _DOCUMENT_IDS:
        document_id = document_id or _text(fields, field_name)
    if query is None and document_id is None and "persistedQuery" not in extensions:
        raise http_error(400, "query is missing or no text.")
    return OperationRequest(
        query=query,
        document_id=document_id,
        variables=variables,
        operation_name=name,
        extensions=extensions,
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    """A text; None where it is missing or blank."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise http_error(400, f"{name} is no text.")
    if _unstorable(value):
        raise http_error(400, "The request holds a character that is no text.")
    return value if value.strip() else None


def _object(fields: dict[str, Any], name: str) -> dict[str, Any]:
    value = fields.get(name)
    if value is not None and not isinstance(value, dict):
        raise http_error(400, f"{name} is no object.")
    return cast("dict[str, Any]", value or {})


def _unstorable(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text)


def unstorable(value: Any) -> bool:
    """Whether a variable's value holds a NUL or a lone surrogate anywhere, which no text column can."""
    if isinstance(value, str):
        return _unstorable(value)
    if isinstance(value, list):
        return any(unstorable(item) for item in cast("list[Any]", value))
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return any(_unstorable(key) or unstorable(item) for key, item in items)
    return False
