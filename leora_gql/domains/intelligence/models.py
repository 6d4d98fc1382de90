"""The tables of the intelligence domain: sales work, samples, health snapshots, metrics."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.db.model import (
    TenantModel,
    Versioned,
    at_least,
    bounded,
    cents,
    check,
    choice,
    indexed,
    lowered,
    named,
    one_of,
    refers,
    searchable,
    seldom,
    to_tenant,
    unique,
)
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


class Activity(Versioned, TenantModel):
    """Something that a member of staff did with a customer."""

    __tablename__ = "activities"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("user_id", "users"),
        refers("order_id", "orders"),
        one_of("kind", ActivityKind),
        named("subject"),
        bounded("notes", limit=10000),
        bounded("outcome", limit=2000),
        *searchable("activities", "subject"),
        indexed("customer_id"),
        indexed("customer_id", "occurred_at"),
        indexed("user_id"),
        indexed("user_id", "occurred_at"),
        seldom("order_id"),
        indexed("kind"),
        indexed("occurred_at"),
        indexed("follow_up_on"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    customer_id: Mapped[UUID]
    user_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    kind: Mapped[ActivityKind] = choice(ActivityKind)
    subject: Mapped[str]
    subject_lower: Mapped[str] = lowered("subject")
    notes: Mapped[str | None]
    outcome: Mapped[str | None]
    occurred_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    follow_up_on: Mapped[dt.date | None]


class CallPlan(Versioned, TenantModel):
    """A visit that a rep has planned."""

    __tablename__ = "call_plans"
    __table_args__ = (
        refers("customer_id", "customers"),
        refers("user_id", "users"),
        one_of("status", CallPlanStatus),
        check("completed", "(status = 'COMPLETED') = (completed_at IS NOT NULL)"),
        bounded("objective", limit=2000),
        bounded("outcome", limit=2000),
        indexed("customer_id"),
        indexed("customer_id", "planned_on"),
        indexed("user_id"),
        indexed("user_id", "planned_on"),
        indexed("planned_on"),
        indexed("status"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    customer_id: Mapped[UUID]
    user_id: Mapped[UUID]
    planned_on: Mapped[dt.date]
    status: Mapped[CallPlanStatus] = choice(CallPlanStatus, default=CallPlanStatus.SCHEDULED)
    objective: Mapped[str | None]
    outcome: Mapped[str | None]
    completed_at: Mapped[dt.datetime | None]


class Task(Versioned, TenantModel):
    """Something to be done by a member of staff. `source` is MANUAL or the rule that made it."""

    __tablename__ = "tasks"
    __table_args__ = (
        refers("user_id", "users"),
        refers("customer_id", "customers"),
        one_of("status", TaskStatus),
        one_of("priority", TaskPriority),
        check("completed", "(status = 'DONE') = (completed_at IS NOT NULL)"),
        named("title"),
        named("source", limit=100),
        bounded("description", limit=10000),
        *searchable("tasks", "title"),
        indexed("user_id"),
        indexed("user_id", "due_on"),
        indexed("customer_id"),
        indexed("status"),
        indexed("priority"),
        indexed("due_on"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    user_id: Mapped[UUID]
    customer_id: Mapped[UUID | None]
    title: Mapped[str]
    title_lower: Mapped[str] = lowered("title")
    description: Mapped[str | None]
    status: Mapped[TaskStatus] = choice(TaskStatus, default=TaskStatus.PENDING)
    priority: Mapped[TaskPriority] = choice(TaskPriority, default=TaskPriority.MEDIUM)
    due_on: Mapped[dt.date | None]
    completed_at: Mapped[dt.datetime | None]
    source: Mapped[str] = mapped_column(server_default=text("'MANUAL'"))


class SamplePull(Versioned, TenantModel):
    """Bottles that a rep takes out of a warehouse as samples for a customer.

    `approved_by_id` is who decided, whether the pull was approved or rejected.
    """

    __tablename__ = "sample_pulls"
    __table_args__ = (
        refers("user_id", "users"),
        refers("customer_id", "customers"),
        refers("sku_id", "skus"),
        refers("approved_by_id", "users"),
        refers("feedback_activity_id", "activities"),
        one_of("status", SamplePullStatus),
        check("pulled", "(status = 'PULLED') = (pulled_at IS NOT NULL)"),
        named("warehouse", limit=100),
        *at_least(1, "quantity"),
        indexed("user_id"),
        indexed("user_id", "pulled_at"),
        indexed("customer_id"),
        indexed("customer_id", "pulled_at"),
        indexed("sku_id"),
        seldom("approved_by_id"),
        seldom("feedback_activity_id"),
        indexed("status"),
        indexed("requested_at"),
        indexed("pulled_at"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    user_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    sku_id: Mapped[UUID]
    warehouse: Mapped[str]
    quantity: Mapped[int]
    status: Mapped[SamplePullStatus] = choice(SamplePullStatus)
    requested_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    pulled_at: Mapped[dt.datetime | None]
    approved_by_id: Mapped[UUID | None]
    feedback_activity_id: Mapped[UUID | None]


class AccountHealthSnapshot(TenantModel):
    """How an account stood on one day, and the orders (`order_ids`) that this was computed from."""

    __tablename__ = "account_health_snapshots"
    __table_args__ = (
        refers("customer_id", "customers"),
        unique("customer_id", "snapshot_on"),
        one_of("revenue_status", RevenueStatus),
        one_of("pace_status", PaceStatus),
        check("health_score", "health_score BETWEEN 0 AND 100"),
        *at_least(0, "pace_days", "days_since_last_order", "samples_this_month"),
        *at_least(1, "formula_version"),
        indexed("customer_id"),
        indexed("snapshot_on"),
        indexed("revenue_status"),
        indexed("pace_status"),
        indexed("health_score"),
        indexed("days_since_last_order"),
        indexed("current_month_revenue_cents"),
        indexed("computed_at"),
    )

    customer_id: Mapped[UUID]
    snapshot_on: Mapped[dt.date]
    current_month_revenue_cents: Mapped[int] = cents()
    baseline_revenue_cents: Mapped[int] = cents()
    revenue_change_percent: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    revenue_status: Mapped[RevenueStatus] = choice(RevenueStatus)
    pace_days: Mapped[int | None]
    days_since_last_order: Mapped[int | None]
    pace_status: Mapped[PaceStatus] = choice(PaceStatus)
    samples_this_month: Mapped[int] = mapped_column(server_default=text("0"))
    health_score: Mapped[int]
    formula_version: Mapped[int]
    computed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    order_ids: Mapped[list[UUID]] = mapped_column(server_default=text("'{}'"))


class SalesMetric(TenantModel):
    """One figure for one scope and period. `scope_id` is null for the whole tenant."""

    __tablename__ = "sales_metrics"
    __table_args__ = (
        to_tenant(),
        UniqueConstraint(
            "tenant_id",
            "metric",
            "scope",
            "scope_id",
            "period",
            "period_start",
            name="uq_sales_metrics_figure",
            postgresql_nulls_not_distinct=True,
        ),
        one_of("metric", MetricName),
        one_of("scope", MetricScope),
        one_of("period", MetricPeriod),
        check("scope_of_tenant", "(scope = 'TENANT') = (scope_id IS NULL)"),
        *at_least(1, "formula_version"),
        indexed("metric", "period", "period_start"),
        indexed("scope_id", "metric", "period_start"),
        indexed("period_start"),
        indexed("computed_at"),
    )

    metric: Mapped[MetricName] = choice(MetricName)
    scope: Mapped[MetricScope] = choice(MetricScope)
    scope_id: Mapped[UUID | None]
    period: Mapped[MetricPeriod] = choice(MetricPeriod)
    period_start: Mapped[dt.date]
    value: Mapped[Decimal] = mapped_column(Numeric(15, 4))
    computed_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    formula_version: Mapped[int]
