"""The parameters of a GraphQL request, out of JSON or an address; what cannot be any is refused with a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson

from leora_gql.errors import BadUserInput, LeoraError
from leora_gql.server.negotiation import JSON

MAX_JSON_DEPTH = 64
MAX_PARAMETERS = 32
LONGEST_DOCUMENT_ID = 256

DOCUMENT_IDS = ("documentId", "doc_id", "id")
"""The parameters that name a stored operation; the last two are what Relay's clients send."""

_MOST_SEND = frozenset({"query", "variables", "operationName"})
_PARAMETERS = frozenset({"query", "variables", "operationName", "extensions", *DOCUMENT_IDS})
_CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-32": "utf-32",
}
"""Python's codecs by charset. No others are looked up: some take quadratic time, and failed look-ups stay in memory."""
_LONGEST_CONTENT_TYPE = 256
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


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


@dataclass(
    slots=True, kw_only=True
)  # not frozen: every request makes one, and would take three times as long
class OperationRequest:
    """The parameters of a GraphQL request; one of `query`, `document_id` and `persisted_hash` is there at least.

    `persisted_hash` is the `sha256Hash` of `extensions.persistedQuery`. `is_text` says that it is known
    already that the variables hold no NUL and no lone surrogate, so nobody has to look for them.
    """

    query: str | None = None
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    operation_name: str | None = None
    document_id: str | None = None
    persisted_hash: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict[str, Any])
    is_text: bool = False


def request_from_json(
    body: bytes, *, codec: str = "utf-8", document_id: str | None = None, most_nodes: int
) -> OperationRequest:
    """The request of a JSON text, in one of our codecs.

    `document_id` is what a header names; `most_nodes` how many values `variables` may hold, counting those within
    others. Raises `HttpError` (400).
    """
    if codec != "utf-8":
        try:
            body = body.decode(codec).encode()
        except UnicodeError:
            raise http_error(400, f"The body is not {codec}.") from None
    given, is_text = decode_json(body, "The body")
    if not isinstance(given, dict):
        raise http_error(400, "The body is a JSON object with query, variables and operationName.")
    fields = cast("dict[str, object]", given)
    return request_of(fields, document_id=document_id, is_text=is_text, most_nodes=most_nodes)


def request_from_address(
    query_string: bytes, *, document_id: str | None, most_nodes: int
) -> OperationRequest:
    """The request of an address's parameters. Raises `HttpError` (400)."""
    given: dict[str, object] = dict(_parameters(query_string))
    is_text = True
    for name in ("variables", "extensions"):
        text = given.get(name)
        if isinstance(text, str):
            given[name], plain = decode_json(text.encode(), f"The parameter {name}")
            is_text = is_text and plain
    is_text = is_text and b"%00" not in query_string
    return request_of(given, document_id=document_id, is_text=is_text, most_nodes=most_nodes)


def decode_json(text: bytes, what: str) -> tuple[object, bool]:
    """The value of a JSON text, and whether all in it is known to be text that a column can hold.

    Raises `HttpError` (400), which says of what.
    """
    try:
        return orjson.loads(text), b"\\u0000" not in text
    except orjson.JSONDecodeError:
        pass
    try:  # What orjson refuses but JSON allows: lone surrogates, which are told apart later, and huge numbers.
        return json.loads(text, parse_int=_integer, parse_constant=_refuse), False
    except (ValueError, RecursionError):
        raise http_error(400, f"{what} is not JSON.") from None


def request_of(
    given: Mapping[str, object], *, is_text: bool, most_nodes: int, document_id: str | None = None
) -> OperationRequest:
    """The request of decoded parameters; `is_text` as `decode_json` says. Raises `HttpError` (400)."""
    query = _text(given, "query", is_text=is_text)
    name = _text(given, "operationName", is_text=is_text)
    variables = _object(given, "variables", most_nodes=most_nodes)
    if query is not None and (not query or query.isspace()):
        raise http_error(400, "query is missing or no text.")
    if query is not None and document_id is None and given.keys() <= _MOST_SEND:
        return OperationRequest(query=query, variables=variables, operation_name=name, is_text=is_text)
    named = (_text(given, parameter, is_text=is_text) for parameter in DOCUMENT_IDS)
    document = _document_id(document_id, next(filter(None, named), None))
    extensions = _object(given, "extensions", most_nodes=most_nodes)
    persisted = _persisted_hash(extensions.get("persistedQuery")) if extensions else None
    if query is None and document is None and persisted is None:
        raise http_error(400, "query is missing or no text.")
    return OperationRequest(
        query=query,
        variables=variables,
        operation_name=name,
        document_id=document,
        persisted_hash=persisted,
        extensions=extensions,
        is_text=is_text,
    )


def body_codec(content_type: bytes) -> str:
    """Python's codec for a body of that `Content-Type`. Raises `HttpError` (415) for all that is no JSON.

    Whatever a browser sends without asking first (forms, plain text, nothing) is no JSON: such a request, which any
    page can make its visitors send, runs nothing.
    """
    codec = _codec(content_type) if len(content_type) <= _LONGEST_CONTENT_TYPE else None
    if codec is None:
        raise http_error(415, f"Send the request as {JSON}, in utf-8.")
    return codec


def unstorable(value: Any) -> bool:
    """Whether a variable's value holds a NUL or a lone surrogate anywhere, which no text column can."""
    if isinstance(value, str):
        return _NO_TEXT.search(value) is not None
    if isinstance(value, list):
        return any(unstorable(item) for item in cast("list[Any]", value))
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return any(unstorable(key) or unstorable(item) for key, item in items)
    return False


@lru_cache(maxsize=64)
def _codec(content_type: bytes) -> str | None:
    kind, *parameters = (part.strip() for part in content_type.decode("latin-1").lower().split(";"))
    if kind != JSON:
        return None
    given = next((text[8:] for text in parameters if text.startswith("charset=")), "utf-8")
    return _CHARSETS.get(given.strip('"'))


def _parameters(query_string: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            query_string.decode("latin-1"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise http_error(400, "The address has too many parameters, or some that are not utf-8.") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found and name in _PARAMETERS:
            raise http_error(400, f"The address has the parameter {name} twice.")
        found[name] = value
    return found


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 400 else float("inf")


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _text(given: Mapping[str, object], name: str, *, is_text: bool) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise http_error(400, f"{name} is no text.")
    if not is_text and _NO_TEXT.search(value):
        raise http_error(400, "The request holds a character that is no text.")
    return value


def _object(given: Mapping[str, object], name: str, *, most_nodes: int) -> dict[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise http_error(400, f"{name} is no object.")
    found = cast("dict[str, Any]", value)
    if found:
        _check_shape(found, name, most_nodes=most_nodes)
    return found


def _check_shape(value: dict[str, Any], name: str, *, most_nodes: int) -> None:
    """Raise `HttpError` for what nests deeper or holds more than it may: all that follows walks it whole."""
    level: list[Any] = list(value.values())
    nodes = 0
    for _ in range(MAX_JSON_DEPTH):
        nodes += len(level)
        if nodes > most_nodes:
            raise http_error(400, f"{name} holds more than {most_nodes} values.")
        level = [child for parent in level if isinstance(parent, dict | list) for child in _children(parent)]
        if not level:
            return
    raise http_error(400, f"{name} nests more than {MAX_JSON_DEPTH} levels.")


def _children(value: Any) -> list[Any]:
    return list(cast("dict[str, Any]", value).values()) if isinstance(value, dict) else value


def _document_id(by_header: str | None, by_parameter: str | None) -> str | None:
    if by_header is not None and by_parameter is not None and by_header != by_parameter:
        raise http_error(400, "X-GraphQL-Document-Id and documentId name two operations.")
    found = by_header if by_parameter is None else by_parameter
    if found is not None and not 0 < len(found) <= LONGEST_DOCUMENT_ID:
        raise http_error(400, f"The id of a stored operation has 1 to {LONGEST_DOCUMENT_ID} characters.")
    return found


def _persisted_hash(given: object) -> str | None:
    """The hash of `extensions.persistedQuery`, as Apollo's clients send it."""
    if given is None:
        return None
    fields = cast("dict[str, object]", given) if isinstance(given, dict) else {}
    found = fields.get("sha256Hash")
    if fields.get("version") != 1 or not isinstance(found, str) or not 0 < len(found) <= LONGEST_DOCUMENT_ID:
        raise http_error(400, "extensions.persistedQuery is an object with version 1 and sha256Hash.")
    return found
