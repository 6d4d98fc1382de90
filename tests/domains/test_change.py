"""What every change leaves behind: its event, its deliveries and its audit entry, or nothing at all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest

from leora_gql.auth.clock import utc_now
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.tenant import with_tenant
from leora_gql.domains import outbox
from leora_gql.domains.change import Change, Origin
from tests.api import ADMIN, BUYER, Api
from tests.graph.principals import Runner

CREATE = """
mutation ($input: CreateSupplierInput!) {
  createSupplier(input: $input) { supplier { id } userErrors { code } }
}
"""
ORDER = """
mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { order { number } userErrors { code } }
}
"""
TWO = """
mutation ($first: CreateSupplierInput!, $second: CreateSupplierInput!) {
  first: createSupplier(input: $first) { userErrors { code } }
  second: createSupplier(input: $second) { userErrors { code } }
}
"""


@pytest.fixture(autouse=True)
async def signed_in(api: Api) -> None:
    """Signing in is noted too: it is over before a test looks."""
    await api.token(ADMIN)
    await api.token(BUYER)


async def left_behind(runner: Runner) -> tuple[int, int, int, int]:
    """How far the tenant's sequences are, and how many events and entries it has."""
    rows = await runner.sql(
        "SELECT event_sequence, audit_sequence,"
        " (SELECT count(*) FROM leora.webhook_events e WHERE e.tenant_id = h.tenant_id) AS events,"
        " (SELECT count(*) FROM leora.audit_log a WHERE a.tenant_id = h.tenant_id) AS entries"
        " FROM leora.tenant_heads h WHERE tenant_id = :tenant",
        tenant=await runner.tenant(),
    )
    return rows[0]["event_sequence"], rows[0]["audit_sequence"], rows[0]["events"], rows[0]["entries"]


async def last(runner: Runner, table: str) -> dict[str, Any]:
    rows = await runner.sql(
        f"SELECT * FROM leora.{table} WHERE tenant_id = :tenant ORDER BY sequence DESC LIMIT 1",
        tenant=await runner.tenant(),
    )
    return rows[0]


async def test_a_change_leaves_one_event_and_one_entry(api: Api, runner: Runner) -> None:
    before = await left_behind(runner)
    answer = await api(
        CREATE, {"input": {"name": "Traced", "slug": f"traced-{uuid4()}"}}, as_=ADMIN, x_request_id="r-1"
    )
    after = await left_behind(runner)
    event, entry = await last(runner, "webhook_events"), await last(runner, "audit_log")

    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 1, 1, 1]
    assert answer.data["createSupplier"]["userErrors"] == []
    assert (event["type"], event["entity_type"], event["sequence"]) == (
        "supplier.created",
        "Supplier",
        after[0],
    )
    assert event["payload"]["name"] == "Traced"
    assert (entry["operation"], entry["action"], entry["request_id"]) == ("createSupplier", "CREATE", "r-1")
    assert (entry["actor_kind"], entry["entity_id"]) == ("USER", event["entity_id"])
    assert entry["changes"]["name"] == {"before": None, "after": "Traced"}


async def test_a_buyers_change_is_noted_as_its_own(api: Api, runner: Runner) -> None:
    sku = await runner.sql(
        "SELECT encode(textsend('Sku:' || s.id), 'base64') AS id FROM leora.skus s JOIN leora.products p"
        " ON p.tenant_id = s.tenant_id AND p.id = s.product_id WHERE s.tenant_id = :tenant"
        " AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND NOT p.is_sample_only LIMIT 1",
        tenant=await runner.tenant(),
    )
    lines = [{"skuId": sku[0]["id"], "quantity": 2}]
    data = await api.data(ORDER, {"input": {"lines": lines}}, as_=BUYER)
    event, entry = await last(runner, "webhook_events"), await last(runner, "audit_log")

    assert event["type"] == "order.created"
    assert event["payload"]["number"] == data["createOrder"]["order"]["number"]
    assert (entry["actor_kind"], entry["operation"]) == ("PORTAL_USER", "createOrder")


@pytest.mark.parametrize("bad", [{"name": " "}, {"name": "x", "slug": "Not A Slug"}])
async def test_what_is_refused_leaves_nothing(api: Api, runner: Runner, bad: dict[str, Any]) -> None:
    before = await left_behind(runner)
    await api.data(TWO, {"first": {"name": "Good"}, "second": bad}, as_=ADMIN)
    assert await left_behind(runner) == before


async def test_what_the_second_refuses_undoes_what_the_first_noted(api: Api, runner: Runner) -> None:
    slug = f"twice-{uuid4()}"
    before = await left_behind(runner)
    await api.data(
        TWO, {"first": {"name": "A", "slug": slug}, "second": {"name": "B", "slug": slug}}, as_=ADMIN
    )
    assert await left_behind(runner) == before


async def test_sequences_are_dense_however_many_write_at_once(crowd: Runner) -> None:
    admin = await crowd.principal(ADMIN)
    before = await left_behind(crowd)
    await asyncio.gather(*(crowd.run(CREATE, admin, {"input": {"name": "Dense"}}) for _ in range(40)))
    after = await left_behind(crowd)
    rows = await crowd.sql(
        "SELECT max(sequence) - min(sequence) + 1 AS span, count(*) AS rows FROM leora.webhook_events"
        " WHERE tenant_id = :tenant AND sequence > :since",
        tenant=await crowd.tenant(),
        since=before[0],
    )
    assert [new - old for old, new in zip(before, after, strict=True)] == [40, 40, 40, 40]
    assert rows[0]["span"] == rows[0]["rows"] == 40


async def test_only_subscriptions_that_ask_for_it_get_a_delivery(api: Api, runner: Runner) -> None:
    tenant = await runner.tenant()
    names = {"Suppliers": "supplier.*", "Exact": "supplier.created", "All": "*", "Orders": "order.*"}
    for name, pattern in names.items():
        await runner.write(
            "INSERT INTO leora.webhook_subscriptions (tenant_id, id, name, url, event_types, secret)"
            " VALUES (:tenant, gen_random_uuid(), :name, 'https://hooks.example.test', ARRAY[:pattern], '\\x00')",
            tenant=tenant,
            name=f"Asks {name}",
            pattern=pattern,
        )
    try:
        await api.data(CREATE, {"input": {"name": "Delivered"}}, as_=ADMIN)
        event = await last(runner, "webhook_events")
        rows = await runner.sql(
            "SELECT s.name, d.status FROM leora.webhook_deliveries d JOIN leora.webhook_subscriptions s"
            " ON s.tenant_id = d.tenant_id AND s.id = d.subscription_id WHERE d.event_id = :event ORDER BY s.name",
            event=event["id"],
        )
        assert [(row["name"], row["status"]) for row in rows] == [
            ("Asks All", "PENDING"),
            ("Asks Exact", "PENDING"),
            ("Asks Suppliers", "PENDING"),
        ]
    finally:
        await runner.write(
            "DELETE FROM leora.webhook_deliveries WHERE subscription_id IN"
            " (SELECT id FROM leora.webhook_subscriptions WHERE name LIKE 'Asks %')"
        )
        await runner.write("DELETE FROM leora.webhook_subscriptions WHERE name LIKE 'Asks %'")


async def test_what_is_left_for_the_end_is_done_once_in_its_order_and_not_when_it_is_undone(
    runner: Runner, pools: Pools
) -> None:
    admin = await runner.principal(ADMIN)
    first, second, third = uuid4(), uuid4(), uuid4()
    done: list[str] = []

    async def step(name: str) -> None:
        done.append(name)

    async with with_tenant(pools, admin.scope, login=Login.STAFF) as connection:
        change = Change(connection, actor=admin, origin=Origin(now=utc_now(), audit_key=b"k" * 32))
        change.at_the_end(first, lambda: step("first"))
        change.at_the_end(second, lambda: step("second"))
        await change.catch_up({third})
        assert done == []
        with suppress(LookupError):
            async with change.part():
                change.at_the_end(third, lambda: step("third"))
                await change.catch_up({first})
                raise LookupError
        assert done == ["first"]
        await change.catch_up({first})
        assert done == ["first", "first"], "the part was undone, and what it had done with it"
        await change.catch_up()
        await change.catch_up()
    assert done == ["first", "first", "second"]


def test_patterns_of_subscriptions() -> None:
    assert outbox.asks_for(["*"], "order.created")
    assert outbox.asks_for(["order.*"], "order.created")
    assert not outbox.asks_for(["ord*", "order", "order.created.x"], "order.created")
