"""What the tests of payments share: the mutations, and invoices as they stand."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from tests.api import ADMIN
from tests.domains.billing.books import Books

RECORD = """
mutation ($input: RecordPaymentInput!) {
  recordPayment(input: $input) {
    payment {
      id number amount currency method receivedOn reference status version customer { id }
      allocations { nodes { amount invoice { id } } }
    }
    paymentEdge { node { id } }
    userErrors { code message field }
  }
}
"""
MOVE = """
mutation ($input: %sInput!) {
  %s(input: $input) { payment { id status version } userErrors { code message field } }
}
"""
MOVES = {
    name: MOVE % (name[0].upper() + name[1:], name)
    for name in ("clearPayment", "failPayment", "refundPayment")
}
INVOICE = "query ($id: ID!) { invoice(id: $id) { status paidAmount balanceDue paidAt } }"


def yesterday() -> str:
    return (dt.datetime.now(ZoneInfo("America/New_York")).date() - dt.timedelta(days=1)).isoformat()


def for_all(*invoices: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"invoiceId": one["id"], "amount": one["balanceDue"]} for one in invoices]


async def record(books: Books, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    """The payload of `recordPayment`."""
    plain = {"method": "CHECK", "receivedOn": yesterday()}
    return (await books.api.data(RECORD, {"input": {**plain, **given}}, as_=as_))["recordPayment"]


async def paying(books: Books, invoice: dict[str, Any], amount: str) -> dict[str, Any]:
    """A pending payment for one invoice."""
    payload = await record(
        books,
        customerId=invoice["customer"]["id"],
        amount=amount,
        allocations=[{"invoiceId": invoice["id"], "amount": amount}],
    )
    assert payload["userErrors"] == []
    return payload["payment"]


async def move(books: Books, name: str, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    """The payload of `clearPayment` and its sisters."""
    return (await books.api.data(MOVES[name], {"input": given}, as_=as_))[name]


async def standing(books: Books, invoice: dict[str, Any]) -> tuple[str, str, str, bool]:
    """Status, what is paid, what is left, and whether it says when it was paid."""
    found = (await books.api.data(INVOICE, {"id": invoice["id"]}, as_=ADMIN))["invoice"]
    return found["status"], found["paidAmount"], found["balanceDue"], found["paidAt"] is not None
