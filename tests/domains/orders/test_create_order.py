"""Writing an order: its prices and amounts, every refusal, who may, and what a buyer may say."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from sqlalchemy import text

from leora_gql.db.addresses import connected
from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, OTHER_BUYER, REP, Answer, Api
from tests.graph.principals import Runner

CREATE = """
mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) {
    order {
      id number status poNumber placedAt requestedDeliveryOn notes isSample currency version
      subtotal discountAmount taxAmount shippingAmount total
      billingAddress { line1 city postalCode } shippingAddress { line1 city postalCode }
      customer { id name salesRepContact { name } }
      lines(first: 100) { nodes {
        position skuCode description quantity cases liters unitPrice discountAmount lineTotal
        fulfilledQuantity sku { id code }
      } }
    }
    orderEdge { cursor node { id } }
    userErrors { code message field }
  }
}
"""
OURS = """
query ($id: ID!) { order(id: $id) {
  internalNotes createdBy { email } salesRep { email } requiresApproval
  customer { salesRep { email } }
  lines { nodes { appliedPricingRule } }
} }
"""
COUNTS = """
SELECT (SELECT count(*) FROM leora.orders) AS orders, (SELECT count(*) FROM leora.order_lines) AS lines
"""
PRICE = """
SELECT unit_price_cents FROM (
    SELECT CASE WHEN customer_id IS NOT NULL THEN 0 WHEN customer_tier IS NOT NULL THEN 1 ELSE 2 END AS level,
        min_quantity, valid_from, unit_price_cents
    FROM leora.price_list_entries e JOIN leora.customers c ON c.id = :customer
    WHERE e.sku_id = :sku AND e.tenant_id = c.tenant_id AND e.currency = 'USD'
        AND (e.customer_id = c.id OR e.customer_id IS NULL AND (e.customer_tier IS NULL OR e.customer_tier = c.tier))
        AND :quantity BETWEEN min_quantity AND coalesce(max_quantity, :quantity)
        AND now() >= valid_from AND (valid_until IS NULL OR now() < valid_until)
    UNION ALL
    SELECT 3, 1, '-infinity', base_price_cents FROM leora.skus WHERE id = :sku
) candidate ORDER BY level, min_quantity DESC, valid_from DESC, unit_price_cents LIMIT 1
"""


def global_id(kind: str, key: Any) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


class Shop:
    """What the demo tenant has, as the database says."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def one(self, statement: str, **values: Any) -> dict[str, Any]:
        rows = await self.runner.sql(statement, **values)
        return rows[0]

    async def customer(
        self, where: str = "c.status = 'ACTIVE'", tenant: str = "well-crafted"
    ) -> dict[str, Any]:
        """A customer of the tenant that the condition (about `c`) fits."""
        return await self.one(
            f"SELECT c.* FROM leora.customers c JOIN leora.tenants t ON t.id = c.tenant_id"
            f" WHERE t.slug = :tenant AND ({where}) ORDER BY c.id LIMIT 1",
            tenant=tenant,
        )

    async def own_customer(self, buyer: str) -> dict[str, Any]:
        return await self.customer(
            f"c.id = (SELECT customer_id FROM leora.portal_users WHERE email = '{buyer}')"
        )

    async def skus(self, count: int, tenant: str = "well-crafted") -> list[dict[str, Any]]:
        """SKUs that are sold."""
        return await self.runner.sql(
            "SELECT s.* FROM leora.skus s JOIN leora.products p ON p.id = s.product_id"
            " JOIN leora.tenants t ON t.id = s.tenant_id WHERE t.slug = :tenant"
            " AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND NOT p.is_sample_only ORDER BY s.id LIMIT :count",
            tenant=tenant,
            count=count,
        )

    async def counts(self) -> dict[str, Any]:
        return await self.one(COUNTS)


@pytest.fixture
def shop(runner: Runner) -> Shop:
    return Shop(runner)


def line(sku: dict[str, Any], quantity: int = 1) -> dict[str, Any]:
    return {"skuId": global_id("Sku", sku["id"]), "quantity": quantity}


async def create(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    """The payload of an answer without errors."""
    return (await api.data(CREATE, {"input": given}, as_=as_))["createOrder"]


def refusals(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """The problems of a payload that has nothing else."""
    assert (payload["order"], payload["orderEdge"]) == (None, None)
    assert all(error["message"] for error in payload["userErrors"])
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def dollars(cents: int | Decimal) -> str:
    return f"{Decimal(cents) / 100:.2f}"


async def expected_lines(
    shop: Shop, customer: dict[str, Any], wanted: list[tuple[dict[str, Any], int]]
) -> tuple[list[dict[str, Any]], int]:
    """The lines as the rules say, worked out in SQL and by hand; and their sum in cents."""
    lines, subtotal = [], 0
    for position, (sku, quantity) in enumerate(wanted, 1):
        found = await shop.one(PRICE, customer=customer["id"], sku=sku["id"], quantity=quantity)
        cents = found["unit_price_cents"]
        subtotal += cents * quantity
        in_cases = (Decimal(quantity) / sku["units_per_case"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        lines.append(
            {
                "position": position,
                "skuCode": sku["code"],
                "description": sku["name"],
                "quantity": quantity,
                "cases": str(in_cases),
                "liters": f"{Decimal(quantity * sku['bottle_ml']) / 1000:.3f}",
                "unitPrice": dollars(cents),
                "discountAmount": "0.00",
                "lineTotal": dollars(cents * quantity),
                "fulfilledQuantity": 0,
                "sku": {"id": global_id("Sku", sku["id"]), "code": sku["code"]},
            }
        )
    return lines, subtotal


@pytest.mark.parametrize("exempt", [True, False])
@pytest.mark.parametrize("quantities", [(1,), (1, 12, 60, 500)])
async def test_the_order_is_priced_and_added_up_by_the_rules(
    api: Api, shop: Shop, exempt: bool, quantities: tuple[int, ...]
) -> None:
    customer = await shop.customer(f"c.status = 'ACTIVE' AND c.tax_exempt = {exempt} AND c.tier IS NOT NULL")
    wanted = list(zip(await shop.skus(len(quantities)), quantities, strict=True))
    lines, subtotal = await expected_lines(shop, customer, wanted)
    settings = await shop.one(
        "SELECT * FROM leora.tenant_settings WHERE tenant_id = :tenant", tenant=customer["tenant_id"]
    )
    threshold = settings["free_shipping_threshold_cents"]
    freight = 0 if subtotal >= threshold else settings["shipping_flat_rate_cents"]
    rate = Decimal(0) if exempt else settings["tax_rate"]
    tax = (subtotal * rate).quantize(Decimal(1), ROUND_HALF_UP)

    payload = await create(
        api, customerId=global_id("Customer", customer["id"]), lines=[line(sku, n) for sku, n in wanted]
    )
    assert payload["userErrors"] == []
    order = payload["order"]
    assert order["lines"]["nodes"] == lines
    assert order["subtotal"] == dollars(subtotal)
    assert order["taxAmount"] == dollars(tax)
    assert order["shippingAmount"] == dollars(freight)
    assert order["discountAmount"] == "0.00"
    assert order["total"] == dollars(subtotal + tax + freight)
    assert (order["status"], order["placedAt"], order["currency"], order["version"]) == (
        "DRAFT",
        None,
        "USD",
        1,
    )
    assert order["number"].removeprefix(settings["order_number_prefix"]).isdigit()
    assert len(order["number"]) == len(settings["order_number_prefix"]) + 8
    assert payload["orderEdge"]["node"]["id"] == order["id"]


async def test_a_customers_own_price_counts_and_the_line_remembers_the_rule(api: Api, shop: Shop) -> None:
    entry = await shop.one(
        "SELECT e.* FROM leora.price_list_entries e JOIN leora.skus s ON s.id = e.sku_id"
        " JOIN leora.products p ON p.id = s.product_id JOIN leora.customers c ON c.id = e.customer_id"
        " JOIN leora.tenants t ON t.id = e.tenant_id"
        " WHERE t.slug = 'well-crafted' AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND c.status = 'ACTIVE'"
        " AND NOT p.is_sample_only AND e.valid_from <= now() AND (e.valid_until IS NULL OR e.valid_until > now())"
        " ORDER BY e.id LIMIT 1"
    )
    given = {"skuId": global_id("Sku", entry["sku_id"]), "quantity": entry["min_quantity"]}
    payload = await create(api, customerId=global_id("Customer", entry["customer_id"]), lines=[given])
    (made,) = payload["order"]["lines"]["nodes"]
    assert made["unitPrice"] == dollars(entry["unit_price_cents"])
    found = await api.data(OURS, {"id": payload["order"]["id"]}, as_=ADMIN)
    assert found["order"]["lines"]["nodes"][0]["appliedPricingRule"] == {
        "level": "CUSTOMER",
        "priceList": entry["price_list"],
        "entryId": str(entry["id"]),
        "minQuantity": entry["min_quantity"],
        "unitPriceCents": entry["unit_price_cents"],
        "currency": "USD",
    }


async def test_what_staff_says_of_it_is_kept_and_the_rest_is_the_customers(api: Api, shop: Shop) -> None:
    customer = await shop.customer("c.status = 'ACTIVE' AND c.sales_rep_id IS NOT NULL")
    day = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)).isoformat()
    payload = await create(
        api,
        MANAGER,
        customerId=global_id("Customer", customer["id"]),
        lines=[line(sku) for sku in await shop.skus(1)],
        shippingAddress={"line1": "Back door", "city": "Salem", "postalCode": "01970"},
        poNumber=" PO-7 ",
        notes="Ring twice.",
        internalNotes="Give them the good one.",
        requestedDeliveryOn=day,
    )
    order = payload["order"]
    assert (order["poNumber"], order["notes"], order["requestedDeliveryOn"]) == ("PO-7", "Ring twice.", day)
    assert order["shippingAddress"] == {"line1": "Back door", "city": "Salem", "postalCode": "01970"}
    own = customer["billing_address"]
    assert order["billingAddress"] == {
        "line1": own["line1"],
        "city": own["city"],
        "postalCode": own["postal_code"],
    }
    found = (await api.data(OURS, {"id": order["id"]}, as_=ADMIN))["order"]
    assert found["internalNotes"] == "Give them the good one."
    assert found["createdBy"] == {"email": MANAGER}
    assert found["salesRep"] == found["customer"]["salesRep"]
    assert found["requiresApproval"] is False


async def test_staff_can_let_it_count_for_another_representative(api: Api, shop: Shop) -> None:
    customer = await shop.customer("c.status = 'ACTIVE' AND c.sales_rep_id IS NOT NULL")
    manager = await shop.one("SELECT id FROM leora.users WHERE email = :email", email=MANAGER)
    payload = await create(
        api,
        customerId=global_id("Customer", customer["id"]),
        lines=[line(sku) for sku in await shop.skus(1)],
        salesRepId=global_id("User", manager["id"]),
    )
    found = await api.data(OURS, {"id": payload["order"]["id"]}, as_=ADMIN)
    assert found["order"]["salesRep"] == {"email": MANAGER}


async def test_samples_are_free(api: Api, shop: Shop) -> None:
    customer = await shop.customer("c.status IN ('ACTIVE', 'PROSPECT') AND NOT c.tax_exempt")
    payload = await create(
        api,
        REP,
        customerId=global_id("Customer", customer["id"]),
        lines=[line(sku, 2) for sku in await shop.skus(2)],
        isSample=True,
    )
    order = payload["order"]
    assert order["isSample"] is True
    assert {order[name] for name in ("subtotal", "taxAmount", "shippingAmount", "total")} == {"0.00"}
    assert {node["unitPrice"] for node in order["lines"]["nodes"]} == {"0.00"}


async def test_a_hundred_lines_are_no_too_many(api: Api, shop: Shop) -> None:
    customer = await shop.customer()
    skus = await shop.skus(100)
    wanted = [(sku, 3) for sku in skus]
    lines, subtotal = await expected_lines(shop, customer, wanted)
    payload = await create(
        api, customerId=global_id("Customer", customer["id"]), lines=[line(sku, n) for sku, n in wanted]
    )
    assert payload["order"]["lines"]["nodes"] == lines
    assert payload["order"]["subtotal"] == dollars(subtotal)


async def test_orders_written_at_once_have_numbers_of_their_own(crowd: Runner, shop: Shop) -> None:
    writer = await crowd.principal(ADMIN)
    customer = global_id("Customer", (await shop.customer())["id"])
    given = {"customerId": customer, "lines": [line(sku) for sku in await shop.skus(2)]}
    made = await asyncio.gather(*(crowd.data(CREATE, writer, {"input": given}) for _ in range(20)))
    assert len({payload["createOrder"]["order"]["number"] for payload in made}) == 20


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
    ({"shippingAddress": dict.fromkeys(("line1", "line2", "city", "region"), "\x01" * 200)},
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


async def change(shop: Shop, statement: str, **values: Any) -> None:
    """Change the demo data behind the product's back; whoever does it puts it back."""
    async with connected(shop.runner.direct_url, autocommit=True) as connection:
        await connection.execute(text(statement), values)


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


async def test_a_buyer_orders_for_its_own_customer_at_its_own_prices(api: Api, shop: Shop) -> None:
    customer = await shop.own_customer(BUYER)
    wanted = list(zip(await shop.skus(3), (1, 12, 60), strict=True))
    lines, subtotal = await expected_lines(shop, customer, wanted)
    given = {"lines": [line(sku, n) for sku, n in wanted], "notes": "Back door.", "poNumber": "7"}
    payload = await create(api, BUYER, **given)
    order = payload["order"]
    assert order["lines"]["nodes"] == lines
    assert order["subtotal"] == dollars(subtotal)
    assert order["customer"]["id"] == global_id("Customer", customer["id"])
    assert order["customer"]["salesRepContact"]["name"]
    assert (order["status"], order["notes"], order["poNumber"]) == ("DRAFT", "Back door.", "7")
    stored = await shop.one("SELECT * FROM leora.orders WHERE number = :number AND tenant_id = :tenant",
                            number=order["number"], tenant=customer["tenant_id"])  # fmt: skip
    assert stored["created_by_id"] is None
    assert stored["sales_rep_id"] == customer["sales_rep_id"]
    buyer = await shop.one("SELECT id FROM leora.portal_users WHERE email = :email", email=BUYER)
    assert stored["portal_user_id"] == buyer["id"]
    again = await create(api, BUYER, customerId=global_id("Customer", customer["id"]), **given)
    assert again["order"]["total"] == order["total"]


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


@pytest.mark.parametrize("account", [ADMIN, MANAGER, REP, BUYER])
async def test_every_role_that_writes_orders_may(api: Api, shop: Shop, account: str) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    lines = [line(sku) for sku in await shop.skus(1)]
    assert (await create(api, account, customerId=customer, lines=lines))["userErrors"] == []


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
