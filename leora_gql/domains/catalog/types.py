"""The GraphQL types of the catalogue domain."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import strawberry

from leora_gql.auth.principal import ActorKind
from leora_gql.domains.catalog import models
from leora_gql.domains.catalog.enums import MovementKind, ProductStatus, SkuStatus, SupplierStatus
from leora_gql.domains.customers.addresses import Address
from leora_gql.domains.identity.actors import actor_type
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import column, embedded, money, reference, to_many, to_one
from leora_gql.graph.node import Node

if TYPE_CHECKING:
    from leora_gql.domains.billing.types import InvoiceLine
    from leora_gql.domains.customers.types import Customer
    from leora_gql.domains.intelligence.types import SamplePull
    from leora_gql.domains.orders.types import OrderAllocation, OrderLine


@entity(models.Supplier, view="catalog.view", plural="suppliers", staff_only=True)
class Supplier(Node):
    """A producer or importer that the distributor buys from."""

    name: str = column("The supplier's name.", search=True, sort=True)
    slug: str = column("A short name for addresses of pages, unique in the tenant.", where=True)
    contact_name: str | None = column("Whom to ask for.")
    contact_email: str | None = column("That person's e-mail address.")
    contact_phone: str | None = column("That person's telephone number.")
    address: Address | None = embedded("Where it is.", Address)
    status: SupplierStatus = column("Whether we buy from it.", where=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    products: Connection[Product] = to_many(
        "What we carry of it.", by="supplier_id", order_by="name", where=True
    )


@entity(models.Product, view="catalog.view", plural="products", lookups=("code",))
class Product(Node):
    """A wine, spirit or beer that the distributor carries; its SKUs are the bottles it is sold in."""

    code: str = column("The product's code, unique in the tenant.", search=True, sort=True)
    name: str = column("The product's name.", search=True, sort=True)
    description: str | None = column("What it is like, for buyers.")
    category: str = column("The kind of drink: Wine, Spirits, Beer, …", where=True, sort=True)
    brand: str | None = column("The brand or producer on the label.", search=True, sort=True)
    varietal: str | None = column("The grape or base, such as Pinot Noir.")
    vintage: int | None = column("The year of harvest; null for non-vintage.", where=True, sort=True)
    region: str | None = column("The region of origin.", where=True, sort=True)
    country: str | None = column("The country of origin.", where=True, sort=True)
    style: str | None = column("The style, such as dry or barrel-aged.")
    color: str | None = column("The colour, such as red.")
    alcohol_type: str | None = column("The class of alcohol for the authorities.")
    alcohol_percent: Decimal | None = column("Alcohol by volume in percent, two decimals.")
    image_url: str | None = column("The address of a picture.")
    status: ProductStatus = column("Whether it is offered.", where=True)
    is_sample_only: bool = column("Whether it is given as a sample only, never sold.", where=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    supplier: Supplier | None = to_one("Who supplies it.", by="supplier_id", where=True)
    skus: Connection[Sku] = to_many("Its bottle sizes.", by="product_id", order_by="code", where=True)


@entity(models.Sku, view="catalog.view", plural="skus", lookups=("code",))
class Sku(Node):
    """A product in one bottle size: what is ordered, stocked and priced."""

    code: str = column("The SKU's code, unique in the tenant.", search=True, sort=True)
    name: str = column("The SKU's name, bottle size included.", search=True, sort=True)
    bottle_ml: int = column("The bottle's volume in millilitres.", where=True, sort=True)
    units_per_case: int = column("Bottles in a case.")
    upc: str | None = column("The Universal Product Code, 8 to 14 digits.", where=True)
    gtin: str | None = column("The Global Trade Item Number, 8 to 14 digits.", where=True)
    base_price: Decimal = money("The price of a bottle where no price list has one.", where=True, sort=True)
    cost: Decimal | None = money("What a bottle costs us.", requires="catalog.cost", staff_only=True)
    currency: str = column("The currency of price and cost, an ISO 4217 code.")
    weight_grams: int | None = column("The weight of a full bottle in grams.")
    status: SkuStatus = column("Whether it can be ordered.", where=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    product: Product | None = to_one("The product in the bottle.", by="product_id", where=True)
    inventory_items: Connection[InventoryItem] | None = to_many(
        "Its stock, warehouse by warehouse.", by="sku_id", order_by="warehouse", where=True
    )
    price_list_entries: Connection[PriceListEntry] | None = to_many(
        "Its prices on the price lists, latest first.", by="sku_id", order_by="-valid_from", where=True
    )
    order_lines: Connection[OrderLine] | None = to_many(
        "The order lines that ask for it.", by="sku_id", where=True
    )
    invoice_lines: Connection[InvoiceLine] | None = to_many(
        "The invoice lines that bill it.", by="sku_id", where=True
    )
    sample_pulls: Connection[SamplePull] | None = to_many(
        "The samples pulled of it, latest first.", by="sku_id", order_by="-requested_at", where=True
    )


@entity(models.InventoryItem, view="inventory.view", plural="inventory_items", staff_only=True)
class InventoryItem(Node):
    """The stock of one SKU in one warehouse, in bottles."""

    warehouse: str = column("The warehouse's name.", where=True, sort=True)
    on_hand: int = column("Bottles in the warehouse.", where=True, sort=True)
    reserved: int = column("Bottles of these that orders have set aside.")
    available: int = column("Bottles that can be promised: on hand less reserved.", where=True, sort=True)
    reorder_point: int = column("Reorder when what is available falls to so many bottles.")
    reorder_quantity: int = column("How many bottles to reorder.")
    needs_reorder: bool = column(
        "Whether what is available has fallen to the reorder point or below it.", where=True
    )
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change of the stock.")

    sku: Sku | None = to_one("What is stocked.", by="sku_id", where=True)
    movements: Connection[InventoryMovement] = to_many(
        "How the stock came to be what it is, latest first.",
        by="inventory_id",
        order_by="-occurred_at",
        where=True,
    )
    order_allocations: Connection[OrderAllocation] = to_many(
        "The order lines that take bottles from it.", by="inventory_id", where=True
    )


@entity(models.InventoryMovement, view="inventory.view", plural="inventory_movements", staff_only=True)
class InventoryMovement(Node):
    """One change of stock, in bottles; never altered. An item's deltas add up to what it holds."""

    kind: MovementKind = column("Why the stock changed.", where=True)
    on_hand_delta: int = column("Bottles that came in; negative when they went out.")
    reserved_delta: int = column("Bottles set aside; negative when they became free or left.")
    reason: str | None = column("What was said about it.")
    actor_kind: ActorKind = column("What kind of actor did it.")
    actor_id: strawberry.ID | None = reference(
        "The global id of the actor; null for the product itself.",
        key="actor_id",
        type_name=actor_type,
        needs=("actor_kind",),
    )
    occurred_at: dt.datetime = column("When it happened.", where=True, sort=True)
    created_at: dt.datetime = column("When the row was made.")

    inventory_item: InventoryItem | None = to_one("The stock that changed.", by="inventory_id", where=True)
    order_line: OrderLine | None = to_one("The order line that it was for.", by="order_line_id", where=True)


@entity(models.PriceListEntry, view="pricing.view", plural="price_list_entries")
class PriceListEntry(Node):
    """A price per bottle for a customer, for a tier, or (neither given) for everyone."""

    price_list: str = column("The name of the price list.", where=True, sort=True)
    customer_tier: str | None = column(
        "The tier that the price is for; null with no customer: everyone.", where=True, sort=True
    )
    unit_price: Decimal = money("The price of a bottle.", where=True, sort=True)
    currency: str = column("The price's currency, an ISO 4217 code.")
    min_quantity: int = column("Bottles of one order line from which the price holds.")
    max_quantity: int | None = column("Bottles up to which the price holds; null for any number.")
    valid_from: dt.datetime = column("The moment from which the price holds.", where=True, sort=True)
    valid_until: dt.datetime | None = column(
        "The moment at which it stops to hold; null for an open end.", where=True, sort=True
    )
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    sku: Sku | None = to_one("What is priced.", by="sku_id", where=True)
    customer: Customer | None = to_one("The customer that the price is for.", by="customer_id", where=True)
