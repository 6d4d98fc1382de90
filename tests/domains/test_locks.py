"""What is locked is found by its key: a tenant's other rows, however many they are, are not looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL

from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.model import new_id
from leora_gql.db.pool import connection_of
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.locks import _ORDER
from leora_gql.settings import Settings
from tests import postgres
from tests.api import ADMIN, BUYER
from tests.graph.principals import Runner

KEYS = {
    "suppliers": "SELECT id FROM leora.suppliers",
    "products": "SELECT id FROM leora.products",
    "skus": "SELECT id FROM leora.skus",
    "skus_of_prices": "SELECT id FROM leora.price_list_entries",
    "customers": "SELECT id FROM leora.customers",
    "customers_of_orders": "SELECT id FROM leora.orders",
    "orders": "SELECT id FROM leora.orders",
    "orders_of_invoices": "SELECT id FROM leora.invoices WHERE order_id IS NOT NULL",
    "invoices": "SELECT id FROM leora.invoices",
    "invoices_of_orders": "SELECT order_id FROM leora.invoices",
    "invoices_of_payments": "SELECT payment_id FROM leora.payment_allocations",
    "payments": "SELECT id FROM leora.payments",
    "inventory": "SELECT id FROM leora.inventory",
    "stock_of_skus": "SELECT sku_id FROM leora.inventory",
    "stock_of_orders": "SELECT order_id FROM leora.order_lines",
}
_COME = """
INSERT INTO leora.suppliers (tenant_id, id, name, slug)
SELECT :tenant, gen_random_uuid(), 'Supplier ' || n, 'gone-' || n FROM generate_series(1, 20000) n
"""
COME_AND_GONE = (
    _COME,
    "DELETE FROM leora.suppliers WHERE slug LIKE 'gone-%'",
    "VACUUM ANALYZE leora.suppliers",
)
OF_BUYERS = ("customers_of_orders", "orders", "stock_of_orders")
"""What the mutations of buyers lock."""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's node, and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def looked_at(runner: Runner, account: str, login: Login, name: str) -> tuple[int, int]:
    """How many rows are locked for one key of that name, and how many were looked at in vain."""
    principal = await runner.principal(account)
    statement, names = next((one, names) for one, names in _ORDER if name in names)
    text = statement._text
    async with with_tenant(runner.pools, principal.scope, login=login) as connection:
        driver = connection_of(connection).driver
        key = await driver.fetchval(f"{KEYS[name]} LIMIT 1")
        given = {each: [key] if each == name else [] for each in names}
        (explained,) = await driver.fetch(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {text.sql}", *text.arguments(given)
        )
    plan = explained[0][0]["Plan"]
    return plan["Actual Rows"], sum(int(node.get("Rows Removed by Filter", 0)) for node in nodes(plan))


@pytest.mark.parametrize("name", KEYS)
async def test_rows_are_locked_by_their_keys(runner: Runner, name: str) -> None:
    locked, in_vain = await looked_at(runner, ADMIN, Login.STAFF, name)
    assert locked >= 1
    assert in_vain == 0


@pytest.mark.parametrize("name", OF_BUYERS)
async def test_a_buyer_has_no_other_rows_looked_at_either(runner: Runner, name: str) -> None:
    _, in_vain = await looked_at(runner, BUYER, Login.PORTAL_WRITE, name)
    assert in_vain <= 1, "the one that was named, where it cannot be changed any more"


async def test_no_index_for_searches_is_read_whatever_is_known_of_a_table(
    own_url: URL, settings: Settings
) -> None:
    """As after many rows came and went, when a search's index seems to be the cheapest and holds all of them still."""
    pools = Pools(login_urls(postgres.settings_for(own_url, data_dir=settings.data_dir)))
    runner = Runner(own_url, pools, settings)
    admin = await runner.principal(ADMIN)
    for statement in COME_AND_GONE:
        await runner.write(statement, **({"tenant": admin.tenant_id} if ":tenant" in statement else {}))
    async with with_tenant(pools, admin.scope, login=Login.STAFF) as connection:
        driver = connection_of(connection).driver
        await driver.execute(f"PREPARE held AS {_ORDER[0][0]._text.sql}")
        plan = await driver.fetch(f"EXPLAIN EXECUTE held(ARRAY['{new_id()}'::uuid])")
        await driver.execute("DEALLOCATE held")
    await pools.close()
    assert any("pk_suppliers" in row[0] for row in plan), plan
