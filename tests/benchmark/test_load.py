"""The load: what counts as an answer, and that no two requests are alike where they must not be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
from benchmark.load import UNIQUE, Job, run

GOOD = b'{"data":{"a":1}}'
HEAD = b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n"


def answer(body: bytes, status: int = 200) -> list[bytes]:
    return [HEAD % (status, len(body)) + body]


@asynccontextmanager
async def server(reply: Callable[[int], list[bytes]]) -> AsyncGenerator[tuple[int, list[bytes]]]:
    """A port that answers its nth request with the given pieces, and the requests that came."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            seen.append(await reader.readexactly(length))
            for piece in reply(len(seen)):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

    started = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with started:
        yield started.sockets[0].getsockname()[1], seen


def job(port: int, *, requests: int, body: str = "{}") -> Job:
    return Job(port=port, token="t", bodies=(body,), connections=1, requests=requests)


async def test_answers_are_counted_in_whatever_pieces_they_come() -> None:
    whole = answer(GOOD)[0]
    pieces = [whole[:10], whole[10:45], whole[45:]]
    async with server(lambda number: pieces if number % 2 else [whole]) as (port, seen):
        outcome = await run(job(port, requests=7))
    assert (outcome.requests, outcome.total, outcome.failures, len(seen)) == (7, 7, 0, 7)
    assert outcome.p50_ms <= outcome.p99_ms


@pytest.mark.parametrize(
    "bad",
    [
        answer(GOOD, 503),
        answer(b'{"data":null}'),
        answer(b'{"errors":[{"message":"no"}]}'),
        answer(b'{"data":{"a":null},"errors":[{"message":"no"}]}'),
    ],
)
async def test_what_is_no_good_answer_is_a_failure_and_has_no_part_in_the_rate(bad: list[bytes]) -> None:
    async with server(lambda number: bad if number == 2 else answer(GOOD)) as (port, _):
        outcome = await run(job(port, requests=3))
    assert (outcome.requests, outcome.failures) == (2, 1)


async def test_unique_requests_are_unique() -> None:
    async with server(lambda _: answer(GOOD)) as (port, seen):
        await run(job(port, requests=5, body=f'{{"query":"{{ a{UNIQUE} }}"}}'))
    assert len(set(seen)) == 5


async def test_a_server_that_hangs_up_is_an_error() -> None:
    async with server(lambda _: [b"HTTP/1.1 200 OK\r\n\r\n"]) as (port, _):
        with pytest.raises(ConnectionError, match="without a length"):
            await run(job(port, requests=1))
