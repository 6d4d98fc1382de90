"""Answers made smaller: brotli or gzip, where the caller takes it and there is something to win.

Only answers of queries are compressed. How long a compressed text is says what it repeats, so whoever can have
something of his own put beside a secret can guess it (BREACH): secrets are in answers of mutations alone (tokens,
keys that are shown once), and those go out as they are.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Protocol, cast

import brotli

from leora_gql.server.headers import Headers
from leora_gql.server.negotiation import accepted, kept_when_short, quality_of

WORTHWHILE = 1024
"""Bytes: a shorter answer fits one packet either way."""

_BESIDE = 256 * 1024
"""Bytes that take over a millisecond to compress: done in a thread, so that others are not kept waiting."""

_CODINGS = ("br", "gzip")
"""The better first: at these levels brotli takes less time than gzip and gives a tenth less."""

_BROTLI_QUALITY = 2
_GZIP_LEVEL = 3
_GZIP_WINDOW = 31
"""zlib's way to ask for gzip's frame; without a time in it, so that equal answers are equal bytes."""


def coding_for(headers: Headers, size: int) -> str | None:
    """The coding for an answer of that many bytes; None to send it as it is."""
    wanted = headers.get(b"accept-encoding")
    if wanted is None or size <= WORTHWHILE:
        return None
    return _coding(wanted)


async def compress(body: bytes, coding: str) -> bytes:
    """The body in one of our codings."""
    if len(body) < _BESIDE:
        return _compressed(body, coding)
    return await asyncio.to_thread(_compressed, body, coding)


class _Compress(Protocol):
    def __call__(self, string: bytes, /, *, quality: int) -> bytes: ...


_brotli = cast(_Compress, brotli.compress)  # pyright: ignore[reportUnknownMemberType]  it has no types


@kept_when_short
def _coding(wanted: bytes) -> str | None:
    """The coding of the highest quality, brotli among equals; none where the plain form is liked better."""
    listed = accepted(wanted)
    best, quality = None, quality_of("identity", listed) or 0.0
    for coding in reversed(_CODINGS):
        given = quality_of(coding, listed, "*") or 0.0
        if given > 0 and given >= quality:
            best, quality = coding, given
    return best


def _compressed(body: bytes, coding: str) -> bytes:
    if coding == "br":
        return _brotli(body, quality=_BROTLI_QUALITY)
    return zlib.compress(body, _GZIP_LEVEL, _GZIP_WINDOW)
