"""The GraphQL types of the customers domain."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import strawberry

from leora_gql.domains.billing.statement import STATEMENT_ACCESS, CustomerStatement, customer_statement
from leora_gql.domains.customers import models
from leora_gql.domains.customers.addresses import Address
from leora_gql.domains.customers.contact import SalesRepContact, sales_rep_contact
from leora_gql.domains.customers.enums import CreditStatus, CustomerStatus
from leora_gql.graph.access import access_directives
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import column, embedded, money, to_many, to_one
from leora_gql.graph.node import Node

if TYPE_CHECKING:
    from leora_gql.domains.billing.types import Invoice, Payment
    from leora_gql.domains.catalog.types import PriceListEntry
    from leora_gql.domains.identity.types import PortalUser, User
    from leora_gql.domains.intelligence.types import (
        AccountHealthSnapshot,
        Activity,
        CallPlan,
        SamplePull,
        Task,
    )
    from leora_gql.domains.orders.types import Order


@entity(
    models.Customer,
    view="customers.view",
    plural="customers",
    lookups=("account_number",),
    needs={"sales_rep_contact": ("sales_rep_id",)},
)
class Customer(Node):
    """A restaurant or shop that buys from the distributor."""

    account_number: str = column("The account number, unique in the tenant.", search=True, sort=True)
    name: str = column("The legal name.", search=True, sort=True)
    trade_name: str | None = column("The name over the door, where it is another.", search=True, sort=True)
    status: CustomerStatus = column("Whether we sell to it.", where=True)
    tier: str | None = column(
        "The price tier, such as GOLD; null for standard prices.", where=True, sort=True
    )
    territory: str | None = column("The sales territory that it lies in.", where=True, sort=True)
    primary_contact_name: str | None = column("Whom to ask for.")
    primary_contact_email: str | None = column("That person's e-mail address.")
    primary_contact_phone: str | None = column("That person's telephone number.")
    billing_address: Address | None = embedded("Where invoices go.", Address)
    shipping_address: Address | None = embedded("Where goods go.", Address)
    credit_limit: Decimal | None = money(
        "The most that it may owe, in the tenant's currency; null for no limit.",
        where=True,
        sort=True,
        requires="customers.financials",
        staff_only=True,
    )
    credit_status: CreditStatus | None = column(
        "Whether it may buy on credit.", where=True, requires="customers.financials", staff_only=True
    )
    tax_exempt: bool = column("Whether its orders are free of tax, as for resale.", where=True)
    payment_terms_days: int | None = column("Days from invoice to due date; null for the tenant's own terms.")
    license_number: str | None = column("The number of its liquor licence.")
    license_state: str | None = column("The state that issued the licence.")
    license_expires_on: dt.date | None = column("The licence's last day.", where=True, sort=True)
    notes: str | None = column("Our notes on the customer.", staff_only=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    sales_rep: User | None = to_one("The member of staff who looks after it.", by="sales_rep_id", where=True)
    sales_rep_contact: SalesRepContact | None = strawberry.field(
        resolver=sales_rep_contact,
        description="How to reach the sales representative; open to its own buyers.",
    )
    statement: CustomerStatement | None = strawberry.field(
        resolver=customer_statement,
        description="What it owed before, each invoice, void, payment and refund from one day to another, and what it"
        " owes after. Needs `invoices.view` and `payments.view`; open to its own buyers where they see invoices.",
        directives=[one for access in STATEMENT_ACCESS for one in access_directives(access)],
    )
    portal_users: Connection[PortalUser] | None = to_many(
        "Its buyers in the portal.", by="customer_id", order_by="email", where=True
    )
    orders: Connection[Order] | None = to_many(
        "Its orders, latest first.", by="customer_id", order_by="-placed_at", where=True
    )
    invoices: Connection[Invoice] | None = to_many(
        "Its invoices, latest first.", by="customer_id", order_by="-issued_on", where=True
    )
    payments: Connection[Payment] | None = to_many(
        "Its payments, latest first.", by="customer_id", order_by="-received_on", where=True
    )
    price_list_entries: Connection[PriceListEntry] | None = to_many(
        "The prices made for it alone; its tier's and the standard ones are not among them.",
        by="customer_id",
        order_by="-valid_from",
        where=True,
    )
    activities: Connection[Activity] | None = to_many(
        "Our dealings with it, latest first.", by="customer_id", order_by="-occurred_at", where=True
    )
    call_plans: Connection[CallPlan] | None = to_many(
        "The visits planned to it, latest first.", by="customer_id", order_by="-planned_on", where=True
    )
    tasks: Connection[Task] | None = to_many(
        "The tasks that concern it, by due date.", by="customer_id", order_by="due_on", where=True
    )
    sample_pulls: Connection[SamplePull] | None = to_many(
        "The samples pulled for it, latest first.", by="customer_id", order_by="-requested_at", where=True
    )
    health_snapshots: Connection[AccountHealthSnapshot] | None = to_many(
        "Its health day by day, latest first.", by="customer_id", order_by="-snapshot_on", where=True
    )
