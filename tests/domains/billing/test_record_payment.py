"""Recording payments: over several invoices, never too much, and every refusal."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, Api
from tests.domains.billing.books import NOWHERE, Books, refused
from tests.domains.billing.money import RECORD, for_all, move, paying, record, standing, yesterday
from tests.domains.noted import global_id
from tests.graph.principals import Runner


async def test_one_check_settles_several_invoices(books: Books) -> None:
    customer = await books.customer()
    first, second = [await books.sent(customer=customer, tax=tax) for tax in (11, 22)]
    amount = str(Decimal(first["balanceDue"]) + Decimal(second["balanceDue"]))
    payload = await record(
        books,
        customerId=first["customer"]["id"],
        amount=amount,
        currency="USD",
        reference=" 4711 ",
        allocations=for_all(first, second),
    )
    payment = payload["payment"]
    assert payload["userErrors"] == []
    assert payload["paymentEdge"]["node"]["id"] == payment["id"]
    settled = sorted(payment.pop("allocations")["nodes"], key=lambda one: one["invoice"]["id"])
    assert settled == sorted(
        ({"amount": one["balanceDue"], "invoice": {"id": one["id"]}} for one in (first, second)),
        key=lambda one: one["invoice"]["id"],
    )
    assert payment["number"].startswith("PAY-")
    assert len(payment["number"]) == 12
    assert payment == {
        "id": payment["id"],
        "number": payment["number"],
        "amount": amount,
        "currency": "USD",
        "method": "CHECK",
        "receivedOn": yesterday(),
        "reference": "4711",
        "status": "PENDING",
        "version": 1,
        "customer": {"id": first["customer"]["id"]},
    }
    assert await standing(books, first) == ("SENT", "0.00", first["total"], False)
    ((kind, told),) = await books.events()
    assert (kind, told["number"], told["amount"]) == ("payment.recorded", payment["number"], amount)
    assert [one["invoiceNumber"] for one in told["allocations"]] == [first["number"], second["number"]]
    entry = await books.entry()
    assert (entry["operation"], entry["action"], entry["entity_type"]) == (
        "recordPayment",
        "CREATE",
        "Payment",
    )


async def test_pending_and_cleared_payments_count_against_overpayment_and_failed_ones_do_not(
    books: Books,
) -> None:
    invoice = await books.sent()
    total = Decimal(invoice["total"])
    pending = await paying(books, invoice, str(total - Decimal("0.02")))
    too_much = [{"invoiceId": invoice["id"], "amount": "0.03"}]
    given: dict[str, Any] = {
        "customerId": invoice["customer"]["id"],
        "amount": "0.03",
        "allocations": too_much,
    }
    before = await books.traces()
    payload = await record(books, **given)
    assert refused(payload) == [("OVERPAYMENT", ["allocations", "0", "amount"])]
    assert "0.02" in payload["userErrors"][0]["message"]
    assert await books.traces() == before
    await move(books, "clearPayment", id=pending["id"])
    assert refused(await record(books, **given)) == [("OVERPAYMENT", ["allocations", "0", "amount"])]
    await move(books, "refundPayment", id=pending["id"])
    assert (await record(books, **given))["userErrors"] == []


async def test_of_many_that_pay_at_once_only_what_is_owed_is_taken(crowd: Runner, books: Books) -> None:
    invoice = await books.sent()
    writer = await crowd.principal(ADMIN)
    given = {
        "customerId": invoice["customer"]["id"],
        "amount": invoice["total"],
        "method": "ACH",
        "receivedOn": yesterday(),
        "allocations": for_all(invoice),
    }
    made = await asyncio.gather(*(crowd.data(RECORD, writer, {"input": given}) for _ in range(6)))
    codes = [error["code"] for payload in made for error in payload["recordPayment"]["userErrors"]]
    assert codes == ["OVERPAYMENT"] * 5


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"customerId": "nonsense"}, [("NOT_FOUND", ["customerId"])]),
        ({"customerId": global_id("Customer", NOWHERE)}, [("NOT_FOUND", ["customerId"])]),
        ({"amount": "0"}, [("OUT_OF_RANGE", ["amount"])]),
        ({"amount": "-1"}, [("OUT_OF_RANGE", ["amount"])]),
        ({"amount": "1e30"}, [("OUT_OF_RANGE", ["amount"])]),
        ({"amount": "1.001"}, [("INVALID", ["amount"])]),
        ({"amount": "1.01"}, [("INVALID", ["allocations"])]),
        ({"currency": "usd"}, [("INVALID", ["currency"])]),
        ({"currency": "EUR"}, [("CURRENCY_MISMATCH", ["allocations", "0", "invoiceId"])]),
        ({"receivedOn": "9999-12-31"}, [("OUT_OF_RANGE", ["receivedOn"])]),
        ({"reference": "1" * 201}, [("TOO_LONG", ["reference"])]),
        ({"allocations": []}, [("REQUIRED", ["allocations"])]),
    ],
)
async def test_a_bad_input_is_refused_at_its_field(
    books: Books, given: dict[str, Any], expected: list[tuple[str, list[str]]]
) -> None:
    invoice = await books.sent()
    good = {
        "customerId": invoice["customer"]["id"],
        "amount": "1.00",
        "allocations": [{"invoiceId": invoice["id"], "amount": "1"}],
    }
    before = await books.traces()
    assert refused(await record(books, **{**good, **given})) == expected
    assert await books.traces() == before


async def test_a_bad_allocation_is_refused_at_its_place(books: Books) -> None:
    customer, other = await books.runner.sql(
        "SELECT c.* FROM leora.customers c JOIN leora.tenants t ON t.id = c.tenant_id"
        " WHERE t.slug = 'well-crafted' AND c.status = 'ACTIVE' ORDER BY c.id LIMIT 2"
    )
    good, draft = await books.sent(customer=customer), await books.draft(customer=customer)
    theirs = await books.sent(customer=other)
    void = await books.sent(customer=customer)
    await books.void(id=void["id"])
    cases = [
        ({"invoiceId": "nonsense", "amount": "1"}, ("NOT_FOUND", "invoiceId")),
        ({"invoiceId": global_id("Invoice", NOWHERE), "amount": "1"}, ("NOT_FOUND", "invoiceId")),
        ({"invoiceId": theirs["id"], "amount": "1"}, ("NOT_FOUND", "invoiceId")),
        ({"invoiceId": draft["id"], "amount": "1"}, ("NOT_ALLOWED", "invoiceId")),
        ({"invoiceId": void["id"], "amount": "1"}, ("NOT_ALLOWED", "invoiceId")),
        ({"invoiceId": good["id"], "amount": "1"}, ("INVALID", "invoiceId")),
        ({"invoiceId": draft["id"], "amount": "0"}, ("OUT_OF_RANGE", "amount")),
        ({"invoiceId": draft["id"], "amount": "0.001"}, ("INVALID", "amount")),
    ]
    before = await books.traces()
    for bad, (code, field) in cases:
        payload = await record(
            books,
            customerId=good["customer"]["id"],
            amount="2",
            allocations=[{"invoiceId": good["id"], "amount": "1"}, bad],
        )
        assert refused(payload) == [(code, ["allocations", "1", field])], bad
    assert await books.traces() == before


async def test_another_tenants_rows_are_not_found(books: Books) -> None:
    invoice = await books.sent()
    given: dict[str, Any] = {"amount": "1", "allocations": [{"invoiceId": invoice["id"], "amount": "1"}]}
    before = await books.traces()
    payload = await record(books, OTHER_ADMIN, customerId=invoice["customer"]["id"], **given)
    assert refused(payload) == [("NOT_FOUND", ["customerId"])]
    own = global_id("Customer", (await books.customer(tenant="cellar-door"))["id"])
    payload = await record(books, OTHER_ADMIN, customerId=own, **given)
    assert refused(payload) == [("NOT_FOUND", ["allocations", "0", "invoiceId"])]
    assert await books.traces() == before


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_record_payments_is_forbidden(api: Api, books: Books, account: str) -> None:
    invoice = await books.sent()
    given = {
        "customerId": invoice["customer"]["id"],
        "amount": "1",
        "method": "CASH",
        "receivedOn": yesterday(),
        "allocations": [{"invoiceId": invoice["id"], "amount": "1"}],
    }
    before = await books.traces()
    answer = await api(RECORD, {"input": given}, as_=account)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {"recordPayment": None})
    assert await books.traces() == before
