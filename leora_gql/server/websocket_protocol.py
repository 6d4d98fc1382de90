"""The messages of `graphql-transport-ws`: read strictly, written as JSON text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from leora_gql.server.answer import Answer, Error
from leora_gql.server.request import HttpError, OperationRequest, decode_json, request_of

SUBPROTOCOL = "graphql-transport-ws"
_LONGEST_ID = 256
_LONGEST_REASON = 123
"""Bytes that a close frame has room for."""

ACK = b'{"type":"connection_ack"}'
PONG = b'{"type":"pong"}'


class SocketEnd(Exception):
    """The socket is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


def bad_message(reason: str) -> SocketEnd:
    """The end of a socket whose client does not speak the protocol."""
    return SocketEnd(4400, reason)


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    """The first message of a client; credentials are in the payload."""

    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks for a pong."""


@dataclass(frozen=True, slots=True)
class Pong:
    """Answers a ping, or says that the client is there."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Begins an operation of any kind."""

    id: str
    request: OperationRequest


@dataclass(frozen=True, slots=True)
class Complete:
    """The client wants no more of an operation."""

    id: str


Message = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_message(text: str | None, *, limit: int, most_nodes: int) -> Message:
    """A client's message; None stands for a binary one.

    `limit` is the most bytes of a message, `most_nodes` the most values in `variables`. Raises `SocketEnd`
    (4400, 1009).
    """
    if text is None:
        raise bad_message("Messages are text.")
    body = text.encode("utf-8", "surrogatepass")
    if len(body) > limit:
        raise SocketEnd(1009, "The message is too big.")
    given, is_text = _object(body)
    match given.get("type"):
        case "connection_init":
            return ConnectionInit(_payload(given))
        case "ping":
            _payload(given)
            return Ping()
        case "pong":
            _payload(given)
            return Pong()
        case "subscribe":
            return Subscribe(_id(given), _request(given, is_text=is_text, most_nodes=most_nodes))
        case "complete":
            return Complete(_id(given))
        case _:
            raise bad_message("The message has no type that is known.")


def next_message(operation: str, answer: Answer) -> bytes:
    """An operation's result."""
    return b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(operation), answer.body())


def error_message(operation: str, errors: Sequence[Error]) -> bytes:
    """The errors of an operation that did not begin, or of a subscription that broke; nothing follows."""
    return b'{"id":%b,"type":"error","payload":%b}' % (orjson.dumps(operation), orjson.dumps(errors))


def complete_message(operation: str) -> bytes:
    """The end of an operation."""
    return b'{"id":%b,"type":"complete"}' % orjson.dumps(operation)


def _object(body: bytes) -> tuple[dict[str, Any], bool]:
    try:
        given, is_text = decode_json(body, "The message")
    except HttpError as error:
        raise bad_message(error.error.message) from None
    if not isinstance(given, dict):
        raise bad_message("The message is no JSON object.")
    return cast("dict[str, Any]", given), is_text


def _payload(given: Mapping[str, Any]) -> Mapping[str, Any]:
    payload = given.get("payload")
    if payload is None:
        return {}
    if not isinstance(payload, dict):
        raise bad_message("payload is no object.")
    return cast("dict[str, Any]", payload)


def _id(given: Mapping[str, Any]) -> str:
    found = given.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_ID:
        raise bad_message(f"id is no text of 1 to {_LONGEST_ID} characters.")
    if any("\ud800" <= char <= "\udfff" for char in found):
        raise bad_message("id holds a character that is no text.")
    return found


def _request(given: Mapping[str, Any], *, is_text: bool, most_nodes: int) -> OperationRequest:
    try:
        return request_of(_payload(given), is_text=is_text, most_nodes=most_nodes)
    except HttpError as error:
        raise bad_message(error.error.message) from None
