"""Server-sent events: the same operations, one to a request."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from typing import Any

import httpx
import pytest

from leora_gql.auth import authenticator
from leora_gql.server import presence, sse
from leora_gql.settings import Settings
from tests.server.live.conftest import Account
from tests.server.live.serving import FOREVER, PATIENCE, THREE, VIEWER, Serving, serving, until

STREAM = "text/event-stream"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream,"
    " multipart/mixed"
)
MUTATION = "mutation { signOut { userErrors { code } } }"


def headers(account: Account | None, accept: str = STREAM) -> dict[str, str]:
    return {"accept": accept, **({"authorization": account.token} if account else {})}


async def post(
    served: Serving, query: str, *, account: Account | None, accept: str = STREAM
) -> httpx.Response:
    return await served.http.post("/graphql", json={"query": query}, headers=headers(account, accept))


def results(text: str) -> list[dict[str, Any]]:
    """The payloads of the `next` events of a stream that was completed."""
    *events, last, end = text.split("\n\n")
    assert (last, end) == ("event: complete\ndata:", "")
    found = [event.removeprefix("event: next\ndata: ") for event in events if not event.startswith(":")]
    return [json.loads(event) for event in found]


async def test_a_subscription_is_a_stream_of_events(served: Serving, account: Account) -> None:
    answer = await post(served, THREE, account=account)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["x-request-id"]
    assert "\r" not in answer.text
    assert results(answer.text) == [{"data": {"heartbeat": n}} for n in (1, 2, 3)]


async def test_event_sources_subscribe_by_get(served: Serving, account: Account) -> None:
    answer = await served.http.get("/graphql", params={"query": THREE}, headers=headers(account))
    assert [result["data"] for result in results(answer.text)] == [{"heartbeat": n} for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nosuchfield }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { heartbeat(intervalMs: 1) }", "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_begin_is_one_event(
    served: Serving, account: Account, query: str, code: str
) -> None:
    (result,) = results((await post(served, query, account=account)).text)
    assert "data" not in result
    assert {error["extensions"]["code"] for error in result["errors"]} == {code}


async def test_a_query_is_one_event(served: Serving, account: Account) -> None:
    (result,) = results((await post(served, VIEWER, account=account)).text)
    assert result["data"]["viewer"]["permissions"]


async def test_nobody_hears_no_heartbeat(served: Serving) -> None:
    (result,) = results((await post(served, THREE, account=None)).text)
    assert [error["extensions"]["code"] for error in result["errors"]] == ["UNAUTHENTICATED"]


async def test_a_mutation_by_get_is_refused(served: Serving, account: Account) -> None:
    answer = await served.http.get("/graphql", params={"query": MUTATION}, headers=headers(account))
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "data" in (await post(served, VIEWER, account=account)).text


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        (VIEWER, URQL, "application/json"),
        (VIEWER, "text/event-stream, */*", "application/json"),
        (VIEWER, "text/event-stream;q=0, application/json", "application/json"),
        (VIEWER, "text/event-stream, application/json;q=0", STREAM),
        (THREE, URQL, STREAM),
        (THREE, "*/*", "application/json"),
    ],
)
async def test_json_is_preferred_unless_only_a_stream_can_answer(
    served: Serving, account: Account, query: str, accept: str, media: str
) -> None:
    answer = await post(served, query, account=account, accept=accept)
    assert answer.headers["content-type"].split(";")[0].removesuffix("graphql-response+json") in {
        media,
        "application/",
    }


async def test_a_quiet_stream_is_kept_alive(
    served: Serving, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "KEEP_ALIVE_SECONDS", 0.01)
    query = "subscription { heartbeat(intervalMs: 60000) }"
    async with served.http.stream(
        "POST", "/graphql", json={"query": query}, headers=headers(account)
    ) as response:
        lines = response.aiter_lines()
        async with asyncio.timeout(PATIENCE):
            while await anext(lines) != 'data: {"data":{"heartbeat":1}}':
                pass
            assert [await anext(lines) for _ in range(6)] == ["", ":", "", ":", "", ":"]


async def test_a_stream_stops_when_its_client_is_gone(served: Serving, account: Account) -> None:
    async with served.http.stream(
        "POST", "/graphql", json={"query": FOREVER}, headers=headers(account)
    ) as response:
        await anext(response.aiter_lines())
        assert len(served.live) == 1
    await until(lambda: len(served.live) == 0, "the stream is stopped")


async def test_signing_out_ends_the_stream_at_once(served: Serving, account: Account) -> None:
    async def sign_out() -> None:
        await until(lambda: len(served.live) == 1, "the stream has begun")
        query = "mutation { signOut { userErrors { code } } }"
        await post(served, query, account=account, accept="application/json")

    answer, _ = await asyncio.wait_for(
        asyncio.gather(post(served, FOREVER, account=account), sign_out()), PATIENCE
    )
    assert refused(answer) == presence.NO_LONGER


async def test_signing_out_elsewhere_ends_the_stream(
    served: Serving, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticator, "REMEMBERED_FOR", dt.timedelta(seconds=0.1))
    monkeypatch.setattr(presence, "RECHECK_SECONDS", 0.1)

    async def disable() -> None:
        await until(lambda: len(served.live) == 1, "the stream has begun")
        await account.company.sql("UPDATE leora.users SET status = 'DISABLED'")

    answer, _ = await asyncio.wait_for(
        asyncio.gather(post(served, FOREVER, account=account), disable()), PATIENCE
    )
    assert refused(answer) == presence.NO_LONGER


def refused(answer: httpx.Response) -> str:
    """The sentence of the last event, which says why the stream ends."""
    (error,) = results(answer.text)[-1]["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    return error["message"]


async def test_streams_are_bounded_too(settings: Settings, account: Account) -> None:
    little = settings.model_copy(update={"live_connections": 2, "live_connections_per_principal": 1})
    async with serving(little) as served, served.socket() as socket:
        await socket.init(account.token)
        one_too_many = await post(served, FOREVER, account=account)
        assert one_too_many.status_code == 429
        assert one_too_many.headers["retry-after"]
        async with served.socket():
            full = await post(served, FOREVER, account=None)
            assert (full.status_code, full.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
