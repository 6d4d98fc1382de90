"""What becomes of payments: cleared, failed, refunded; their invoices with them; and every refusal."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal

import pytest

from leora_gql.domains.billing.enums import InvoiceStatus
from leora_gql.domains.billing.settlement import Settlement, settled
from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, Api
from tests.domains.billing.books import NOWHERE, Books, refused
from tests.domains.billing.money import MOVES, for_all, move, paying, record, standing
from tests.domains.noted import global_id
from tests.graph.principals import Runner

NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
EACH = pytest.mark.parametrize("name", list(MOVES))


def test_what_is_paid_makes_the_status() -> None:
    assert settled(100, 0, at=NOON) == Settlement(InvoiceStatus.SENT, 0, None)
    assert settled(100, 1, at=NOON) == Settlement(InvoiceStatus.PARTIALLY_PAID, 1, None)
    assert settled(100, 100, at=NOON) == Settlement(InvoiceStatus.PAID, 100, NOON)
    assert settled(0, 0, at=NOON) == Settlement(InvoiceStatus.PAID, 0, NOON)


@pytest.mark.parametrize("paid", [-1, 101])
def test_nothing_below_nothing_or_above_the_total_is_paid(paid: int) -> None:
    with pytest.raises(ValueError, match="between"):
        settled(100, paid, at=NOON)


async def test_an_invoice_is_paid_in_two_parts_and_reopened_by_a_refund(books: Books) -> None:
    invoice = await books.sent()
    total = Decimal(invoice["total"])
    first = await paying(books, invoice, "10.00")
    second = await paying(books, invoice, str(total - 10))
    payload = await move(books, "clearPayment", id=first["id"], version=1)
    assert payload == {
        "payment": {"id": first["id"], "status": "CLEARED", "version": 2},
        "userErrors": [],
    }
    rest = str(total - 10)
    assert await standing(books, invoice) == ("PARTIALLY_PAID", "10.00", rest, False)
    (cleared, _), (paid, told) = await books.events(2)
    assert (cleared, paid) == ("payment.cleared", "invoice.partially_paid")
    assert (told["number"], told["paidAmount"], told["balanceDue"]) == (invoice["number"], "10.00", rest)
    await move(books, "clearPayment", id=second["id"])
    assert await standing(books, invoice) == ("PAID", invoice["total"], "0.00", True)
    assert [kind for kind, _ in await books.events(2)] == ["payment.cleared", "invoice.paid"]
    entry = await books.entry()
    assert (entry["operation"], entry["entity_type"]) == ("clearPayment", "Invoice")
    assert entry["changes"]["status"] == {"before": "PARTIALLY_PAID", "after": "PAID"}
    assert refused(await books.void(id=invoice["id"])) == [("INVALID_TRANSITION", ["id"])]

    refunded = await move(books, "refundPayment", id=first["id"])
    assert refunded["payment"]["status"] == "REFUNDED"
    assert await standing(books, invoice) == ("PARTIALLY_PAID", rest, "10.00", False)
    assert [kind for kind, _ in await books.events(2)] == ["payment.refunded", "invoice.reopened"]
    await move(books, "refundPayment", id=second["id"])
    assert await standing(books, invoice) == ("SENT", "0.00", invoice["total"], False)
    assert (await books.void(id=invoice["id"]))["userErrors"] == []


async def test_a_payment_over_several_invoices_clears_all_of_them(books: Books) -> None:
    customer = await books.customer()
    invoices = [await books.sent(customer=customer) for _ in range(3)]
    amount = str(sum(Decimal(one["total"]) for one in invoices))
    given = {"customerId": invoices[0]["customer"]["id"], "amount": amount}
    payment = (await record(books, **given, allocations=for_all(*invoices)))["payment"]
    await move(books, "clearPayment", id=payment["id"])
    for one in invoices:
        assert await standing(books, one) == ("PAID", one["total"], "0.00", True)
    assert [kind for kind, _ in await books.events(4)] == ["payment.cleared", *["invoice.paid"] * 3]


async def test_an_invoice_with_a_pending_payment_is_not_void_until_that_fails(books: Books) -> None:
    invoice = await books.sent()
    payment = await paying(books, invoice, "1.00")
    before = await books.traces()
    assert refused(await books.void(id=invoice["id"])) == [("NOT_ALLOWED", ["id"])]
    assert await books.traces() == before
    payload = await move(books, "failPayment", id=payment["id"])
    assert payload["payment"] == {"id": payment["id"], "status": "FAILED", "version": 2}
    assert [kind for kind, _ in await books.events()] == ["payment.failed"]
    assert await standing(books, invoice) == ("SENT", "0.00", invoice["total"], False)
    assert (await books.void(id=invoice["id"]))["userErrors"] == []


async def test_a_payment_clears_once_however_many_ask_at_once(crowd: Runner, books: Books) -> None:
    invoice = await books.sent()
    payment = await paying(books, invoice, "1.00")
    writer = await crowd.principal(ADMIN)
    given = {"input": {"id": payment["id"]}}
    names = ["clearPayment"] * 4 + ["failPayment"] * 2
    made = await asyncio.gather(*(crowd.data(MOVES[name], writer, given) for name in names))
    codes = [error["code"] for payload in made for one in payload.values() for error in one["userErrors"]]
    assert codes == ["INVALID_TRANSITION"] * 5


@EACH
@pytest.mark.parametrize("status", ["FAILED", "REFUNDED"])
async def test_a_status_that_does_not_lead_there_is_named(books: Books, name: str, status: str) -> None:
    payment = await paying(books, await books.sent(), "1.00")
    if status == "REFUNDED":
        await move(books, "clearPayment", id=payment["id"])
    await move(books, "failPayment" if status == "FAILED" else "refundPayment", id=payment["id"])
    before = await books.traces()
    payload = await move(books, name, id=payment["id"])
    assert refused(payload) == [("INVALID_TRANSITION", ["id"])]
    assert status in payload["userErrors"][0]["message"]
    assert await books.traces() == before


@EACH
async def test_what_is_not_there_of_another_tenant_or_moved_on_is_refused(books: Books, name: str) -> None:
    payment = await paying(books, await books.sent(), "1.00")
    before = await books.traces()
    assert refused(await move(books, name, id="nonsense")) == [("NOT_FOUND", ["id"])]
    assert refused(await move(books, name, id=global_id("Payment", NOWHERE))) == [("NOT_FOUND", ["id"])]
    assert refused(await move(books, name, OTHER_ADMIN, id=payment["id"])) == [("NOT_FOUND", ["id"])]
    assert refused(await move(books, name, id=payment["id"], version=9)) == [("CONFLICT", ["version"])]
    assert await books.traces() == before


@EACH
@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_record_payments_is_forbidden(
    api: Api, books: Books, name: str, account: str
) -> None:
    payment = await paying(books, await books.sent(), "1.00")
    before = await books.traces()
    answer = await api(MOVES[name], {"input": {"id": payment["id"]}}, as_=account)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {name: None})
    assert await books.traces() == before
