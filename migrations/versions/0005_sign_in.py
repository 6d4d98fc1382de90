"""Portal users, sessions and one-time tokens.

Revision: 0005, after 0004.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PORTAL_USERS = """
CREATE TABLE leora.portal_users (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    customer_id uuid NOT NULL,
    email text NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    phone text,
    avatar_url text,
    status text DEFAULT 'INVITED' NOT NULL,
    password_hash text,
    external_issuer text,
    external_subject text,
    failed_sign_ins integer DEFAULT 0 NOT NULL,
    locked_until timestamptz,
    last_sign_in_at timestamptz,
    email_lower text COLLATE "C" GENERATED ALWAYS AS (lower(email)) STORED NOT NULL,
    last_name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(last_name)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_portal_users PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_portal_users_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT uq_portal_users_email_lower UNIQUE (tenant_id, email_lower),
    CONSTRAINT uq_portal_users_external_issuer_external_subject
        UNIQUE (tenant_id, external_issuer, external_subject),
    CONSTRAINT ck_portal_users_status CHECK (status IN ('ACTIVE', 'INVITED', 'DISABLED')),
    CONSTRAINT ck_portal_users_email
        CHECK (char_length(email) <= 254 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    CONSTRAINT ck_portal_users_external_both
        CHECK ((external_issuer IS NULL) = (external_subject IS NULL)),
    CONSTRAINT ck_portal_users_first_name_length
        CHECK (char_length(first_name) <= 100 AND btrim(first_name) <> ''),
    CONSTRAINT ck_portal_users_last_name_length
        CHECK (char_length(last_name) <= 100 AND btrim(last_name) <> ''),
    CONSTRAINT ck_portal_users_phone_length CHECK (char_length(phone) <= 40),
    CONSTRAINT ck_portal_users_avatar_url_length CHECK (char_length(avatar_url) <= 2000),
    CONSTRAINT ck_portal_users_password_hash_length CHECK (char_length(password_hash) <= 500),
    CONSTRAINT ck_portal_users_external_issuer_length CHECK (char_length(external_issuer) <= 500),
    CONSTRAINT ck_portal_users_external_subject_length CHECK (char_length(external_subject) <= 500),
    CONSTRAINT ck_portal_users_failed_sign_ins_minimum CHECK (failed_sign_ins >= 0),
    CONSTRAINT ck_portal_users_finite
        CHECK (isfinite(locked_until) AND isfinite(last_sign_in_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

PORTAL_USER_ROLES = """
CREATE TABLE leora.portal_user_roles (
    tenant_id uuid NOT NULL,
    portal_user_id uuid NOT NULL,
    role_id uuid NOT NULL,
    assigned_at timestamptz DEFAULT now() NOT NULL,
    assigned_by_id uuid,
    CONSTRAINT pk_portal_user_roles PRIMARY KEY (tenant_id, portal_user_id, role_id),
    CONSTRAINT fk_portal_user_roles_portal_user_id FOREIGN KEY (tenant_id, portal_user_id)
        REFERENCES leora.portal_users (tenant_id, id),
    CONSTRAINT fk_portal_user_roles_role_id FOREIGN KEY (tenant_id, role_id)
        REFERENCES leora.roles (tenant_id, id),
    CONSTRAINT ck_portal_user_roles_finite CHECK (isfinite(assigned_at))
)
"""

SESSIONS = """
CREATE TABLE leora.sessions (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid,
    portal_user_id uuid,
    generation integer DEFAULT 1 NOT NULL,
    rotated_at timestamptz DEFAULT now() NOT NULL,
    salt bytea NOT NULL,
    user_agent text,
    ip_address text,
    idle_expires_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    last_active_at timestamptz DEFAULT now() NOT NULL,
    revoked_at timestamptz,
    revoke_reason text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY (tenant_id, user_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_sessions_portal_user_id FOREIGN KEY (tenant_id, portal_user_id)
        REFERENCES leora.portal_users (tenant_id, id),
    CONSTRAINT ck_sessions_one_owner CHECK (num_nonnulls(user_id, portal_user_id) = 1),
    CONSTRAINT ck_sessions_revoked_both CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL)),
    CONSTRAINT ck_sessions_expiry_order CHECK (idle_expires_at <= expires_at),
    CONSTRAINT ck_sessions_salt_length CHECK (octet_length(salt) BETWEEN 16 AND 64),
    CONSTRAINT ck_sessions_revoke_reason
        CHECK (revoke_reason IN ('SIGN_OUT', 'SIGN_OUT_EVERYWHERE', 'TOKEN_REUSED', 'PASSWORD_CHANGED',
            'DISABLED', 'ADMINISTRATOR')),
    CONSTRAINT ck_sessions_generation_minimum CHECK (generation >= 1),
    CONSTRAINT ck_sessions_user_agent_length CHECK (char_length(user_agent) <= 1000),
    CONSTRAINT ck_sessions_ip_address_length CHECK (char_length(ip_address) <= 45),
    CONSTRAINT ck_sessions_finite
        CHECK (isfinite(rotated_at) AND isfinite(idle_expires_at) AND isfinite(expires_at)
            AND isfinite(last_active_at) AND isfinite(revoked_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

ONE_TIME_TOKENS = """
CREATE TABLE leora.one_time_tokens (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    purpose text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    token_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_one_time_tokens PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_one_time_tokens_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT uq_one_time_tokens_token_hash UNIQUE (tenant_id, token_hash),
    CONSTRAINT ck_one_time_tokens_purpose CHECK (purpose IN ('INVITATION', 'PASSWORD_RESET')),
    CONSTRAINT ck_one_time_tokens_subject_kind CHECK (subject_kind IN ('USER', 'PORTAL_USER')),
    CONSTRAINT ck_one_time_tokens_token_hash_length CHECK (octet_length(token_hash) = 32),
    CONSTRAINT ck_one_time_tokens_finite
        CHECK (isfinite(expires_at) AND isfinite(used_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_portal_users_created_at ON leora.portal_users (tenant_id, created_at, id);
CREATE INDEX ix_portal_users_customer_id ON leora.portal_users (tenant_id, customer_id, id);
CREATE INDEX ix_portal_users_email_lower ON leora.portal_users (tenant_id, email_lower, id);
CREATE INDEX ix_portal_users_email_lower_trgm
    ON leora.portal_users USING gin (tenant_id, email_lower gin_trgm_ops);
CREATE INDEX ix_portal_users_last_name_lower ON leora.portal_users (tenant_id, last_name_lower, id);
CREATE INDEX ix_portal_users_last_name_lower_trgm
    ON leora.portal_users USING gin (tenant_id, last_name_lower gin_trgm_ops);
CREATE INDEX ix_portal_users_last_sign_in_at ON leora.portal_users (tenant_id, last_sign_in_at, id);
CREATE INDEX ix_portal_users_status ON leora.portal_users (tenant_id, status, id);
CREATE INDEX ix_portal_users_updated_at ON leora.portal_users (tenant_id, updated_at, id);
CREATE INDEX ix_portal_user_roles_role_id_portal_user_id
    ON leora.portal_user_roles (tenant_id, role_id, portal_user_id);
CREATE INDEX ix_sessions_created_at ON leora.sessions (tenant_id, created_at, id);
CREATE INDEX ix_sessions_expires_at ON leora.sessions (tenant_id, expires_at, id);
CREATE INDEX ix_sessions_last_active_at ON leora.sessions (tenant_id, last_active_at, id);
CREATE INDEX ix_sessions_portal_user_id_last_active_at
    ON leora.sessions (tenant_id, portal_user_id, last_active_at, id);
CREATE INDEX ix_sessions_user_id_last_active_at
    ON leora.sessions (tenant_id, user_id, last_active_at, id);
CREATE INDEX ix_one_time_tokens_expires_at ON leora.one_time_tokens (tenant_id, expires_at, id);
CREATE INDEX ix_one_time_tokens_subject_id ON leora.one_time_tokens (tenant_id, subject_id, id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "sessions": "leora.touch()",
    "one_time_tokens": "leora.touch()",
}

# What sign-in keeps books of is not an edit.
PORTAL_USERS_TOUCHED = """
CREATE TRIGGER touch BEFORE UPDATE OF
    customer_id, email, first_name, last_name, phone, avatar_url, status, password_hash,
    external_issuer, external_subject
ON leora.portal_users FOR EACH ROW EXECUTE FUNCTION leora.touch_version()
"""

ROLE_KIND = """
CREATE TRIGGER kind BEFORE INSERT OR UPDATE ON leora.portal_user_roles
FOR EACH ROW EXECUTE FUNCTION leora.check_role_kind('PORTAL')
"""


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (PORTAL_USERS, PORTAL_USER_ROLES, SESSIONS, ONE_TIME_TOKENS):
        op.execute(table)
    op.execute(TRIGRAMS_PATH)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute("RESET search_path")
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )
    op.execute(PORTAL_USERS_TOUCHED)
    op.execute(ROLE_KIND)


def downgrade() -> None:
    """Drop them."""
    for table in ("one_time_tokens", "sessions", "portal_user_roles", "portal_users"):
        op.drop_table(table, schema="leora")
