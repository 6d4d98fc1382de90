"""Staff, roles, and the catalogue of permissions.

Revision: 0003, after 0002.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

USERS = """
CREATE TABLE leora.users (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    manager_id uuid,
    territory text,
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
    first_name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(first_name)) STORED NOT NULL,
    email_lower text COLLATE "C" GENERATED ALWAYS AS (lower(email)) STORED NOT NULL,
    last_name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(last_name)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_users PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_users_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT fk_users_manager_id FOREIGN KEY (tenant_id, manager_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT uq_users_email_lower UNIQUE (tenant_id, email_lower),
    CONSTRAINT uq_users_external_issuer_external_subject
        UNIQUE (tenant_id, external_issuer, external_subject),
    CONSTRAINT ck_users_status CHECK (status IN ('ACTIVE', 'INVITED', 'DISABLED')),
    CONSTRAINT ck_users_email
        CHECK (char_length(email) <= 254 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    CONSTRAINT ck_users_external_both CHECK ((external_issuer IS NULL) = (external_subject IS NULL)),
    CONSTRAINT ck_users_first_name_length
        CHECK (char_length(first_name) <= 100 AND btrim(first_name) <> ''),
    CONSTRAINT ck_users_last_name_length
        CHECK (char_length(last_name) <= 100 AND btrim(last_name) <> ''),
    CONSTRAINT ck_users_phone_length CHECK (char_length(phone) <= 40),
    CONSTRAINT ck_users_avatar_url_length CHECK (char_length(avatar_url) <= 2000),
    CONSTRAINT ck_users_password_hash_length CHECK (char_length(password_hash) <= 500),
    CONSTRAINT ck_users_external_issuer_length CHECK (char_length(external_issuer) <= 500),
    CONSTRAINT ck_users_external_subject_length CHECK (char_length(external_subject) <= 500),
    CONSTRAINT ck_users_failed_sign_ins_minimum CHECK (failed_sign_ins >= 0),
    CONSTRAINT ck_users_territory_length CHECK (char_length(territory) <= 100),
    CONSTRAINT ck_users_manager_other CHECK (manager_id <> id),
    CONSTRAINT ck_users_finite
        CHECK (isfinite(locked_until) AND isfinite(last_sign_in_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

ROLES = """
CREATE TABLE leora.roles (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    description text,
    kind text NOT NULL,
    is_system boolean DEFAULT false NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_roles PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_roles_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT uq_roles_name UNIQUE (tenant_id, name),
    CONSTRAINT ck_roles_kind CHECK (kind IN ('STAFF', 'PORTAL')),
    CONSTRAINT ck_roles_name_length CHECK (char_length(name) <= 100 AND btrim(name) <> ''),
    CONSTRAINT ck_roles_description_length CHECK (char_length(description) <= 2000),
    CONSTRAINT ck_roles_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

PERMISSIONS = r"""
CREATE TABLE leora.permissions (
    key text NOT NULL,
    category text NOT NULL,
    description text NOT NULL,
    portal_allowed boolean DEFAULT false NOT NULL,
    CONSTRAINT pk_permissions PRIMARY KEY (key),
    CONSTRAINT ck_permissions_key CHECK (key ~ '^([a-z_]+\.([a-z_]+|\*)|\*)$'),
    CONSTRAINT ck_permissions_category_length
        CHECK (char_length(category) <= 100 AND btrim(category) <> ''),
    CONSTRAINT ck_permissions_description_length
        CHECK (char_length(description) <= 500 AND btrim(description) <> '')
)
"""

ROLE_PERMISSIONS = """
CREATE TABLE leora.role_permissions (
    tenant_id uuid NOT NULL,
    role_id uuid NOT NULL,
    permission_key text NOT NULL,
    assigned_at timestamptz DEFAULT now() NOT NULL,
    assigned_by_id uuid,
    CONSTRAINT pk_role_permissions PRIMARY KEY (tenant_id, role_id, permission_key),
    CONSTRAINT fk_role_permissions_role_id FOREIGN KEY (tenant_id, role_id)
        REFERENCES leora.roles (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_role_permissions_permission_key FOREIGN KEY (permission_key)
        REFERENCES leora.permissions (key),
    CONSTRAINT fk_role_permissions_assigned_by_id FOREIGN KEY (tenant_id, assigned_by_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT ck_role_permissions_finite CHECK (isfinite(assigned_at))
)
"""

USER_ROLES = """
CREATE TABLE leora.user_roles (
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role_id uuid NOT NULL,
    assigned_at timestamptz DEFAULT now() NOT NULL,
    assigned_by_id uuid,
    CONSTRAINT pk_user_roles PRIMARY KEY (tenant_id, user_id, role_id),
    CONSTRAINT fk_user_roles_user_id FOREIGN KEY (tenant_id, user_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_user_roles_role_id FOREIGN KEY (tenant_id, role_id)
        REFERENCES leora.roles (tenant_id, id),
    CONSTRAINT fk_user_roles_assigned_by_id FOREIGN KEY (tenant_id, assigned_by_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT ck_user_roles_finite CHECK (isfinite(assigned_at))
)
"""

INDEXES = """
CREATE INDEX ix_users_created_at ON leora.users (tenant_id, created_at, id);
CREATE INDEX ix_users_email_lower ON leora.users (tenant_id, email_lower, id);
CREATE INDEX ix_users_email_lower_trgm ON leora.users USING gin (tenant_id, email_lower gin_trgm_ops);
CREATE INDEX ix_users_first_name_lower ON leora.users (tenant_id, first_name_lower, id);
CREATE INDEX ix_users_first_name_lower_trgm
    ON leora.users USING gin (tenant_id, first_name_lower gin_trgm_ops);
CREATE INDEX ix_users_last_name_lower ON leora.users (tenant_id, last_name_lower, id);
CREATE INDEX ix_users_last_name_lower_trgm
    ON leora.users USING gin (tenant_id, last_name_lower gin_trgm_ops);
CREATE INDEX ix_users_last_sign_in_at ON leora.users (tenant_id, last_sign_in_at, id);
CREATE INDEX ix_users_manager_id ON leora.users (tenant_id, manager_id, id);
CREATE INDEX ix_users_status ON leora.users (tenant_id, status, id);
CREATE INDEX ix_users_territory ON leora.users (tenant_id, territory, id);
CREATE INDEX ix_users_updated_at ON leora.users (tenant_id, updated_at, id);
CREATE INDEX ix_roles_is_default ON leora.roles (tenant_id, is_default, id);
CREATE INDEX ix_roles_is_system ON leora.roles (tenant_id, is_system, id);
CREATE INDEX ix_roles_created_at ON leora.roles (tenant_id, created_at, id);
CREATE INDEX ix_roles_kind ON leora.roles (tenant_id, kind, id);
CREATE INDEX ix_roles_name_lower ON leora.roles (tenant_id, name_lower, id);
CREATE INDEX ix_roles_name_lower_trgm ON leora.roles USING gin (tenant_id, name_lower gin_trgm_ops);
CREATE INDEX ix_roles_updated_at ON leora.roles (tenant_id, updated_at, id);
CREATE INDEX ix_role_permissions_assigned_by_id ON leora.role_permissions (tenant_id, assigned_by_id);
CREATE INDEX ix_role_permissions_permission_key_role_id
    ON leora.role_permissions (tenant_id, permission_key, role_id);
CREATE INDEX ix_user_roles_assigned_by_id ON leora.user_roles (tenant_id, assigned_by_id);
CREATE INDEX ix_user_roles_role_id_user_id ON leora.user_roles (tenant_id, role_id, user_id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "roles": "leora.touch_version()",
}

# What sign-in keeps books of is not an edit.
USERS_TOUCHED = """
CREATE TRIGGER touch BEFORE UPDATE OF
    manager_id, territory, email, first_name, last_name, phone, avatar_url, status, password_hash,
    external_issuer, external_subject
ON leora.users FOR EACH ROW EXECUTE FUNCTION leora.touch_version()
"""

CATALOGUE = """
INSERT INTO leora.permissions (key, category, description, portal_allowed) VALUES
    ('tenant.view', 'tenant', 'See the distributor''s own record.', false),
    ('settings.view', 'settings', 'See the distributor''s settings.', false),
    ('settings.manage', 'settings', 'Change the distributor''s settings.', false),
    ('users.view', 'users', 'See staff users.', false),
    ('users.manage', 'users', 'Invite, change and disable staff users and assign their roles.', false),
    ('roles.view', 'roles', 'See roles and what they permit.', false),
    ('roles.manage', 'roles', 'Create, change and delete roles.', false),
    ('portal_users.view', 'portal_users', 'See portal users.', true),
    ('portal_users.manage', 'portal_users', 'Invite, change and disable portal users.', true),
    ('customers.view', 'customers', 'See customers.', true),
    ('customers.manage', 'customers', 'Create, change and close customers.', false),
    ('customers.financials', 'customers', 'See customers'' credit limits, standing and balances.', false),
    ('catalog.view', 'catalog', 'See suppliers, products, SKUs and availability.', true),
    ('catalog.manage', 'catalog', 'Change suppliers, products and SKUs.', false),
    ('catalog.cost', 'catalog', 'See what SKUs cost us.', false),
    ('inventory.view', 'inventory', 'See stock and its movements.', false),
    ('inventory.manage', 'inventory', 'Receive, adjust and transfer stock.', false),
    ('pricing.view', 'pricing', 'See price lists.', true),
    ('pricing.manage', 'pricing', 'Change price lists.', false),
    ('pricing.override', 'pricing', 'Override a line''s price and give discounts.', false),
    ('orders.view', 'orders', 'See orders.', true),
    ('orders.create', 'orders', 'Write, change and submit orders.', true),
    ('orders.manage', 'orders', 'Confirm and fulfil orders.', false),
    ('orders.approve', 'orders', 'Approve orders that need it.', false),
    ('orders.cancel', 'orders', 'Cancel orders.', true),
    ('orders.internal_notes', 'orders', 'Read orders'' internal notes.', false),
    ('invoices.view', 'invoices', 'See invoices.', true),
    ('invoices.manage', 'invoices', 'Create, send and void invoices.', false),
    ('payments.view', 'payments', 'See payments.', true),
    ('payments.record', 'payments', 'Record, clear, fail and refund payments.', false),
    ('activities.view', 'activities', 'See activities.', false),
    ('activities.manage', 'activities', 'Log one''s own and one''s reports'' activities.', false),
    ('activities.manage_all', 'activities', 'Log anyone''s activities.', false),
    ('call_plans.view', 'call_plans', 'See call plans.', false),
    ('call_plans.manage', 'call_plans', 'Plan one''s own and one''s reports'' calls.', false),
    ('call_plans.manage_all', 'call_plans', 'Plan anyone''s calls.', false),
    ('tasks.view', 'tasks', 'See tasks.', false),
    ('tasks.manage', 'tasks', 'Manage one''s own and one''s reports'' tasks.', false),
    ('tasks.manage_all', 'tasks', 'Manage anyone''s tasks.', false),
    ('health.view', 'health', 'See account health.', false),
    ('health.manage', 'health', 'Recompute account health.', false),
    ('metrics.view', 'metrics', 'See sales metrics.', false),
    ('samples.view', 'samples', 'See sample pulls.', false),
    ('samples.manage', 'samples', 'Pull one''s own and one''s reports'' samples.', false),
    ('samples.manage_all', 'samples', 'Pull anyone''s samples.', false),
    ('samples.approve', 'samples', 'Approve or reject sample pulls.', false),
    ('webhooks.view', 'webhooks', 'See webhook subscriptions, events and deliveries.', false),
    ('webhooks.manage', 'webhooks', 'Manage webhook subscriptions.', false),
    ('integrations.view', 'integrations', 'See integration tokens.', false),
    ('integrations.manage', 'integrations', 'Create, rotate and revoke integration tokens.', false),
    ('audit.view', 'audit', 'See the audit log.', false),
    ('tenant.*', 'tenant', 'Everything in tenant.', false),
    ('settings.*', 'settings', 'Everything in settings.', false),
    ('users.*', 'users', 'Everything in users.', false),
    ('roles.*', 'roles', 'Everything in roles.', false),
    ('portal_users.*', 'portal_users', 'Everything in portal users.', true),
    ('customers.*', 'customers', 'Everything in customers.', false),
    ('catalog.*', 'catalog', 'Everything in catalog.', false),
    ('inventory.*', 'inventory', 'Everything in inventory.', false),
    ('pricing.*', 'pricing', 'Everything in pricing.', false),
    ('orders.*', 'orders', 'Everything in orders.', false),
    ('invoices.*', 'invoices', 'Everything in invoices.', false),
    ('payments.*', 'payments', 'Everything in payments.', false),
    ('activities.*', 'activities', 'Everything in activities.', false),
    ('call_plans.*', 'call_plans', 'Everything in call plans.', false),
    ('tasks.*', 'tasks', 'Everything in tasks.', false),
    ('health.*', 'health', 'Everything in health.', false),
    ('metrics.*', 'metrics', 'Everything in metrics.', false),
    ('samples.*', 'samples', 'Everything in samples.', false),
    ('webhooks.*', 'webhooks', 'Everything in webhooks.', false),
    ('integrations.*', 'integrations', 'Everything in integrations.', false),
    ('audit.*', 'audit', 'Everything in audit.', false),
    ('*', '*', 'Everything.', false)
"""

CHECK_ROLE_PERMISSION = """
CREATE FUNCTION leora.check_role_permission() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM leora.roles r, leora.permissions p
        WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.role_id AND p.key = NEW.permission_key
            AND (r.kind = 'STAFF' OR p.portal_allowed)
    ) THEN
        RAISE EXCEPTION 'a portal role cannot hold %', NEW.permission_key
            USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = 'role_permissions',
                CONSTRAINT = 'role_permissions_open_to_portal';
    END IF;
    RETURN NEW;
END
$$
"""

# The argument is the kind that the role must have.
CHECK_ROLE_KIND = """
CREATE FUNCTION leora.check_role_kind() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM leora.roles r
        WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.role_id AND r.kind = TG_ARGV[0]
    ) THEN
        RAISE EXCEPTION 'the role is not of kind %', TG_ARGV[0]
            USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = TG_TABLE_NAME,
                CONSTRAINT = TG_TABLE_NAME || '_kind';
    END IF;
    RETURN NEW;
END
$$
"""

# The two checks above look at a role once: its kind can therefore not change afterwards.
KEEP_ROLE_KIND = """
CREATE FUNCTION leora.keep_role_kind() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the kind of a role cannot change'
        USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = 'roles', CONSTRAINT = 'roles_kind_kept';
END
$$
"""

ROLE_TRIGGERS = (
    """
    CREATE TRIGGER open_to_portal BEFORE INSERT OR UPDATE ON leora.role_permissions
    FOR EACH ROW EXECUTE FUNCTION leora.check_role_permission()
    """,
    """
    CREATE TRIGGER kind BEFORE INSERT OR UPDATE ON leora.user_roles
    FOR EACH ROW EXECUTE FUNCTION leora.check_role_kind('STAFF')
    """,
    """
    CREATE TRIGGER kind_kept BEFORE UPDATE ON leora.roles
    FOR EACH ROW WHEN (NEW.kind <> OLD.kind) EXECUTE FUNCTION leora.keep_role_kind()
    """,
)


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (USERS, ROLES, PERMISSIONS, ROLE_PERMISSIONS, USER_ROLES):
        op.execute(table)
    op.execute(TRIGRAMS_PATH)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute("RESET search_path")
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )
    op.execute(USERS_TOUCHED)
    op.execute(CATALOGUE)
    for statement in (CHECK_ROLE_PERMISSION, CHECK_ROLE_KIND, KEEP_ROLE_KIND, *ROLE_TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for table in ("user_roles", "role_permissions", "permissions", "roles", "users"):
        op.drop_table(table, schema="leora")
    for function in ("keep_role_kind", "check_role_kind", "check_role_permission"):
        op.execute(f"DROP FUNCTION leora.{function}()")
