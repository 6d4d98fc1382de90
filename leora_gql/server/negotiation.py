"""What a caller accepts: the media type of the answer and its coding, by `Accept` and `Accept-Encoding`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from leora_gql.server.headers import Headers

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
PAGE = "text/html"

_LONGEST_KEPT = 512
"""Bytes of a header whose reading is remembered: clients send one of few, and nobody may fill our memory."""

Weighted = tuple[tuple[str, float], ...]
"""What a header lists, in its order, each with its quality from 0 to 1."""


T = TypeVar("T")


def kept_when_short(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """The same reading of a header, remembered for values that are no longer than clients' are."""
    known = lru_cache(maxsize=256)(read)
    return lambda value: known(value) if len(value) <= _LONGEST_KEPT else read(value)


def media_type(headers: Headers) -> str | None:
    """The media type to answer an operation in; None where the caller accepts neither.

    The higher quality wins, then what is named first; wildcards, and no header at all, mean JSON.
    """
    return _media_type(headers.get(b"accept", b""))


def accepts_stream(headers: Headers) -> bool:
    """Whether the caller can take server-sent events."""
    return _lists(EVENT_STREAM, headers)


def wants_page(headers: Headers) -> bool:
    """Whether a browser asks for a page rather than for an answer."""
    return _lists(PAGE, headers)


@kept_when_short
def accepted(value: bytes) -> Weighted:
    """What a header such as `Accept` lists, lower-cased and without parameters."""
    found: list[tuple[str, float]] = []
    for part in value.decode("latin-1").lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind:
            found.append((kind, _quality(parameters)))
    return tuple(found)


def quality_of(name: str, listed: Weighted, *wildcards: str) -> float | None:
    """The quality of the name, else that of the first wildcard that is listed; None where neither is."""
    for pattern in (name, *wildcards):
        for kind, quality in listed:
            if kind == pattern:
                return quality
    return None


def _lists(wanted: str, headers: Headers) -> bool:
    return any(kind == wanted and quality > 0 for kind, quality in accepted(headers.get(b"accept", b"")))


@kept_when_short
def _media_type(value: bytes) -> str | None:
    listed = accepted(value)
    if not listed:
        return JSON
    strict, plain = (
        quality_of(kind, listed, "application/*", "*/*") or 0.0 for kind in (GRAPHQL_RESPONSE, JSON)
    )
    if not (strict or plain):
        return None
    first = next((kind for kind, _ in listed if kind in (GRAPHQL_RESPONSE, JSON)), JSON)
    return GRAPHQL_RESPONSE if strict > plain or (strict == plain and first == GRAPHQL_RESPONSE) else JSON


def _quality(parameters: list[str]) -> float:
    """The parameter `q`; 1 where there is none, 0 for what is no quality."""
    given = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        quality = float(given)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0
