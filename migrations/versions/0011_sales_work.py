"""Sales work: activities, call plans, tasks, samples.

Revision: 0011, after 0010.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACTIVITIES = """
CREATE TABLE leora.activities (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    user_id uuid NOT NULL,
    order_id uuid,
    kind text NOT NULL,
    subject text NOT NULL,
    notes text,
    outcome text,
    occurred_at timestamptz DEFAULT now() NOT NULL,
    follow_up_on date,
    subject_lower text COLLATE "C" GENERATED ALWAYS AS (lower(subject)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_activities PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_activities_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT fk_activities_user_id FOREIGN KEY (tenant_id, user_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_activities_order_id FOREIGN KEY (tenant_id, order_id)
        REFERENCES leora.orders (tenant_id, id),
    CONSTRAINT ck_activities_kind
        CHECK (kind IN ('CALL', 'VISIT', 'EMAIL', 'TASTING', 'SAMPLE', 'NOTE')),
    CONSTRAINT ck_activities_subject_length CHECK (char_length(subject) <= 200 AND btrim(subject) <> ''),
    CONSTRAINT ck_activities_notes_length CHECK (char_length(notes) <= 10000),
    CONSTRAINT ck_activities_outcome_length CHECK (char_length(outcome) <= 2000),
    CONSTRAINT ck_activities_finite
        CHECK (isfinite(occurred_at) AND isfinite(follow_up_on) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

CALL_PLANS = """
CREATE TABLE leora.call_plans (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    user_id uuid NOT NULL,
    planned_on date NOT NULL,
    status text DEFAULT 'SCHEDULED' NOT NULL,
    objective text,
    outcome text,
    completed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_call_plans PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_call_plans_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT fk_call_plans_user_id FOREIGN KEY (tenant_id, user_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT ck_call_plans_status CHECK (status IN ('SCHEDULED', 'COMPLETED', 'SKIPPED', 'CANCELLED')),
    CONSTRAINT ck_call_plans_completed CHECK ((status = 'COMPLETED') = (completed_at IS NOT NULL)),
    CONSTRAINT ck_call_plans_objective_length CHECK (char_length(objective) <= 2000),
    CONSTRAINT ck_call_plans_outcome_length CHECK (char_length(outcome) <= 2000),
    CONSTRAINT ck_call_plans_finite
        CHECK (isfinite(planned_on) AND isfinite(completed_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

TASKS = """
CREATE TABLE leora.tasks (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    customer_id uuid,
    title text NOT NULL,
    description text,
    status text DEFAULT 'PENDING' NOT NULL,
    priority text DEFAULT 'MEDIUM' NOT NULL,
    due_on date,
    completed_at timestamptz,
    source text DEFAULT 'MANUAL' NOT NULL,
    title_lower text COLLATE "C" GENERATED ALWAYS AS (lower(title)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_tasks PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_tasks_user_id FOREIGN KEY (tenant_id, user_id) REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_tasks_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT ck_tasks_status CHECK (status IN ('PENDING', 'IN_PROGRESS', 'DONE', 'CANCELLED')),
    CONSTRAINT ck_tasks_priority CHECK (priority IN ('LOW', 'MEDIUM', 'HIGH')),
    CONSTRAINT ck_tasks_completed CHECK ((status = 'DONE') = (completed_at IS NOT NULL)),
    CONSTRAINT ck_tasks_title_length CHECK (char_length(title) <= 200 AND btrim(title) <> ''),
    CONSTRAINT ck_tasks_source_length CHECK (char_length(source) <= 100 AND btrim(source) <> ''),
    CONSTRAINT ck_tasks_description_length CHECK (char_length(description) <= 10000),
    CONSTRAINT ck_tasks_finite
        CHECK (isfinite(due_on) AND isfinite(completed_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

SAMPLE_PULLS = """
CREATE TABLE leora.sample_pulls (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    sku_id uuid NOT NULL,
    warehouse text NOT NULL,
    quantity integer NOT NULL,
    status text NOT NULL,
    requested_at timestamptz DEFAULT now() NOT NULL,
    pulled_at timestamptz,
    approved_by_id uuid,
    feedback_activity_id uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_sample_pulls PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_sample_pulls_user_id FOREIGN KEY (tenant_id, user_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_sample_pulls_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT fk_sample_pulls_sku_id FOREIGN KEY (tenant_id, sku_id)
        REFERENCES leora.skus (tenant_id, id),
    CONSTRAINT fk_sample_pulls_approved_by_id FOREIGN KEY (tenant_id, approved_by_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_sample_pulls_feedback_activity_id FOREIGN KEY (tenant_id, feedback_activity_id)
        REFERENCES leora.activities (tenant_id, id),
    CONSTRAINT ck_sample_pulls_status CHECK (status IN ('REQUESTED', 'APPROVED', 'PULLED', 'REJECTED')),
    CONSTRAINT ck_sample_pulls_pulled CHECK ((status = 'PULLED') = (pulled_at IS NOT NULL)),
    CONSTRAINT ck_sample_pulls_warehouse_length
        CHECK (char_length(warehouse) <= 100 AND btrim(warehouse) <> ''),
    CONSTRAINT ck_sample_pulls_quantity_minimum CHECK (quantity >= 1),
    CONSTRAINT ck_sample_pulls_finite
        CHECK (isfinite(requested_at) AND isfinite(pulled_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_activities_created_at ON leora.activities (tenant_id, created_at, id);
CREATE INDEX ix_activities_customer_id ON leora.activities (tenant_id, customer_id, id);
CREATE INDEX ix_activities_customer_id_occurred_at
    ON leora.activities (tenant_id, customer_id, occurred_at, id);
CREATE INDEX ix_activities_follow_up_on ON leora.activities (tenant_id, follow_up_on, id);
CREATE INDEX ix_activities_kind ON leora.activities (tenant_id, kind, id);
CREATE INDEX ix_activities_occurred_at ON leora.activities (tenant_id, occurred_at, id);
CREATE INDEX ix_activities_order_id
    ON leora.activities (tenant_id, order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX ix_activities_subject_lower ON leora.activities (tenant_id, subject_lower, id);
CREATE INDEX ix_activities_subject_lower_trgm
    ON leora.activities USING gin (tenant_id, subject_lower gin_trgm_ops);
CREATE INDEX ix_activities_updated_at ON leora.activities (tenant_id, updated_at, id);
CREATE INDEX ix_activities_user_id ON leora.activities (tenant_id, user_id, id);
CREATE INDEX ix_activities_user_id_occurred_at ON leora.activities (tenant_id, user_id, occurred_at, id);
CREATE INDEX ix_call_plans_created_at ON leora.call_plans (tenant_id, created_at, id);
CREATE INDEX ix_call_plans_customer_id ON leora.call_plans (tenant_id, customer_id, id);
CREATE INDEX ix_call_plans_customer_id_planned_on
    ON leora.call_plans (tenant_id, customer_id, planned_on, id);
CREATE INDEX ix_call_plans_planned_on ON leora.call_plans (tenant_id, planned_on, id);
CREATE INDEX ix_call_plans_status ON leora.call_plans (tenant_id, status, id);
CREATE INDEX ix_call_plans_updated_at ON leora.call_plans (tenant_id, updated_at, id);
CREATE INDEX ix_call_plans_user_id ON leora.call_plans (tenant_id, user_id, id);
CREATE INDEX ix_call_plans_user_id_planned_on ON leora.call_plans (tenant_id, user_id, planned_on, id);
CREATE INDEX ix_tasks_created_at ON leora.tasks (tenant_id, created_at, id);
CREATE INDEX ix_tasks_customer_id ON leora.tasks (tenant_id, customer_id, id);
CREATE INDEX ix_tasks_due_on ON leora.tasks (tenant_id, due_on, id);
CREATE INDEX ix_tasks_priority ON leora.tasks (tenant_id, priority, id);
CREATE INDEX ix_tasks_status ON leora.tasks (tenant_id, status, id);
CREATE INDEX ix_tasks_title_lower ON leora.tasks (tenant_id, title_lower, id);
CREATE INDEX ix_tasks_title_lower_trgm ON leora.tasks USING gin (tenant_id, title_lower gin_trgm_ops);
CREATE INDEX ix_tasks_updated_at ON leora.tasks (tenant_id, updated_at, id);
CREATE INDEX ix_tasks_user_id ON leora.tasks (tenant_id, user_id, id);
CREATE INDEX ix_tasks_user_id_due_on ON leora.tasks (tenant_id, user_id, due_on, id);
CREATE INDEX ix_sample_pulls_approved_by_id
    ON leora.sample_pulls (tenant_id, approved_by_id, id) WHERE approved_by_id IS NOT NULL;
CREATE INDEX ix_sample_pulls_created_at ON leora.sample_pulls (tenant_id, created_at, id);
CREATE INDEX ix_sample_pulls_customer_id ON leora.sample_pulls (tenant_id, customer_id, id);
CREATE INDEX ix_sample_pulls_customer_id_pulled_at
    ON leora.sample_pulls (tenant_id, customer_id, pulled_at, id);
CREATE INDEX ix_sample_pulls_feedback_activity_id
    ON leora.sample_pulls (tenant_id, feedback_activity_id, id) WHERE feedback_activity_id IS NOT NULL;
CREATE INDEX ix_sample_pulls_pulled_at ON leora.sample_pulls (tenant_id, pulled_at, id);
CREATE INDEX ix_sample_pulls_requested_at ON leora.sample_pulls (tenant_id, requested_at, id);
CREATE INDEX ix_sample_pulls_sku_id ON leora.sample_pulls (tenant_id, sku_id, id);
CREATE INDEX ix_sample_pulls_status ON leora.sample_pulls (tenant_id, status, id);
CREATE INDEX ix_sample_pulls_updated_at ON leora.sample_pulls (tenant_id, updated_at, id);
CREATE INDEX ix_sample_pulls_user_id ON leora.sample_pulls (tenant_id, user_id, id);
CREATE INDEX ix_sample_pulls_user_id_pulled_at ON leora.sample_pulls (tenant_id, user_id, pulled_at, id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "activities": "leora.touch_version()",
    "call_plans": "leora.touch_version()",
    "tasks": "leora.touch_version()",
    "sample_pulls": "leora.touch_version()",
}


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (ACTIVITIES, CALL_PLANS, TASKS, SAMPLE_PULLS):
        op.execute(table)
    op.execute(TRIGRAMS_PATH)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute("RESET search_path")
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )


def downgrade() -> None:
    """Drop them."""
    for table in ("sample_pulls", "tasks", "call_plans", "activities"):
        op.drop_table(table, schema="leora")
