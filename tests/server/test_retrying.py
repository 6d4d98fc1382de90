"""A change that another transaction was in the way of is tried again by us; the caller does not notice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from leora_gql.db.addresses import connected
from tests.api import ADMIN
from tests.domains.noted import global_id, noted
from tests.domains.orders.desk import stocked
from tests.graph.principals import Runner

BULK = """
mutation ($input: UpsertPriceListEntriesInput!) {
  upsertPriceListEntries(input: $input) {
    results { priceListEntry { unitPrice sku { name } } userErrors { code } } userErrors { code }
  }
}
"""
ONE = """
mutation ($input: UpdateSkuInput!) { updateSku(input: $input) { sku { name weightGrams } userErrors { code } } }
"""
TOLD = {
    ONE: {"updateSku": {"sku": {"name": "Renamed meanwhile", "weightGrams": 1_300}, "userErrors": []}},
    BULK: {
        "upsertPriceListEntries": {
            "results": [
                {
                    "priceListEntry": {"unitPrice": "9.00", "sku": {"name": "Renamed meanwhile"}},
                    "userErrors": [],
                }
            ],
            "userErrors": [],
        }
    },
}
BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND :holder = ANY(pg_blocking_pids(pid))")


async def with_another_in_the_way(
    runner: Runner, sku: dict[str, Any], document: str, given: dict[str, Any]
) -> dict[str, Any]:
    """The answer to a mutation that locks the SKU, while another holds the head row and then wants the SKU: a circle.

    Who has waited for a second looks for one, and PostgreSQL ends it: the mutation. The other renames the SKU.
    """
    admin = await runner.principal(ADMIN)
    rename = text("UPDATE leora.skus SET name = 'Renamed meanwhile' WHERE id = :id")
    async with connected(runner.direct_url) as other:
        head = text("SELECT 1 FROM leora.tenant_heads WHERE tenant_id = :tenant FOR UPDATE")
        await other.execute(head, {"tenant": sku["tenant_id"]})
        holder = await other.scalar(text("SELECT pg_backend_pid()"))
        asked = asyncio.create_task(runner.run(document, admin, {"input": given}))
        async with asyncio.timeout(30):
            while not await other.scalar(BLOCKED, {"holder": holder}):  # noqa: ASYNC110  seen from outside
                await asyncio.sleep(0.01)
        await other.execute(rename, {"id": sku["id"]})
        await other.commit()
    return await asked


async def deadlocks(runner: Runner) -> int:
    rows = await runner.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return rows[0]["deadlocks"]


@pytest.mark.parametrize("document", [ONE, BULK], ids=["compiled", "resolved"])
async def test_it_is_done_once_and_told_as_it_is_then(runner: Runner, document: str) -> None:
    sku, before = await stocked(runner, MAIN=1), await deadlocks(runner)
    key = global_id("Sku", sku["id"])
    one = {"id": key, "weightGrams": 1_300}
    each = {"items": [{"skuId": key, "priceList": "Standard", "unitPrice": "9.00", "minQuantity": 7}]}
    async with noted(runner) as left:
        answer = await with_another_in_the_way(runner, sku, document, one if document == ONE else each)
    assert await deadlocks(runner) == before + 1
    assert (answer["data"], answer.get("errors")) == (TOLD[document], None)
    assert len(left.events) == len(left.entries) == 1
