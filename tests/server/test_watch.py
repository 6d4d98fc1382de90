"""Whoever else ends a task is not mistaken for the watch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message, Receive

from leora_gql.errors import TimedOut
from leora_gql.server.body import Disconnected
from leora_gql.server.request import HttpError
from leora_gql.server.watch import Watch


async def silence() -> Message:
    """A caller who stays."""
    return await asyncio.get_running_loop().create_future()


async def departure() -> Message:
    """A caller who has gone."""
    return {"type": "http.disconnect"}


async def for_ever() -> None:
    await asyncio.get_running_loop().create_future()


async def failing_at_the_end() -> None:
    try:
        await for_ever()
    except asyncio.CancelledError:
        raise ZeroDivisionError from None


async def watched(
    work: Callable[[], Awaitable[None]], receive: Receive = silence, *, seconds: float, reading: bool = False
) -> None:
    with Watch(receive, seconds=seconds) as watch:
        if not reading:
            watch.body_is_read()
        await work()


async def test_a_task_that_is_cancelled_by_others_stays_cancelled() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await for_ever()

    task = asyncio.create_task(watched(work, seconds=60))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_took_too_long_is_ended_and_the_task_goes_on() -> None:
    with pytest.raises(TimedOut):
        await watched(for_ever, seconds=0.01)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_body_that_took_too_long_is_the_callers_fault() -> None:
    with pytest.raises(HttpError) as raised:
        await watched(for_ever, seconds=0.01, reading=True)
    assert raised.value.status == 408


async def test_nobody_works_for_who_has_left() -> None:
    with pytest.raises(Disconnected):
        await watched(for_ever, departure, seconds=60)


async def test_a_failure_is_told_even_when_time_is_over() -> None:
    with pytest.raises(ZeroDivisionError):
        await watched(failing_at_the_end, seconds=0.01)
