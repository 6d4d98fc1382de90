"""The GraphQL types of the orders domain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, ColumnElement, FromClause, Text, case, func, literal_column

from leora_gql.auth.principal import ActorKind
from leora_gql.db.model import SCHEMA
from leora_gql.domains.customers.addresses import Address
from leora_gql.domains.orders import models
from leora_gql.domains.orders.enums import ApprovalReason, OrderStatus
from leora_gql.domains.orders.transitions import FOR_BUYERS, FOR_STAFF, Transitions
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import column, computed, embedded, money, to_many, to_one
from leora_gql.graph.node import Node
from leora_gql.graph.scalars import Json

if TYPE_CHECKING:
    from leora_gql.domains.billing.types import Invoice, InvoiceLine
    from leora_gql.domains.catalog.types import InventoryItem, InventoryMovement, Sku
    from leora_gql.domains.customers.types import Customer
    from leora_gql.domains.identity.types import PortalUser, User
    from leora_gql.domains.intelligence.types import Activity


def _allowed_transitions(table: FromClause) -> ColumnElement[Sequence[str]]:
    """By the order's status, for whoever the transaction is bound to: a buyer or one of us."""
    functions: Any = getattr(func, SCHEMA)
    return case(
        (functions.actor_kind() == ActorKind.PORTAL_USER.value, _by_status(table, FOR_BUYERS)),
        else_=_by_status(table, FOR_STAFF),
    )


def _by_status(table: FromClause, leads_to: Transitions) -> ColumnElement[Sequence[str]]:
    return case(
        *((table.c.status == status, _texts(to)) for status, to in leads_to.items() if to),
        else_=_texts(()),
    )


def _texts(statuses: tuple[OrderStatus, ...]) -> ColumnElement[Sequence[str]]:
    names = ", ".join(f"'{status.value}'" for status in statuses)
    return literal_column(f"ARRAY[{names}]::text[]", ARRAY(Text()))


@entity(models.Order, view="orders.view", plural="orders", lookups=("number",))
class Order(Node):
    """A customer's order, from draft to delivery. Amounts are in its currency."""

    number: str = column("The order's number, unique in the tenant and never reused.", search=True, sort=True)
    status: OrderStatus = column("How far the order has come.", where=True)
    po_number: str | None = column("The customer's own number for it.", search=True, sort=True)
    placed_at: dt.datetime | None = column("When it was submitted; null for a draft.", where=True, sort=True)
    requested_delivery_on: dt.date | None = column(
        "The day on which the customer wants the goods.", where=True, sort=True
    )
    fulfilled_at: dt.datetime | None = column("When the last bottle was delivered.", where=True, sort=True)
    cancelled_at: dt.datetime | None = column("When it was called off.")
    subtotal: Decimal = money("The sum of the line totals.")
    discount_amount: Decimal = money(
        "The discount on the order as a whole; those of lines are in their totals."
    )
    tax_amount: Decimal = money("The tax; nothing for customers that are exempt.")
    shipping_amount: Decimal = money("What shipping costs.")
    total: Decimal = money(
        "What the customer pays: subtotal − discount + tax + shipping.", where=True, sort=True
    )
    currency: str = column("The currency of all its amounts, an ISO 4217 code.")
    billing_address: Address | None = embedded("Where the invoice goes.", Address)
    shipping_address: Address | None = embedded("Where the goods go.", Address)
    notes: str | None = column("What the customer and we say to each other about it.")
    internal_notes: str | None = column(
        "What we say about it among ourselves.", requires="orders.internal_notes", staff_only=True
    )
    is_sample: bool = column("Whether its bottles are samples, which are no revenue.", where=True)
    requires_approval: bool | None = column(
        "Whether somebody must approve it, or has, before it can be confirmed.", where=True, staff_only=True
    )
    approval_reasons: list[ApprovalReason] | None = column("Why it needs approval.", staff_only=True)
    approved_at: dt.datetime | None = column("When it was approved; null while it is not.", staff_only=True)
    allowed_transitions: list[OrderStatus] = computed(
        "What it can become from its status, for the likes of the caller: buyers submit and call off, we do the rest."
        " Permissions apply too, and what asks for approval is confirmed after that.",
        _allowed_transitions,
        needs=("status",),
    )
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column(
        "Raised by each change, of lines too; give it back in an update to notice lost ones."
    )

    customer: Customer | None = to_one("Who buys.", by="customer_id", where=True)
    portal_user: PortalUser | None = to_one(
        "The buyer who wrote it in the portal.", by="portal_user_id", where=True
    )
    created_by: User | None = to_one("The member of staff who wrote it.", by="created_by_id", where=True)
    integration_maker: User | None = to_one(
        "The member of staff who made the integration that wrote it, and answers for it.",
        by="integration_maker_id",
        where=True,
    )
    sales_rep: User | None = to_one(
        "The sales representative that it counts for.", by="sales_rep_id", where=True
    )
    discounted_by: User | None = to_one(
        "Who gave the discount on the order as a whole; of an integration, who made it.",
        by="discounted_by_id",
        where=True,
    )
    approved_by: User | None = to_one("Who approved it.", by="approved_by_id", where=True)
    lines: Connection[OrderLine] = to_many("What is ordered.", by="order_id", order_by="position", where=True)
    invoices: Connection[Invoice] | None = to_many("The invoices for it.", by="order_id", where=True)
    activities: Connection[Activity] | None = to_many(
        "Our dealings with the customer that led to it or came of it.", by="order_id", where=True
    )


@entity(models.OrderLine, view="orders.view", plural="order_lines")
class OrderLine(Node):
    """Bottles of one SKU on an order; what it says of the SKU was copied when it was added."""

    position: int = column("Its place on the order, from 1.")
    sku_code: str = column("The SKU's code when the line was added.")
    description: str = column("The SKU's name when the line was added.")
    quantity: int = column("Bottles ordered.")
    cases: Decimal = column("The same in cases, two decimals.")
    liters: Decimal = column("The same in litres, three decimals.")
    unit_price: Decimal = money("The price of a bottle, in the order's currency.")
    discount_amount: Decimal = money("The discount on this line.")
    line_total: Decimal = money("Unit price × quantity − discount.")
    fulfilled_quantity: int = column("Bottles of these that were delivered.")
    applied_pricing_rule: Json | None = column("The price rule that gave the unit price.", staff_only=True)
    price_override_original: Decimal | None = money(
        "The price of a bottle before somebody overrode it; null while nobody has.", staff_only=True
    )
    price_override_reason: str | None = column("Why the price was overridden.", staff_only=True)
    price_override_at: dt.datetime | None = column("When the price was overridden.", staff_only=True)
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.")

    order: Order | None = to_one("The order that it is on.", by="order_id", where=True)
    sku: Sku | None = to_one("What is ordered.", by="sku_id", where=True)
    discounted_by: User | None = to_one(
        "Who gave the discount on this line; of an integration, who made it.",
        by="discounted_by_id",
        where=True,
    )
    price_override_by: User | None = to_one(
        "Who overrode the price; of an integration, who made it.", by="price_override_by_id", where=True
    )
    allocations: Connection[OrderAllocation] | None = to_many(
        "The warehouses that its bottles come from.", by="order_line_id"
    )
    inventory_movements: Connection[InventoryMovement] | None = to_many(
        "The changes of stock that it caused.", by="order_line_id"
    )
    invoice_lines: Connection[InvoiceLine] | None = to_many(
        "The invoice lines that bill it.", by="order_line_id", where=True
    )


@entity(
    models.OrderAllocation, view="inventory.view", plural="order_allocations", staff_only=True, root=False
)
class OrderAllocation(Node):
    """The bottles that an order line took from one warehouse."""

    reserved: int = column("Bottles that are set aside and still in the warehouse.")
    fulfilled: int = column("Bottles that went out.")
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.")

    order_line: OrderLine | None = to_one(
        "The line that the bottles are for.", by="order_line_id", where=True
    )
    inventory_item: InventoryItem | None = to_one(
        "The stock that they come from.", by="inventory_id", where=True
    )
