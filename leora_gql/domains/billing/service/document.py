"""What stands on an invoice as a document, from two statements that a buyer's login may run as well."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept
from leora_gql.domains.billing.enums import InvoiceStatus
from leora_gql.domains.billing.models import Invoice, InvoiceLine
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.orders.models import Order, OrderLine
from leora_gql.domains.tenancy.models import Tenant

_INVOICES, _LINES = cast(Table, Invoice.__table__), cast(Table, InvoiceLine.__table__)
_CUSTOMERS, _TENANTS = cast(Table, Customer.__table__), cast(Table, Tenant.__table__)
_ORDERS, _ORDER_LINES = cast(Table, Order.__table__), cast(Table, OrderLine.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """Bottles of one SKU, amounts in cents."""

    description: str
    quantity: int
    unit_price_cents: int
    discount_amount_cents: int
    line_total_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDocument:
    """A sent invoice with all that is printed on it, amounts in cents."""

    seller: str
    customer: str
    trade_name: str | None
    account_number: str
    billing_address: Mapping[str, str] | None
    shipping_address: Mapping[str, str] | None
    number: str
    status: InvoiceStatus
    issued_on: dt.date
    due_on: dt.date
    order_number: str | None
    po_number: str | None
    currency: str
    subtotal_cents: int
    discount_amount_cents: int
    tax_amount_cents: int
    shipping_amount_cents: int
    total_cents: int
    paid_amount_cents: int
    balance_due_cents: int
    lines: tuple[DocumentLine, ...]


async def read_document(connection: AsyncConnection, invoice_id: UUID) -> InvoiceDocument | None:
    """The document of an invoice; None when there is no such invoice to see, or it was never sent. Locks nothing."""
    row = await _DOCUMENT.row(connection, key=invoice_id)
    if row is None or row["number"] is None:
        return None
    lines = await _DOCUMENT_LINES.rows(connection, key=invoice_id)
    return InvoiceDocument(**row, lines=tuple(DocumentLine(**line) for line in lines))


def _document() -> Any:
    own = (
        *("number", "status", "issued_on", "due_on", "currency", "subtotal_cents", "discount_amount_cents"),
        *(
            "tax_amount_cents",
            "shipping_amount_cents",
            "total_cents",
            "paid_amount_cents",
            "balance_due_cents",
        ),
    )
    buyer = and_(_CUSTOMERS.c.tenant_id == _INVOICES.c.tenant_id, _CUSTOMERS.c.id == _INVOICES.c.customer_id)
    order = and_(_ORDERS.c.tenant_id == _INVOICES.c.tenant_id, _ORDERS.c.id == _INVOICES.c.order_id)
    rows = (
        _INVOICES.join(_TENANTS, _TENANTS.c.id == _INVOICES.c.tenant_id)
        .join(_CUSTOMERS, buyer)
        .outerjoin(_ORDERS, order)
    )
    return (
        select(
            _TENANTS.c.name.label("seller"),
            _CUSTOMERS.c.name.label("customer"),
            _CUSTOMERS.c.trade_name,
            _CUSTOMERS.c.account_number,
            _ORDERS.c.billing_address,
            _ORDERS.c.shipping_address,
            _ORDERS.c.number.label("order_number"),
            _ORDERS.c.po_number,
            *(_INVOICES.c[name] for name in own),
        )
        .select_from(rows)
        .where(_INVOICES.c.id == bindparam("key"))
    )


def _document_lines() -> Any:
    names = (
        *("description", "quantity", "unit_price_cents"),
        *("discount_amount_cents", "line_total_cents"),
    )
    order_line = and_(
        _ORDER_LINES.c.tenant_id == _LINES.c.tenant_id, _ORDER_LINES.c.id == _LINES.c.order_line_id
    )
    return (
        select(*(_LINES.c[name] for name in names))
        .select_from(_LINES.outerjoin(_ORDER_LINES, order_line))
        .where(_LINES.c.invoice_id == bindparam("key"))
        .order_by(_ORDER_LINES.c.position, _LINES.c.id)
    )


_DOCUMENT = Kept(_document())
_DOCUMENT_LINES = Kept(_document_lines())
