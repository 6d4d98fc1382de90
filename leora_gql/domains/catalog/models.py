"""The tables of the catalogue domain: what is sold, its prices, and its stock in bottles."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, Numeric, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.auth.principal import ActorKind
from leora_gql.db.model import (
    TenantModel,
    Versioned,
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
    lowered,
    named,
    one_of,
    refers,
    searchable,
    to_tenant,
    unique,
)
from leora_gql.domains.catalog.enums import MovementKind, ProductStatus, SkuStatus, SupplierStatus


class Supplier(Versioned, TenantModel):
    """Whom the distributor buys from."""

    __tablename__ = "suppliers"
    __table_args__ = (
        to_tenant(),
        unique("slug"),
        one_of("status", SupplierStatus),
        check("slug", "slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 100"),
        named("name"),
        bounded("contact_name"),
        bounded("contact_email", limit=254),
        bounded("contact_phone", limit=40),
        is_address("address"),
        *searchable("suppliers", "name"),
        indexed("name"),
        indexed("status"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    name: Mapped[str]
    name_lower: Mapped[str] = lowered("name")
    slug: Mapped[str]
    contact_name: Mapped[str | None]
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    address: Mapped[dict[str, Any] | None]
    status: Mapped[SupplierStatus] = choice(SupplierStatus, default=SupplierStatus.ACTIVE)


class Product(Versioned, TenantModel):
    """A wine, spirit or other drink; its SKUs are the bottles it is sold in. No vintage: non-vintage."""

    __tablename__ = "products"
    __table_args__ = (
        refers("supplier_id", "suppliers"),
        unique("code"),
        one_of("status", ProductStatus),
        check("alcohol_percent", "alcohol_percent BETWEEN 0 AND 100"),
        check("vintage", "vintage BETWEEN 1700 AND 2200"),
        named("code", limit=64),
        named("name"),
        named("category", limit=100),
        bounded("description", limit=10000),
        *(bounded(column, limit=100) for column in ("varietal", "style", "color", "alcohol_type")),
        *(bounded(column) for column in ("brand", "region", "country")),
        bounded("image_url", limit=2000),
        *searchable("products", "code"),
        *searchable("products", "name"),
        *searchable("products", "brand"),
        full_text_index("products"),
        indexed("is_sample_only"),
        indexed("name"),
        indexed("brand"),
        indexed("supplier_id"),
        indexed("category"),
        indexed("vintage"),
        indexed("region"),
        indexed("country"),
        indexed("status"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    supplier_id: Mapped[UUID]
    code: Mapped[str]
    code_lower: Mapped[str] = lowered("code")
    name: Mapped[str]
    name_lower: Mapped[str] = lowered("name")
    description: Mapped[str | None]
    category: Mapped[str]
    brand: Mapped[str | None]
    brand_lower: Mapped[str | None] = lowered("brand")
    varietal: Mapped[str | None]
    vintage: Mapped[int | None]
    region: Mapped[str | None]
    country: Mapped[str | None]
    style: Mapped[str | None]
    color: Mapped[str | None]
    alcohol_type: Mapped[str | None]
    alcohol_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    image_url: Mapped[str | None]
    status: Mapped[ProductStatus] = choice(ProductStatus, default=ProductStatus.DRAFT)
    is_sample_only: Mapped[bool] = flag(default=False)
    search_vector: Mapped[str] = full_text(
        A="name", B="brand", C=("code", "category", "varietal", "region", "country"), D="description"
    )


class Sku(Versioned, TenantModel):
    """A product in one bottle size. `base_price_cents` and `cost_cents` are per bottle."""

    __tablename__ = "skus"
    __table_args__ = (
        refers("product_id", "products"),
        unique("code"),
        one_of("status", SkuStatus),
        is_currency(),
        named("code", limit=64),
        named("name"),
        check("upc", "upc ~ '^[0-9]{8,14}$'"),
        check("gtin", "gtin ~ '^[0-9]{8,14}$'"),
        *at_least(1, "bottle_ml", "units_per_case", "weight_grams"),
        *at_least(0, "base_price_cents", "cost_cents"),
        *searchable("skus", "code"),
        *searchable("skus", "name"),
        indexed("name"),
        indexed("product_id"),
        indexed("upc"),
        indexed("gtin"),
        indexed("base_price_cents"),
        indexed("bottle_ml"),
        indexed("status"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    product_id: Mapped[UUID]
    code: Mapped[str]
    code_lower: Mapped[str] = lowered("code")
    name: Mapped[str]
    name_lower: Mapped[str] = lowered("name")
    bottle_ml: Mapped[int]
    units_per_case: Mapped[int]
    upc: Mapped[str | None]
    gtin: Mapped[str | None]
    base_price_cents: Mapped[int] = cents()
    cost_cents: Mapped[int | None] = cents(nullable=True)
    currency: Mapped[str]
    weight_grams: Mapped[int | None]
    status: Mapped[SkuStatus] = choice(SkuStatus, default=SkuStatus.ACTIVE)


class InventoryItem(Versioned, TenantModel):
    """The stock of one SKU in one warehouse, in bottles. `available` is what is not reserved."""

    __tablename__ = "inventory"
    __table_args__ = (
        refers("sku_id", "skus"),
        unique("sku_id", "warehouse"),
        check("stock", "on_hand >= reserved AND reserved >= 0"),
        named("warehouse", limit=100),
        *at_least(0, "reorder_point", "reorder_quantity"),
        indexed("sku_id"),
        indexed("warehouse"),
        indexed("on_hand"),
        indexed("available"),
        indexed("needs_reorder"),
        indexed("updated_at"),
    )

    sku_id: Mapped[UUID]
    warehouse: Mapped[str]
    on_hand: Mapped[int] = mapped_column(server_default=text("0"))
    reserved: Mapped[int] = mapped_column(server_default=text("0"))
    available: Mapped[int] = mapped_column(Computed("on_hand - reserved", persisted=True))
    reorder_point: Mapped[int] = mapped_column(server_default=text("0"))
    reorder_quantity: Mapped[int] = mapped_column(server_default=text("0"))
    needs_reorder: Mapped[bool] = mapped_column(
        Computed("on_hand - reserved <= reorder_point", persisted=True)
    )


class InventoryMovement(TenantModel):
    """One change of stock, in bottles. Append-only: an item's deltas add up to what it holds."""

    __tablename__ = "inventory_movements"
    __table_args__ = (
        refers("inventory_id", "inventory"),
        refers("order_line_id", "order_lines"),
        one_of("kind", MovementKind),
        one_of("actor_kind", ActorKind),
        check("moves_something", "on_hand_delta <> 0 OR reserved_delta <> 0"),
        bounded("reason", limit=500),
        indexed("inventory_id"),
        indexed("inventory_id", "occurred_at"),
        indexed("order_line_id"),
        indexed("kind", "occurred_at"),
        indexed("occurred_at"),
    )

    inventory_id: Mapped[UUID]
    kind: Mapped[MovementKind] = choice(MovementKind)
    on_hand_delta: Mapped[int] = mapped_column(server_default=text("0"))
    reserved_delta: Mapped[int] = mapped_column(server_default=text("0"))
    order_line_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    actor_kind: Mapped[ActorKind] = choice(ActorKind)
    actor_id: Mapped[UUID | None]
    occurred_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


def _no_overlapping_prices() -> ExcludeConstraint[Any]:
    """Entries of one scope, SKU, currency and quantity never hold at the same time.

    NULLs never conflict in an EXCLUDE, hence the coalesce of customer and tier.
    """
    return ExcludeConstraint(
        ("tenant_id", "="),
        ("sku_id", "="),
        (text("coalesce(customer_id, '00000000-0000-0000-0000-000000000000'::uuid)"), "="),
        (text("coalesce(customer_tier, '')"), "="),
        ("price_list", "="),
        ("currency", "="),
        ("min_quantity", "="),
        (text("tstzrange(valid_from, valid_until)"), "&&"),
        name="ex_price_list_entries_no_overlap",
    )


class PriceListEntry(Versioned, TenantModel):
    """A price per bottle for a customer, for a tier, or (neither given) for everyone.

    Holds for quantities from `min_quantity` to `max_quantity`, at times from `valid_from` up to but
    not including `valid_until`; an end that is null is open.
    """

    __tablename__ = "price_list_entries"
    __table_args__ = (
        refers("sku_id", "skus"),
        refers("customer_id", "customers"),
        _no_overlapping_prices(),
        is_currency(),
        check("one_scope", "num_nonnulls(customer_id, customer_tier) <= 1"),
        check("quantities", "max_quantity >= min_quantity"),
        check("validity", "valid_until > valid_from"),
        named("price_list", limit=100),
        named("customer_tier", limit=50),
        *at_least(0, "unit_price_cents"),
        *at_least(1, "min_quantity"),
        indexed("sku_id"),
        indexed("sku_id", "valid_from"),
        indexed("customer_id"),
        indexed("customer_tier"),
        indexed("price_list"),
        indexed("unit_price_cents"),
        indexed("valid_from"),
        indexed("valid_until"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    sku_id: Mapped[UUID]
    price_list: Mapped[str]
    customer_id: Mapped[UUID | None]
    customer_tier: Mapped[str | None]
    unit_price_cents: Mapped[int] = cents()
    currency: Mapped[str]
    min_quantity: Mapped[int] = mapped_column(server_default=text("1"))
    max_quantity: Mapped[int | None]
    valid_from: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    valid_until: Mapped[dt.datetime | None]
