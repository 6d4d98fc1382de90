"""The GraphQL types of the intelligence domain. None of them is open to the portal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, case, func, select, type_coerce

from leora_gql.domains.intelligence import models
from leora_gql.domains.intelligence.enums import (
    ActivityKind,
    CallPlanStatus,
    MetricName,
    MetricPeriod,
    MetricScope,
    PaceStatus,
    RevenueStatus,
    SamplePullStatus,
    TaskPriority,
    TaskStatus,
)
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import column, computed, global_id, money, reference, to_many, to_one
from leora_gql.graph.json_text import raw
from leora_gql.graph.node import Node

if TYPE_CHECKING:
    from leora_gql.domains.catalog.types import Sku
    from leora_gql.domains.customers.types import Customer
    from leora_gql.domains.identity.types import User
    from leora_gql.domains.orders.types import Order


def _order_ids(table: FromClause) -> ColumnElement[list[str]]:
    keys = func.unnest(table.c.order_ids).table_valued("key").render_derived(name="computed_from")
    return func.array(select(global_id(raw("Order"), keys.c.key)).scalar_subquery())


def _scope_type(table: FromClause) -> ColumnElement[str]:
    names = {MetricScope.USER: "User", MetricScope.CUSTOMER: "Customer", MetricScope.PRODUCT: "Product"}
    types = {raw(scope.value): raw(name) for scope, name in names.items()}
    return case(types, value=type_coerce(table.c.scope, Text()))


@entity(models.Activity, view="activities.view", plural="activities", staff_only=True)
class Activity(Node):
    """Something that a member of staff did with a customer."""

    kind: ActivityKind = column("What was done.", where=True)
    subject: str = column("What it was about.", search=True, sort=True)
    notes: str | None = column("What there is to remember of it.")
    outcome: str | None = column("What came of it.")
    occurred_at: dt.datetime = column("When it took place.", where=True, sort=True)
    follow_up_on: dt.date | None = column("The day on which to come back to it.", where=True, sort=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    customer: Customer | None = to_one("With whom.", by="customer_id", where=True)
    user: User | None = to_one("By whom.", by="user_id", where=True)
    order: Order | None = to_one("The order that it concerns.", by="order_id", where=True)
    sample_pulls: Connection[SamplePull] | None = to_many(
        "The sample pulls that it holds the feedback on.", by="feedback_activity_id"
    )


@entity(models.CallPlan, view="call_plans.view", plural="call_plans", staff_only=True)
class CallPlan(Node):
    """A visit that a sales representative has planned."""

    planned_on: dt.date = column("The day of the visit.", where=True, sort=True)
    status: CallPlanStatus = column("Whether it took place.", where=True)
    objective: str | None = column("What it is to achieve.")
    outcome: str | None = column("What came of it.")
    completed_at: dt.datetime | None = column("When it was marked as done.")
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    customer: Customer | None = to_one("Whom to visit.", by="customer_id", where=True)
    user: User | None = to_one("Who visits.", by="user_id", where=True)


@entity(models.Task, view="tasks.view", plural="tasks", staff_only=True)
class Task(Node):
    """Something to be done by a member of staff."""

    title: str = column("What is to be done, in a few words.", search=True, sort=True)
    description: str | None = column("The same at length.")
    status: TaskStatus = column("Whether it is done.", where=True)
    priority: TaskPriority = column("How urgent it is.", where=True)
    due_on: dt.date | None = column("The last day to do it.", where=True, sort=True)
    completed_at: dt.datetime | None = column("When it was done.")
    source: str = column("MANUAL, or the rule that made it.")
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    user: User | None = to_one("Who is to do it.", by="user_id", where=True)
    customer: Customer | None = to_one("The customer that it concerns.", by="customer_id", where=True)


@entity(models.SamplePull, view="samples.view", plural="sample_pulls", staff_only=True)
class SamplePull(Node):
    """Bottles that a sales representative takes out of a warehouse as samples for a customer."""

    warehouse: str = column("The warehouse that they come from.")
    quantity: int = column("How many bottles.")
    status: SamplePullStatus = column("How far the pull has come.", where=True)
    requested_at: dt.datetime = column("When it was asked for.", where=True, sort=True)
    pulled_at: dt.datetime | None = column("When the bottles left the warehouse.", where=True, sort=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    user: User | None = to_one("Who takes them.", by="user_id", where=True)
    customer: Customer | None = to_one("Whom they are for.", by="customer_id", where=True)
    sku: Sku | None = to_one("What is sampled.", by="sku_id", where=True)
    approved_by: User | None = to_one("Who approved or rejected it.", by="approved_by_id", where=True)
    feedback_activity: Activity | None = to_one(
        "What the customer said of the samples.", by="feedback_activity_id", where=True
    )


@entity(models.AccountHealthSnapshot, view="health.view", plural="account_health_snapshots", staff_only=True)
class AccountHealthSnapshot(Node):
    """How an account stood on one day. Amounts are in the tenant's currency."""

    snapshot_on: dt.date = column("The day.", where=True, sort=True)
    current_month_revenue: Decimal = money("Revenue of the month so far.", where=True, sort=True)
    baseline_revenue: Decimal = money("What the months before lead one to expect by that day.")
    revenue_change_percent: Decimal = column(
        "How far the revenue is above (or, negative, below) that, in percent."
    )
    revenue_status: RevenueStatus = column("How the revenue stands.", where=True)
    pace_days: int | None = column("The usual number of days between orders; null with too few orders.")
    days_since_last_order: int | None = column("Days since the last order.", where=True, sort=True)
    pace_status: PaceStatus = column("Whether the next order is late.", where=True)
    samples_this_month: int = column("Sample bottles pulled for the customer in the calendar month.")
    health_score: int = column("The whole in one figure, 0 (worst) to 100.", where=True, sort=True)
    formula_version: int = column("Which version of the rules computed it.")
    computed_at: dt.datetime = column("When it was computed.", where=True, sort=True)
    order_ids: list[strawberry.ID] = computed(
        "The global ids of the orders that it was computed from.", _order_ids, needs=("order_ids",)
    )
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.")

    customer: Customer | None = to_one("Whose account it is.", by="customer_id", where=True)


@entity(models.SalesMetric, view="metrics.view", plural="sales_metrics", staff_only=True)
class SalesMetric(Node):
    """One figure for one scope and period."""

    metric: MetricName = column("What is measured.", where=True)
    scope: MetricScope = column("What kind of thing the figure is of.", where=True)
    scope_id: strawberry.ID | None = reference(
        "The global id of the user, customer or product that it is of; null for the whole tenant.",
        key="scope_id",
        type_name=_scope_type,
        needs=("scope",),
        where=True,
    )
    period: MetricPeriod = column("How long the period is.", where=True)
    period_start: dt.date = column("The first day of the period.", where=True, sort=True)
    value: Decimal = column("The figure, four decimals; its unit is in the metric's description.")
    computed_at: dt.datetime = column("When it was computed.", where=True, sort=True)
    formula_version: int = column("Which version of the rules computed it.")
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.")
