"""Customers.

Revision: 0004, after 0003.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CUSTOMERS = """
CREATE TABLE leora.customers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_number text NOT NULL,
    name text NOT NULL,
    trade_name text,
    status text DEFAULT 'ACTIVE' NOT NULL,
    tier text,
    sales_rep_id uuid,
    territory text,
    primary_contact_name text,
    primary_contact_email text,
    primary_contact_phone text,
    billing_address jsonb,
    shipping_address jsonb,
    credit_limit_cents bigint,
    credit_status text DEFAULT 'GOOD' NOT NULL,
    tax_exempt boolean DEFAULT true NOT NULL,
    payment_terms_days integer,
    license_number text,
    license_state text,
    license_expires_on date,
    notes text,
    account_number_lower text COLLATE "C" GENERATED ALWAYS AS (lower(account_number)) STORED NOT NULL,
    name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    trade_name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(trade_name)) STORED,
    search_vector tsvector
        GENERATED ALWAYS AS (setweight(to_tsvector('simple'::regconfig, coalesce(name, '')), 'A')
            || setweight(to_tsvector('simple'::regconfig, coalesce(trade_name, '')), 'B')
            || setweight(to_tsvector('simple'::regconfig, coalesce(account_number, '')), 'C')) STORED NOT
            NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_customers PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_customers_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT fk_customers_sales_rep_id FOREIGN KEY (tenant_id, sales_rep_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT uq_customers_account_number UNIQUE (tenant_id, account_number),
    CONSTRAINT ck_customers_status CHECK (status IN ('ACTIVE', 'PROSPECT', 'INACTIVE', 'CLOSED')),
    CONSTRAINT ck_customers_credit_status CHECK (credit_status IN ('GOOD', 'HOLD')),
    CONSTRAINT ck_customers_account_number_length
        CHECK (char_length(account_number) <= 50 AND btrim(account_number) <> ''),
    CONSTRAINT ck_customers_name_length CHECK (char_length(name) <= 200 AND btrim(name) <> ''),
    CONSTRAINT ck_customers_tier_length CHECK (char_length(tier) <= 50 AND btrim(tier) <> ''),
    CONSTRAINT ck_customers_trade_name_length CHECK (char_length(trade_name) <= 200),
    CONSTRAINT ck_customers_territory_length CHECK (char_length(territory) <= 100),
    CONSTRAINT ck_customers_primary_contact_name_length CHECK (char_length(primary_contact_name) <= 200),
    CONSTRAINT ck_customers_primary_contact_email_length
        CHECK (char_length(primary_contact_email) <= 254),
    CONSTRAINT ck_customers_primary_contact_phone_length
        CHECK (char_length(primary_contact_phone) <= 40),
    CONSTRAINT ck_customers_license_number_length CHECK (char_length(license_number) <= 100),
    CONSTRAINT ck_customers_license_state_length CHECK (char_length(license_state) <= 50),
    CONSTRAINT ck_customers_notes_length CHECK (char_length(notes) <= 10000),
    CONSTRAINT ck_customers_billing_address_address
        CHECK (jsonb_typeof(billing_address) = 'object' AND billing_address -
            '{line1,line2,city,region,postal_code,country}'::text[] = '{}'::jsonb
            AND char_length(billing_address::text) <= 2000),
    CONSTRAINT ck_customers_shipping_address_address
        CHECK (jsonb_typeof(shipping_address) = 'object' AND shipping_address -
            '{line1,line2,city,region,postal_code,country}'::text[] = '{}'::jsonb
            AND char_length(shipping_address::text) <= 2000),
    CONSTRAINT ck_customers_payment_terms_days CHECK (payment_terms_days BETWEEN 0 AND 365),
    CONSTRAINT ck_customers_credit_limit_cents_minimum CHECK (credit_limit_cents >= 0),
    CONSTRAINT ck_customers_finite
        CHECK (isfinite(license_expires_on) AND isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_customers_tax_exempt ON leora.customers (tenant_id, tax_exempt, id);
CREATE INDEX ix_customers_account_number_lower ON leora.customers (tenant_id, account_number_lower, id);
CREATE INDEX ix_customers_account_number_lower_trgm
    ON leora.customers USING gin (tenant_id, account_number_lower gin_trgm_ops);
CREATE INDEX ix_customers_created_at ON leora.customers (tenant_id, created_at, id);
CREATE INDEX ix_customers_credit_limit_cents ON leora.customers (tenant_id, credit_limit_cents, id);
CREATE INDEX ix_customers_credit_status ON leora.customers (tenant_id, credit_status, id);
CREATE INDEX ix_customers_license_expires_on ON leora.customers (tenant_id, license_expires_on, id);
CREATE INDEX ix_customers_name ON leora.customers (tenant_id, name, id);
CREATE INDEX ix_customers_name_lower ON leora.customers (tenant_id, name_lower, id);
CREATE INDEX ix_customers_name_lower_trgm
    ON leora.customers USING gin (tenant_id, name_lower gin_trgm_ops);
CREATE INDEX ix_customers_sales_rep_id ON leora.customers (tenant_id, sales_rep_id, id);
CREATE INDEX ix_customers_search_vector ON leora.customers USING gin (tenant_id, search_vector);
CREATE INDEX ix_customers_status ON leora.customers (tenant_id, status, id);
CREATE INDEX ix_customers_territory ON leora.customers (tenant_id, territory, id);
CREATE INDEX ix_customers_tier ON leora.customers (tenant_id, tier, id);
CREATE INDEX ix_customers_trade_name_lower ON leora.customers (tenant_id, trade_name_lower, id);
CREATE INDEX ix_customers_trade_name_lower_trgm
    ON leora.customers USING gin (tenant_id, trade_name_lower gin_trgm_ops);
CREATE INDEX ix_customers_updated_at ON leora.customers (tenant_id, updated_at, id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "customers": "leora.touch_version()",
}


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (CUSTOMERS,):
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
    for table in ("customers",):
        op.drop_table(table, schema="leora")
