"""Sending and voiding invoices: numbers without gaps, dates by the terms, and every refusal."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, Api
from tests.domains.billing.books import DELIVER, NOWHERE, SEND, VOID, Books, refused
from tests.domains.noted import global_id, noted
from tests.graph.principals import Runner

NAMES = {SEND: "sendInvoice", VOID: "voidInvoice"}
FREE = {"status": "FULFILLED", "part": 1, "discount": 0, "tax": 0, "shipping": 0}
BOTH = pytest.mark.parametrize("mutation", [SEND, VOID], ids=["send", "void"])


async def act(api: Api, mutation: str, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    return (await api.data(mutation, {"input": given}, as_=as_))[NAMES[mutation]]


async def last_number(books: Books) -> int:
    tenant = await books.runner.tenant()
    head = await books.one("SELECT invoice_number FROM leora.tenant_heads WHERE tenant_id = :t", t=tenant)
    return head["invoice_number"]


@pytest.mark.parametrize("terms", [None, 0, 45])
async def test_a_draft_gets_the_next_number_and_its_dates_by_the_terms(
    books: Books, terms: int | None
) -> None:
    customer = await books.customer()
    tenant = customer["tenant_id"]
    settings = await books.one("SELECT * FROM leora.tenant_settings WHERE tenant_id = :t", t=tenant)
    set_terms = "UPDATE leora.customers SET payment_terms_days = :days WHERE id = :id"
    draft = await books.draft(customer=customer)
    before = await last_number(books)
    await books.runner.write(set_terms, days=terms, id=customer["id"])
    try:
        payload = await books.send(id=draft["id"], version=draft["version"])
    finally:
        await books.runner.write(set_terms, days=customer["payment_terms_days"], id=customer["id"])
    today = dt.datetime.now(ZoneInfo(settings["timezone"])).date()
    days = settings["payment_terms_days"] if terms is None else terms
    number = f"{settings['invoice_number_prefix']}{before + 1:08d}"
    due = (today + dt.timedelta(days=days)).isoformat()
    assert payload["invoice"] == {
        "id": draft["id"],
        "number": number,
        "status": "SENT",
        "issuedOn": today.isoformat(),
        "dueOn": due,
        "paidAt": None,
        "paidAmount": "0.00",
        "balanceDue": draft["total"],
        "version": draft["version"] + 1,
    }
    ((kind, told),) = await books.events()
    assert (kind, told["number"], told["dueOn"], told["total"]) == (
        "invoice.sent",
        number,
        due,
        draft["total"],
    )
    entry = await books.entry()
    assert (entry["operation"], entry["action"]) == ("sendInvoice", "UPDATE")
    assert entry["changes"]["status"] == {"before": "DRAFT", "after": "SENT"}
    assert entry["changes"]["number"] == {"before": None, "after": number}


async def given_away(books: Books) -> dict[str, Any]:
    """A draft of total 0: what is delivered of the order is discounted whole, and nothing is shipped."""
    customer = await books.customer()
    delivered = await books.delivered((1,), customer=customer)
    (line,) = delivered.lines
    price = line["unit_price_cents"]
    await books.runner.write(DELIVER, **FREE, id=delivered.row["id"], line_discount=price)
    draft = (await books.create(orderId=delivered.id))["invoice"]
    assert draft["total"] == "0.00"
    return draft


async def test_one_of_nothing_is_paid_by_being_sent(books: Books, runner: Runner) -> None:
    draft = await given_away(books)
    async with noted(runner) as left:
        sent = (await books.send(id=draft["id"]))["invoice"]
    assert (sent["status"], sent["balanceDue"], sent["version"]) == ("PAID", "0.00", draft["version"] + 1)
    assert sent["paidAt"] is not None
    assert [event["type"] for event in left.events] == ["invoice.sent", "invoice.paid"]
    told, paid = (event["payload"] for event in left.events)
    assert (told["number"], told["status"], told["dueOn"]) == (sent["number"], "SENT", sent["dueOn"])
    assert paid == {
        **{name: told[name] for name in ("number", "customerId", "orderId", "total", "currency")},
        "status": "PAID",
        "paidAmount": "0.00",
        "paidAt": sent["paidAt"],
        "balanceDue": "0.00",
    }
    assert [entry["changes"].get("paidAt") for entry in left.entries] == [
        None,
        {"before": None, "after": sent["paidAt"]},
    ]
    assert refused(await books.send(id=draft["id"])) == [("INVALID_TRANSITION", ["id"])]


async def test_one_of_nothing_can_be_taken_back_for_lack_of_a_payment(books: Books, runner: Runner) -> None:
    draft = await given_away(books)
    sent = (await books.send(id=draft["id"]))["invoice"]
    async with noted(runner) as left:
        void = (await books.void(id=draft["id"]))["invoice"]
    assert (void["status"], void["paidAt"], void["number"]) == ("VOID", None, sent["number"])
    assert left.entry["changes"] == {
        "status": {"before": "PAID", "after": "VOID"},
        "paidAt": {"before": sent["paidAt"], "after": None},
    }


async def test_invoices_sent_at_once_are_numbered_without_a_gap(crowd: Runner, books: Books) -> None:
    drafts = [await books.draft() for _ in range(8)]
    before = await last_number(books)
    writer = await crowd.principal(ADMIN)
    made = await asyncio.gather(
        *(crowd.data(SEND, writer, {"input": {"id": draft["id"]}}) for draft in drafts)
    )
    numbers = sorted(int(one["sendInvoice"]["invoice"]["number"][-8:]) for one in made)
    assert numbers == list(range(before + 1, before + 9))


async def test_a_number_that_is_rolled_back_is_given_again(api: Api, books: Books) -> None:
    draft = await books.draft()
    before = await books.traces()
    two = """mutation ($draft: ID!, $none: ID!) {
      good: sendInvoice(input: {id: $draft}) { invoice { number } userErrors { code } }
      bad: sendInvoice(input: {id: $none}) { invoice { number } userErrors { code } }
    }"""
    none = global_id("Invoice", NOWHERE)
    done = await api.data(two, {"draft": draft["id"], "none": none}, as_=ADMIN)
    assert done["good"] == {"invoice": None, "userErrors": [{"code": "ROLLED_BACK"}]}
    assert done["bad"]["userErrors"] == [{"code": "NOT_FOUND"}]
    assert await books.traces() == before


@pytest.mark.parametrize("is_sent", [False, True])
async def test_a_void_invoice_keeps_its_number_and_owes_nothing(books: Books, is_sent: bool) -> None:
    invoice = await (books.sent() if is_sent else books.draft())
    payload = await books.void(id=invoice["id"], version=invoice["version"])
    assert payload["invoice"] == {
        **payload["invoice"],
        "number": invoice["number"],
        "status": "VOID",
        "issuedOn": invoice["issuedOn"],
        "balanceDue": "0.00",
        "version": invoice["version"] + 1,
    }
    ((kind, told),) = await books.events()
    assert (kind, told["number"], told["status"]) == ("invoice.voided", invoice["number"], "VOID")
    entry = await books.entry()
    before = "SENT" if is_sent else "DRAFT"
    assert (entry["operation"], entry["changes"]) == (
        "voidInvoice",
        {"status": {"before": before, "after": "VOID"}},
    )


@BOTH
async def test_a_status_that_does_not_lead_there_is_named(api: Api, books: Books, mutation: str) -> None:
    invoice = await books.draft()
    await books.void(id=invoice["id"])
    before = await books.traces()
    payload = await act(api, mutation, id=invoice["id"])
    assert refused(payload) == [("INVALID_TRANSITION", ["id"])]
    assert "VOID" in payload["userErrors"][0]["message"]
    assert await books.traces() == before


async def test_a_sent_invoice_is_not_sent_again(books: Books) -> None:
    invoice = await books.sent()
    payload = await books.send(id=invoice["id"])
    assert refused(payload) == [("INVALID_TRANSITION", ["id"])]
    assert "SENT" in payload["userErrors"][0]["message"]


@BOTH
async def test_what_is_not_there_of_another_tenant_or_moved_on_is_refused(
    api: Api, books: Books, mutation: str
) -> None:
    invoice = await books.draft()
    before = await books.traces()
    assert refused(await act(api, mutation, id="nonsense")) == [("NOT_FOUND", ["id"])]
    assert refused(await act(api, mutation, id=global_id("Invoice", NOWHERE))) == [("NOT_FOUND", ["id"])]
    assert refused(await act(api, mutation, OTHER_ADMIN, id=invoice["id"])) == [("NOT_FOUND", ["id"])]
    assert refused(await act(api, mutation, id=invoice["id"], version=7)) == [("CONFLICT", ["version"])]
    assert await books.traces() == before


@BOTH
@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_manage_invoices_is_forbidden(
    api: Api, books: Books, mutation: str, account: str
) -> None:
    invoice = await books.draft()
    before = await books.traces()
    answer = await api(mutation, {"input": {"id": invoice["id"]}}, as_=account)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {NAMES[mutation]: None})
    assert await books.traces() == before
