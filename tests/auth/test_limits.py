"""How often somebody may try: known to exist or not, it makes no difference."""

from __future__ import annotations

import asyncio
import datetime as dt
import tracemalloc

import pytest

from leora_gql.auth.limits import SignInLimiter, SignInLimits
from leora_gql.errors import RateLimited
from tests.accounts import Clock


async def fail(limiter: SignInLimiter, account: str, *, address: str = "192.0.2.1") -> bool:
    """A wrong attempt; whether it was heard."""
    async with limiter.attempt(account, address=address) as heard:
        if heard:
            limiter.failed(account, address=address)
        return heard


async def test_the_fifth_failure_locks_and_each_one_after_doubles_it(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(), clock=clock)
    assert [await fail(limiter, "a") for _ in range(6)] == [True] * 5 + [False]
    for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
        clock.advance(minutes=minutes, seconds=-1)
        assert not await fail(limiter, "a"), minutes
        clock.advance(seconds=1)
        assert await fail(limiter, "a"), minutes


async def test_what_is_remembered_of_an_account_is_small_whatever_was_typed(clock: Clock) -> None:
    limiter, long = SignInLimiter(SignInLimits(), clock=clock), "\ud800" * 100_000
    tracemalloc.start()
    try:
        for number in range(10):
            await fail(limiter, f"{number}{long}")
        remembered, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert remembered < 100_000
    assert [await fail(limiter, f"0{long}") for _ in range(5)] == [True] * 4 + [False]


async def test_a_success_starts_afresh(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(), clock=clock)
    for _ in range(4):
        await fail(limiter, "a")
    limiter.succeeded("a")
    assert [await fail(limiter, "a") for _ in range(6)] == [True] * 5 + [False]


async def test_failures_are_forgotten_after_a_day(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(), clock=clock)
    for _ in range(4):
        await fail(limiter, "a")
    clock.advance(hours=24, seconds=1)
    assert [await fail(limiter, "a") for _ in range(5)] == [True] * 5


async def test_one_account_does_not_lock_another(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(), clock=clock)
    for _ in range(5):
        await fail(limiter, "a")
    assert await fail(limiter, "b")


async def test_an_address_has_so_many_failures_in_a_window(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(failures_per_address=3), clock=clock)
    for account in "abc":
        await fail(limiter, account)
    with pytest.raises(RateLimited) as caught:
        await fail(limiter, "d")
    assert caught.value.retry_after == 300
    assert await fail(limiter, "d", address="192.0.2.2")
    clock.advance(minutes=5)
    assert await fail(limiter, "d")


async def test_an_address_has_so_many_attempts_in_a_window(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(attempts_per_address=3), clock=clock)
    for _ in range(3):
        async with limiter.attempt("a", address="192.0.2.1"):
            limiter.succeeded("a")
    with pytest.raises(RateLimited):
        async with limiter.attempt("b", address="192.0.2.1"):
            pass


async def test_an_ipv6_network_counts_as_one_address(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(failures_per_address=2), clock=clock)
    await fail(limiter, "a", address="2001:db8::1")
    await fail(limiter, "b", address="2001:db8::2:3")
    with pytest.raises(RateLimited):
        await fail(limiter, "c", address="2001:db8::ffff")
    assert await fail(limiter, "c", address="2001:db8:0:1::1")
    await fail(limiter, "d", address="192.0.2.7")
    await fail(limiter, "e", address="::ffff:192.0.2.7")
    with pytest.raises(RateLimited):
        await fail(limiter, "f", address="192.0.2.7")


async def test_parallel_attempts_on_one_account_take_turns(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(), clock=clock)

    async def slow() -> bool:
        async with limiter.attempt("a", address="192.0.2.1") as heard:
            await asyncio.sleep(0)
            if heard:
                limiter.failed("a", address="192.0.2.1")
            return heard

    heard = await asyncio.gather(*(slow() for _ in range(20)))
    assert sum(heard) == 5


async def test_the_queue_of_an_account_is_bounded(clock: Clock) -> None:
    limiter = SignInLimiter(SignInLimits(waiting_per_account=2), clock=clock)
    async with limiter.attempt("a", address="192.0.2.1"):
        waiting = asyncio.create_task(fail(limiter, "a"))
        await asyncio.sleep(0)
        with pytest.raises(RateLimited):
            await fail(limiter, "a")
    assert await waiting


def test_the_longest_lock_is_bounded() -> None:
    limits = SignInLimits()
    assert limits.lock_after(4) is None
    assert limits.lock_after(5) == dt.timedelta(minutes=1)
    assert limits.lock_after(10**6) == dt.timedelta(hours=1)
