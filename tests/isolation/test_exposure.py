"""What a customer owes in a currency: who is told, what counts, and that its shares round as the product's do."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.model import new_id
from leora_gql.db.tenant import TenantScope, with_tenant
from leora_gql.domains.orders.amounts import part_of
from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER
from tests.domains.noted import key_of
from tests.domains.orders.desk import shopper
from tests.graph.principals import Runner

INVOICED = """
INSERT INTO leora.invoices (tenant_id, id, number, customer_id, status, issued_on, due_on, currency,
    tax_amount_cents, total_cents)
VALUES (:tenant, :id, :number, :customer, 'SENT', current_date - 1, current_date, :currency, :cents, :cents)
"""
ORDERED = """
INSERT INTO leora.orders (tenant_id, id, number, customer_id, status, placed_at, currency, tax_amount_cents,
    total_cents)
VALUES (:tenant, :id, :number, :customer, 'PENDING', now(), :currency, :cents, :cents)
"""


async def exposure(
    pools: Pools, login: Login, scope: TenantScope, customer: UUID, currency: str = "USD"
) -> int | None:
    async with with_tenant(pools, scope, login=login) as connection:
        found = await connection.execute(
            text("SELECT leora.customer_exposure(:customer, :currency)"),
            {"customer": customer, "currency": currency},
        )
        return found.scalar_one()


async def owing(runner: Runner, *invoices: tuple[int, str]) -> UUID:
    """A new customer with invoices of so many cents and orders of one cent more, in these currencies."""
    customer = UUID(key_of(await shopper(runner)))
    for cents, currency in invoices:
        for statement, amount in ((INVOICED, cents), (ORDERED, cents + 1)):
            await runner.write(
                statement,
                tenant=await runner.tenant(),
                id=new_id(),
                number=f"X-{new_id()}",
                customer=customer,
                cents=amount,
                currency=currency,
            )
    return customer


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


async def test_other_currencies_are_no_part_of_it(runner: Runner, pools: Pools) -> None:
    admin = await runner.principal(ADMIN)
    customer = await owing(runner, (1_000, "USD"), (70_000, "EUR"), (500, "USD"))
    told = [await exposure(pools, Login.STAFF, admin.scope, customer, one) for one in ("USD", "EUR", "CHF")]
    assert told == [1_000 + 1_001 + 500 + 501, 70_000 + 70_001, 0]


async def test_a_sum_that_no_column_holds_is_the_largest_one(runner: Runner, pools: Pools) -> None:
    admin = await runner.principal(ADMIN)
    customer = await owing(runner, *[(10**17, "USD")] * 47)
    told = await exposure(pools, Login.STAFF, admin.scope, customer)
    for table in ("invoices", "orders"):
        await runner.write(f"DELETE FROM leora.{table} WHERE customer_id = :id", id=customer)
    assert told == 2**63 - 1


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
