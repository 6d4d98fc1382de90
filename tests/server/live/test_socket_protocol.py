"""What ends a socket, by the protocol's own codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leora_gql.settings import Settings
from tests.server.live.conftest import Account
from tests.server.live.serving import FOREVER, VIEWER, Serving, serving

SUBSCRIBE = {"id": "a", "type": "subscribe", "payload": {"query": FOREVER}}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([SUBSCRIBE], 4401),
        (["nope"], 4400),
        ([b'{"type":"ping"}'], 4400),
        ([json.dumps({"type": "ping", "payload": {"a": "x" * (1 << 20)}})], 1009),
    ],
)
async def test_before_the_acknowledgement(served: Serving, messages: list[Any], code: int) -> None:
    async with served.socket() as socket:
        await socket.send(*messages)
        assert (await socket.closed())[0] == code


@pytest.mark.parametrize(
    ("messages", "end"),
    [
        ([{"type": "connection_init"}], (4429, "Too many initialisation requests")),
        ([SUBSCRIBE, SUBSCRIBE], (4409, "Subscriber for a already exists")),
    ],
)
async def test_after_it(served: Serving, account: Account, messages: list[Any], end: tuple[int, str]) -> None:
    async with served.socket() as socket:
        await socket.init(account.token)
        await socket.send(*messages)
        assert await socket.closed() == end


async def test_who_does_not_wait_for_the_acknowledgement_is_not_served(
    served: Serving, account: Account
) -> None:
    async with served.socket() as socket:
        await socket.send({"type": "connection_init", "payload": {"authorization": account.token}}, SUBSCRIBE)
        assert await socket.closed() == (4401, "Unauthorized")


@pytest.mark.parametrize("subprotocols", [None, ["graphql-ws"]])
async def test_other_subprotocols_are_not_spoken(served: Serving, subprotocols: Any) -> None:
    async with served.socket(subprotocols=subprotocols) as socket:
        assert await socket.closed() == (4406, "Subprotocol not acceptable")


async def test_who_says_nothing_is_closed(settings: Settings) -> None:
    hasty = settings.model_copy(update={"socket_init_seconds": 0.05})
    async with serving(hasty) as served, served.socket() as socket:
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_who_has_initialised_is_not(settings: Settings, account: Account) -> None:
    hasty = settings.model_copy(update={"socket_init_seconds": 0.5})
    async with serving(hasty) as served, served.socket() as socket:
        await socket.init(account.token)
        await socket.subscribe("a", "subscription { heartbeat(count: 2, intervalMs: 700) }")
        assert [(await socket.next())["type"] for _ in range(3)] == ["next", "next", "complete"]
        assert "errors" not in await socket.answer(VIEWER)
