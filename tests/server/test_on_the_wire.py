"""Bodies that lie about their length, arrive in pieces or never, and callers who leave, over a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest
import structlog
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.app import create_app
from leora_gql.db.addresses import connected
from leora_gql.settings import Settings
from tests import postgres
from tests.api import ADMIN, Api
from tests.server.serving import PATIENCE, Served, chunked, post, served

BODY = b'{"query": "{ apiVersion }"}'
QUERY = "{ orders(first: 1) { nodes { id } } }"
WAITING = """SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'leora_staff' AND wait_event_type = 'Lock'"""
STRICT = "application/graphql-response+json"


@pytest.fixture
def product(settings: Settings) -> Generator[Served]:
    """The product, which waits half a second for a request."""
    with served(create_app(settings.model_copy(update={"request_timeout_seconds": 0.5}))) as running:
        yield running


@pytest.mark.parametrize("size", [1, 5, 1000])
async def test_a_body_in_chunks_is_read(product: Served, size: int) -> None:
    line = await product.connect()
    pieces = [BODY[start : start + size] for start in range(0, len(BODY), size)]
    await line.send(*chunked(*pieces))
    reply = await line.reply()
    assert reply.status == 200
    assert json.loads(reply.body)["data"]["apiVersion"]


async def test_a_body_in_pieces_is_read(product: Served) -> None:
    line = await product.connect()
    request = post(BODY)
    await line.send(*(request[place : place + 1] for place in range(len(request))))
    assert (await line.reply()).status == 200


async def test_two_requests_sent_at_once_are_answered_in_order(product: Served) -> None:
    line = await product.connect()
    first = post(b'{"query": "{ first: apiVersion }"}')
    await line.send(first + post(b'{"query": "{"}', f"Accept: {STRICT}") + post(BODY))
    assert b'"first"' in (await line.reply()).body
    assert (await line.reply()).status == 400
    assert (await line.reply()).status == 200


async def test_who_wants_the_connection_closed_is_told_that_it_is(product: Served) -> None:
    line = await product.connect()
    await line.send(post(BODY) + post(BODY, "Connection: close"))
    assert "connection" not in (await line.reply()).headers
    reply = await line.reply()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert json.loads(reply.body)["data"]["apiVersion"]
    assert await line.rest() == b""


async def test_an_answer_passes_what_stands_before_the_endpoint(settings: Settings) -> None:
    origins = {"cors_origins": ("https://app.test",)}
    with served(create_app(settings.model_copy(update=origins))) as running:
        line = await running.connect()
        await line.send(post(BODY, "Origin: https://app.test"))
        reply = await line.reply()
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, "https://app.test")
    assert json.loads(reply.body)["data"]["apiVersion"]


async def test_chunks_without_end_are_stopped_at_the_limit(product: Served, settings: Settings) -> None:
    line = await product.connect()
    quarter = b" " * (settings.body_limit_bytes // 4)
    head, *chunks, _ = chunked(*[quarter] * 5)
    await line.send(head, *chunks)
    assert (await line.reply()).status == 413


async def test_a_body_that_says_it_is_too_large_is_refused_unread(
    product: Served, settings: Settings
) -> None:
    line = await product.connect()
    await line.send(post(b"", "Expect: 100-continue", length=settings.body_limit_bytes + 1))
    reply = await line.reply()
    assert reply.status == 413
    assert str(settings.body_limit_bytes) in json.loads(reply.body)["errors"][0]["message"]


async def test_a_body_that_never_ends_is_given_up(product: Served) -> None:
    line = await product.connect()
    await line.send(post(BODY, length=len(BODY) + 1))
    reply = await line.reply()
    assert reply.status == 408
    assert json.loads(reply.body)["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert reply.headers["connection"] == "close"
    assert await line.rest() == b""


async def test_a_body_that_is_shorter_than_it_says_is_not_answered(product: Served) -> None:
    line = await product.connect()
    await line.send(post(BODY, length=len(BODY) + 1))
    line.leave()
    again = await product.connect()
    await again.send(post(BODY))
    assert (await again.reply()).status == 200


async def test_a_body_that_is_longer_than_it_says_is_cut(product: Served) -> None:
    line = await product.connect()
    await line.send(post(BODY, length=len(BODY) - 1))
    assert (await line.reply()).status == 400


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "5, 5"])
async def test_a_length_that_is_none_is_refused(product: Served, length: str) -> None:
    line = await product.connect()
    await line.send(post(b"").replace(b"Content-Length: 0", f"Content-Length: {length}".encode()))
    assert b" 400 " in (await line.rest()).split(b"\r\n")[0]


@contextmanager
def _on(url: URL, settings: Settings, *, seconds: float) -> Generator[Served]:
    """The product on a database of its own, where requests may take so long."""
    own = postgres.settings_for(url, data_dir=settings.data_dir)
    with served(create_app(own.model_copy(update={"request_timeout_seconds": seconds}))) as running:
        yield running


@asynccontextmanager
async def _locked(url: URL) -> AsyncGenerator[AsyncConnection]:
    """Another transaction's connection, for which all who read orders wait."""
    async with connected(url) as connection:
        await connection.execute(text("LOCK TABLE leora.orders IN ACCESS EXCLUSIVE MODE"))
        yield connection
        await connection.rollback()


async def _until_waiting(connection: AsyncConnection, backends: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await connection.execute(text(WAITING))).scalar_one() != backends:
            await connection.execute(text("SELECT pg_stat_clear_snapshot()"))


@pytest.mark.parametrize("media", [STRICT, "application/json"])
async def test_an_operation_whose_time_is_over_is_ended(own_url: URL, settings: Settings, media: str) -> None:
    with _on(own_url, settings, seconds=1) as product:
        async with httpx.AsyncClient(base_url=product.url, timeout=PATIENCE) as client:
            api = Api(client)
            first = await api.data(QUERY, as_=ADMIN)
            async with _locked(own_url) as connection:
                late = await api(QUERY, as_=ADMIN, accept=media)
                await _until_waiting(connection, 0)
            assert (late.status, late.codes) == (504, ["TIMEOUT"])
            assert "data" not in late.body
            assert late.headers["content-type"].startswith(media)
            assert await api.data(QUERY, as_=ADMIN) == first


async def test_an_operation_whose_caller_left_is_ended(own_url: URL, settings: Settings) -> None:
    with _on(own_url, settings, seconds=60) as product, structlog.testing.capture_logs() as logged:
        async with httpx.AsyncClient(base_url=product.url, timeout=PATIENCE) as client:
            api = Api(client)
            first = await api.data(QUERY, as_=ADMIN)
            body, token = json.dumps({"query": QUERY}).encode(), await api.token(ADMIN)
            async with _locked(own_url) as connection:
                line = await product.connect()
                await line.send(post(body, f"Authorization: Bearer {token}", "X-Request-Id: left"))
                await _until_waiting(connection, 1)
                line.leave()
                await _until_waiting(connection, 0)
            assert await api.data(QUERY, as_=ADMIN) == first
    # Not ended by the lock's own time-out, which would have been an answer.
    lines = [entry for entry in logged if entry.get("request_id") == "left"]
    assert [entry["event"] for entry in lines] == ["operation", "caller left"]
    assert lines[0]["codes"] is None
