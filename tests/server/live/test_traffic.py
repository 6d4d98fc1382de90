"""What holds for operations over HTTP holds over live connections: rates, stored documents, time."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from leora_gql.server.answer import Answer
from leora_gql.server.caller import Caller
from leora_gql.server.cost import SUBSCRIPTION
from leora_gql.server.operation import Operations, Prepared
from leora_gql.settings import Settings
from tests.server.live.conftest import Account
from tests.server.live.serving import THREE, VIEWER, Serving, SocketClient, serving

ONE = "subscription { heartbeat(count: 1) }"


async def outcome(socket: SocketClient, operation: str, **payload: Any) -> str:
    """The code of an operation's error, or what its first message is."""
    await socket.send({"id": operation, "type": "subscribe", "payload": payload})
    found = await socket.next()
    if found["type"] == "error":
        return found["payload"][0]["extensions"]["code"]
    while (await socket.next())["type"] != "complete":
        pass
    return found["type"]


async def test_a_subscription_is_charged_once_when_it_begins(settings: Settings, account: Account) -> None:
    few = settings.model_copy(update={"rate_limit_principal": f"{2 * SUBSCRIPTION}/minute"})
    async with serving(few) as served, served.socket() as socket:
        await socket.init(account.token)
        outcomes = [await outcome(socket, str(number), query=THREE) for number in range(3)]
        assert outcomes == ["next", "next", "RATE_LIMITED"]
        assert await outcome(socket, "q", query="{ viewer { tenant { name } } }") == "RATE_LIMITED"
        headers = {"accept": "text/event-stream", "authorization": account.token}
        stream = await served.http.post("/graphql", json={"query": THREE}, headers=headers)
        assert "RATE_LIMITED" in stream.text
        assert 'data: {"data"' not in stream.text


async def test_a_document_is_named_by_its_hash(served: Serving, account: Account) -> None:
    named = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(ONE.encode()).hexdigest()}}
    async with served.socket() as socket:
        await socket.init(account.token)
        assert await outcome(socket, "a", extensions=named) == "PERSISTED_QUERY_NOT_FOUND"
        assert await outcome(socket, "b", extensions=named, query=ONE) == "next"
        assert await outcome(socket, "c", extensions=named) == "next"
        assert await outcome(socket, "d", documentId=named["persistedQuery"]["sha256Hash"]) == "next"


async def test_an_audience_that_may_send_no_text_cannot_here_either(
    settings: Settings, account: Account
) -> None:
    strict = settings.model_copy(update={"staff_documents": "trusted"})
    async with serving(strict) as served, served.socket() as socket:
        await socket.init(account.token)
        assert await outcome(socket, "a", query=ONE) == "FORBIDDEN"


@pytest.mark.parametrize("query", [VIEWER, "mutation { signOut { userErrors { code } } }"])
async def test_an_operation_has_the_time_that_http_gives_it(
    settings: Settings, account: Account, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    async def never(*_: Operations | Prepared | Caller) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    hasty = settings.model_copy(update={"request_timeout_seconds": 0.2})
    async with serving(hasty) as served, served.socket() as socket:
        await socket.init(account.token)
        monkeypatch.setattr(Operations, "run", never)
        assert await outcome(socket, "a", query=query) == "TIMEOUT"
