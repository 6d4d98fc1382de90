"""Writing an order: its prices and amounts, what of it is given and what is the customer's."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, REP, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import done, draft, last_entry, last_event
from tests.domains.orders.shop import (
    CREATE,
    Shop,
    create,
    dollars,
    expected_lines,
    line,
)
from tests.graph.principals import Runner

OURS = """
query ($id: ID!) { order(id: $id) {
  internalNotes createdBy { email } salesRep { email } requiresApproval
  customer { salesRep { email } }
  lines { nodes { appliedPricingRule } }
} }
"""


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
        "entryId": global_id("PriceListEntry", entry["id"]),
        "minQuantity": entry["min_quantity"],
        "unitPrice": dollars(entry["unit_price_cents"]),
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
    assert payload["userErrors"] == []
    assert payload["order"]["lines"]["nodes"] == lines
    assert payload["order"]["subtotal"] == dollars(subtotal)


async def test_orders_written_at_once_have_numbers_of_their_own(crowd: Runner, shop: Shop) -> None:
    writer = await crowd.principal(ADMIN)
    customer = global_id("Customer", (await shop.customer())["id"])
    given = {"customerId": customer, "lines": [line(sku) for sku in await shop.skus(2)]}
    made = await asyncio.gather(*(crowd.data(CREATE, writer, {"input": given}) for _ in range(20)))
    assert len({payload["createOrder"]["order"]["number"] for payload in made}) == 20


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


@pytest.mark.parametrize("account", [ADMIN, MANAGER, REP, BUYER])
async def test_every_role_that_writes_orders_may(api: Api, shop: Shop, account: str) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    lines = [line(sku) for sku in await shop.skus(1)]
    assert (await create(api, account, customerId=customer, lines=lines))["userErrors"] == []


async def test_all_that_was_written_is_in_the_record_and_no_note_of_ours_in_the_event(
    api: Api, runner: Runner, shop: Shop
) -> None:
    customer = await shop.customer("c.status = 'ACTIVE' AND c.billing_address IS NOT NULL")
    (sku,) = await shop.skus(1)
    made = await create(
        api,
        customerId=global_id("Customer", customer["id"]),
        lines=[line(sku, 2)],
        shippingAddress={"city": "Salem"},
        poNumber="PO-8",
        notes="Ring twice.",
        internalNotes="Careful.",
    )
    order = made["order"]
    changes = await recorded(runner, order, "createOrder")
    admin = await shop.one("SELECT id FROM leora.users WHERE email = :email", email=ADMIN)
    assert changes["number"] == order["number"]
    assert (changes["notes"], changes["internalNotes"]) == ("Ring twice.", "Careful.")
    assert (changes["poNumber"], changes["createdById"]) == ("PO-8", global_id("User", admin["id"]))
    assert changes["shippingAddress"] == {"city": "Salem"}
    assert changes["billingAddress"] == told(customer["billing_address"])
    (written,) = changes["lines"]
    assert (written["skuId"], written["skuCode"]) == (global_id("Sku", sku["id"]), sku["code"])
    assert (written["position"], written["quantity"]) == (1, 2)
    assert written["appliedPricingRule"]["level"]
    assert written["lineTotal"] == order["subtotal"]
    assert not {"buyer", "givenBillingAddress", "givenShippingAddress"} & set(changes)

    event = await last_event(runner, order)
    assert event["type"] == "order.created"
    assert set(event["payload"]) == {
        *("number", "customerId", "salesRepId", "status", "poNumber", "requestedDeliveryOn", "currency"),
        *("subtotal", "taxAmount", "shippingAmount", "total", "isSample", "lines"),
    }
    again = await done(api, "reorder", BUYER, id=(await draft(api, shop, BUYER))["id"])
    changes = await recorded(runner, again, "reorder")
    buyer = await shop.own_customer(BUYER)
    assert changes["portalUserId"]
    assert changes["billingAddress"] == told(buyer["billing_address"])
    assert changes["shippingAddress"] == told(buyer["shipping_address"])


def told(stored: dict[str, str]) -> dict[str, str]:
    """An address as it is stored, by the API's names."""
    return {"postalCode" if name == "postal_code" else name: part for name, part in stored.items()}


async def recorded(runner: Runner, order: dict[str, Any], operation: str) -> dict[str, Any]:
    """What the audit log says that the order is."""
    entry = await last_entry(runner, order)
    assert (entry["operation"], entry["action"]) == (operation, "CREATE")
    assert {change["before"] for change in entry["changes"].values()} == {None}
    return {name: change["after"] for name, change in entry["changes"].items()}
