"""Tenancy: the root of everything, and a tenant's own two rows.

Revision: 0002, after 0001.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANTS = """
CREATE TABLE leora.tenants (
    id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    domain text,
    status text DEFAULT 'ACTIVE' NOT NULL,
    subscription_tier text DEFAULT 'STARTER' NOT NULL,
    billing_email text,
    contact_email text,
    logo_url text,
    primary_color text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_tenants PRIMARY KEY (id),
    CONSTRAINT uq_tenants_slug UNIQUE (slug),
    CONSTRAINT ck_tenants_status CHECK (status IN ('ACTIVE', 'SUSPENDED')),
    CONSTRAINT ck_tenants_subscription_tier
        CHECK (subscription_tier IN ('STARTER', 'GROWTH', 'ENTERPRISE')),
    CONSTRAINT ck_tenants_slug CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 63),
    CONSTRAINT ck_tenants_primary_color CHECK (primary_color ~ '^#[0-9a-fA-F]{6}$'),
    CONSTRAINT ck_tenants_name_length CHECK (char_length(name) <= 200 AND btrim(name) <> ''),
    CONSTRAINT ck_tenants_domain_length CHECK (char_length(domain) <= 253),
    CONSTRAINT ck_tenants_billing_email_length CHECK (char_length(billing_email) <= 254),
    CONSTRAINT ck_tenants_contact_email_length CHECK (char_length(contact_email) <= 254),
    CONSTRAINT ck_tenants_logo_url_length CHECK (char_length(logo_url) <= 2000),
    CONSTRAINT ck_tenants_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

TENANT_SETTINGS = """
CREATE TABLE leora.tenant_settings (
    tenant_id uuid NOT NULL,
    default_currency text DEFAULT 'USD' NOT NULL,
    timezone text DEFAULT 'America/New_York' NOT NULL,
    tax_rate numeric(7, 6) DEFAULT 0 NOT NULL,
    shipping_flat_rate_cents bigint DEFAULT 0 NOT NULL,
    free_shipping_threshold_cents bigint,
    minimum_order_amount_cents bigint DEFAULT 0 NOT NULL,
    payment_terms_days integer DEFAULT 30 NOT NULL,
    default_warehouse text DEFAULT 'MAIN' NOT NULL,
    revenue_health_drop_percent numeric(5, 2) DEFAULT 15 NOT NULL,
    minimum_orders_for_health integer DEFAULT 3 NOT NULL,
    minimum_orders_for_pace integer DEFAULT 3 NOT NULL,
    pace_warning_multiplier numeric(4, 2) DEFAULT 1.2 NOT NULL,
    pace_critical_multiplier numeric(4, 2) DEFAULT 1.5 NOT NULL,
    sample_allowance_per_rep integer DEFAULT 60 NOT NULL,
    sample_approval_above integer DEFAULT 60 NOT NULL,
    portal_enabled boolean DEFAULT true NOT NULL,
    portal_invoices_enabled boolean DEFAULT true NOT NULL,
    order_number_prefix text DEFAULT 'SO-' NOT NULL,
    invoice_number_prefix text DEFAULT 'INV-' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_tenant_settings PRIMARY KEY (tenant_id),
    CONSTRAINT fk_tenant_settings_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT ck_tenant_settings_default_currency CHECK (default_currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_tenant_settings_tax_rate CHECK (tax_rate >= 0 AND tax_rate < 1),
    CONSTRAINT ck_tenant_settings_payment_terms_days CHECK (payment_terms_days BETWEEN 0 AND 365),
    CONSTRAINT ck_tenant_settings_revenue_health_drop_percent
        CHECK (revenue_health_drop_percent BETWEEN 0 AND 100),
    CONSTRAINT ck_tenant_settings_pace_warning_multiplier CHECK (pace_warning_multiplier >= 1),
    CONSTRAINT ck_tenant_settings_pace_multipliers
        CHECK (pace_critical_multiplier >= pace_warning_multiplier),
    CONSTRAINT ck_tenant_settings_shipping_flat_rate_cents_minimum CHECK (shipping_flat_rate_cents >= 0),
    CONSTRAINT ck_tenant_settings_free_shipping_threshold_cents_minimum
        CHECK (free_shipping_threshold_cents >= 0),
    CONSTRAINT ck_tenant_settings_minimum_order_amount_cents_minimum
        CHECK (minimum_order_amount_cents >= 0),
    CONSTRAINT ck_tenant_settings_sample_allowance_per_rep_minimum CHECK (sample_allowance_per_rep >= 0),
    CONSTRAINT ck_tenant_settings_sample_approval_above_minimum CHECK (sample_approval_above >= 0),
    CONSTRAINT ck_tenant_settings_minimum_orders_for_health_minimum
        CHECK (minimum_orders_for_health >= 1),
    CONSTRAINT ck_tenant_settings_minimum_orders_for_pace_minimum CHECK (minimum_orders_for_pace >= 2),
    CONSTRAINT ck_tenant_settings_timezone_length
        CHECK (char_length(timezone) <= 100 AND btrim(timezone) <> ''),
    CONSTRAINT ck_tenant_settings_default_warehouse_length
        CHECK (char_length(default_warehouse) <= 100 AND btrim(default_warehouse) <> ''),
    CONSTRAINT ck_tenant_settings_order_number_prefix CHECK (order_number_prefix ~ '^[A-Z0-9-]{0,12}$'),
    CONSTRAINT ck_tenant_settings_invoice_number_prefix
        CHECK (invoice_number_prefix ~ '^[A-Z0-9-]{0,12}$'),
    CONSTRAINT ck_tenant_settings_finite CHECK (isfinite(created_at) AND isfinite(updated_at)),
    CONSTRAINT ck_tenant_settings_no_nan
        CHECK (tax_rate <> 'NaN'::numeric AND revenue_health_drop_percent <> 'NaN'::numeric
            AND pace_warning_multiplier <> 'NaN'::numeric AND pace_critical_multiplier <>
            'NaN'::numeric)
)
"""

TENANT_HEADS = """
CREATE TABLE leora.tenant_heads (
    tenant_id uuid NOT NULL,
    event_sequence bigint DEFAULT 0 NOT NULL,
    audit_sequence bigint DEFAULT 0 NOT NULL,
    audit_hash bytea,
    invoice_number bigint DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_tenant_heads PRIMARY KEY (tenant_id),
    CONSTRAINT fk_tenant_heads_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT ck_tenant_heads_event_sequence_minimum CHECK (event_sequence >= 0),
    CONSTRAINT ck_tenant_heads_audit_sequence_minimum CHECK (audit_sequence >= 0),
    CONSTRAINT ck_tenant_heads_invoice_number_minimum CHECK (invoice_number >= 0),
    CONSTRAINT ck_tenant_heads_audit_hash_length CHECK (octet_length(audit_hash) = 32),
    CONSTRAINT ck_tenant_heads_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """

"""

TOUCHED = {
    "tenants": "leora.touch_version()",
    "tenant_settings": "leora.touch_version()",
    "tenant_heads": "leora.touch()",
}


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (TENANTS, TENANT_SETTINGS, TENANT_HEADS):
        op.execute(table)
    for index in INDEXES.split(";"):
        op.execute(index)
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )


def downgrade() -> None:
    """Drop them."""
    for table in ("tenant_heads", "tenant_settings", "tenants"):
        op.drop_table(table, schema="leora")
