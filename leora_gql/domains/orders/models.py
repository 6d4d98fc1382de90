"""The tables of the orders domain: orders, their lines, and where the bottles come from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.db.model import (
    TenantModel,
    Versioned,
    adds_up,
    all_of,
    at_least,
    bounded,
    cents,
    check,
    choice,
    flag,
    full_text,
    full_text_index,
    indexed,
    is_address,
    is_currency,
    is_object,
    lowered,
    named,
    one_of,
    refers,
    searchable,
    seldom,
    unique,
)
from leora_gql.domains.orders.enums import ApprovalReason, OrderStatus

_DISCOUNTED = "discounted_by_id IS NULL OR discount_amount_cents > 0"


def _status_times() -> tuple[CheckConstraint, ...]:
    """The times that an order of a status must or must not have."""
    early = "('DRAFT', 'PENDING', 'CONFIRMED')"
    return (
        check("draft_not_placed", "status <> 'DRAFT' OR placed_at IS NULL"),
        check("placed", "status IN ('DRAFT', 'CANCELLED') OR placed_at IS NOT NULL"),
        check("fulfilled", "status <> 'FULFILLED' OR fulfilled_at IS NOT NULL"),
        check("not_yet_fulfilled", f"status NOT IN {early} OR fulfilled_at IS NULL"),
        check("cancelled", "(status = 'CANCELLED') = (cancelled_at IS NOT NULL)"),
    )


class Order(Versioned, TenantModel):
    """A customer's order, from draft to delivery. Its `subtotal_cents` is the sum of its lines.

    One that an integration wrote has the member of staff who made that. For a discount, as for those of lines, answers
    who gave it.
    """

    __tablename__ = "orders"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("portal_user_id", "portal_users"),
        refers("created_by_id", "users"),
        refers("integration_maker_id", "users"),
        refers("sales_rep_id", "users"),
        refers("discounted_by_id", "users"),
        refers("approved_by_id", "users"),
        unique("number"),
        one_of("status", OrderStatus),
        is_currency(),
        *adds_up(),
        *_status_times(),
        check("one_creator", "num_nonnulls(portal_user_id, created_by_id, integration_maker_id) <= 1"),
        check("discounted", _DISCOUNTED),
        check("approval", "approved_by_id IS NULL OR approved_at IS NOT NULL"),
        check("reasons_given", "NOT requires_approval OR cardinality(approval_reasons) > 0"),
        all_of("approval_reasons", ApprovalReason),
        named("number", limit=50),
        bounded("po_number", limit=100),
        bounded("notes", limit=10000),
        bounded("internal_notes", limit=10000),
        is_address("billing_address"),
        is_address("shipping_address"),
        *searchable("orders", "number"),
        *searchable("orders", "po_number"),
        full_text_index("orders"),
        indexed("requires_approval"),
        indexed("is_sample"),
        indexed("customer_id"),
        indexed("customer_id", "placed_at"),
        indexed("sales_rep_id"),
        indexed("created_by_id"),
        indexed("portal_user_id"),
        seldom("integration_maker_id"),
        seldom("discounted_by_id"),
        seldom("approved_by_id"),
        indexed("status"),
        indexed("status", "placed_at"),
        indexed("placed_at"),
        indexed("requested_delivery_on"),
        indexed("fulfilled_at"),
        indexed("total_cents"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    number: Mapped[str]
    number_lower: Mapped[str] = lowered("number")
    customer_id: Mapped[UUID]
    portal_user_id: Mapped[UUID | None]
    created_by_id: Mapped[UUID | None]
    integration_maker_id: Mapped[UUID | None]
    sales_rep_id: Mapped[UUID | None]
    status: Mapped[OrderStatus] = choice(OrderStatus, default=OrderStatus.DRAFT)
    po_number: Mapped[str | None]
    po_number_lower: Mapped[str | None] = lowered("po_number")
    placed_at: Mapped[dt.datetime | None]
    requested_delivery_on: Mapped[dt.date | None]
    fulfilled_at: Mapped[dt.datetime | None]
    cancelled_at: Mapped[dt.datetime | None]
    subtotal_cents: Mapped[int] = cents(default=0)
    discount_amount_cents: Mapped[int] = cents(default=0)
    discounted_by_id: Mapped[UUID | None]
    tax_amount_cents: Mapped[int] = cents(default=0)
    shipping_amount_cents: Mapped[int] = cents(default=0)
    total_cents: Mapped[int] = cents(default=0)
    currency: Mapped[str]
    billing_address: Mapped[dict[str, Any] | None]
    shipping_address: Mapped[dict[str, Any] | None]
    notes: Mapped[str | None]
    internal_notes: Mapped[str | None]
    is_sample: Mapped[bool] = flag(default=False)
    requires_approval: Mapped[bool] = flag(default=False)
    approval_reasons: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    approved_by_id: Mapped[UUID | None]
    approved_at: Mapped[dt.datetime | None]
    search_vector: Mapped[str] = full_text(A="number", B="po_number", D="notes")


class OrderLine(TenantModel):
    """Bottles of one SKU on an order; what it says of the SKU was copied when it was added.

    A line whose price was overridden keeps the price it replaced and why, and who answers for it.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        refers("order_id", "orders"),
        refers("sku_id", "skus"),
        refers("discounted_by_id", "users"),
        refers("price_override_by_id", "users"),
        check("line_total", "line_total_cents = unit_price_cents * quantity - discount_amount_cents"),
        check("discounted", _DISCOUNTED),
        check("fulfilled_quantity", "fulfilled_quantity BETWEEN 0 AND quantity"),
        check("cases", "cases >= 0"),
        check("liters", "liters >= 0"),
        check(
            "price_override",
            "(price_override_original_cents IS NULL) = (price_override_reason IS NULL)"
            " AND (price_override_original_cents IS NULL) = (price_override_at IS NULL)"
            " AND (price_override_by_id IS NULL OR price_override_at IS NOT NULL)",
        ),
        named("sku_code", limit=64),
        named("description", limit=500),
        named("price_override_reason", limit=500),
        is_object("applied_pricing_rule"),
        *at_least(1, "position", "quantity"),
        *at_least(
            0,
            "unit_price_cents",
            "discount_amount_cents",
            "line_total_cents",
            "price_override_original_cents",
        ),
        indexed("order_id", "position"),
        indexed("sku_id"),
        seldom("discounted_by_id"),
        seldom("price_override_by_id"),
    )

    order_id: Mapped[UUID]
    sku_id: Mapped[UUID]
    sku_code: Mapped[str]
    description: Mapped[str]
    position: Mapped[int]
    quantity: Mapped[int]
    cases: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default=text("0"))
    liters: Mapped[Decimal] = mapped_column(Numeric(12, 3), server_default=text("0"))
    unit_price_cents: Mapped[int] = cents()
    discount_amount_cents: Mapped[int] = cents(default=0)
    discounted_by_id: Mapped[UUID | None]
    line_total_cents: Mapped[int] = cents()
    fulfilled_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    applied_pricing_rule: Mapped[dict[str, Any] | None]
    price_override_original_cents: Mapped[int | None] = cents(nullable=True)
    price_override_reason: Mapped[str | None]
    price_override_by_id: Mapped[UUID | None]
    price_override_at: Mapped[dt.datetime | None]


class OrderAllocation(TenantModel):
    """The bottles that a line took from one warehouse: still `reserved`, and already `fulfilled`."""

    __tablename__ = "order_allocations"
    __table_args__ = (
        refers("order_line_id", "order_lines"),
        refers("inventory_id", "inventory"),
        unique("order_line_id", "inventory_id"),
        *at_least(0, "reserved", "fulfilled"),
        indexed("inventory_id"),
    )

    order_line_id: Mapped[UUID]
    inventory_id: Mapped[UUID]
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    fulfilled: Mapped[int] = mapped_column(server_default=text("0"))
