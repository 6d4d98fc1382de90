"""The pools when there is too little: of connections, of answers, of a server."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import URL, text

from leora_gql.db import pool as pool_module
from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.db.one_trip import Expression, read_utf8
from leora_gql.db.tenant import with_tenant
from leora_gql.errors import Unavailable
from tests.isolation.interleaving import WAYS, Distributor, by_one_trip, distributors

SLEEPING = Expression("(SELECT pg_sleep($1::float8)::text)", parameters=1)


@pytest.fixture
async def tenants(own_url: URL) -> Sequence[Distributor]:
    return await distributors(own_url)


@pytest.fixture
async def pools(own_url: URL) -> AsyncIterator[Pools]:
    made = Pools({Login.STAFF: for_login(own_url, Login.STAFF)}, sizes={Login.STAFF: 4}, wait_seconds=2)
    yield made
    await made.close()


async def backends(url: URL) -> list[int]:
    async with connected(url) as connection:
        found = await connection.scalars(
            text(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = 'leora_staff'"
            )
        )
        return list(found)


async def terminate_all(url: URL) -> None:
    """Ends every backend of the pools, and returns when they are gone."""
    async with connected(url, autocommit=True) as connection:
        for pid in await backends(url):
            await connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


async def filled(pools: Pools, places: int) -> None:
    """Waits until so many places are taken."""
    while pools.pool(Login.STAFF).admission.inside < places:  # noqa: ASYNC110 -- admission has no such event
        await asyncio.sleep(0)


async def test_who_gets_no_connection_in_time_is_told_when_to_try_again(
    pools: Pools, tenants: Sequence[Distributor]
) -> None:
    held = [asyncio.create_task(sleep(pools, of, 3)) for of in tenants for _ in range(4)]
    await filled(pools, 4)

    began = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        await by_one_trip(pools, tenants[0], "word")

    assert 1.9 < time.monotonic() - began < 2.5
    assert refused.value.retry_after == 1
    for task in held:
        task.cancel()
    await asyncio.wait(held)
    assert await by_one_trip(pools, tenants[0], "word") == f"word:{tenants[0].suppliers}"


async def sleep(pools: Pools, of: Distributor, seconds: float) -> bytes | None:
    return await read_utf8(pools, of.scope, SLEEPING, (seconds,), login=Login.STAFF)


async def test_a_writer_waits_longer_than_a_reader(own_url: URL, tenants: Sequence[Distributor]) -> None:
    pools = Pools({Login.STAFF: for_login(own_url, Login.STAFF)}, sizes={Login.STAFF: 1}, wait_seconds=0.3)
    holding = asyncio.create_task(sleep(pools, tenants[0], 1))
    await filled(pools, 1)
    with pytest.raises(Unavailable):
        await by_one_trip(pools, tenants[1], "word")
    async with with_tenant(pools, tenants[1].scope, login=Login.STAFF) as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await holding
    await pools.close()


async def test_who_has_a_connection_knows_the_servers_version(
    own_url: URL, tenants: Sequence[Distributor]
) -> None:
    urls = {login: for_login(own_url, login) for login in (Login.STAFF, Login.AUTH)}
    pools = Pools(urls, sizes={Login.AUTH: 1}, wait_seconds=0.01, write_wait_seconds=60)
    only = await pools.pool(Login.AUTH).take(None, seconds=60)
    async with with_tenant(pools, tenants[0].scope, login=Login.STAFF) as connection:
        shown = await connection.scalar(text("SHOW server_version"))
        assert str(shown).startswith(f"{await pools.server_version()}.")
    pools.pool(Login.AUTH).give_back(only)
    await pools.close()


async def test_a_tenant_that_floods_leaves_room_for_others(
    pools: Pools, tenants: Sequence[Distributor]
) -> None:
    flooding, other = tenants[:2]
    flood = [asyncio.create_task(sleep(pools, flooding, 0.5)) for _ in range(50)]
    await filled(pools, 3)
    await by_one_trip(pools, other, "first")  # opens its connection

    began = time.monotonic()
    for number in range(20):
        assert await by_one_trip(pools, other, str(number)) == f"{number}:{other.suppliers}"

    assert time.monotonic() - began < 0.4
    assert not all(task.done() for task in flood[-10:])
    for task in flood:
        task.cancel()
    await asyncio.wait(flood)


@pytest.mark.parametrize("way", sorted(set(WAYS), key=lambda way: way.__name__))
async def test_connections_whose_backends_are_gone_are_replaced(
    own_url: URL, pools: Pools, tenants: Sequence[Distributor], way: type[WAYS]
) -> None:
    for _ in range(3):
        await asyncio.gather(*(way(pools, of, "word") for of in tenants * 4))
        assert await backends(own_url)
        await terminate_all(own_url)
        for of in tenants:
            assert await way(pools, of, "word") == f"word:{of.suppliers}"


async def test_a_connection_that_went_silent_while_it_was_idle_is_replaced(
    own_url: URL, pools: Pools, tenants: Sequence[Distributor], monkeypatch: pytest.MonkeyPatch
) -> None:
    await by_one_trip(pools, tenants[0], "word")
    (backend,) = await backends(own_url)
    monkeypatch.setattr(pool_module, "TRUSTED_SECONDS", 0.0)
    os.kill(backend, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert await by_one_trip(pools, tenants[1], "word") == f"word:{tenants[1].suppliers}"
        assert time.monotonic() - began < 2
    finally:
        os.kill(backend, signal.SIGCONT)
    assert len(pools.pool(Login.STAFF)._idle) == 1


async def test_a_statement_is_not_tried_twice(
    own_url: URL, pools: Pools, tenants: Sequence[Distributor]
) -> None:
    reading = asyncio.create_task(sleep(pools, tenants[0], 4))
    while not await backends(own_url):
        pass
    await terminate_all(own_url)
    with pytest.raises(Unavailable):
        await reading


async def test_statements_are_kept_prepared_and_bounded(own_url: URL, tenants: Sequence[Distributor]) -> None:
    pools = Pools({Login.STAFF: for_login(own_url, Login.STAFF)}, sizes={Login.STAFF: 1}, statement_cache=10)
    for number in range(50):
        expression = Expression(f"(SELECT '{number}'::text)", parameters=0)
        for _ in range(3):
            assert (
                await read_utf8(pools, tenants[0].scope, expression, (), login=Login.STAFF) == b"%d" % number
            )
    connection = await pools.pool(Login.STAFF).take(None, seconds=1)
    kept = await connection.driver.fetch("SELECT statement FROM pg_prepared_statements")
    assert sum("scope.bound" in row["statement"] for row in kept) <= 11
    pools.pool(Login.STAFF).give_back(connection)
    await pools.close()


async def test_a_statement_of_any_length_is_kept(pools: Pools, tenants: Sequence[Distributor]) -> None:
    long = Expression(f"(SELECT length('{'x' * 100_000}')::text)", parameters=0)
    await read_utf8(pools, tenants[0].scope, long, (), login=Login.STAFF)
    connection = await pools.pool(Login.STAFF).take(None, seconds=1)
    assert await connection.driver.fetchval(
        "SELECT count(*) FROM pg_prepared_statements WHERE length(statement) > 100000"
    )
    pools.pool(Login.STAFF).give_back(connection)
