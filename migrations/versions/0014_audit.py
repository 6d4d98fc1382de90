"""The audit log, which is only ever added to, and the answers kept for a day.

Revision: 0014, after 0013.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AUDIT_LOG = """
CREATE TABLE leora.audit_log (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sequence bigint NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    operation text NOT NULL,
    action text NOT NULL,
    entity_type text,
    entity_id uuid,
    changes jsonb,
    request_id text,
    ip_address text,
    canonical text NOT NULL,
    hash bytea NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_audit_log PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_audit_log_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT uq_audit_log_sequence UNIQUE (tenant_id, sequence),
    CONSTRAINT ck_audit_log_actor_kind
        CHECK (actor_kind IN ('USER', 'PORTAL_USER', 'INTEGRATION', 'SYSTEM')),
    CONSTRAINT ck_audit_log_action
        CHECK (action IN ('CREATE', 'UPDATE', 'DELETE', 'SIGN_IN', 'SIGN_IN_FAILED', 'GRANT', 'REVOKE',
            'EXPORT')),
    CONSTRAINT ck_audit_log_operation_length
        CHECK (char_length(operation) <= 200 AND btrim(operation) <> ''),
    CONSTRAINT ck_audit_log_entity_type_length
        CHECK (char_length(entity_type) <= 100 AND btrim(entity_type) <> ''),
    CONSTRAINT ck_audit_log_request_id_length CHECK (char_length(request_id) <= 200),
    CONSTRAINT ck_audit_log_ip_address_length CHECK (char_length(ip_address) <= 45),
    CONSTRAINT ck_audit_log_changes_object CHECK (jsonb_typeof(changes) = 'object'),
    CONSTRAINT ck_audit_log_hash_length CHECK (octet_length(hash) = 32),
    CONSTRAINT ck_audit_log_sequence_minimum CHECK (sequence >= 1),
    CONSTRAINT ck_audit_log_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

IDEMPOTENCY_KEYS = """
CREATE TABLE leora.idempotency_keys (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    response bytea,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_idempotency_keys_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT uq_idempotency_keys_actor_kind_actor_id_key UNIQUE (tenant_id, actor_kind, actor_id, key),
    CONSTRAINT ck_idempotency_keys_actor_kind
        CHECK (actor_kind IN ('USER', 'PORTAL_USER', 'INTEGRATION', 'SYSTEM')),
    CONSTRAINT ck_idempotency_keys_key_length CHECK (char_length(key) <= 255 AND btrim(key) <> ''),
    CONSTRAINT ck_idempotency_keys_request_hash_length CHECK (octet_length(request_hash) = 32),
    CONSTRAINT ck_idempotency_keys_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_audit_log_action ON leora.audit_log (tenant_id, action, id);
CREATE INDEX ix_audit_log_actor_id_sequence ON leora.audit_log (tenant_id, actor_id, sequence, id);
CREATE INDEX ix_audit_log_created_at ON leora.audit_log (tenant_id, created_at, id);
CREATE INDEX ix_audit_log_entity_id_sequence ON leora.audit_log (tenant_id, entity_id, sequence, id);
CREATE INDEX ix_audit_log_entity_type ON leora.audit_log (tenant_id, entity_type, id);
CREATE INDEX ix_audit_log_operation ON leora.audit_log (tenant_id, operation, id);
CREATE INDEX ix_idempotency_keys_created_at ON leora.idempotency_keys (tenant_id, created_at, id)
"""

TOUCHED = {
    "idempotency_keys": "leora.touch()",
}

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON leora.audit_log
FOR EACH ROW EXECUTE FUNCTION leora.refuse_change()
"""


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (AUDIT_LOG, IDEMPOTENCY_KEYS):
        op.execute(table)
    for index in INDEXES.split(";"):
        op.execute(index)
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    """Drop them."""
    for table in ("idempotency_keys", "audit_log"):
        op.drop_table(table, schema="leora")
