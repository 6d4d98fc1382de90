"""The tables of the billing domain: invoices, payments, and which payment settles which invoice."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import BigInteger, Computed
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.db.model import (
    TenantModel,
    Versioned,
    adds_up,
    at_least,
    bounded,
    cents,
    check,
    choice,
    indexed,
    is_currency,
    lowered,
    named,
    one_of,
    refers,
    searchable,
    unique,
)
from leora_gql.domains.billing.enums import InvoiceStatus, PaymentMethod, PaymentStatus

_PAID_AS_STATUS = (
    "CASE status WHEN 'PAID' THEN paid_amount_cents = total_cents"
    " WHEN 'PARTIALLY_PAID' THEN paid_amount_cents > 0 AND paid_amount_cents < total_cents"
    " ELSE paid_amount_cents = 0 END"
)
_BALANCE = "CASE WHEN status = 'VOID' THEN 0 ELSE total_cents - paid_amount_cents END"


class Invoice(Versioned, TenantModel):
    """What a customer owes for what was delivered. Number and dates are given when it is sent.

    `balance_due_cents` is what remains to be paid; nothing for a void invoice.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("order_id", "orders"),
        unique("number"),
        one_of("status", InvoiceStatus),
        is_currency(),
        *adds_up(),
        check("paid_amount", _PAID_AS_STATUS),
        check("paid_at", "(status = 'PAID') = (paid_at IS NOT NULL)"),
        check(
            "sent_complete",
            "status IN ('DRAFT', 'VOID') OR num_nonnulls(number, issued_on, due_on) = 3",
        ),
        check("draft_without_number", "status <> 'DRAFT' OR number IS NULL"),
        check("due_after_issue", "due_on >= issued_on"),
        named("number", limit=50),
        *searchable("invoices", "number"),
        indexed("customer_id"),
        indexed("customer_id", "issued_on"),
        indexed("order_id"),
        indexed("status"),
        indexed("status", "due_on"),
        indexed("issued_on"),
        indexed("due_on"),
        indexed("paid_at"),
        indexed("total_cents"),
        indexed("balance_due_cents"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    number: Mapped[str | None]
    number_lower: Mapped[str | None] = lowered("number")
    customer_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    status: Mapped[InvoiceStatus] = choice(InvoiceStatus, default=InvoiceStatus.DRAFT)
    issued_on: Mapped[dt.date | None]
    due_on: Mapped[dt.date | None]
    paid_at: Mapped[dt.datetime | None]
    subtotal_cents: Mapped[int] = cents(default=0)
    discount_amount_cents: Mapped[int] = cents(default=0)
    tax_amount_cents: Mapped[int] = cents(default=0)
    shipping_amount_cents: Mapped[int] = cents(default=0)
    total_cents: Mapped[int] = cents(default=0)
    currency: Mapped[str]
    paid_amount_cents: Mapped[int] = cents(default=0)
    balance_due_cents: Mapped[int] = mapped_column(BigInteger, Computed(_BALANCE, persisted=True))


class InvoiceLine(TenantModel):
    """Bottles of one SKU on an invoice, copied from the order's line when it was made."""

    __tablename__ = "invoice_lines"
    __table_args__ = (
        refers("invoice_id", "invoices"),
        refers("order_line_id", "order_lines"),
        refers("sku_id", "skus"),
        check("line_total", "line_total_cents = unit_price_cents * quantity - discount_amount_cents"),
        named("description", limit=500),
        *at_least(1, "quantity"),
        *at_least(0, "unit_price_cents", "discount_amount_cents", "line_total_cents"),
        indexed("invoice_id"),
        indexed("order_line_id"),
        indexed("sku_id"),
    )

    invoice_id: Mapped[UUID]
    order_line_id: Mapped[UUID | None]
    sku_id: Mapped[UUID]
    description: Mapped[str]
    quantity: Mapped[int]
    unit_price_cents: Mapped[int] = cents()
    discount_amount_cents: Mapped[int] = cents(default=0)
    line_total_cents: Mapped[int] = cents()


class Payment(Versioned, TenantModel):
    """Money from a customer; its allocations say which invoices it settles and add up to its amount."""

    __tablename__ = "payments"
    __table_args__ = (
        refers("customer_id", "customers"),
        unique("number"),
        one_of("method", PaymentMethod),
        one_of("status", PaymentStatus),
        is_currency(),
        named("number", limit=50),
        bounded("reference", limit=200),
        *at_least(1, "amount_cents"),
        *searchable("payments", "number"),
        *searchable("payments", "reference"),
        indexed("customer_id"),
        indexed("customer_id", "received_on"),
        indexed("method"),
        indexed("status"),
        indexed("received_on"),
        indexed("amount_cents"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    number: Mapped[str]
    number_lower: Mapped[str] = lowered("number")
    customer_id: Mapped[UUID]
    amount_cents: Mapped[int] = cents()
    currency: Mapped[str]
    method: Mapped[PaymentMethod] = choice(PaymentMethod)
    received_on: Mapped[dt.date]
    reference: Mapped[str | None]
    reference_lower: Mapped[str | None] = lowered("reference")
    status: Mapped[PaymentStatus] = choice(PaymentStatus, default=PaymentStatus.PENDING)


class PaymentAllocation(TenantModel):
    """The part of a payment that settles one invoice."""

    __tablename__ = "payment_allocations"
    __table_args__ = (
        refers("payment_id", "payments"),
        refers("invoice_id", "invoices"),
        unique("payment_id", "invoice_id"),
        *at_least(1, "amount_cents"),
        indexed("invoice_id"),
    )

    payment_id: Mapped[UUID]
    invoice_id: Mapped[UUID]
    amount_cents: Mapped[int] = cents()
