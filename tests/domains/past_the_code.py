"""What the tests of the amounts share that go around the code: rows to change, and transactions as each login."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import URL, insert, text

from leora_gql.db import policies
from leora_gql.db.logins import OWNER, Login, for_login
from leora_gql.db.model import new_id
from leora_gql.db.owner import as_owner
from leora_gql.domains.billing.models import Invoice, InvoiceLine, Payment, PaymentAllocation
from leora_gql.domains.catalog.models import Sku
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.identity.models import PortalUser
from leora_gql.domains.orders.models import Order, OrderLine
from tests.domains.tables import TODAY, Books, open_books, sell

ADMINISTRATOR = "administrator"
WRITERS = (Login.STAFF.value, Login.PORTAL_WRITE.value, OWNER, ADMINISTRATOR)
"""Who may write orders: the two logins, the owner of the tables, and whoever passes row-level security."""
DENIED = "42501"
_NAME = re.compile(r":([a-z]+(?:_[a-z]+)*)")
MONEY = ("orders", "order_lines", "invoices", "invoice_lines", "payments", "payment_allocations")
ADDS_UP = """
SELECT (SELECT bool_and(o.total_cents = o.subtotal_cents - o.discount_amount_cents + o.tax_amount_cents
            + o.shipping_amount_cents AND o.subtotal_cents = coalesce((
                SELECT sum(l.unit_price_cents * l.quantity - l.discount_amount_cents) FROM leora.order_lines l
                WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id), 0))
        FROM leora.orders o WHERE o.tenant_id = $1)
    AND (SELECT bool_and(i.total_cents = i.subtotal_cents - i.discount_amount_cents + i.tax_amount_cents
            + i.shipping_amount_cents AND i.subtotal_cents = coalesce((
                SELECT sum(l.unit_price_cents * l.quantity - l.discount_amount_cents) FROM leora.invoice_lines l
                WHERE l.tenant_id = i.tenant_id AND l.invoice_id = i.id), 0)
            AND i.paid_amount_cents = coalesce((
                SELECT sum(a.amount_cents) FROM leora.payment_allocations a
                JOIN leora.payments p ON p.tenant_id = a.tenant_id AND p.id = a.payment_id AND p.status = 'CLEARED'
                WHERE a.tenant_id = i.tenant_id AND a.invoice_id = i.id), 0))
        FROM leora.invoices i WHERE i.tenant_id = $1)
    AND (SELECT bool_and(p.amount_cents = coalesce((
            SELECT sum(a.amount_cents) FROM leora.payment_allocations a
            WHERE a.tenant_id = p.tenant_id AND a.payment_id = p.id), 0))
        FROM leora.payments p WHERE p.tenant_id = $1)
"""


@dataclass(frozen=True)
class Ledger:
    """A tenant with two orders of one customer, an invoice that is paid, one that is not, and a pending payment."""

    direct_url: URL
    names: Mapping[str, str]
    """What stands for which id in the statements."""

    async def commit(self, statements: str, writer: str) -> None:
        """Run the statements in one transaction that sees the tenant as the writer does."""
        filled = _NAME.sub(lambda found: f"'{self.names[found[1]]}'", statements)
        settings = "".join(
            f"SET LOCAL app.current_{name} = '{value}';"
            for name, value in (
                ("tenant_id", self.names["tenant"]),
                ("actor_kind", "PORTAL_USER"),
                ("actor_id", self.names["buyer"]),
                ("customer_id", self.names["customer"]),
            )
        )
        url = for_login(self.direct_url, Login(writer)) if writer in set(Login) else self.direct_url
        role = f"SET LOCAL ROLE {OWNER};" if writer == OWNER else ""
        async with policies.driver(url) as connection:
            await connection.execute(f"BEGIN; {role} {settings} {filled}; COMMIT")

    async def refusal(self, statements: str, writer: str) -> str | None:
        """The constraint that refuses them, or the code of another error; None when they are committed."""
        try:
            await self.commit(statements, writer)
        except asyncpg.PostgresError as error:
            found: Any = error
            return str(found.constraint_name or found.sqlstate)
        return None

    async def adds_up(self) -> bool:
        """Whether the tenant's amounts do, looked at past everything."""
        async with policies.driver(self.direct_url) as connection:
            return bool(await connection.fetchval(ADDS_UP, self.names["tenant"]))

    async def rows(self) -> dict[str, str | None]:
        """All the rows of money of the tenant, as one text for each table."""
        whole = " UNION ALL ".join(
            f"SELECT '{table}', string_agg(t::text, ';' ORDER BY t.id) FROM leora.{table} t WHERE t.tenant_id = $1"
            for table in MONEY
        )
        async with policies.driver(self.direct_url) as connection:
            return dict(await connection.fetch(whole, self.names["tenant"]))


async def ledger(direct_url: URL) -> Ledger:
    """A ledger of a new tenant; statements may also name what a second one has, as `:their_order`."""
    ours, theirs = [await _tenant(direct_url) for _ in range(2)]
    foreign = ("tenant", "order", "sku")
    return Ledger(direct_url, {**{f"their_{name}": theirs[name] for name in foreign}, **ours})


async def _tenant(direct_url: URL) -> dict[str, str]:
    tenant = new_id()
    async with as_owner(direct_url, tenant) as connection:
        books = Books(connection, tenant, {})
        await open_books(books)
        await sell(books)
        found = await _more(books)
        await connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    models = {"customer": Customer, "order": Order, "line": OrderLine, "sku": Sku, "invoice": Invoice}
    models |= {"invoice_line": InvoiceLine, "payment": Payment, "allocation": PaymentAllocation}
    return {"tenant": str(tenant), **{name: str(books.ids[model]) for name, model in models.items()}, **found}


async def _more(books: Books) -> dict[str, str]:
    """A second order and invoice of one line each, half of the latter to be paid, and a buyer."""
    customer = books.ids[Customer]
    buyer = await books.add(
        PortalUser, customer_id=customer, email="Buyer@example.com", first_name="B", last_name="R"
    )
    amounts = {"currency": "USD", "subtotal_cents": 1000, "total_cents": 1000}
    line = {"sku_id": books.ids[Sku], "description": "K", "quantity": 2}
    line |= {"unit_price_cents": 500, "line_total_cents": 1000}
    order = await books.add(Order, number="SO-2", customer_id=customer, **amounts)
    other = {"id": new_id(), "order_id": order, "sku_code": "K", "position": 1}
    await books.connection.execute(insert(OrderLine).values(tenant_id=books.tenant, **other, **line))
    sent = {"number": "INV-2", "issued_on": TODAY, "due_on": TODAY, "status": "SENT"}
    invoice = await books.add(Invoice, customer_id=customer, **sent, **amounts)
    await books.add(InvoiceLine, invoice_id=invoice, **line)
    money = {"amount_cents": 400, "currency": "USD", "method": "CHECK", "status": "PENDING"}
    pending = await books.add(Payment, number="PAY-2", customer_id=customer, received_on=TODAY, **money)
    await books.add(PaymentAllocation, payment_id=pending, invoice_id=invoice, amount_cents=400)
    return {
        "buyer": str(buyer),
        "other_order": str(order),
        "other_line": str(other["id"]),
        "owed": str(invoice),
        "pending": str(pending),
        "new": str(new_id()),
    }
