"""The GraphQL types of the billing domain."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_

from leora_gql.auth.clock import utc_now
from leora_gql.domains.billing import models
from leora_gql.domains.billing.enums import InvoiceStatus, PaymentMethod, PaymentStatus
from leora_gql.domains.billing.links import link_for, link_key, write_link
from leora_gql.domains.tenancy.clock import today
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import column, computed, money, to_many, to_one
from leora_gql.graph.node import Node
from leora_gql.graph.selection import Info
from leora_gql.settings import decode_key

if TYPE_CHECKING:
    from leora_gql.domains.catalog.types import Sku
    from leora_gql.domains.customers.types import Customer
    from leora_gql.domains.orders.types import Order, OrderLine
    from leora_gql.graph.node import Record


def _is_overdue(table: FromClause) -> ColumnElement[bool]:
    """Never null: what has no due date is neither sent nor partially paid."""
    open_ones = table.c.status.in_([InvoiceStatus.SENT, InvoiceStatus.PARTIALLY_PAID])
    return and_(table.c.due_on < today(), table.c.balance_due_cents > 0, open_ones)


def _pdf_url(root: Record, info: Info) -> str | None:
    if root.values["number"] is None:
        return None
    context = info.context
    key = link_key(decode_key(context.settings.cursor_key.get_secret_value()))
    link = link_for(context.require_principal(), root.key, now=utc_now())
    return f"/invoices/{write_link(link, key)}.pdf"


@entity(
    models.Invoice,
    view="invoices.view",
    plural="invoices",
    lookups=("number",),
    needs={"pdf_url": ("number",)},
)
class Invoice(Node):
    """What a customer owes for what was delivered. Amounts are in its currency."""

    number: str | None = column(
        "The invoice's number, without gaps in the tenant; null until it is sent.", search=True, sort=True
    )
    status: InvoiceStatus = column("How far the invoice has come.", where=True)
    issued_on: dt.date | None = column("The day on which it was sent.", where=True, sort=True)
    due_on: dt.date | None = column("The last day to pay it.", where=True, sort=True)
    paid_at: dt.datetime | None = column("When it was paid in full.", where=True, sort=True)
    is_overdue: bool = computed(
        "Whether it is sent, not paid in full, and its last day is over in the tenant's time zone.",
        _is_overdue,
        needs=("due_on", "balance_due_cents", "status"),
        where=True,
    )
    subtotal: Decimal = money("The sum of the line totals.")
    discount_amount: Decimal = money("Its part of the order's discount.")
    tax_amount: Decimal = money("Its part of the order's tax.")
    shipping_amount: Decimal = money("What shipping costs; the order's first invoice bears it.")
    total: Decimal = money("What is to be paid: subtotal − discount + tax + shipping.", where=True, sort=True)
    currency: str = column("The currency of all its amounts, an ISO 4217 code.")
    paid_amount: Decimal = money("What cleared payments have paid of it.")
    balance_due: Decimal = money(
        "What remains to be paid; nothing for a void invoice.", where=True, sort=True
    )
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    pdf_url: str | None = strawberry.field(
        resolver=_pdf_url,
        description="Where it is as a PDF: a path on this host, good for 15 minutes for whoever has it. Null until it"
        " is sent.",
    )
    customer: Customer | None = to_one("Who owes.", by="customer_id", where=True)
    order: Order | None = to_one("The order that it is for.", by="order_id", where=True)
    lines: Connection[InvoiceLine] = to_many("What is billed.", by="invoice_id", where=True)
    payment_allocations: Connection[PaymentAllocation] | None = to_many(
        "The parts of payments that settle it.", by="invoice_id", where=True
    )


@entity(models.InvoiceLine, view="invoices.view", plural="invoice_lines")
class InvoiceLine(Node):
    """Bottles of one SKU on an invoice, copied from the order's line when it was made."""

    description: str = column("What the bottles are.")
    quantity: int = column("Bottles billed.")
    unit_price: Decimal = money("The price of a bottle, in the invoice's currency.")
    discount_amount: Decimal = money("The discount on this line.")
    line_total: Decimal = money("Unit price × quantity − discount.")
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.")

    invoice: Invoice | None = to_one("The invoice that it is on.", by="invoice_id", where=True)
    order_line: OrderLine | None = to_one("The order line that it bills.", by="order_line_id", where=True)
    sku: Sku | None = to_one("What is billed.", by="sku_id", where=True)


@entity(models.Payment, view="payments.view", plural="payments")
class Payment(Node):
    """Money from a customer; its allocations say which invoices it settles and add up to its amount."""

    number: str = column("The payment's number, unique in the tenant.", search=True, sort=True)
    amount: Decimal = money("How much was paid.", where=True, sort=True)
    currency: str = column("The currency of the amount, an ISO 4217 code.")
    method: PaymentMethod = column("How it was paid.", where=True)
    received_on: dt.date = column("The day on which we got it.", where=True, sort=True)
    reference: str | None = column("The number of the check or transfer.", search=True, sort=True)
    status: PaymentStatus = column("Whether the money has arrived.", where=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    customer: Customer | None = to_one("Who paid.", by="customer_id", where=True)
    allocations: Connection[PaymentAllocation] = to_many("What it settles.", by="payment_id", where=True)


@entity(models.PaymentAllocation, view="payments.view", plural="payment_allocations", root=False)
class PaymentAllocation(Node):
    """The part of a payment that settles one invoice."""

    amount: Decimal = money("How much of the payment goes to the invoice, in the payment's currency.")
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.")

    payment: Payment | None = to_one("The payment.", by="payment_id", where=True)
    invoice: Invoice | None = to_one("The invoice that it settles.", by="invoice_id", where=True)
