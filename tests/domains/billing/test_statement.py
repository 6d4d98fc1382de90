"""A customer's statement: what it adds up, in which order, for whom; and that it agrees with the invoices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_gql.auth.permissions import PORTAL_KEYS
from leora_gql.db.model import new_id
from leora_gql.domains.billing import statement as statement_module
from leora_gql.domains.billing.statement import MOST_MOVEMENTS
from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER
from tests.domains.billing.books import Books
from tests.domains.billing.money import move, paying
from tests.domains.noted import global_id
from tests.domains.orders.shop import dollars

STATEMENT = """
query ($id: ID!, $from: Date!, $to: Date!, $currency: String) {
  customer(id: $id) { statement(from: $from, to: $to, currency: $currency) {
    from to currency openingBalance closingBalance
    movements { occurredOn kind documentId number amount balance }
  } }
}
"""
TWICE = """
query ($id: ID!, $from: Date!, $to: Date!) {
  customer(id: $id) { a: statement(from: $from, to: $to) { %s } b: statement(from: $from, to: $to) { %s } }
}
"""
ALL = """
query ($from: Date!, $to: Date!) { customers(first: 100) { nodes {
  id statement(from: $from, to: $to, currency: "USD") { openingBalance closingBalance movements { amount } }
} } }
"""
OWED = """
SELECT c.id, coalesce(sum(i.balance_due_cents) FILTER (WHERE i.status <> 'DRAFT' AND i.currency = 'USD'), 0) AS owed
FROM leora.customers c LEFT JOIN leora.invoices i ON i.customer_id = c.id
WHERE c.tenant_id = :tenant GROUP BY c.id
"""
NEW_CUSTOMER = """
INSERT INTO leora.customers (tenant_id, id, account_number, name, status)
VALUES (:tenant, :id, :number, 'A New One', 'ACTIVE')
"""
DAY = dt.timedelta(days=1)


async def today(books: Books) -> dt.date:
    tenant = await books.runner.tenant()
    row = await books.one("SELECT timezone FROM leora.tenant_settings WHERE tenant_id = :t", t=tenant)
    return dt.datetime.now(ZoneInfo(row["timezone"])).date()


async def new_customer(books: Books) -> dict[str, Any]:
    key = new_id()
    tenant = await books.runner.tenant()
    await books.runner.write(NEW_CUSTOMER, tenant=tenant, id=key, number=f"N-{key}")
    return await books.one("SELECT * FROM leora.customers WHERE id = :id", id=key)


async def test_more_movements_than_it_lists_are_refused_and_its_price_is_of_so_many(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, now = await new_customer(books), await today(books)
    for tax in (1, 2, 3):
        await books.sent(customer=customer, tax=tax)
    given = {"id": global_id("Customer", customer["id"]), "from": now.isoformat(), "to": now.isoformat()}
    balances = STATEMENT.replace("movements { occurredOn kind documentId number amount balance }", "")
    twice = TWICE % ((STATEMENT[STATEMENT.index("movements") :].partition("}")[0] + "}",) * 2)
    whole = await books.api(twice, given, as_=ADMIN)
    assert [len(one["movements"]) for one in whole.data["customer"].values()] == [3, 3]
    assert whole.body["extensions"]["cost"]["requested"] == 1 + 2 * (1 + MOST_MOVEMENTS)
    monkeypatch.setattr(statement_module, "MOST_MOVEMENTS", 2)
    refused = await books.api(STATEMENT, given, as_=ADMIN)
    assert (refused.data["customer"]["statement"], refused.codes) == (None, ["BAD_USER_INPUT"])
    assert "fewer days" in refused.errors[0]["message"]
    told = await books.api.data(balances, given, as_=ADMIN)
    assert Decimal(told["customer"]["statement"]["closingBalance"]) > 0


async def statement(books: Books, customer: dict[str, Any], as_: str = ADMIN, **given: Any) -> Any:
    now = await today(books)
    wanted = {"from": (now - 29 * DAY).isoformat(), "to": now.isoformat(), **given}
    key = global_id("Customer", customer["id"])
    return (await books.api.data(STATEMENT, {"id": key, **wanted}, as_=as_))["customer"]["statement"]


async def test_it_begins_with_what_was_owed_and_tells_each_change(books: Books) -> None:
    customer, now = await new_customer(books), await today(books)
    old = await books.sent(customer=customer, tax=1)
    await books.runner.write(
        "UPDATE leora.invoices SET issued_on = issued_on - 40 WHERE number = :number", number=old["number"]
    )
    invoice = await books.sent(customer=customer, tax=2)
    void = await books.sent(customer=customer, tax=3)
    await books.void(id=void["id"])
    await books.void(id=(await books.draft(customer=customer))["id"])
    payment, refunded = [await paying(books, invoice, amount) for amount in ("10.00", "5.00")]
    await paying(books, invoice, "1.00")
    for one in (payment, refunded):
        await move(books, "clearPayment", id=one["id"])
    await move(books, "refundPayment", id=refunded["id"])

    told = await statement(books, customer)
    opening, billed, taken = (Decimal(one["total"]) for one in (old, invoice, void))
    after = opening - 15
    received = payment["receivedOn"]
    day = now.isoformat()
    expected = [
        (received, "PAYMENT", payment, Decimal(-10), opening - 10),
        (received, "PAYMENT", refunded, Decimal(-5), after),
        (day, "INVOICE", invoice, billed, after + billed),
        (day, "INVOICE", void, taken, after + billed + taken),
        (day, "VOID", void, -taken, after + billed),
        (day, "REFUND", refunded, Decimal(5), after + billed + 5),
    ]
    assert told == {
        "from": (now - 29 * DAY).isoformat(),
        "to": day,
        "currency": "USD",
        "openingBalance": old["total"],
        "movements": [
            {
                "occurredOn": occurred,
                "kind": kind,
                "documentId": document["id"],
                "number": document["number"],
                "amount": f"{amount:.2f}",
                "balance": f"{balance:.2f}",
            }
            for occurred, kind, document, amount, balance in expected
        ],
        "closingBalance": f"{opening + billed - 10:.2f}",
    }


async def test_it_agrees_with_what_the_invoices_of_every_customer_say(books: Books) -> None:
    now = await today(books)
    owed = {
        global_id("Customer", row["id"]): dollars(row["owed"])
        for row in await books.runner.sql(OWED, tenant=await books.runner.tenant())
    }
    given = {"from": (now - 90 * DAY).isoformat(), "to": now.isoformat()}
    found = (await books.api.data(ALL, given, as_=ADMIN))["customers"]["nodes"]
    assert {one["id"]: one["statement"]["closingBalance"] for one in found} == {
        one["id"]: owed[one["id"]] for one in found
    }
    for one in found:
        moved = sum(Decimal(movement["amount"]) for movement in one["statement"]["movements"])
        told = one["statement"]
        assert Decimal(told["openingBalance"]) + moved == Decimal(told["closingBalance"])
    assert any(one["statement"]["movements"] for one in found)


async def test_a_customer_without_any_owes_nothing(books: Books) -> None:
    told = await statement(books, await new_customer(books))
    assert (told["openingBalance"], told["movements"], told["closingBalance"]) == ("0.00", [], "0.00")
    assert told["currency"] is None


async def test_another_currency_is_told_apart(books: Books) -> None:
    customer = await new_customer(books)
    ours, theirs = [await books.sent(customer=customer, tax=tax) for tax in (1, 2)]
    trade_in = "UPDATE leora.invoices SET currency = :currency WHERE number = :number"
    await books.runner.write(trade_in, currency="EUR", number=theirs["number"])
    told = await statement(books, customer, currency="USD")
    assert (told["currency"], told["closingBalance"]) == ("USD", ours["total"])
    assert (await statement(books, customer, currency="EUR"))["closingBalance"] == theirs["total"]
    now = (await today(books)).isoformat()
    given = {"id": global_id("Customer", customer["id"]), "from": now, "to": now}
    answer = await books.api(STATEMENT, given, as_=ADMIN)
    assert answer.codes == ["BAD_USER_INPUT"]
    assert "EUR, USD" in answer.errors[0]["message"]
    await books.runner.write(trade_in, currency="USD", number=theirs["number"])


@pytest.mark.parametrize("currency", ["usd", "", "US", "USDX", "U$D", "USD\n", "\u0130SD"])
async def test_what_is_no_currency_is_bad_input(books: Books, currency: str) -> None:
    key = global_id("Customer", (await books.customer())["id"])
    given = {"id": key, "from": "2026-01-01", "to": "2026-01-02", "currency": currency}
    answer = await books.api(STATEMENT, given, as_=ADMIN)
    assert (answer.codes, answer.data) == (["BAD_USER_INPUT"], {"customer": {"statement": None}})
    assert "three capital letters" in answer.errors[0]["message"]


async def test_a_currency_that_is_null_is_none_asked_for(books: Books) -> None:
    customer = await new_customer(books)
    invoice = await books.sent(customer=customer)
    told = await statement(books, customer, currency=None)
    assert (told["currency"], told["closingBalance"]) == ("USD", invoice["total"])
    assert (await statement(books, customer, currency="CHF"))["closingBalance"] == "0.00"


@pytest.mark.parametrize(("first", "last"), [("2026-01-02", "2026-01-01"), ("2025-01-01", "2026-01-02")])
async def test_a_time_that_is_none_or_too_long_is_bad_input(books: Books, first: str, last: str) -> None:
    key = global_id("Customer", (await books.customer())["id"])
    answer = await books.api(STATEMENT, {"id": key, "from": first, "to": last}, as_=ADMIN)
    assert (answer.codes, answer.data) == (["BAD_USER_INPUT"], {"customer": {"statement": None}})


async def test_a_buyer_sees_its_own_customers_and_no_other(books: Books) -> None:
    customer = await books.own_customer(BUYER)
    assert await statement(books, customer, BUYER) == await statement(books, customer)
    now = (await today(books)).isoformat()
    given = {"id": global_id("Customer", customer["id"]), "from": now, "to": now}
    for stranger in (OTHER_BUYER, OTHER_ADMIN):
        assert await books.api.data(STATEMENT, given, as_=stranger) == {"customer": None}


async def test_buyers_are_told_nothing_where_they_see_no_invoices(books: Books) -> None:
    customer = await books.own_customer(BUYER)
    switch = "UPDATE leora.tenant_settings SET portal_invoices_enabled = :on WHERE tenant_id = :tenant"
    await books.runner.write(switch, on=False, tenant=customer["tenant_id"])
    try:
        assert await statement(books, customer, BUYER) is None
        assert await statement(books, customer) is not None
    finally:
        await books.runner.write(switch, on=True, tenant=customer["tenant_id"])


@pytest.mark.parametrize("missing", ["invoices.view", "payments.view"])
@pytest.mark.parametrize("account", [ADMIN, BUYER])
async def test_it_needs_to_see_invoices_and_payments(books: Books, account: str, missing: str) -> None:
    customer = await books.own_customer(BUYER)
    some = await books.runner.principal(account, frozenset(PORTAL_KEYS) - {missing})
    given = {"id": global_id("Customer", customer["id"]), "from": "2026-01-01", "to": "2026-01-02"}
    answer = await books.runner.run(STATEMENT, some, given)
    assert answer["data"] == {"customer": {"statement": None}}
    assert [error["extensions"]["requiredPermission"] for error in answer["errors"]] == [missing]
