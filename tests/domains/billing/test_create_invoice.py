"""Invoicing an order: what is delivered and on no invoice, in parts that add up, once; and every refusal."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.api import BUYER, OTHER_ADMIN, REP, Api
from tests.domains.billing.books import CREATE, NOWHERE, Books, refused
from tests.domains.noted import global_id
from tests.domains.orders.shop import dollars
from tests.graph.principals import Runner

AMOUNTS = ("subtotal", "discountAmount", "taxAmount", "shippingAmount", "total")


def summed(invoices: list[dict[str, Any]]) -> dict[str, Decimal]:
    return {name: sum((Decimal(one[name]) for one in invoices), Decimal(0)) for name in AMOUNTS}


def of_order(row: dict[str, Any]) -> dict[str, Decimal]:
    columns = ("subtotal", "discount_amount", "tax_amount", "shipping_amount", "total")
    return {
        name: Decimal(row[f"{column}_cents"]) / 100 for name, column in zip(AMOUNTS, columns, strict=True)
    }


async def test_all_of_an_order_is_a_draft_with_its_lines_and_amounts(books: Books) -> None:
    order = await books.delivered((12, 6), discount=1_000, line_discount=99, tax=777, shipping=2_500)
    payload = await books.create(orderId=order.id)
    invoice, row = payload["invoice"], order.row
    assert payload["userErrors"] == []
    assert payload["invoiceEdge"]["node"]["id"] == invoice["id"]
    total = dollars(row["total_cents"])
    assert invoice == {
        **invoice,
        "number": None,
        "status": "DRAFT",
        "issuedOn": None,
        "dueOn": None,
        "paidAt": None,
        "version": 1,
        "currency": "USD",
        "subtotal": dollars(row["subtotal_cents"]),
        "discountAmount": "10.00",
        "taxAmount": "7.77",
        "shippingAmount": "25.00",
        "total": total,
        "paidAmount": "0.00",
        "balanceDue": total,
        "order": {"id": order.id},
        "customer": {"id": order.customer_id},
    }
    assert sorted(invoice["lines"]["nodes"], key=lambda one: -one["quantity"]) == [
        {
            "description": line["description"],
            "quantity": line["quantity"],
            "unitPrice": dollars(line["unit_price_cents"]),
            "discountAmount": "0.99",
            "lineTotal": dollars(line["line_total_cents"]),
            "orderLine": {"id": global_id("OrderLine", line["id"])},
            "sku": {"id": global_id("Sku", line["sku_id"])},
        }
        for line in order.lines
    ]
    ((kind, told),) = await books.events()
    assert (kind, told["total"], told["status"], len(told["lines"])) == ("invoice.created", total, "DRAFT", 2)
    entry = await books.entry()
    assert (entry["operation"], entry["action"], entry["entity_type"]) == (
        "createInvoice",
        "CREATE",
        "Invoice",
    )
    assert entry["changes"]["total"] == {"before": None, "after": total}


async def test_parts_add_up_to_the_order_and_the_first_bears_the_shipping(books: Books) -> None:
    order = await books.delivered((7, 5), discount=1_001, line_discount=100, tax=777, shipping=2_500)
    given = ([order.line(0, 3)], [order.line(1, 1), order.line(0, 1)], None)
    made = [
        (await books.create(orderId=order.id, **({"lines": lines} if lines else {})))["invoice"]
        for lines in given
    ]
    assert [one["shippingAmount"] for one in made] == ["25.00", "0.00", "0.00"]
    assert summed(made) == of_order(order.row)
    discounts = [Decimal(node["discountAmount"]) for one in made for node in one["lines"]["nodes"]]
    assert sum(discounts) == Decimal("2.00")
    assert refused(await books.create(orderId=order.id)) == [("NOT_ALLOWED", ["orderId"])]


async def test_a_void_part_is_made_again_and_the_parts_still_add_up(books: Books) -> None:
    order = await books.delivered((7, 5), discount=1_001, line_discount=100, tax=777, shipping=2_500)
    first = (await books.create(orderId=order.id, lines=[order.line(0, 3)]))["invoice"]
    rest = (await books.create(orderId=order.id))["invoice"]
    assert (await books.void(id=first["id"]))["userErrors"] == []
    again = (await books.create(orderId=order.id))["invoice"]
    assert [node["quantity"] for node in again["lines"]["nodes"]] == [3]
    assert again["shippingAmount"] == "25.00"
    assert summed([rest, again]) == of_order(order.row)


@pytest.mark.parametrize("status", ["PARTIALLY_FULFILLED", "CANCELLED"])
async def test_only_what_is_delivered_is_invoiced_of_a_cancelled_order_too(books: Books, status: str) -> None:
    order = await books.delivered((12, 6), status=status, part=0.5, tax=100)
    invoice = (await books.create(orderId=order.id))["invoice"]
    assert sorted(node["quantity"] for node in invoice["lines"]["nodes"]) == [3, 6]
    assert invoice["taxAmount"] == "0.50"
    assert refused(await books.create(orderId=order.id)) == [("NOT_ALLOWED", ["orderId"])]


async def test_no_bottle_is_invoiced_twice_however_many_ask_at_once(crowd: Runner, books: Books) -> None:
    order = await books.delivered()
    writer = await crowd.principal("admin@wellcrafted.test")
    made = await asyncio.gather(
        *(crowd.data(CREATE, writer, {"input": {"orderId": order.id}}) for _ in range(8))
    )
    codes = [error["code"] for payload in made for error in payload["createInvoice"]["userErrors"]]
    assert codes == ["NOT_ALLOWED"] * 7


REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"orderId": "nonsense"}, [("NOT_FOUND", ["orderId"])]),
    ({"orderId": global_id("Order", NOWHERE)}, [("NOT_FOUND", ["orderId"])]),
    ({"orderId": global_id("Customer", NOWHERE)}, [("NOT_FOUND", ["orderId"])]),
    ({"lines": []}, [("REQUIRED", ["lines"])]),
    ({"lines": [{"orderLineId": "nonsense", "quantity": 1}]}, [("NOT_FOUND", ["lines", "0", "orderLineId"])]),
    ({"lines": [{"orderLineId": global_id("OrderLine", NOWHERE), "quantity": 1}]},
     [("NOT_FOUND", ["lines", "0", "orderLineId"])]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), REFUSED)
async def test_a_bad_input_is_refused_at_its_field(
    books: Books, given: dict[str, Any], expected: list[tuple[str, list[str]]]
) -> None:
    order = await books.delivered()
    before = await books.traces()
    assert refused(await books.create(**{"orderId": order.id, **given})) == expected
    assert await books.traces() == before


@pytest.mark.parametrize("quantity", [0, -1, 13, 100_001, 2_147_483_647])
async def test_a_quantity_beyond_what_is_left_is_out_of_range(books: Books, quantity: int) -> None:
    order = await books.delivered((12, 6))
    before = await books.traces()
    payload = await books.create(orderId=order.id, lines=[order.line(1, 1), order.line(0, quantity)])
    assert refused(payload) == [("OUT_OF_RANGE", ["lines", "1", "quantity"])]
    assert await books.traces() == before


async def test_lines_that_are_named_twice_done_or_of_another_order_are_refused(books: Books) -> None:
    order, other = await books.delivered((12, 6)), await books.delivered((3,))
    await books.create(orderId=order.id, lines=[order.line(0, 12)])
    before = await books.traces()
    twice = await books.create(orderId=order.id, lines=[order.line(1, 1), order.line(1, 2)])
    assert refused(twice) == [("INVALID", ["lines", "1", "orderLineId"])]
    wrong = await books.create(orderId=order.id, lines=[order.line(0, 1), other.line(0, 1)])
    assert refused(wrong) == [
        ("NOT_ALLOWED", ["lines", "0", "orderLineId"]),
        ("NOT_FOUND", ["lines", "1", "orderLineId"]),
    ]
    assert await books.traces() == before


@pytest.mark.parametrize("status", ["PENDING", "CONFIRMED"])
async def test_what_is_not_delivered_is_not_invoiced(books: Books, status: str) -> None:
    order = await books.delivered(status=status, part=0)
    before = await books.traces()
    assert refused(await books.create(orderId=order.id)) == [("NOT_ALLOWED", ["orderId"])]
    assert await books.traces() == before


async def test_samples_are_not_invoiced(books: Books) -> None:
    order = await books.delivered(is_sample=True)
    assert refused(await books.create(orderId=order.id)) == [("NOT_ALLOWED", ["orderId"])]


async def test_another_tenants_order_is_not_found(books: Books) -> None:
    order = await books.delivered()
    before = await books.traces()
    payload = await books.create(OTHER_ADMIN, orderId=order.id)
    assert refused(payload) == [("NOT_FOUND", ["orderId"])]
    assert await books.traces() == before


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_manage_invoices_is_forbidden(api: Api, books: Books, account: str) -> None:
    order = await books.delivered()
    before = await books.traces()
    answer = await api(CREATE, {"input": {"orderId": order.id}}, as_=account)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {"createInvoice": None})
    assert await books.traces() == before
