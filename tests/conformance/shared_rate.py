"""Rate limits that processes share by a real Redis. Not collected by itself: `scripts/test --all` names this file.

Needs the extra `redis`; installs Debian's server where there is none and that can be done.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import uuid
from collections.abc import Generator
from inspect import isawaitable

import pytest
from pydantic import SecretStr

from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.errors import RateLimited
from leora_gql.server.caller import Caller
from leora_gql.server.rate import RateLimiter
from leora_gql.settings import Settings
from tests.cli.commands import free_port


class Redis:
    """A server of one's own that can be stopped and started again."""

    def __init__(self, binary: str) -> None:
        self._binary = binary
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        words = ["--port", str(self._port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([self._binary, *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert any("Ready to accept connections" in line for line in self._process.stdout)

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)


@pytest.fixture(scope="module")
def binary() -> str:
    """The server's program."""
    if not shutil.which("redis-server") and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "--yes", "--no-install-recommends", "redis-server"]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, check=True, stdout=subprocess.DEVNULL)
    found = os.environ.get("REDIS_SERVER") or shutil.which("redis-server")
    assert found, "This check needs redis-server: install Debian's package, or name one by REDIS_SERVER=."
    return found


@pytest.fixture
def redis(binary: str) -> Generator[Redis]:
    server = Redis(binary)
    yield server
    server.stop()


def limiters(redis: Redis, *, count: int) -> list[RateLimiter]:
    """As many processes, as far as the limits know."""
    given = {"rate_limit_principal": "5000/minute", "rate_limit_storage": SecretStr(redis.url)}
    settings = Settings(_env_file=None).model_copy(update=given)
    return [RateLimiter(settings) for _ in range(count)]


def somebody() -> Caller:
    principal = Principal(
        kind=ActorKind.USER, id=uuid.uuid4(), tenant_id=uuid.uuid4(), tenant_slug="t", permissions=frozenset()
    )
    return Caller(principal=principal, tenant_slug="t", request_id="r", address="192.0.2.1")


async def spend(limiter: RateLimiter, caller: Caller, cost: int) -> int:
    """The cost; 0 when it is refused."""
    try:
        charged = limiter.charge(caller, cost)
        if isawaitable(charged):
            await charged
    except RateLimited:
        return 0
    return cost


async def storm(processes: list[RateLimiter], caller: Caller) -> int:
    """What is spent of a window of 5000 when 7000 are asked for."""
    asked = [spend(each, caller, 7) for _ in range(500) for each in processes]
    return sum(await asyncio.gather(*asked))


async def test_processes_together_keep_to_one_limit(redis: Redis) -> None:
    processes = limiters(redis, count=2)
    assert 4900 <= await storm(processes, somebody()) <= 5000
    for each in processes:
        await each.close()


async def test_redis_that_goes_away_closes_nobody_out_and_opens_nothing(redis: Redis) -> None:
    processes = limiters(redis, count=2)
    caller = somebody()
    assert await spend(processes[0], caller, 7) == 7
    redis.stop()
    assert 9800 <= await storm(processes, caller) + await storm(processes, caller) <= 10_000
    redis.start()
    for each in processes:
        await each.close()
