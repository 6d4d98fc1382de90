"""Orders that are not written: bad inputs, rows of others, what is not sold, who may not. Nothing changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER, REP, Answer, Api
from tests.domains.noted import global_id
from tests.domains.orders.shop import (
    CREATE,
    Shop,
    change,
    create,
    line,
    refusals,
)
from tests.graph.principals import Runner

REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"customerId": None}, [("REQUIRED", ["customerId"])]),
    ({"customerId": "nonsense"}, [("NOT_FOUND", ["customerId"])]),
    ({"customerId": global_id("Sku", "0195ffff-ffff-7fff-bfff-ffffffffffff")}, [("NOT_FOUND", ["customerId"])]),
    ({"customerId": global_id("Customer", "0195ffff-ffff-7fff-bfff-ffffffffffff")},
     [("NOT_FOUND", ["customerId"])]),
    ({"lines": []}, [("REQUIRED", ["lines"])]),
    ({"poNumber": "1" * 101}, [("TOO_LONG", ["poNumber"])]),
    ({"notes": "1" * 10_001}, [("TOO_LONG", ["notes"])]),
    ({"internalNotes": "1" * 10_001}, [("TOO_LONG", ["internalNotes"])]),
    ({"billingAddress": {"city": "1" * 201}}, [("TOO_LONG", ["billingAddress", "city"])]),
    ({"shippingAddress": {"line1": "1" * 201}}, [("TOO_LONG", ["shippingAddress", "line1"])]),
    ({"shippingAddress": {"city": "\x01"}}, [("INVALID", ["shippingAddress", "city"])]),
    ({"shippingAddress": dict.fromkeys(("line1", "line2", "city", "region", "postalCode", "country"), '"' * 200)},
     [("INVALID", ["shippingAddress"])]),
    ({"requestedDeliveryOn": "2020-01-01"}, [("OUT_OF_RANGE", ["requestedDeliveryOn"])]),
    ({"salesRepId": "nonsense"}, [("NOT_FOUND", ["salesRepId"])]),
    ({"salesRepId": global_id("User", "0195ffff-ffff-7fff-bfff-ffffffffffff")}, [("NOT_FOUND", ["salesRepId"])]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), REFUSED)
async def test_a_bad_input_is_refused_at_its_field(
    api: Api, shop: Shop, given: dict[str, Any], expected: list[tuple[str, list[str]]]
) -> None:
    customer = global_id("Customer", (await shop.customer())["id"])
    good = {"customerId": customer, "lines": [line(sku) for sku in await shop.skus(1)]}
    before = await shop.counts()
    assert refusals(await create(api, **{**good, **given})) == expected
    assert await shop.counts() == before


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"quantity": 0}, ("OUT_OF_RANGE", ["lines", "1", "quantity"])),
        ({"quantity": -1}, ("OUT_OF_RANGE", ["lines", "1", "quantity"])),
        ({"quantity": 100_001}, ("OUT_OF_RANGE", ["lines", "1", "quantity"])),
        ({"skuId": "nonsense"}, ("NOT_FOUND", ["lines", "1", "skuId"])),
        ({"skuId": global_id("Product", "0195ffff-ffff-7fff-bfff-ffffffffffff")},
         ("NOT_FOUND", ["lines", "1", "skuId"])),
        ({"skuId": global_id("Sku", "0195ffff-ffff-7fff-bfff-ffffffffffff")},
         ("NOT_FOUND", ["lines", "1", "skuId"])),
    ],
)  # fmt: skip
async def test_a_bad_line_is_refused_at_its_place(
    api: Api, shop: Shop, changes: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    customer = global_id("Customer", (await shop.customer())["id"])
    first, second = await shop.skus(2)
    before = await shop.counts()
    payload = await create(api, customerId=customer, lines=[line(first), {**line(second), **changes}])
    assert refusals(payload) == [expected]
    assert await shop.counts() == before


@pytest.mark.parametrize("quantity", [1.5, 1e30, "3", None])
async def test_a_quantity_that_is_no_whole_number_is_bad_input(
    api: Api, shop: Shop, quantity: object
) -> None:
    customer = global_id("Customer", (await shop.customer())["id"])
    (sku,) = await shop.skus(1)
    before = await shop.counts()
    answer = await api(
        CREATE, {"input": {"customerId": customer, "lines": [{**line(sku), "quantity": quantity}]}}, as_=ADMIN
    )
    assert answer.codes == ["BAD_USER_INPUT"]
    assert await shop.counts() == before


async def test_a_sku_stands_on_one_line_only_and_there_are_at_most_a_hundred(api: Api, shop: Shop) -> None:
    customer = global_id("Customer", (await shop.customer())["id"])
    first, second = await shop.skus(2)
    before = await shop.counts()
    twice = await create(api, customerId=customer, lines=[line(first), line(second), line(first, 5)])
    assert refusals(twice) == [("INVALID", ["lines", "2", "skuId"])]
    many = await create(api, customerId=customer, lines=[line(first)] * 101)
    assert refusals(many) == [("OUT_OF_RANGE", ["lines"])]
    assert await shop.counts() == before


async def test_rows_of_another_tenant_are_not_found(api: Api, shop: Shop) -> None:
    ours, theirs = await shop.customer(), await shop.customer(tenant="cellar-door")
    (sku,), (foreign,) = await shop.skus(1), await shop.skus(1, tenant="cellar-door")
    stranger = await shop.one("SELECT id FROM leora.users WHERE email = :email", email=OTHER_ADMIN)
    before = await shop.counts()
    payload = await create(
        api, customerId=global_id("Customer", theirs["id"]), lines=[line(sku), line(foreign)]
    )
    assert refusals(payload) == [("NOT_FOUND", ["customerId"]), ("NOT_FOUND", ["lines", "1", "skuId"])]
    payload = await create(
        api,
        customerId=global_id("Customer", ours["id"]),
        lines=[line(sku)],
        salesRepId=global_id("User", stranger["id"]),
    )
    assert refusals(payload) == [("NOT_FOUND", ["salesRepId"])]
    assert await shop.counts() == before


@pytest.mark.parametrize("status", ["INACTIVE", "CLOSED"])
async def test_an_order_for_a_customer_that_we_do_not_sell_to_is_refused(
    api: Api, shop: Shop, status: str
) -> None:
    customer = await shop.customer()
    (sku,) = await shop.skus(1)
    before = await shop.counts()
    await change(
        shop, "UPDATE leora.customers SET status = :status WHERE id = :id", status=status, id=customer["id"]
    )
    try:
        payload = await create(api, customerId=global_id("Customer", customer["id"]), lines=[line(sku)])
    finally:
        await change(shop, "UPDATE leora.customers SET status = 'ACTIVE' WHERE id = :id", id=customer["id"])
    assert refusals(payload) == [("CUSTOMER_INACTIVE", ["customerId"])]
    assert await shop.counts() == before


@pytest.mark.parametrize(
    ("table", "column", "value", "code"),
    [
        ("skus", "status", "'INACTIVE'", "SKU_INACTIVE"),
        ("skus", "status", "'DISCONTINUED'", "SKU_INACTIVE"),
        ("products", "status", "'DRAFT'", "SKU_INACTIVE"),
        ("products", "status", "'ARCHIVED'", "SKU_INACTIVE"),
        ("products", "is_sample_only", "true", "NOT_ALLOWED"),
    ],
)
async def test_what_is_not_sold_is_refused_at_its_line(
    api: Api, shop: Shop, table: str, column: str, value: str, code: str
) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    good, bad = await shop.skus(2)
    key = bad["id"] if table == "skus" else bad["product_id"]
    before = await shop.counts()
    was = (await shop.one(f"SELECT {column} AS was FROM leora.{table} WHERE id = :id", id=key))["was"]
    await change(shop, f"UPDATE leora.{table} SET {column} = {value} WHERE id = :id", id=key)
    try:
        staff = await create(api, customerId=customer, lines=[line(good), line(bad)])
        buyer = await create(api, BUYER, lines=[line(good), line(bad)])
    finally:
        await change(shop, f"UPDATE leora.{table} SET {column} = :was WHERE id = :id", was=was, id=key)
    assert refusals(staff) == [(code, ["lines", "1", "skuId"])]
    hidden = "NOT_FOUND" if code == "SKU_INACTIVE" else code
    assert refusals(buyer) == [(hidden, ["lines", "1", "skuId"])]
    assert await shop.counts() == before


async def test_a_sku_without_a_price_in_the_tenants_currency_is_refused(api: Api, shop: Shop) -> None:
    customer = global_id("Customer", (await shop.customer())["id"])
    sku = await shop.one(
        "SELECT s.* FROM leora.skus s JOIN leora.products p ON p.id = s.product_id JOIN leora.tenants t"
        " ON t.id = s.tenant_id WHERE t.slug = 'well-crafted' AND s.status = 'ACTIVE' AND p.status = 'ACTIVE'"
        " AND NOT p.is_sample_only ORDER BY s.id DESC LIMIT 1"
    )
    await change(shop, "UPDATE leora.skus SET currency = 'EUR' WHERE id = :id", id=sku["id"])
    await change(
        shop, "UPDATE leora.price_list_entries SET currency = 'EUR' WHERE sku_id = :id", id=sku["id"]
    )
    try:
        payload = await create(api, customerId=customer, lines=[line(sku)])
    finally:
        await change(shop, "UPDATE leora.skus SET currency = 'USD' WHERE id = :id", id=sku["id"])
        await change(
            shop, "UPDATE leora.price_list_entries SET currency = 'USD' WHERE sku_id = :id", id=sku["id"]
        )
    assert refusals(payload) == [("CURRENCY_MISMATCH", ["lines", "0", "skuId"])]


async def test_a_buyer_cannot_order_for_another_customer(api: Api, shop: Shop) -> None:
    other = await shop.own_customer(OTHER_BUYER)
    (sku,) = await shop.skus(1)
    before = await shop.counts()
    payload = await create(api, BUYER, customerId=global_id("Customer", other["id"]), lines=[line(sku)])
    assert refusals(payload) == [("NOT_FOUND", ["customerId"])]
    assert await shop.counts() == before


async def test_a_buyer_cannot_say_what_is_staffs_to_say(api: Api, shop: Shop) -> None:
    (sku,) = await shop.skus(1)
    rep = await shop.one("SELECT id FROM leora.users WHERE email = :email", email=REP)
    before = await shop.counts()
    payload = await create(
        api,
        BUYER,
        lines=[line(sku)],
        internalNotes="Mine.",
        isSample=True,
        salesRepId=global_id("User", rep["id"]),
    )
    assert refusals(payload) == [
        ("NOT_ALLOWED", ["internalNotes"]),
        ("NOT_ALLOWED", ["isSample"]),
        ("NOT_ALLOWED", ["salesRepId"]),
    ]
    assert await shop.counts() == before


async def test_who_may_not_read_internal_notes_may_not_write_them(runner: Runner, shop: Shop) -> None:
    writer = await runner.principal(REP, frozenset({"orders.create", "orders.view"}))
    customer = global_id("Customer", (await shop.customer())["id"])
    given = {
        "customerId": customer,
        "lines": [line(sku) for sku in await shop.skus(1)],
        "internalNotes": "Psst.",
    }
    query = (
        "mutation ($input: CreateOrderInput!) { createOrder(input: $input) { userErrors { code field } } }"
    )
    data = await runner.data(query, writer, {"input": given})
    assert data["createOrder"]["userErrors"] == [{"code": "NOT_ALLOWED", "field": ["internalNotes"]}]


async def forbidden(shop: Shop, answer: Answer | dict[str, Any]) -> None:
    body = answer.body if isinstance(answer, Answer) else answer
    assert body["data"] == {"createOrder": None}
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["extensions"]["requiredPermission"] == "orders.create"


@pytest.mark.parametrize("account", [ADMIN, BUYER])
async def test_without_the_permission_nothing_happens(runner: Runner, shop: Shop, account: str) -> None:
    reader = await runner.principal(account, frozenset({"orders.view", "orders.cancel", "customers.view"}))
    customer = await shop.own_customer(BUYER)
    given = {
        "customerId": global_id("Customer", customer["id"]),
        "lines": [line(s) for s in await shop.skus(1)],
    }
    before = await shop.counts()
    await forbidden(shop, await runner.run(CREATE, reader, {"input": given}))
    assert await shop.counts() == before


@pytest.mark.parametrize("account", [ADMIN, BUYER])
async def test_one_refused_order_undoes_the_others(api: Api, shop: Shop, account: str) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    first, second = await shop.skus(2)
    before = await shop.counts()
    query = """
    mutation ($good: CreateOrderInput!, $bad: CreateOrderInput!) {
      before: createOrder(input: $good) { order { id } userErrors { code field } }
      bad: createOrder(input: $bad) { order { id } userErrors { code field } }
      after: createOrder(input: $good) { order { id } userErrors { code field } }
    }
    """
    unknown = {"skuId": global_id("Sku", "0195ffff-ffff-7fff-bfff-ffffffffffff"), "quantity": 1}
    data = await api.data(
        query,
        {
            "good": {"customerId": customer, "lines": [line(first)]},
            "bad": {"customerId": customer, "lines": [line(second), unknown]},
        },
        as_=account,
    )
    undone = {"order": None, "userErrors": [{"code": "ROLLED_BACK", "field": None}]}
    refused = {"order": None, "userErrors": [{"code": "NOT_FOUND", "field": ["lines", "1", "skuId"]}]}
    assert data == {"before": undone, "bad": refused, "after": undone}
    assert await shop.counts() == before
