"""A request's body, as far as it is allowed to be long."""

from __future__ import annotations

from starlette.types import Receive

from leora_gql.server.headers import Headers
from leora_gql.server.request import HttpError, http_error


class Disconnected(Exception):
    """The caller is gone: nobody is there to answer."""


async def read_body(receive: Receive, headers: Headers, *, limit: int) -> bytes:
    """The whole body. Raises `HttpError` (400, 413) and `Disconnected`."""
    announced = headers.get(b"content-length")
    if announced is not None and _number(announced) > limit:
        raise _too_large(limit)
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    body: bytes = message.get("body", b"")
    if message.get("more_body", False):
        body = await _rest(receive, bytearray(body), limit=limit)
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _rest(receive: Receive, body: bytearray, *, limit: int) -> bytes:
    """Read on until the end, or until it is known to be too much."""
    while len(body) <= limit:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18:
        raise http_error(400, "Content-Length is no number of bytes.")
    return int(text)


def _too_large(limit: int) -> HttpError:
    return http_error(413, f"The request is larger than {limit} bytes.")
