"""The amounts add up whoever writes them, and however: what does not is refused at the commit at the latest.

Every case is tried by each login that may write orders, by the owner of the tables, and by an administrator whom
row-level security does not hold. A login that may not touch a column at all is refused for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass

import pytest
from sqlalchemy import URL

from leora_gql.db.logins import OWNER, Login
from tests.domains.past_the_code import ADMINISTRATOR, DENIED, WRITERS, Ledger, ledger
from tests.postgres import Databases

STAFF, BUYER = Login.STAFF.value, Login.PORTAL_WRITE.value
SUBTOTAL, LINE = "orders_subtotal", "ck_order_lines_line_total"
HIDE = "; SELECT set_config('app.current_{}', '{}', true)"
NO_TENANT = HIDE.format("tenant_id", "")
OTHER_TENANT = "; SELECT set_config('app.current_tenant_id', :their_tenant, true)"
NO_CUSTOMER = HIDE.format("customer_id", "")
ADD_LINE = """
INSERT INTO leora.order_lines (tenant_id, id, order_id, sku_id, sku_code, description, position, quantity,
    unit_price_cents, line_total_cents) VALUES (:tenant, :new, :order, :sku, 'K', 'K', 3, 2, 500, 1000)
"""
MORE = "UPDATE leora.order_lines SET quantity = 3, line_total_cents = 1500 WHERE id = :line"
MOVE = "UPDATE leora.order_lines SET order_id = :other_order WHERE id = :line"
DROP = "DELETE FROM leora.order_lines WHERE id = :line"


@dataclass(frozen=True)
class Case:
    """Statements, and what refuses them: everybody alike, or some otherwise."""

    statements: str
    refused: str
    staff: str = ""
    buyer: str = ""
    owner: str = ""
    administrator: str = ""

    def expected(self) -> dict[str, str]:
        told = (self.staff, self.buyer, self.owner, self.administrator)
        return {writer: own or self.refused for writer, own in zip(WRITERS, told, strict=True)}


def of_order(values: str, refused: str, **otherwise: str) -> Case:
    return Case(f"UPDATE leora.orders SET {values} WHERE id = :order", refused, **otherwise)


def of_line(values: str, refused: str, **otherwise: str) -> Case:
    return Case(f"UPDATE leora.order_lines SET {values} WHERE id = :line", refused, **otherwise)


def of_billing(statements: str, refused: str, **otherwise: str) -> Case:
    """What buyers never write."""
    return Case(statements, refused, buyer=DENIED, **otherwise)


ORDERS = {
    "its subtotal": of_order("subtotal_cents = 2001", "ck_orders_total"),
    "its discount": of_order("discount_amount_cents = 1", "ck_orders_total", buyer=DENIED),
    "its tax": of_order("tax_amount_cents = 1", "ck_orders_total"),
    "its shipping": of_order("shipping_amount_cents = 1", "ck_orders_total"),
    "its total": of_order("total_cents = 1999", "ck_orders_total"),
    "its subtotal and total": of_order("subtotal_cents = 2001, total_cents = 2001", SUBTOTAL),
    "its subtotal against its tax": of_order("subtotal_cents = 1999, tax_amount_cents = 1", SUBTOTAL),
    "a discount above the subtotal": of_order(
        "discount_amount_cents = 2001, tax_amount_cents = 1", "ck_orders_discount", buyer=DENIED
    ),
    "a tax below nothing": of_order(
        "tax_amount_cents = -1, total_cents = 1999", "ck_orders_tax_amount_cents_minimum"
    ),
    "a shipping below nothing": of_order(
        "shipping_amount_cents = -1, total_cents = 1999", "ck_orders_shipping_amount_cents_minimum"
    ),
    "an amount that is there twice": Case(
        "UPDATE leora.orders SET subtotal_cents = subtotal_cents + 1, total_cents = total_cents + 1;" * 2, SUBTOTAL
    ),
    "a line's quantity": of_line("quantity = 3", LINE),
    "a line's price": of_line("unit_price_cents = 501", LINE),
    "a line's total": of_line("line_total_cents = 999", LINE),
    "a line's discount": of_line("discount_amount_cents = 1", LINE, buyer=DENIED),
    "a line's quantity and total": Case(MORE, SUBTOTAL),
    "a line's price and total": of_line("unit_price_cents = 501, line_total_cents = 1002", SUBTOTAL),
    "a line's discount and total": of_line(
        "discount_amount_cents = 1, line_total_cents = 999", SUBTOTAL, buyer=DENIED
    ),
    "a line too many": Case(ADD_LINE, SUBTOTAL),
    "a line too few": Case(DROP, SUBTOTAL),
    "no line left": Case("DELETE FROM leora.order_lines WHERE order_id = :order", SUBTOTAL),
    "a line for another": Case(f"{DROP};{ADD_LINE.replace('2, 500, 1000', '1, 500, 500')}", SUBTOTAL),
    "a line of another order": Case(MOVE, SUBTOTAL, buyer=DENIED),
    "a line of another order that is made to fit": Case(
        f"{MOVE}; UPDATE leora.orders SET subtotal_cents = 2000, total_cents = 2000 WHERE id = :other_order",
        SUBTOTAL,
        buyer=DENIED,
    ),
    "lines that make up for each other in two orders": Case(
        f"{MORE}; UPDATE leora.order_lines SET quantity = 1, line_total_cents = 500 WHERE id = :other_line", SUBTOTAL
    ),
    "a line that an insert overwrites": Case(
        ADD_LINE.replace(":new", ":line")
        + " ON CONFLICT (tenant_id, id) DO UPDATE SET quantity = 3, line_total_cents = 1500",
        SUBTOTAL,
    ),
    "an order without its lines": Case(
        "INSERT INTO leora.orders (tenant_id, id, number, customer_id, portal_user_id, status, currency,"
        " subtotal_cents, total_cents) VALUES (:tenant, :new, 'SO-9', :customer, :buyer, 'DRAFT', 'USD', 1, 1)",
        SUBTOTAL,
    ),
    "a change out of sight of its tenant": Case(MORE + NO_TENANT, SUBTOTAL),
    "a change that another tenant follows": Case(MORE + OTHER_TENANT, SUBTOTAL),
    "an order that another tenant follows": Case(
        "UPDATE leora.orders SET subtotal_cents = 2001, total_cents = 2001 WHERE id = :order" + OTHER_TENANT, SUBTOTAL
    ),
    "a change out of sight of its customer": Case(MORE + NO_CUSTOMER, SUBTOTAL),
    "a removal out of sight of its customer": Case(DROP + NO_CUSTOMER, SUBTOTAL),
    "a change with row-level security off": Case(
        f"SET LOCAL row_security = off; {MORE}", DENIED, administrator=SUBTOTAL
    ),
    "row-level security off at the end": Case(f"{MORE}; SET LOCAL row_security = off", DENIED, administrator=SUBTOTAL),
    "a line of another tenant's order": Case(
        "UPDATE leora.order_lines SET tenant_id = :their_tenant, order_id = :their_order, sku_id = :their_sku"
        " WHERE id = :line; UPDATE leora.orders SET subtotal_cents = 3000, total_cents = 3000 WHERE id = :their_order",
        DENIED,
        administrator=SUBTOTAL,
    ),
    "all lines at once": Case("TRUNCATE leora.order_lines CASCADE", DENIED, owner="23001", administrator="23001"),
}  # fmt: skip
SENT, PAID_UP = "ck_invoices_total", "invoices_paid"
BILLING = {
    "an invoice's subtotal": of_billing("UPDATE leora.invoices SET subtotal_cents = 1001 WHERE id = :owed", SENT),
    "an invoice's discount": of_billing("UPDATE leora.invoices SET discount_amount_cents = 1 WHERE id = :owed", SENT),
    "an invoice's tax": of_billing("UPDATE leora.invoices SET tax_amount_cents = 1 WHERE id = :owed", SENT),
    "an invoice's shipping": of_billing("UPDATE leora.invoices SET shipping_amount_cents = 1 WHERE id = :owed", SENT),
    "an invoice's total": of_billing("UPDATE leora.invoices SET total_cents = 999 WHERE id = :owed", SENT),
    "an invoice's subtotal and total": of_billing(
        "UPDATE leora.invoices SET subtotal_cents = 999, total_cents = 999 WHERE id = :owed", "invoices_subtotal"
    ),
    "an invoice's balance": Case("UPDATE leora.invoices SET balance_due_cents = 1 WHERE id = :owed", "428C9"),
    "an invoice without its lines": of_billing(
        "INSERT INTO leora.invoices (tenant_id, id, customer_id, currency, subtotal_cents, total_cents)"
        " VALUES (:tenant, :new, :customer, 'USD', 1, 1)",
        "invoices_subtotal",
    ),
    "an invoice's line too many": of_billing(
        "INSERT INTO leora.invoice_lines (tenant_id, id, invoice_id, sku_id, description, quantity, unit_price_cents,"
        " line_total_cents) VALUES (:tenant, :new, :owed, :sku, 'K', 1, 1, 1)",
        "invoices_subtotal",
    ),
    "an invoice's line too many that another tenant follows": of_billing(
        "INSERT INTO leora.invoice_lines (tenant_id, id, invoice_id, sku_id, description, quantity, unit_price_cents,"
        f" line_total_cents) VALUES (:tenant, :new, :owed, :sku, 'K', 1, 1, 1){OTHER_TENANT}",
        "invoices_subtotal",
    ),
    "an invoice's line too few": of_billing(
        "DELETE FROM leora.invoice_lines WHERE invoice_id = :owed", "invoices_subtotal", staff=DENIED
    ),
    "an invoice's line's quantity": of_billing(
        "UPDATE leora.invoice_lines SET quantity = 1 WHERE id = :invoice_line",
        "ck_invoice_lines_line_total",
        staff=DENIED,
    ),
    "an invoice's line's quantity and total": of_billing(
        "UPDATE leora.invoice_lines SET quantity = 1, line_total_cents = 500 WHERE id = :invoice_line",
        "invoices_subtotal",
        staff=DENIED,
    ),
    "a line of another invoice": of_billing(
        "UPDATE leora.invoice_lines SET invoice_id = :owed WHERE id = :invoice_line",
        "invoices_subtotal",
        staff=DENIED,
    ),
    "all lines of invoices at once": of_billing(
        "TRUNCATE leora.invoice_lines", "23001", staff=DENIED
    ),
    "paid without a payment": of_billing(
        "UPDATE leora.invoices SET status = 'PARTIALLY_PAID', paid_amount_cents = 1 WHERE id = :owed", PAID_UP
    ),
    "paid without a payment, and another tenant follows": of_billing(
        "UPDATE leora.invoices SET status = 'PARTIALLY_PAID', paid_amount_cents = 1 WHERE id = :owed" + OTHER_TENANT,
        PAID_UP,
    ),
    "paid more than is owed": of_billing(
        "UPDATE leora.invoices SET paid_amount_cents = 2001 WHERE id = :invoice", "ck_invoices_paid_amount"
    ),
    "owed again though it is paid": of_billing(
        "UPDATE leora.invoices SET status = 'SENT', paid_at = NULL, paid_amount_cents = 0 WHERE id = :invoice", PAID_UP
    ),
    "a payment's amount": of_billing(
        "UPDATE leora.payments SET amount_cents = 401 WHERE id = :pending", "payments_allocated"
    ),
    "a payment's amount, and another tenant follows": of_billing(
        "UPDATE leora.payments SET amount_cents = 401 WHERE id = :pending" + OTHER_TENANT, "payments_allocated"
    ),
    "a payment of nothing": of_billing(
        "UPDATE leora.payments SET amount_cents = 0 WHERE id = :pending", "ck_payments_amount_cents_minimum"
    ),
    "a payment that settles nothing": of_billing(
        "INSERT INTO leora.payments (tenant_id, id, number, customer_id, amount_cents, currency, method, received_on)"
        " VALUES (:tenant, :new, 'PAY-9', :customer, 1, 'USD', 'CASH', '2026-05-04')",
        "payments_allocated",
    ),
    "a payment that is there, and its invoice is not told": of_billing(
        "UPDATE leora.payments SET status = 'CLEARED' WHERE id = :pending", PAID_UP
    ),
    "a payment that is given back, and its invoice is not told": of_billing(
        "UPDATE leora.payments SET status = 'REFUNDED' WHERE id = :payment", PAID_UP
    ),
    "a payment that is given back, and another tenant follows": of_billing(
        "UPDATE leora.payments SET status = 'REFUNDED' WHERE id = :payment" + OTHER_TENANT, PAID_UP
    ),
    "a further allocation": of_billing(
        "INSERT INTO leora.payment_allocations (tenant_id, id, payment_id, invoice_id, amount_cents)"
        " VALUES (:tenant, :new, :pending, :invoice, 1)",
        "payments_allocated",
    ),
    "an allocation's amount": of_billing(
        "UPDATE leora.payment_allocations SET amount_cents = 1999 WHERE id = :allocation",
        "payments_allocated",
        staff=DENIED,
    ),
    "an allocation too few": of_billing(
        "DELETE FROM leora.payment_allocations WHERE id = :allocation", "payments_allocated", staff=DENIED
    ),
    "an allocation to another invoice": of_billing(
        "UPDATE leora.payment_allocations SET invoice_id = :owed WHERE id = :allocation", PAID_UP, staff=DENIED
    ),
    "an allocation of another payment": of_billing(
        "UPDATE leora.payment_allocations SET payment_id = :pending WHERE id = :allocation",
        "payments_allocated",
        staff=DENIED,
    ),
    "all allocations at once": of_billing("TRUNCATE leora.payment_allocations", "23001", staff=DENIED),
}  # fmt: skip
SUMS = "UPDATE leora.orders SET subtotal_cents = {0}, total_cents = {0} WHERE id = :order"
HONEST: dict[str, tuple[str, tuple[str, ...]]] = {
    "more bottles": (f"{MORE}; {SUMS.format(2500)}", WRITERS),
    "the sums first": (f"{SUMS.format(2500)}; {MORE}", WRITERS),
    "a further line": (f"{ADD_LINE}; {SUMS.format(3000)}", WRITERS),
    "a line less": (f"{DROP}; {SUMS.format(1000)}", WRITERS),
    "a line of another order": (
        (
            f"{MOVE}; {SUMS.format(1000)};"
            " UPDATE leora.orders SET subtotal_cents = 2000, total_cents = 2000 WHERE id = :other_order"
        ),
        (STAFF, OWNER, ADMINISTRATOR),
    ),
    "a discount": (
        "UPDATE leora.orders SET discount_amount_cents = 2000, tax_amount_cents = 7, total_cents = 7 WHERE id = :order",
        (STAFF, OWNER, ADMINISTRATOR),
    ),
    "an order that goes with its lines": (
        "DELETE FROM leora.order_lines WHERE order_id = :other_order; DELETE FROM leora.orders WHERE id = :other_order",
        (OWNER, ADMINISTRATOR),
    ),
    "two tenants, one after the other": (
        (
            f"{MORE}; {SUMS.format(2500)}{OTHER_TENANT};"
            " UPDATE leora.orders SET tax_amount_cents = 1, total_cents = 2001 WHERE id = :their_order"
        ),
        (STAFF, OWNER),
    ),
    "a payment that is there": (
        (
            "UPDATE leora.payments SET status = 'CLEARED' WHERE id = :pending;"
            " UPDATE leora.invoices SET status = 'PARTIALLY_PAID', paid_amount_cents = 400 WHERE id = :owed"
        ),
        (STAFF, OWNER, ADMINISTRATOR),
    ),
}


@pytest.fixture(scope="module")
def url(databases: Databases) -> Generator[URL]:
    """A database of these tests' own: what is not refused must not be in the way of others."""
    made = databases.copy()
    yield made
    databases.drop(made)


@pytest.fixture(scope="module")
def books(url: URL) -> Ledger:
    return asyncio.run(ledger(url))


@pytest.mark.parametrize("case", [*ORDERS.values(), *BILLING.values()], ids=[*ORDERS, *BILLING])
async def test_amounts_that_do_not_add_up_are_refused(books: Ledger, case: Case) -> None:
    before = await books.rows()
    assert {writer: await books.refusal(case.statements, writer) for writer in WRITERS} == case.expected()
    assert await books.rows() == before


@pytest.mark.parametrize(
    ("statements", "writer"),
    [pytest.param(statements, one, id=f"{name} by {one}") for name, (statements, who) in HONEST.items() for one in who],
)  # fmt: skip
async def test_amounts_that_add_up_are_committed(url: URL, statements: str, writer: str) -> None:
    own = await ledger(url)
    before = await own.rows()
    await own.commit(statements, writer)
    assert await own.rows() != before
    assert await own.adds_up()


async def test_looking_at_a_tenants_amounts_leaves_the_transaction_in_its_own(books: Ledger) -> None:
    """Otherwise a change of ours would let whoever made it go on in our tenant."""
    told = "SET CONSTRAINTS ALL IMMEDIATE; SELECT 1 / CAST(leora.tenant_id() = :their_tenant AS int)"
    honest = "UPDATE leora.orders SET subtotal_cents = 3000, total_cents = 3000 WHERE id = :order"
    assert await books.refusal(f"{ADD_LINE}; {honest}{OTHER_TENANT}; {told}; ROLLBACK", STAFF) is None
