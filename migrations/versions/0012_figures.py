"""The figures that are kept: account health and sales metrics.

Revision: 0012, after 0011.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ACCOUNT_HEALTH_SNAPSHOTS = """
CREATE TABLE leora.account_health_snapshots (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    snapshot_on date NOT NULL,
    current_month_revenue_cents bigint NOT NULL,
    baseline_revenue_cents bigint NOT NULL,
    revenue_change_percent numeric(12, 2) NOT NULL,
    revenue_status text NOT NULL,
    pace_days integer,
    days_since_last_order integer,
    pace_status text NOT NULL,
    samples_this_month integer DEFAULT 0 NOT NULL,
    health_score integer NOT NULL,
    formula_version integer NOT NULL,
    computed_at timestamptz DEFAULT now() NOT NULL,
    order_ids uuid[] DEFAULT '{}' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_account_health_snapshots PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_account_health_snapshots_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT uq_account_health_snapshots_customer_id_snapshot_on
        UNIQUE (tenant_id, customer_id, snapshot_on),
    CONSTRAINT ck_account_health_snapshots_revenue_status
        CHECK (revenue_status IN ('HEALTHY', 'WARNING', 'CRITICAL', 'INSUFFICIENT_DATA')),
    CONSTRAINT ck_account_health_snapshots_pace_status
        CHECK (pace_status IN ('ON_TRACK', 'WARNING', 'CRITICAL', 'INSUFFICIENT_DATA')),
    CONSTRAINT ck_account_health_snapshots_health_score CHECK (health_score BETWEEN 0 AND 100),
    CONSTRAINT ck_account_health_snapshots_pace_days_minimum CHECK (pace_days >= 0),
    CONSTRAINT ck_account_health_snapshots_days_since_last_order_minimum
        CHECK (days_since_last_order >= 0),
    CONSTRAINT ck_account_health_snapshots_samples_this_month_minimum CHECK (samples_this_month >= 0),
    CONSTRAINT ck_account_health_snapshots_formula_version_minimum CHECK (formula_version >= 1),
    CONSTRAINT ck_account_health_snapshots_finite
        CHECK (isfinite(snapshot_on) AND isfinite(computed_at) AND isfinite(created_at)
            AND isfinite(updated_at)),
    CONSTRAINT ck_account_health_snapshots_no_nan CHECK (revenue_change_percent <> 'NaN'::numeric)
)
"""

SALES_METRICS = """
CREATE TABLE leora.sales_metrics (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    metric text NOT NULL,
    scope text NOT NULL,
    scope_id uuid,
    period text NOT NULL,
    period_start date NOT NULL,
    value numeric(15, 4) NOT NULL,
    computed_at timestamptz DEFAULT now() NOT NULL,
    formula_version integer NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_sales_metrics PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_sales_metrics_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT uq_sales_metrics_figure
        UNIQUE NULLS NOT DISTINCT (tenant_id, metric, scope, scope_id, period, period_start),
    CONSTRAINT ck_sales_metrics_metric
        CHECK (metric IN ('REVENUE', 'ORDERS', 'BOTTLES', 'ACTIVE_CUSTOMERS', 'NEW_CUSTOMERS',
            'AVERAGE_ORDER_VALUE', 'SAMPLES_PULLED', 'SAMPLE_FEEDBACK_RATE', 'ACTIVITIES',
            'CUSTOMERS_DUE', 'CUSTOMERS_AT_RISK')),
    CONSTRAINT ck_sales_metrics_scope CHECK (scope IN ('TENANT', 'USER', 'CUSTOMER', 'PRODUCT')),
    CONSTRAINT ck_sales_metrics_period CHECK (period IN ('DAY', 'WEEK', 'MONTH')),
    CONSTRAINT ck_sales_metrics_scope_of_tenant CHECK ((scope = 'TENANT') = (scope_id IS NULL)),
    CONSTRAINT ck_sales_metrics_formula_version_minimum CHECK (formula_version >= 1),
    CONSTRAINT ck_sales_metrics_finite
        CHECK (isfinite(period_start) AND isfinite(computed_at) AND isfinite(created_at)
            AND isfinite(updated_at)),
    CONSTRAINT ck_sales_metrics_no_nan CHECK (value <> 'NaN'::numeric)
)
"""

INDEXES = """
CREATE INDEX ix_account_health_snapshots_computed_at
    ON leora.account_health_snapshots (tenant_id, computed_at, id);
CREATE INDEX ix_account_health_snapshots_current_month_revenue_cents
    ON leora.account_health_snapshots (tenant_id, current_month_revenue_cents, id);
CREATE INDEX ix_account_health_snapshots_customer_id
    ON leora.account_health_snapshots (tenant_id, customer_id, id);
CREATE INDEX ix_account_health_snapshots_days_since_last_order
    ON leora.account_health_snapshots (tenant_id, days_since_last_order, id);
CREATE INDEX ix_account_health_snapshots_health_score
    ON leora.account_health_snapshots (tenant_id, health_score, id);
CREATE INDEX ix_account_health_snapshots_pace_status
    ON leora.account_health_snapshots (tenant_id, pace_status, id);
CREATE INDEX ix_account_health_snapshots_revenue_status
    ON leora.account_health_snapshots (tenant_id, revenue_status, id);
CREATE INDEX ix_account_health_snapshots_snapshot_on
    ON leora.account_health_snapshots (tenant_id, snapshot_on, id);
CREATE INDEX ix_sales_metrics_computed_at ON leora.sales_metrics (tenant_id, computed_at, id);
CREATE INDEX ix_sales_metrics_metric_period_period_start
    ON leora.sales_metrics (tenant_id, metric, period, period_start, id);
CREATE INDEX ix_sales_metrics_period_start ON leora.sales_metrics (tenant_id, period_start, id);
CREATE INDEX ix_sales_metrics_scope_id_metric_period_start
    ON leora.sales_metrics (tenant_id, scope_id, metric, period_start, id)
"""

TOUCHED = {
    "account_health_snapshots": "leora.touch()",
    "sales_metrics": "leora.touch()",
}


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (ACCOUNT_HEALTH_SNAPSHOTS, SALES_METRICS):
        op.execute(table)
    for index in INDEXES.split(";"):
        op.execute(index)
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )


def downgrade() -> None:
    """Drop them."""
    for table in ("sales_metrics", "account_health_snapshots"):
        op.drop_table(table, schema="leora")
