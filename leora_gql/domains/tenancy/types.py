"""The distributor and its settings, as the API shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import strawberry
from sqlalchemy import RowMapping, select

from leora_gql.domains.tenancy import models
from leora_gql.domains.tenancy.enums import SubscriptionTier, TenantStatus
from leora_gql.graph.access import access_directives, check_access
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import Access, column
from leora_gql.graph.node import Node
from leora_gql.graph.scalars import money
from leora_gql.graph.selection import Info

if TYPE_CHECKING:
    from leora_gql.graph.node import Record

_SETTINGS = Access("settings.view")
_MONEY = ("shipping_flat_rate", "free_shipping_threshold", "minimum_order_amount")


@strawberry.type(description="How the distributor does business.")
class TenantSettings:
    """The settings of a tenant."""

    default_currency: str = strawberry.field(description="The currency of new prices, ISO 4217.")
    timezone: str = strawberry.field(
        description="The time zone in which days are counted, such as America/New_York."
    )
    tax_rate: Decimal = strawberry.field(description="The tax on orders as a fraction: 0.088750 is 8.875 %.")
    shipping_flat_rate: Decimal = strawberry.field(description="What shipping an order costs.")
    free_shipping_threshold: Decimal | None = strawberry.field(
        description="From this order value on shipping is free; null: never."
    )
    minimum_order_amount: Decimal = strawberry.field(description="Orders below this need approval.")
    payment_terms_days: int = strawberry.field(
        description="Days until an invoice is due, unless the customer has its own."
    )
    default_warehouse: str = strawberry.field(description="The warehouse that stock is taken from first.")
    revenue_health_drop_percent: Decimal = strawberry.field(
        description="A fall in revenue of this many percent is critical."
    )
    minimum_orders_for_health: int = strawberry.field(
        description="Fulfilled orders before revenue health is judged."
    )
    minimum_orders_for_pace: int = strawberry.field(description="Fulfilled orders before pace is judged.")
    pace_warning_multiplier: Decimal = strawberry.field(
        description="Times its pace without an order: a warning."
    )
    pace_critical_multiplier: Decimal = strawberry.field(
        description="Times its pace without an order: critical."
    )
    sample_allowance_per_rep: int = strawberry.field(
        description="Sample bottles a rep may pull in a calendar month."
    )
    sample_approval_above: int = strawberry.field(
        description="Bottles in a month above which a pull needs approval."
    )
    portal_enabled: bool = strawberry.field(description="Whether buyers may use the portal.")
    portal_invoices_enabled: bool = strawberry.field(description="Whether buyers see invoices in the portal.")
    order_number_prefix: str = strawberry.field(description="What order numbers begin with.")
    invoice_number_prefix: str = strawberry.field(description="What invoice numbers begin with.")
    updated_at: dt.datetime = strawberry.field(description="When the settings last changed.")
    version: int = strawberry.field(description="Raised at each change; give it back to detect lost updates.")

    @classmethod
    def from_row(cls, row: RowMapping) -> TenantSettings:
        """The settings in a row of `tenant_settings`."""
        values: dict[str, Any] = {name: row[name] for name in cls.__annotations__ if name not in _MONEY}
        for name in _MONEY:
            cents = row[f"{name}_cents"]
            values[name] = None if cents is None else money(cents)
        return cls(**values)


async def _settings(root: Record, info: Info) -> TenantSettings | None:
    check_access(_SETTINGS, info.context.require_principal())
    table = models.TenantSettings.__table__
    rows = await info.context.rows(select(table).where(table.c.tenant_id == root.key))
    return TenantSettings.from_row(rows[0]) if rows else None


@entity(models.Tenant, view=None, plural="tenants", root=False)
class Tenant(Node):
    """A distributor. What a login page shows of it is open to all who are signed in."""

    slug: str = column("Its short name, as in the X-Tenant-Slug header.")
    name: str = column("Its name.")
    logo_url: str | None = column("Where its logo is.")
    primary_color: str | None = column("Its colour, `#rrggbb`.")
    domain: str | None = column("Its own web domain.", requires="tenant.view")
    status: TenantStatus | None = column("Whether it may use the product.", requires="tenant.view")
    subscription_tier: SubscriptionTier | None = column("What it has subscribed to.", requires="tenant.view")
    billing_email: str | None = column("Where our bills go.", requires="tenant.view")
    contact_email: str | None = column("Where its customers write to.", requires="tenant.view")
    created_at: dt.datetime | None = column("When it joined.", requires="tenant.view")
    updated_at: dt.datetime | None = column("When its record last changed.", requires="tenant.view")
    settings: TenantSettings | None = strawberry.field(
        resolver=_settings,
        description="How it does business. Needs `settings.view`.",
        directives=access_directives(_SETTINGS),
    )
