"""The writing transaction of an operation: when it commits, what undoes it, and who reads its payloads."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from asyncpg import SerializationError
from sqlalchemy import URL, Executable, make_url, text

from leora_gql.auth.principal import Principal
from leora_gql.db.addresses import connected
from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.pool import connection_of
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.change import Change
from leora_gql.errors import Unavailable
from leora_gql.server.context import OperationSession
from leora_gql.settings import Settings
from tests import postgres
from tests.api import ADMIN, BUYER
from tests.domains.noted import global_id
from tests.graph.principals import Runner

TWO = """
mutation {
  one: createSupplier(input: {name: "One Of Two"}) { supplier { name products { totalCount nodes { id } } } }
  two: createSupplier(input: {name: "Two Of Two"}) { supplier { name } userErrors { code } }
}
"""
ORDER = """
mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { order { number lines { nodes { quantity } } } userErrors { code } }
}
"""
LINES = """
SELECT c.id AS customer_id, (
    SELECT array_agg(s.id) FROM (
        SELECT s.id FROM leora.skus s JOIN leora.products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id
        WHERE s.tenant_id = :tenant AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND NOT p.is_sample_only
        ORDER BY s.id LIMIT 2
    ) s
) AS skus
FROM leora.customers c WHERE c.tenant_id = :tenant AND c.status = 'ACTIVE' ORDER BY c.id LIMIT 1
"""
PLANNED = "SELECT statement, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%leora.%'"
REFUSE_AT_COMMIT = """
CREATE FUNCTION leora.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
GRANT EXECUTE ON FUNCTION leora.refuse() TO leora_staff;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON leora.suppliers DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION leora.refuse()
"""


@pytest.fixture
async def alone(own_url: URL, settings: Settings) -> AsyncGenerator[Runner]:
    """A runner on a database that the test may break."""
    own = postgres.settings_for(own_url, data_dir=settings.data_dir)
    pools = Pools(login_urls(own))
    yield Runner(own_url, pools, own)
    await pools.close()


async def breaking(runner: Runner, statements: str) -> None:
    async with connected(runner.direct_url, autocommit=True) as connection:
        for statement in statements.split(";\n"):
            await connection.execute(text(statement))


async def count(runner: Runner, table: str) -> int:
    rows = await runner.sql(f"SELECT count(*) AS rows FROM leora.{table}")
    return rows[0]["rows"]


def errors(answer: dict[str, Any]) -> list[tuple[list[Any], str]]:
    return [(error["path"], error["extensions"]["code"]) for error in answer["errors"]]


async def test_a_database_error_in_the_payload_undoes_what_staff_did(alone: Runner) -> None:
    admin, before = await alone.principal(ADMIN), await count(alone, "suppliers")
    await breaking(alone, "REVOKE SELECT ON leora.products FROM leora_staff")
    answer = await alone.run(TWO, admin)
    assert answer["data"] == {"one": None, "two": None}
    assert errors(answer) == [(["one"], "INTERNAL"), (["two"], "INTERNAL")]
    assert await count(alone, "suppliers") == before


async def test_what_the_commit_refuses_has_not_happened_and_the_answer_says_so(alone: Runner) -> None:
    admin, before = await alone.principal(ADMIN), await count(alone, "suppliers")
    await breaking(alone, REFUSE_AT_COMMIT)
    answer = await alone.run(TWO, admin)
    assert answer["data"] == {"one": None, "two": None}
    assert errors(answer) == [(["one"], "INTERNAL"), (["two"], "INTERNAL")]
    assert await count(alone, "suppliers") == before


async def test_an_error_of_the_database_while_writing_undoes_the_others(alone: Runner) -> None:
    admin, before = await alone.principal(ADMIN), await count(alone, "suppliers")
    await breaking(alone, REFUSE_AT_COMMIT.replace("DEFERRABLE INITIALLY DEFERRED", ""))
    answer = await alone.run(TWO, admin)
    assert errors(answer) == [(["one"], "INTERNAL")]
    assert answer["data"]["two"] == {"supplier": None, "userErrors": [{"code": "ROLLED_BACK"}]}
    assert await count(alone, "suppliers") == before


async def test_a_buyers_payload_is_read_after_the_commit_on_the_reading_login(alone: Runner) -> None:
    buyer, before = await alone.principal(BUYER), await count(alone, "orders")
    skus = await alone.data("{ skus(first: 1) { nodes { id } } }", buyer)
    given = {"lines": [{"skuId": skus["skus"]["nodes"][0]["id"], "quantity": 1}]}
    await breaking(alone, "REVOKE SELECT (quantity) ON leora.order_lines FROM leora_portal")
    answer = await alone.run(ORDER, buyer, {"input": given})
    assert answer["data"] == {"createOrder": {"order": None, "userErrors": []}}
    assert errors(answer) == [(["createOrder", "order", "lines"], "INTERNAL")]
    assert await count(alone, "orders") == before + 1
    assert not alone.operations().counts.resolved, "the resolvers told what the compiled statement failed at"


async def test_a_buyer_waits_to_be_told_of_what_was_committed(direct_url: URL, settings: Settings) -> None:
    pools = Pools(login_urls(settings), sizes={Login.PORTAL: 1}, wait_seconds=0.01, write_wait_seconds=60)
    runner = Runner(direct_url, pools, settings)
    buyer = await runner.principal(BUYER)
    (order,) = await runner.sql(LINES, tenant=buyer.tenant_id)
    given = {"lines": [{"skuId": global_id("Sku", order["skus"][0]), "quantity": 3}]}
    pool = pools.pool(Login.PORTAL)
    only = await pool.take(None, seconds=60)
    asking = asyncio.create_task(runner.run(ORDER, buyer, {"input": given}))
    while not (asking.done() or pool.admission._queue):  # noqa: ASYNC110 -- admission has no such event
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):  # by when who only reads has given up
        await pool.take(None, seconds=0.2)
    pool.give_back(only)
    answer = await asking
    await pools.close()
    assert "errors" not in answer
    assert answer["data"]["createOrder"]["order"]["lines"] == {"nodes": [{"quantity": 3}]}


async def test_a_refused_input_needs_no_database(runner: Runner, settings: Settings) -> None:
    admin = await runner.principal(ADMIN)
    nowhere = make_url("postgresql://leora_staff@127.0.0.1:1/leora")
    without = Runner(runner.direct_url, Pools({Login.STAFF: nowhere}), settings)
    mutation = 'mutation { createSupplier(input: {name: "%s"}) { userErrors { code } } }'
    assert await without.data(mutation % " ", admin) == {
        "createSupplier": {"userErrors": [{"code": "REQUIRED"}]}
    }
    answer = await without.run(mutation % "Nowhere", admin)
    assert (answer["data"], errors(answer)) == (
        {"createSupplier": None},
        [(["createSupplier"], "UNAVAILABLE")],
    )


PRICES = """
mutation ($input: UpsertPriceListEntriesInput!) {
  upsertPriceListEntries(input: $input) {
    results { priceListEntry { id unitPrice updatedAt } userErrors { code } }
    userErrors { code }
  }
}
"""


async def price(runner: Runner, price_list: str) -> tuple[Principal, dict[str, Any]]:
    """A price of the test's own, and an item that changes it."""
    admin = await runner.principal(ADMIN)
    skus = await runner.data("{ skus(first: 1) { nodes { id } } }", admin)
    item = {"priceList": price_list, "skuId": skus["skus"]["nodes"][0]["id"], "unitPrice": "9.99"}
    made = await runner.data(PRICES, admin, {"input": {"items": [item]}})
    (result,) = made["upsertPriceListEntries"]["results"]
    return admin, {"id": result["priceListEntry"]["id"], "unitPrice": "8.88"}


async def test_what_is_done_once_more_is_read_once_more(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, item = await price(runner, "Twice At The End")
    flush, flushed = Change.flush, list[dt.datetime]()

    async def refused_once(change: Change) -> None:
        flushed.append(await change.connection.scalar(text("SELECT now()")))
        if len(flushed) == 1:
            raise SerializationError("could not serialize")
        await flush(change)

    monkeypatch.setattr(Change, "flush", refused_once)
    answer = await runner.data(PRICES, admin, {"input": {"items": [item]}})
    (result,) = answer["upsertPriceListEntries"]["results"]
    first, second = flushed
    assert first < second
    assert dt.datetime.fromisoformat(result["priceListEntry"]["updatedAt"]) >= second


async def test_what_fails_while_it_is_told_is_done_once_more(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, item = await price(runner, "Twice In The Middle")
    rows, asked = OperationSession.rows, list[str]()

    async def refused_once(session: OperationSession, statement: Executable, **given: Any) -> Any:
        asked.append("")
        bad = text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$") if len(asked) == 1 else statement
        return await rows(session, bad, **given)

    monkeypatch.setattr(OperationSession, "rows", refused_once)
    answer = await runner.data(PRICES, admin, {"input": {"items": [item]}})
    (result,) = answer["upsertPriceListEntries"]["results"]
    assert result["priceListEntry"]["unitPrice"] == "8.88"


async def test_who_meets_another_in_a_circle_is_done_all_the_same(crowd: Runner) -> None:
    """Two that take the same two slugs in opposite orders: PostgreSQL ends one of them, and it is done once more."""
    admin = await crowd.principal(ADMIN)
    document = """
    mutation ($one: String!, $two: String!) {
      first: createSupplier(input: {name: "Circle", slug: $one}) { userErrors { code } }
      second: createSupplier(input: {name: "Circle", slug: $two}) { userErrors { code } }
    }
    """
    for number in range(15):
        slugs = {"one": f"circle-a-{number}", "two": f"circle-b-{number}"}
        turned = {"one": slugs["two"], "two": slugs["one"]}
        answers = await asyncio.gather(
            crowd.run(document, admin, slugs),
            crowd.run(document, admin, turned),
        )
        assert all("errors" not in answer for answer in answers)
        refused = [
            {error["code"] for field in answer["data"].values() for error in field["userErrors"]}
            for answer in answers
        ]
        assert sorted(map(len, refused)) == [0, 2]
        assert {"DUPLICATE", "ROLLED_BACK"} in refused


async def test_what_changes_run_is_planned_once(direct_url: URL, settings: Settings) -> None:
    pools = Pools(login_urls(settings), sizes={Login.STAFF: 1})
    runner = Runner(direct_url, pools, settings)
    admin = await runner.principal(ADMIN)
    (order,) = await runner.sql(LINES, tenant=admin.tenant_id)
    given = {
        "customerId": global_id("Customer", order["customer_id"]),
        "lines": [{"skuId": global_id("Sku", sku), "quantity": 1} for sku in order["skus"]],
    }
    for _ in range(7):
        data = await runner.data(ORDER, admin, {"input": given})
        assert data["createOrder"]["userErrors"] == []
    async with with_tenant(pools, admin.scope, login=Login.STAFF) as connection:
        kept = await connection_of(connection).driver.fetch(PLANNED)
    await pools.close()
    assert len(kept) > 5
    assert [row["statement"] for row in kept if row["custom_plans"]] == []
