"""Answers that a client keeps and asks for again: entity tags, for GET of stored operations."""

from __future__ import annotations

import hashlib
import re

from leora_gql.server.headers import Headers

_TAG = re.compile(rb'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def entity_tag(body: bytes, *, media: str, coding: str | None) -> bytes:
    """A strong tag: another for every other body, media type and coding."""
    form = f"{media} {coding or 'identity'}\n".encode()
    return b'"' + hashlib.blake2b(form + body, digest_size=16).hexdigest().encode() + b'"'


def already_has(headers: Headers, tag: bytes) -> bool:
    """Whether `If-None-Match` says that the caller has the answer of that tag."""
    given = headers.get(b"if-none-match")
    if given is None:
        return False
    return given.strip() == b"*" or tag in _TAG.findall(given)
