"""The messages of graphql-transport-ws: what is one, and what ends the socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leora_gql.server.request import OperationRequest
from leora_gql.server.websocket_protocol import (
    Complete,
    ConnectionInit,
    Message,
    Ping,
    Pong,
    SocketEnd,
    Subscribe,
    complete_message,
    read_message,
)

QUERY = {"query": "{ apiVersion }"}
PERSISTED = {"persistedQuery": {"version": 1, "sha256Hash": "abc"}}
MOST_NODES = 100


def read(text: str | None) -> Message:
    """With room for all that a test sends."""
    return read_message(text, limit=1 << 20, most_nodes=MOST_NODES)


def deep(levels: int) -> object:
    return {"a": deep(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"type": "connection_init"}, ConnectionInit({})),
        ({"type": "connection_init", "payload": None}, ConnectionInit({})),
        ({"type": "connection_init", "payload": {"a": [1]}}, ConnectionInit({"a": [1]})),
        ({"type": "ping", "payload": {"a": 1}}, Ping()),
        ({"type": "pong"}, Pong()),
        ({"type": "complete", "id": "1"}, Complete("1")),
        (
            {"type": "subscribe", "id": "ü", "payload": {**QUERY, "variables": None, "operationName": None}},
            Subscribe("ü", OperationRequest(query="{ apiVersion }", is_text=True)),
        ),
        (
            {"type": "subscribe", "id": "1", "payload": {**QUERY, "variables": {"a": 1}, "extensions": {}}},
            Subscribe("1", OperationRequest(query="{ apiVersion }", variables={"a": 1}, is_text=True)),
        ),
        (
            {"type": "subscribe", "id": "1", "payload": {"documentId": "viewer-1"}},
            Subscribe("1", OperationRequest(document_id="viewer-1", is_text=True)),
        ),
        (
            {"type": "subscribe", "id": "1", "payload": {"extensions": PERSISTED}},
            Subscribe("1", OperationRequest(persisted_hash="abc", extensions=PERSISTED, is_text=True)),
        ),
    ],
)
def test_a_message_is_read(given: Any, message: object) -> None:
    assert read(json.dumps(given)) == message


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "nope",
        "null",
        "[]",
        "5",
        '"ping"',
        "[" * 200_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        *(
            json.dumps(given)
            for given in (
                {},
                {"type": None},
                {"type": 5},
                {"type": []},
                {"type": "start"},
                {"type": "connection_ack"},
                {"type": "next", "id": "1", "payload": {}},
                {"type": "connection_init", "payload": []},
                {"type": "connection_init", "payload": "x"},
                {"type": "ping", "payload": 1},
                {"type": "complete"},
                {"type": "complete", "id": ""},
                {"type": "complete", "id": 1},
                {"type": "complete", "id": "\ud800"},
                {"type": "complete", "id": "x" * 257},
                {"type": "subscribe", "payload": QUERY},
                {"type": "subscribe", "id": {}, "payload": QUERY},
                {"type": "subscribe", "id": "1"},
                {"type": "subscribe", "id": "1", "payload": None},
                {"type": "subscribe", "id": "1", "payload": "x"},
                {"type": "subscribe", "id": "1", "payload": {}},
                {"type": "subscribe", "id": "1", "payload": {"query": 5}},
                {"type": "subscribe", "id": "1", "payload": {"query": "\ud800"}},
                {"type": "subscribe", "id": "1", "payload": {**QUERY, "variables": [1]}},
                {"type": "subscribe", "id": "1", "payload": {**QUERY, "variables": deep(66)}},
                {"type": "subscribe", "id": "1", "payload": {**QUERY, "variables": {"a": [1] * 101}}},
                {"type": "subscribe", "id": "1", "payload": {**QUERY, "operationName": {}}},
                {"type": "subscribe", "id": "1", "payload": {**QUERY, "extensions": 1}},
            )
        ),
    ],
)
def test_what_is_no_message_ends_the_socket(text: str | None) -> None:
    with pytest.raises(SocketEnd) as ended:
        read(text)
    assert ended.value.code == 4400
    assert 0 < len(ended.value.reason.encode()) <= 123


def test_a_long_reason_is_cut_to_what_a_close_frame_holds() -> None:
    assert SocketEnd(4409, "ü" * 100).reason == "ü" * 61


def test_an_id_is_written_as_json() -> None:
    assert json.loads(complete_message('"\\ ü')) == {"id": '"\\ ü', "type": "complete"}
