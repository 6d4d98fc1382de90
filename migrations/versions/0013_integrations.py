"""Webhooks with their events and deliveries, and integration tokens.

Revision: 0013, after 0012.
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WEBHOOK_SUBSCRIPTIONS = """
CREATE TABLE leora.webhook_subscriptions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    event_types text[] NOT NULL,
    secret bytea NOT NULL,
    previous_secret bytea,
    previous_secret_until timestamptz,
    status text DEFAULT 'ACTIVE' NOT NULL,
    consecutive_failures integer DEFAULT 0 NOT NULL,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_webhook_subscriptions PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_webhook_subscriptions_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT ck_webhook_subscriptions_status CHECK (status IN ('ACTIVE', 'PAUSED', 'DISABLED')),
    CONSTRAINT ck_webhook_subscriptions_name_length
        CHECK (char_length(name) <= 200 AND btrim(name) <> ''),
    CONSTRAINT ck_webhook_subscriptions_url CHECK (url ~ '^https?://' AND char_length(url) <= 2000),
    CONSTRAINT ck_webhook_subscriptions_event_types
        CHECK (cardinality(event_types) BETWEEN 1 AND 100 AND array_position(event_types, NULL) IS NULL),
    CONSTRAINT ck_webhook_subscriptions_previous_secret
        CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL)),
    CONSTRAINT ck_webhook_subscriptions_consecutive_failures_minimum CHECK (consecutive_failures >= 0),
    CONSTRAINT ck_webhook_subscriptions_finite
        CHECK (isfinite(previous_secret_until) AND isfinite(last_success_at)
            AND isfinite(last_failure_at) AND isfinite(created_at) AND isfinite(updated_at))
)
"""

WEBHOOK_EVENTS = r"""
CREATE TABLE leora.webhook_events (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sequence bigint NOT NULL,
    type text NOT NULL,
    entity_type text NOT NULL,
    entity_id uuid NOT NULL,
    payload jsonb NOT NULL,
    occurred_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook_events PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_webhook_events_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT uq_webhook_events_sequence UNIQUE (tenant_id, sequence),
    CONSTRAINT ck_webhook_events_type CHECK (type ~ '^[a-z_]+\.[a-z_]+$' AND char_length(type) <= 100),
    CONSTRAINT ck_webhook_events_entity_type_length
        CHECK (char_length(entity_type) <= 100 AND btrim(entity_type) <> ''),
    CONSTRAINT ck_webhook_events_payload_object CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT ck_webhook_events_sequence_minimum CHECK (sequence >= 1),
    CONSTRAINT ck_webhook_events_finite
        CHECK (isfinite(occurred_at) AND isfinite(created_at) AND isfinite(updated_at))
)
"""

WEBHOOK_DELIVERIES = """
CREATE TABLE leora.webhook_deliveries (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    event_id uuid NOT NULL,
    status text DEFAULT 'PENDING' NOT NULL,
    attempt_count integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamptz DEFAULT now(),
    last_attempt_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_webhook_deliveries_subscription_id FOREIGN KEY (tenant_id, subscription_id)
        REFERENCES leora.webhook_subscriptions (tenant_id, id),
    CONSTRAINT fk_webhook_deliveries_event_id FOREIGN KEY (tenant_id, event_id)
        REFERENCES leora.webhook_events (tenant_id, id),
    CONSTRAINT uq_webhook_deliveries_subscription_id_event_id
        UNIQUE (tenant_id, subscription_id, event_id),
    CONSTRAINT ck_webhook_deliveries_status
        CHECK (status IN ('PENDING', 'DELIVERING', 'SUCCEEDED', 'FAILED', 'EXHAUSTED')),
    CONSTRAINT ck_webhook_deliveries_finished
        CHECK (status NOT IN ('SUCCEEDED', 'EXHAUSTED') OR next_attempt_at IS NULL),
    CONSTRAINT ck_webhook_deliveries_attempt_count_minimum CHECK (attempt_count >= 0),
    CONSTRAINT ck_webhook_deliveries_finite
        CHECK (isfinite(next_attempt_at) AND isfinite(last_attempt_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

WEBHOOK_ATTEMPTS = """
CREATE TABLE leora.webhook_attempts (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    attempt integer NOT NULL,
    requested_at timestamptz DEFAULT now() NOT NULL,
    duration_ms integer,
    response_status integer,
    response_body text,
    error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook_attempts PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_webhook_attempts_delivery_id FOREIGN KEY (tenant_id, delivery_id)
        REFERENCES leora.webhook_deliveries (tenant_id, id),
    CONSTRAINT uq_webhook_attempts_delivery_id_attempt UNIQUE (tenant_id, delivery_id, attempt),
    CONSTRAINT ck_webhook_attempts_response_body_length CHECK (octet_length(response_body) <= 4096),
    CONSTRAINT ck_webhook_attempts_response_status CHECK (response_status BETWEEN 100 AND 999),
    CONSTRAINT ck_webhook_attempts_error_length CHECK (char_length(error) <= 2000),
    CONSTRAINT ck_webhook_attempts_attempt_minimum CHECK (attempt >= 1),
    CONSTRAINT ck_webhook_attempts_duration_ms_minimum CHECK (duration_ms >= 0),
    CONSTRAINT ck_webhook_attempts_finite
        CHECK (isfinite(requested_at) AND isfinite(created_at) AND isfinite(updated_at))
)
"""

INTEGRATION_TOKENS = """
CREATE TABLE leora.integration_tokens (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    token_prefix text,
    token_hash bytea,
    secret bytea,
    scopes text[] DEFAULT '{}' NOT NULL,
    created_by_id uuid,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_integration_tokens PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_integration_tokens_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT fk_integration_tokens_created_by_id FOREIGN KEY (tenant_id, created_by_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT ck_integration_tokens_kind CHECK (kind IN ('INBOUND', 'OUTBOUND')),
    CONSTRAINT ck_integration_tokens_credential
        CHECK (CASE kind WHEN 'INBOUND' THEN num_nonnulls(token_prefix, token_hash) = 2
            AND secret IS NULL ELSE num_nonnulls(token_prefix, token_hash) = 0 AND secret IS NOT NULL
            AND cardinality(scopes) = 0 END),
    CONSTRAINT ck_integration_tokens_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT ck_integration_tokens_name_length CHECK (char_length(name) <= 200 AND btrim(name) <> ''),
    CONSTRAINT ck_integration_tokens_provider_length
        CHECK (char_length(provider) <= 100 AND btrim(provider) <> ''),
    CONSTRAINT ck_integration_tokens_token_prefix_length
        CHECK (char_length(token_prefix) <= 50 AND btrim(token_prefix) <> ''),
    CONSTRAINT ck_integration_tokens_finite
        CHECK (isfinite(expires_at) AND isfinite(last_used_at) AND isfinite(revoked_at)
            AND isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_webhook_subscriptions_created_at
    ON leora.webhook_subscriptions (tenant_id, created_at, id);
CREATE INDEX ix_webhook_subscriptions_name_lower
    ON leora.webhook_subscriptions (tenant_id, name_lower, id);
CREATE INDEX ix_webhook_subscriptions_name_lower_trgm
    ON leora.webhook_subscriptions USING gin (tenant_id, name_lower gin_trgm_ops);
CREATE INDEX ix_webhook_subscriptions_status ON leora.webhook_subscriptions (tenant_id, status, id);
CREATE INDEX ix_webhook_subscriptions_updated_at
    ON leora.webhook_subscriptions (tenant_id, updated_at, id);
CREATE INDEX ix_webhook_events_entity_id_sequence
    ON leora.webhook_events (tenant_id, entity_id, sequence, id);
CREATE INDEX ix_webhook_events_occurred_at ON leora.webhook_events (tenant_id, occurred_at, id);
CREATE INDEX ix_webhook_events_type ON leora.webhook_events (tenant_id, type, id);
CREATE INDEX ix_webhook_deliveries_created_at ON leora.webhook_deliveries (tenant_id, created_at, id);
CREATE INDEX ix_webhook_deliveries_due
    ON leora.webhook_deliveries (next_attempt_at, tenant_id, id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX ix_webhook_deliveries_event_id ON leora.webhook_deliveries (tenant_id, event_id, id);
CREATE INDEX ix_webhook_deliveries_last_attempt_at
    ON leora.webhook_deliveries (tenant_id, last_attempt_at, id);
CREATE INDEX ix_webhook_deliveries_status ON leora.webhook_deliveries (tenant_id, status, id);
CREATE INDEX ix_webhook_deliveries_subscription_id
    ON leora.webhook_deliveries (tenant_id, subscription_id, id);
CREATE INDEX ix_webhook_attempts_requested_at ON leora.webhook_attempts (tenant_id, requested_at, id);
CREATE INDEX ix_integration_tokens_created_at ON leora.integration_tokens (tenant_id, created_at, id);
CREATE INDEX ix_integration_tokens_created_by_id
    ON leora.integration_tokens (tenant_id, created_by_id, id);
CREATE INDEX ix_integration_tokens_expires_at ON leora.integration_tokens (tenant_id, expires_at, id);
CREATE INDEX ix_integration_tokens_kind ON leora.integration_tokens (tenant_id, kind, id);
CREATE INDEX ix_integration_tokens_last_used_at
    ON leora.integration_tokens (tenant_id, last_used_at, id);
CREATE INDEX ix_integration_tokens_name_lower ON leora.integration_tokens (tenant_id, name_lower, id);
CREATE INDEX ix_integration_tokens_name_lower_trgm
    ON leora.integration_tokens USING gin (tenant_id, name_lower gin_trgm_ops);
CREATE INDEX ix_integration_tokens_provider ON leora.integration_tokens (tenant_id, provider, id);
CREATE INDEX ix_integration_tokens_updated_at ON leora.integration_tokens (tenant_id, updated_at, id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "webhook_events": "leora.touch()",
    "webhook_deliveries": "leora.touch()",
    "webhook_attempts": "leora.touch()",
}

# What delivery and use keep books of is not an edit.
WEBHOOK_SUBSCRIPTIONS_TOUCHED = """
CREATE TRIGGER touch BEFORE UPDATE OF
    name, url, event_types, secret, previous_secret, previous_secret_until, status
ON leora.webhook_subscriptions FOR EACH ROW EXECUTE FUNCTION leora.touch_version()
"""

# What delivery and use keep books of is not an edit.
INTEGRATION_TOKENS_TOUCHED = """
CREATE TRIGGER touch BEFORE UPDATE OF
    name, provider, kind, token_prefix, token_hash, secret, scopes, created_by_id, expires_at,
    revoked_at
ON leora.integration_tokens FOR EACH ROW EXECUTE FUNCTION leora.touch_version()
"""


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (
        WEBHOOK_SUBSCRIPTIONS,
        WEBHOOK_EVENTS,
        WEBHOOK_DELIVERIES,
        WEBHOOK_ATTEMPTS,
        INTEGRATION_TOKENS,
    ):
        op.execute(table)
    op.execute(TRIGRAMS_PATH)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute("RESET search_path")
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )
    op.execute(WEBHOOK_SUBSCRIPTIONS_TOUCHED)
    op.execute(INTEGRATION_TOKENS_TOUCHED)


def downgrade() -> None:
    """Drop them."""
    for table in (
        "integration_tokens",
        "webhook_attempts",
        "webhook_deliveries",
        "webhook_events",
        "webhook_subscriptions",
    ):
        op.drop_table(table, schema="leora")
