"""Requests with an `Idempotency-Key`: done once, answered alike, and only to whom they belong."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import orjson
import pytest

from leora_gql.auth.sealing import seal, unseal
from leora_gql.server import idempotency
from leora_gql.settings import decode_key
from tests.api import ADMIN, BUYER, MANAGER, OTHER_BUYER, Answer, Api
from tests.graph.principals import Runner

SUPPLIER = """
mutation ($input: CreateSupplierInput!) {
  createSupplier(input: $input) { supplier { id name slug } supplierEdge { cursor } userErrors { code field } }
}
"""
ORDER = """
mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { order { id number total lines { nodes { id } } } userErrors { code } }
}
"""
CLOSED = """
mutation ($input: CreateSupplierInput!) {
  createSupplier(input: $input) { supplier { id products { nodes { skus { nodes { cost } } } } } userErrors { code } }
}
"""
PRICES = """
mutation ($input: UpsertPriceListEntriesInput!) {
  upsertPriceListEntries(input: $input) { results { priceListEntry { id } userErrors { code field message } } }
}
"""


@pytest.fixture
def key() -> str:
    return f"key {uuid4()}"


async def supplier(api: Api, key: str, name: str, *, as_: str = ADMIN, **given: Any) -> Answer:
    return await api(SUPPLIER, {"input": {"name": name, **given}}, as_=as_, idempotency_key=key)


async def order(api: Api, runner: Runner, key: str, *, as_: str = BUYER) -> Answer:
    found = await runner.sql(
        "SELECT encode(textsend('Sku:' || s.id), 'base64') AS id FROM leora.skus s JOIN leora.tenants t"
        " ON t.id = s.tenant_id JOIN leora.products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"
        " WHERE t.slug = 'well-crafted' AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND NOT p.is_sample_only"
        " ORDER BY s.id LIMIT 1"
    )
    lines = [{"skuId": found[0]["id"], "quantity": 3}]
    return await api(ORDER, {"input": {"lines": lines}}, as_=as_, idempotency_key=key)


async def count(runner: Runner, table: str, condition: str, **values: Any) -> int:
    rows = await runner.sql(f"SELECT count(*) AS rows FROM leora.{table} WHERE {condition}", **values)
    return rows[0]["rows"]


def told(answer: Answer) -> Any:
    return answer.body["data"], answer.body.get("errors")


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_fifty_at_once_are_done_once_and_answered_alike(
    api: Api, runner: Runner, key: str, who: str
) -> None:
    if who == ADMIN:
        answers = await asyncio.gather(*(supplier(api, key, f"Once {key}") for _ in range(50)))
        assert await count(runner, "suppliers", "name = :name", name=f"Once {key}") == 1
    else:
        before = await count(runner, "orders", "true")
        answers = await asyncio.gather(*(order(api, runner, key) for _ in range(50)))
        assert await count(runner, "orders", "true") == before + 1
    assert answers[0].errors == []
    assert all(told(answer) == told(answers[0]) for answer in answers)


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_the_answer_is_the_one_of_that_time(api: Api, runner: Runner, key: str, who: str) -> None:
    if who == BUYER:
        first = await order(api, runner, key)
        await runner.write(
            "UPDATE leora.orders SET number = 'X' || number WHERE number = :number",
            number=first.data["createOrder"]["order"]["number"],
        )
        again = await order(api, runner, key)
    else:
        first = await supplier(api, key, f"Then {key}")
        await runner.write("UPDATE leora.suppliers SET name = 'Now' WHERE name = :name", name=f"Then {key}")
        again = await supplier(api, key, f"Then {key}")
    assert told(again) == told(first)
    assert first.errors == []


async def test_another_request_under_the_key_is_a_conflict(api: Api, runner: Runner, key: str) -> None:
    await supplier(api, key, f"First {key}")
    other = await supplier(api, key, f"Second {key}")
    assert other.codes == ["CONFLICT"]
    assert "data" not in other.body or other.body["data"] is None
    assert await count(runner, "suppliers", "name = :name", name=f"Second {key}") == 0


async def test_a_key_belongs_to_who_sent_it(api: Api, key: str) -> None:
    mine = await supplier(api, key, f"Mine {key}")
    theirs = await supplier(api, key, f"Mine {key}", as_=MANAGER)
    assert mine.errors == theirs.errors == []
    assert theirs.data["createSupplier"]["supplier"]["id"] != mine.data["createSupplier"]["supplier"]["id"]


async def test_a_buyers_key_is_not_its_neighbours(api: Api, runner: Runner, key: str) -> None:
    mine, theirs = await order(api, runner, key), await order(api, runner, key, as_=OTHER_BUYER)
    assert mine.data["createOrder"]["order"]["id"] != theirs.data["createOrder"]["order"]["id"]


async def test_what_was_refused_leaves_no_key(api: Api, runner: Runner, key: str) -> None:
    refused = await supplier(api, key, " ")
    assert refused.data["createSupplier"]["userErrors"][0]["code"] == "REQUIRED"
    assert await count(runner, "idempotency_keys", "key = :key", key=key) == 0
    assert (await supplier(api, key, f"Better {key}")).data["createSupplier"]["userErrors"] == []


async def test_what_the_database_refuses_leaves_no_key(api: Api, runner: Runner, key: str) -> None:
    slug = f"taken-{uuid4()}"
    await supplier(api, f"{key} a", "Taken", slug=slug)
    refused = await supplier(api, key, "Taken", slug=slug)
    assert refused.data["createSupplier"]["userErrors"][0]["code"] == "DUPLICATE"
    assert await count(runner, "idempotency_keys", "key = :key", key=key) == 0


async def test_permissions_are_checked_again(api: Api, runner: Runner, key: str) -> None:
    admin = await runner.principal(ADMIN)
    variables = {"input": {"name": f"Allowed {key}"}}
    first = await runner.run(SUPPLIER, admin, variables, idempotency_key=key)
    denied = await runner.principal(ADMIN, admin.permissions - {"catalog.manage"})
    again = await runner.run(SUPPLIER, denied, variables, idempotency_key=key)
    assert first["data"]["createSupplier"]["userErrors"] == []
    assert again["data"] == {"createSupplier": None}
    assert again["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_after_a_day_the_key_is_free(api: Api, runner: Runner, key: str) -> None:
    first = await supplier(api, key, f"Daily {key}")
    await runner.write(
        "UPDATE leora.idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = :key", key=key
    )
    again = await supplier(api, key, f"Daily {key}")
    assert again.data["createSupplier"]["supplier"]["id"] != first.data["createSupplier"]["supplier"]["id"]


async def test_what_is_kept_cannot_be_read(api: Api, runner: Runner, key: str) -> None:
    await supplier(api, key, f"Hidden {key}")
    rows = await runner.sql("SELECT response FROM leora.idempotency_keys WHERE key = :key", key=key)
    assert b"Hidden" not in rows[0]["response"]


@pytest.mark.parametrize("bad", ["k" * 256, "   "])
async def test_a_bad_key_is_refused(api: Api, runner: Runner, bad: str) -> None:
    answer = await supplier(api, bad, "Bad Key")
    assert answer.codes == ["BAD_USER_INPUT"]
    assert await count(runner, "suppliers", "name = 'Bad Key'") == 0


async def test_a_buyers_answer_that_was_never_kept_is_told_again(api: Api, runner: Runner, key: str) -> None:
    """As after a crash between the commit and the answer: the order is there, its answer is not."""
    first = await order(api, runner, key)
    kept = await runner.sql(
        "SELECT tenant_id, response FROM leora.idempotency_keys WHERE key = :key", key=key
    )
    secret, tenant = decode_key(runner.settings.encryption_key.get_secret_value()), kept[0]["tenant_id"]
    body = orjson.loads(unseal(kept[0]["response"], key=secret, tenant=tenant))
    del body["answer"]
    await runner.write(
        "UPDATE leora.idempotency_keys SET response = :response WHERE key = :key",
        key=key,
        response=seal(orjson.dumps(body), key=secret, tenant=tenant),
    )
    again = await order(api, runner, key)
    assert told(again) == told(first)


async def test_of_a_long_answer_only_the_rows_are_kept(
    api: Api, runner: Runner, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_ANSWER", 100)
    first = await supplier(api, key, f"Long {key}")
    await runner.write("UPDATE leora.suppliers SET name = 'Shown' WHERE name = :name", name=f"Long {key}")
    again = await supplier(api, key, f"Long {key}")
    assert first.data["createSupplier"]["supplier"]["name"] == f"Long {key}"
    assert again.data["createSupplier"]["supplier"] == {
        **first.data["createSupplier"]["supplier"],
        "name": "Shown",
    }


async def test_a_buyers_long_answer_is_told_again(
    api: Api, runner: Runner, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_ANSWER", 50)
    first, before = await order(api, runner, key), await count(runner, "orders", "true")
    kept = await runner.sql(
        "SELECT length(response) AS size FROM leora.idempotency_keys WHERE key = :key", key=key
    )
    assert kept[0]["size"] < 150
    assert told(await order(api, runner, key)) == told(first)
    assert await count(runner, "orders", "true") == before


async def test_each_item_of_a_long_answer_is_told_again_as_it_was(
    runner: Runner, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_ANSWER", 50)
    admin = await runner.principal(ADMIN)
    skus = await runner.data("{ skus(first: 1) { nodes { id } } }", admin)
    entry = {"priceList": key[:20], "skuId": skus["skus"]["nodes"][0]["id"], "unitPrice": "9.99"}
    items = [entry, {**entry, "unitPrice": "-1.00"}]
    given = {"input": {"items": items, "errorPolicy": "REJECT_FAILED_ITEMS"}}
    first = await runner.run(PRICES, admin, given, idempotency_key=key)
    good, bad = first["data"]["upsertPriceListEntries"]["results"]
    assert good["userErrors"] == []
    assert bad["userErrors"][0]["code"]
    again = await runner.run(PRICES, admin, given, idempotency_key=key)
    assert again["data"] == first["data"]


async def test_who_may_see_less_now_is_shown_less(runner: Runner, key: str) -> None:
    admin = await runner.principal(ADMIN)
    fewer = await runner.principal(ADMIN, admin.permissions - {"catalog.view"})
    unrelated = await runner.principal(ADMIN, admin.permissions - {"invoices.view"})
    given = {"input": {"name": f"Seen {key}"}}
    first = await runner.run(SUPPLIER, unrelated, given, idempotency_key=key)
    name = first["data"]["createSupplier"]["supplier"]["name"]
    await runner.write("UPDATE leora.suppliers SET name = 'Since' WHERE name = :name", name=name)
    grown = await runner.run(SUPPLIER, admin, given, idempotency_key=key)
    assert grown["data"] == first["data"]
    cut = await runner.run(SUPPLIER, fewer, given, idempotency_key=key)
    assert cut["data"]["createSupplier"] is None or cut["data"]["createSupplier"]["supplier"] is None
    assert cut["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await count(runner, "suppliers", "name = :name", name=name) == 0
