"""The transaction of one operation ends with it, whatever is still running."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

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
