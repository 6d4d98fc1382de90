"""A reader that stops reading is dropped at a bounded buffer, alone; a server that ends says goodbye."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from leora_gql.cli import serving as server_side
from leora_gql.server import outbox
from leora_gql.server.live import STATE
from leora_gql.server.outbox import Outbox, SlowReader
from leora_gql.settings import Settings
from tests.server.live.conftest import Account
from tests.server.live.serving import FOREVER, PATIENCE, Serving, SocketClient, serving, until

SUBSCRIPTIONS = 20
BULKY = f"subscription {{ {'x' * 4000}: heartbeat(intervalMs: 10) }}"


def tasks() -> int:
    return len(asyncio.all_tasks())


@asynccontextmanager
async def stuck(served: Serving, account: Account) -> AsyncIterator[SocketClient]:
    """A socket with many subscriptions whose client reads none of their events."""
    async with served.socket(reads=False) as socket:
        await socket.init(account.token)
        for number in range(SUBSCRIPTIONS):
            await socket.subscribe(str(number), BULKY)
        yield socket


async def test_a_socket_that_is_not_read_is_dropped_and_the_others_go_on(
    tight: Serving, account: Account
) -> None:
    async with tight.socket() as healthy:
        await healthy.init(account.token)
        await healthy.subscribe("h", FOREVER)
        before = tasks()
        async with stuck(tight, account):
            await until(lambda: len(tight.live) == 1, "it is dropped")
            await until(lambda: tasks() <= before + 2, "its subscriptions are stopped")
            first = (await healthy.next())["payload"]["data"]["heartbeat"]
            assert (await healthy.next())["payload"]["data"]["heartbeat"] == first + 1
            await until(lambda: len(tight.server.server_state.connections) <= 2, "the connection is gone")


async def test_an_event_stream_that_is_not_read_is_dropped(tight: Serving, account: Account) -> None:
    body = json.dumps({"query": BULKY})
    request = (
        f"POST /graphql HTTP/1.1\r\nHost: {tight.host}\r\nAccept: text/event-stream\r\n"
        f"Authorization: {account.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    connection = tight.narrow()
    try:
        await asyncio.get_running_loop().sock_sendall(connection, request.encode())
        await until(lambda: len(tight.live) == 1, "it has begun")
        await until(lambda: len(tight.live) == 0, "it is dropped")
        await until(lambda: len(tight.server.server_state.connections) == 0, "the connection is gone")
    finally:
        connection.close()


async def test_a_socket_that_never_answers_pings_is_dropped(
    settings: Settings, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = server_side.server_options(settings)
    monkeypatch.setattr(
        "tests.server.live.serving.server_options",
        lambda _: {**options, "ws_ping_interval": 0.1, "ws_ping_timeout": 0.1},
    )
    async with serving(settings) as served, served.socket(reads=False) as socket:
        await socket.init(account.token)
        socket.connection.transport.pause_reading()
        await until(lambda: len(served.live) == 0, "it is dropped")


async def test_sockets_and_streams_end_with_the_server(settings: Settings, account: Account) -> None:
    async with serving(settings) as served, served.socket() as socket, stuck(served, account):
        await socket.init(account.token)
        await socket.subscribe("a", FOREVER)
        stream = served.http.stream(
            "POST",
            "/graphql",
            json={"query": FOREVER},
            headers={"accept": "text/event-stream", "authorization": account.token},
        )
        async with stream as response:
            lines = response.aiter_lines()
            async with asyncio.timeout(PATIENCE):
                while await anext(lines) != "event: next":
                    pass
                await asyncio.gather(served.stop(), socket.closed())
                rest = [line async for line in lines]
        assert socket.connection.close_code == 1001
        assert "event: complete" not in rest
        assert len(served.server.lifespan.state[STATE]) == 0


def filled(most_messages: int, most_bytes: int) -> tuple[Outbox, list[bytes], asyncio.Event]:
    written: list[bytes] = []
    open_gate = asyncio.Event()

    async def write(message: bytes) -> None:
        await open_gate.wait()
        written.append(message)

    return Outbox(write, most_messages=most_messages, most_bytes=most_bytes), written, open_gate


@pytest.mark.parametrize(("most_messages", "most_bytes"), [(3, 1000), (1000, 12)])
async def test_the_outbox_takes_events_up_to_its_bounds(most_messages: int, most_bytes: int) -> None:
    box, written, gate = filled(most_messages, most_bytes)
    writing = asyncio.create_task(box.run())
    for _ in range(3):
        await box.offer(b"1234")
    with pytest.raises(SlowReader):
        await box.offer(b"1234")
    waiting = asyncio.create_task(box.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    gate.set()
    await waiting
    await box.offer(b"5678")
    await until(lambda: len(written) == 4, "all is written")
    assert written == [b"1234"] * 3 + [b"5678"]
    writing.cancel()


async def test_the_outbox_gives_up_a_write_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_STALLED_SECONDS", 0.01)
    box, _, _ = filled(10, 1000)
    box.put(b"one")
    with pytest.raises(SlowReader):
        await box.run()
