"""The tables of the tenancy domain: the root of everything, and a tenant's own two rows."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.db.model import (
    Base,
    TenantBound,
    Timestamps,
    Versioned,
    at_least,
    bounded,
    cents,
    check,
    choice,
    flag,
    named,
    new_id,
    one_of,
    to_tenant,
)
from leora_gql.domains.tenancy.enums import SubscriptionTier, TenantStatus


class Tenant(Timestamps, Versioned, Base):
    """A distributor: the root that every other row belongs to."""

    __tablename__ = "tenants"
    __table_args__ = (
        UniqueConstraint("slug"),
        one_of("status", TenantStatus),
        one_of("subscription_tier", SubscriptionTier),
        check("slug", "slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 63"),
        check("primary_color", "primary_color ~ '^#[0-9a-fA-F]{6}$'"),
        named("name"),
        bounded("domain", limit=253),
        bounded("billing_email", limit=254),
        bounded("contact_email", limit=254),
        bounded("logo_url", limit=2000),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-10)
    slug: Mapped[str]
    name: Mapped[str]
    domain: Mapped[str | None]
    status: Mapped[TenantStatus] = choice(TenantStatus, default=TenantStatus.ACTIVE)
    subscription_tier: Mapped[SubscriptionTier] = choice(SubscriptionTier, default=SubscriptionTier.STARTER)
    billing_email: Mapped[str | None]
    contact_email: Mapped[str | None]
    logo_url: Mapped[str | None]
    primary_color: Mapped[str | None]


class TenantSettings(Timestamps, Versioned, TenantBound):
    """How a distributor does business; one row per tenant.

    `tax_rate` is a fraction, `revenue_health_drop_percent` a percentage, and the two multipliers
    are of a customer's pace. `sample_*` count bottles per rep and calendar month.
    """

    __tablename__ = "tenant_settings"
    __table_args__ = (
        to_tenant(),
        check("default_currency", "default_currency ~ '^[A-Z]{3}$'"),
        check("tax_rate", "tax_rate >= 0 AND tax_rate < 1"),
        check("payment_terms_days", "payment_terms_days BETWEEN 0 AND 365"),
        check("revenue_health_drop_percent", "revenue_health_drop_percent BETWEEN 0 AND 100"),
        check("pace_warning_multiplier", "pace_warning_multiplier >= 1"),
        check("pace_multipliers", "pace_critical_multiplier >= pace_warning_multiplier"),
        *at_least(
            0,
            "shipping_flat_rate_cents",
            "free_shipping_threshold_cents",
            "minimum_order_amount_cents",
            "sample_allowance_per_rep",
            "sample_approval_above",
        ),
        *at_least(1, "minimum_orders_for_health"),
        *at_least(2, "minimum_orders_for_pace"),
        named("timezone", limit=100),
        named("default_warehouse", limit=100),
        check("order_number_prefix", "order_number_prefix ~ '^[A-Z0-9-]{0,12}$'"),
        check("invoice_number_prefix", "invoice_number_prefix ~ '^[A-Z0-9-]{0,12}$'"),
    )

    default_currency: Mapped[str] = mapped_column(server_default=text("'USD'"))
    timezone: Mapped[str] = mapped_column(server_default=text("'America/New_York'"))
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6), server_default=text("0"))
    shipping_flat_rate_cents: Mapped[int] = cents(default=0)
    free_shipping_threshold_cents: Mapped[int | None] = cents(nullable=True)
    minimum_order_amount_cents: Mapped[int] = cents(default=0)
    payment_terms_days: Mapped[int] = mapped_column(server_default=text("30"))
    default_warehouse: Mapped[str] = mapped_column(server_default=text("'MAIN'"))
    revenue_health_drop_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2), server_default=text("15"))
    minimum_orders_for_health: Mapped[int] = mapped_column(server_default=text("3"))
    minimum_orders_for_pace: Mapped[int] = mapped_column(server_default=text("3"))
    pace_warning_multiplier: Mapped[Decimal] = mapped_column(Numeric(4, 2), server_default=text("1.2"))
    pace_critical_multiplier: Mapped[Decimal] = mapped_column(Numeric(4, 2), server_default=text("1.5"))
    sample_allowance_per_rep: Mapped[int] = mapped_column(server_default=text("60"))
    sample_approval_above: Mapped[int] = mapped_column(server_default=text("60"))
    portal_enabled: Mapped[bool] = flag(default=True)
    portal_invoices_enabled: Mapped[bool] = flag(default=True)
    order_number_prefix: Mapped[str] = mapped_column(server_default=text("'SO-'"))
    invoice_number_prefix: Mapped[str] = mapped_column(server_default=text("'INV-'"))


class TenantHead(Timestamps, TenantBound):
    """The last numbers a tenant has given out; locked last in a writing transaction.

    Under its lock the sequences of events, audit rows and invoices are dense and in commit order.
    """

    __tablename__ = "tenant_heads"
    __table_args__ = (
        to_tenant(),
        *at_least(0, "event_sequence", "audit_sequence", "invoice_number"),
        check("audit_hash_length", "octet_length(audit_hash) = 32"),
    )

    event_sequence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    audit_sequence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    audit_hash: Mapped[bytes | None]
    invoice_number: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
