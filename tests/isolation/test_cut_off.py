"""Whatever is cut off, and wherever: no wrong tenant, open transaction or broken connection is left."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import URL, text

from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.db.one_trip import text_in
from leora_gql.db.pool import Pool
from leora_gql.db.scope import SETTINGS
from leora_gql.db.tenant import with_tenant
from leora_gql.errors import Unavailable
from tests.isolation.interleaving import SEEN, WAYS, Distributor, all_are_right, distributors

CONNECTIONS = 4
OPERATIONS = 1000
LEFT = " || ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS)
BACKENDS = text(
    "SELECT state, count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = 'leora_staff' GROUP BY state"
)


@pytest.fixture(params=[100, 0], ids=["named statements", "nameless statements"])
async def pools(own_url: URL, request: pytest.FixtureRequest) -> AsyncIterator[Pools]:
    urls = {Login.STAFF: for_login(own_url, Login.STAFF)}
    made = Pools(urls, sizes={Login.STAFF: CONNECTIONS}, statement_cache=request.param, wait_seconds=20)
    yield made
    await made.close()


async def write(pools: Pools, of: Distributor, word: str) -> str | None:
    """Writes the word to two rows, and reads its payload in the same transaction."""
    statement = text("UPDATE leora.suppliers SET contact_name = :word WHERE id = :id")
    ids = of.suppliers.replace(f"{of.tenant}/", "").split(",")[:2]
    async with with_tenant(pools, of.scope, login=Login.STAFF) as connection:
        for id_ in ids:
            await connection.execute(statement, {"word": word, "id": id_})
        return await text_in(connection, SEEN, (word, 1))


async def settled(pool: Pool) -> None:
    """Waits until what was cut off is brought to an end."""
    while pool._settling:
        await asyncio.wait(pool._settling)


async def backends(url: URL) -> Counter[str]:
    async with connected(url) as connection:
        return Counter({row[0]: row[1] for row in await connection.execute(BACKENDS)})


async def cut_off(pools: Pools, tenants: Sequence[Distributor], chance: random.Random) -> Counter[str]:
    """Operations in all ways for all tenants, sixteen at a time, most ended at a moment of their own."""
    outcomes: Counter[str] = Counter()
    places = asyncio.Semaphore(16)

    async def operate(number: int) -> None:
        of, way = chance.choice(tenants), chance.choice((*WAYS, write))
        async with places:
            task = asyncio.create_task(way(pools, of, str(number)))
            if chance.random() < 0.7:
                asyncio.get_running_loop().call_later(chance.uniform(0, 0.03), task.cancel)
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, str):
            assert outcome == f"{number}:{of.suppliers}", way.__name__
        outcomes[type(outcome).__name__] += 1

    await asyncio.gather(*(operate(number) for number in range(OPERATIONS)))
    return outcomes


async def test_1000_operations_cut_off_at_any_moment_leave_the_pool_whole(own_url: URL, pools: Pools) -> None:
    tenants = await distributors(own_url)
    pool = pools.pool(Login.STAFF)

    outcomes = await cut_off(pools, tenants, random.Random(7))
    await settled(pool)

    assert set(outcomes) == {"str", "CancelledError"}
    assert min(outcomes.values()) > OPERATIONS / 10, outcomes
    assert pool.admission.inside == 0
    assert len(pool._idle) <= CONNECTIONS
    for connection in pool._idle:
        assert connection.whole
        assert await connection.driver.fetchval(f"SELECT {LEFT}") == ""
        assert await connection.driver.fetchval("SELECT count(*) FROM leora.suppliers") == 0
        assert await connection.driver.fetchval("SHOW transaction_read_only") == "off"
    for _ in range(100):  # a backend that was told to go takes a moment to be gone
        left = await backends(own_url)
        if left.total() <= CONNECTIONS:
            break
    assert set(left) == {"idle"}
    assert left.total() <= CONNECTIONS
    await all_are_right(pools, tenants, reads=200)
    async with connected(own_url) as connection:
        written = await connection.execute(
            text(
                "SELECT tenant_id, contact_name, count(*) FROM leora.suppliers"
                " WHERE contact_name ~ '^[0-9]+$' GROUP BY 1, 2"
            )
        )
        assert {row[2] for row in written} == {2}, "half of an operation was committed"


async def test_a_caller_that_goes_while_its_connection_is_made_loses_none(own_url: URL, pools: Pools) -> None:
    tenants = await distributors(own_url)
    pool = pools.pool(Login.STAFF)
    for _ in range(20):
        task = asyncio.create_task(WAYS[0](pools, tenants[0], "word"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settled(pool)
    assert pool.admission.inside == 0
    assert len(pool._idle) == 1
    assert (await backends(own_url)).total() == 1


async def test_a_pool_that_is_closed_meanwhile_closes_what_is_given_back(own_url: URL, pools: Pools) -> None:
    tenants = await distributors(own_url)
    reading = [asyncio.create_task(WAYS[0](pools, of, "word")) for of in tenants * 2]
    await asyncio.sleep(0)
    await pools.close()
    for outcome in await asyncio.gather(*reading, return_exceptions=True):
        assert isinstance(outcome, str | Unavailable)
