"""What an order is made on: the customer, the tenant's terms, the SKUs and their prices, from one statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Table,
    Uuid,
    and_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept
from leora_gql.domains.catalog.enums import ProductStatus, SkuStatus
from leora_gql.domains.catalog.models import PriceListEntry, Product, Sku
from leora_gql.domains.catalog.pricing import PriceCandidate, PriceLevel, listed_price
from leora_gql.domains.customers.enums import CustomerStatus
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.tenancy.models import TenantSettings

NO_DEALINGS = frozenset({CustomerStatus.INACTIVE, CustomerStatus.CLOSED})
"""Customers that nothing is sold to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the tenant sells; `now` and `today` (in its time zone) are the transaction's."""

    currency: str
    tax_rate: Decimal
    shipping_cents: int
    free_shipping_from_cents: int | None
    now: dt.datetime
    today: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """What an order needs to know of its customer."""

    status: CustomerStatus
    tax_exempt: bool
    sales_rep_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A SKU, whether it is sold now, and the prices that might count for the customer."""

    code: str
    name: str
    bottle_ml: int
    units_per_case: int
    sold: bool
    sample_only: bool
    candidates: list[PriceCandidate] = field(default_factory=list[PriceCandidate])


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """All of it. What the caller may not see, or what does not exist, is not there."""

    terms: Terms
    buyer: Buyer | None
    offers: dict[UUID, Offer]


async def read_basis(connection: AsyncConnection, *, customer_id: UUID, sku_ids: Sequence[UUID]) -> Basis:
    """What an order of the SKUs (at least one) by the customer is made on."""
    rows = await _BASIS.rows(connection, customer=customer_id, skus=list(sku_ids))
    offers: dict[UUID, Offer] = {}
    for row in rows:
        if row["sku_id"] is None:
            continue
        offer = offers.get(row["sku_id"])
        if offer is None:
            offer = offers[row["sku_id"]] = _offer(row)
        if row["entry_id"] is not None:
            offer.candidates.append(
                listed_price({**row, "id": row["entry_id"], "customer_id": row["entry_customer_id"]})
            )
    first = rows[0]
    return Basis(terms=_terms(first), buyer=_buyer(first), offers=offers)


def _terms(row: dict[str, Any]) -> Terms:
    return Terms(
        currency=row["default_currency"],
        tax_rate=row["tax_rate"],
        shipping_cents=row["shipping_flat_rate_cents"],
        free_shipping_from_cents=row["free_shipping_threshold_cents"],
        now=row["now"],
        today=row["today"],
    )


def _buyer(row: dict[str, Any]) -> Buyer | None:
    if row["customer_status"] is None:
        return None
    return Buyer(
        status=row["customer_status"], tax_exempt=row["tax_exempt"], sales_rep_id=row["sales_rep_id"]
    )


def _offer(row: dict[str, Any]) -> Offer:
    base = PriceCandidate(PriceLevel.BASE, row["base_price_cents"], row["sku_currency"])
    return Offer(
        code=row["code"],
        name=row["name"],
        bottle_ml=row["bottle_ml"],
        units_per_case=row["units_per_case"],
        sold=row["sku_status"] is SkuStatus.ACTIVE and row["product_status"] is ProductStatus.ACTIVE,
        sample_only=row["is_sample_only"],
        candidates=[base],
    )


def _statement() -> Any:
    """A row for each SKU and each price of it that is valid now; what is missing is null."""
    terms, buyer = cast(Table, TenantSettings.__table__), cast(Table, Customer.__table__)
    sku, product = cast(Table, Sku.__table__), cast(Table, Product.__table__)
    entry = cast(Table, PriceListEntry.__table__)
    wanted = func.unnest(bindparam("skus", type_=ARRAY(Uuid()))).table_valued("id").render_derived("wanted")
    sold = sku.join(product, and_(product.c.tenant_id == sku.c.tenant_id, product.c.id == sku.c.product_id))
    rows = (
        terms.join(wanted, true())
        .outerjoin(
            buyer,
            and_(buyer.c.tenant_id == terms.c.tenant_id, buyer.c.id == bindparam("customer", type_=Uuid())),
        )
        .outerjoin(sold, and_(sku.c.tenant_id == terms.c.tenant_id, sku.c.id == wanted.c.id))
        .outerjoin(
            entry,
            and_(entry.c.tenant_id == sku.c.tenant_id, entry.c.sku_id == sku.c.id, _counts(entry, buyer)),
        )
    )
    return select(
        terms.c.default_currency,
        terms.c.tax_rate,
        terms.c.shipping_flat_rate_cents,
        terms.c.free_shipping_threshold_cents,
        func.now().label("now"),
        sql_cast(func.timezone(terms.c.timezone, func.now()), Date()).label("today"),
        buyer.c.status.label("customer_status"),
        buyer.c.tax_exempt,
        buyer.c.sales_rep_id,
        sku.c.id.label("sku_id"),
        sku.c.code,
        sku.c.name,
        sku.c.bottle_ml,
        sku.c.units_per_case,
        sku.c.base_price_cents,
        sku.c.currency.label("sku_currency"),
        sku.c.status.label("sku_status"),
        product.c.status.label("product_status"),
        product.c.is_sample_only,
        entry.c.id.label("entry_id"),
        entry.c.customer_id.label("entry_customer_id"),
        *(
            entry.c[name]
            for name in (
                "customer_tier",
                "unit_price_cents",
                "currency",
                "price_list",
                "min_quantity",
                "max_quantity",
                "valid_from",
                "valid_until",
            )
        ),
    ).select_from(rows)


def _counts(entry: Table, buyer: Table) -> ColumnElement[bool]:
    """The entry is the customer's, its tier's or everyone's, and valid now."""
    everyone = and_(
        entry.c.customer_id.is_(None),
        or_(entry.c.customer_tier.is_(None), entry.c.customer_tier == buyer.c.tier),
    )
    valid = and_(
        entry.c.valid_from <= func.now(),
        or_(entry.c.valid_until.is_(None), entry.c.valid_until > func.now()),
    )
    return and_(or_(entry.c.customer_id == buyer.c.id, everyone), valid)


_BASIS = Kept(_statement())
