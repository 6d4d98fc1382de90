"""What a customer owes is told to staff of its tenant and to itself, and its shares round as the product's do."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.tenant import TenantScope, with_tenant
from leora_gql.domains.orders.amounts import part_of
from tests.api import BUYER, OTHER_ADMIN, OTHER_BUYER
from tests.graph.principals import Runner


async def exposure(pools: Pools, login: Login, scope: TenantScope, customer: UUID) -> int | None:
    async with with_tenant(pools, scope, login=login) as connection:
        found = await connection.execute(
            text("SELECT leora.customer_exposure(:customer)"), {"customer": customer}
        )
        return found.scalar_one()


async def test_it_is_nobody_elses_business(runner: Runner, pools: Pools) -> None:
    own, other = await runner.principal(BUYER), await runner.principal(OTHER_BUYER)
    assert own.customer_id is not None
    assert other.customer_id is not None
    stranger = await runner.principal(OTHER_ADMIN, tenant="cellar-door")
    mine = await exposure(pools, Login.PORTAL_WRITE, own.scope, own.customer_id)
    assert mine is not None
    assert mine > 0
    assert await exposure(pools, Login.PORTAL_WRITE, own.scope, other.customer_id) is None
    assert await exposure(pools, Login.STAFF, stranger.scope, own.customer_id) == 0


@pytest.mark.parametrize("cents", [0, 1, 99_999, 10**14 + 1])
async def test_its_shares_are_those_of_the_arithmetic(runner: Runner, cents: int) -> None:
    for part, whole in ((0, 7), (1, 3), (2, 3), (5, 8), (10**14, 3 * 10**14), (4, 0)):
        (row,) = await runner.sql(
            "SELECT leora.share_of(CAST(:cents AS bigint), CAST(:part AS bigint), CAST(:whole AS bigint)) AS share",
            cents=cents,
            part=part,
            whole=whole,
        )
        assert row["share"] == part_of(cents, 0, part, whole=whole)
