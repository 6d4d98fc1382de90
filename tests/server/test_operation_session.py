"""The transaction of one operation ends with it, whatever is still running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.server.context import OperationSession
from tests.api import ADMIN
from tests.graph.principals import Runner


def in_use(pools: Pools) -> int:
    return pools.pool(Login.STAFF).admission.inside


async def test_after_its_end_an_operation_opens_no_transaction(runner: Runner, pools: Pools) -> None:
    principal = await runner.principal(ADMIN)
    async with OperationSession(pools) as operation:
        pass
    with pytest.raises(RuntimeError, match="has ended"):
        await operation.rows(text("SELECT 1"), principal=principal)
    assert in_use(pools) == 0


async def test_an_operation_ends_after_what_it_left_running(runner: Runner, pools: Pools) -> None:
    principal = await runner.principal(ADMIN)
    async with OperationSession(pools) as operation:
        left = asyncio.ensure_future(operation.rows(text("SELECT 1 AS one"), principal=principal))
        await asyncio.sleep(0)
    assert (await left)[0]["one"] == 1
    assert in_use(pools) == 0


HELD = 4711
"""The advisory lock for which the statement of these tests waits."""
WAITING = text(f"SELECT pg_advisory_xact_lock({HELD})")


@pytest.fixture
async def held(runner: Runner) -> AsyncIterator[AsyncConnection]:
    """Somebody else's connection, which holds the lock."""
    async with connected(runner.direct_url) as connection:
        await connection.execute(text(f"SELECT pg_advisory_lock({HELD})"))
        yield connection


async def has_begun(runner: Runner) -> None:
    """Return when the statement waits for the lock."""
    waits = f"SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = {HELD} AND NOT granted"
    while not await runner.sql(waits):
        pass


async def test_a_field_that_is_cancelled_leaves_the_transaction_to_the_others(
    runner: Runner, pools: Pools, held: AsyncConnection
) -> None:
    """As when a field beside it fails and their object is null."""
    principal = await runner.principal(ADMIN)
    async with OperationSession(pools) as operation:
        field = asyncio.ensure_future(operation.rows(WAITING, principal=principal))
        await has_begun(runner)
        field.cancel()
        with pytest.raises(asyncio.CancelledError):
            await field
        await held.execute(text(f"SELECT pg_advisory_unlock({HELD})"))
        assert (await operation.rows(text("SELECT 1 AS one"), principal=principal))[0]["one"] == 1
    assert in_use(pools) == 0


async def test_an_operation_that_is_cancelled_waits_for_no_statement(
    runner: Runner, pools: Pools, held: AsyncConnection
) -> None:
    principal = await runner.principal(ADMIN)

    async def operate() -> None:
        async with OperationSession(pools) as operation:
            await operation.rows(WAITING, principal=principal)

    whole = asyncio.ensure_future(operate())
    await has_begun(runner)
    whole.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(whole, timeout=4)
    assert not held.closed
