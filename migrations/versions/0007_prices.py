"""Prices.

Revision: 0007, after 0006.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PRICE_LIST_ENTRIES = """
CREATE TABLE leora.price_list_entries (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sku_id uuid NOT NULL,
    price_list text NOT NULL,
    customer_id uuid,
    customer_tier text,
    unit_price_cents bigint NOT NULL,
    currency text NOT NULL,
    min_quantity integer DEFAULT 1 NOT NULL,
    max_quantity integer,
    valid_from timestamptz DEFAULT now() NOT NULL,
    valid_until timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_price_list_entries PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_price_list_entries_sku_id FOREIGN KEY (tenant_id, sku_id)
        REFERENCES leora.skus (tenant_id, id),
    CONSTRAINT fk_price_list_entries_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT ex_price_list_entries_no_overlap
        EXCLUDE USING gist (tenant_id WITH =, sku_id WITH =,
            coalesce(customer_id, '00000000-0000-0000-0000-000000000000'::uuid) WITH =,
            coalesce(customer_tier, '') WITH =, price_list WITH =, currency WITH =, min_quantity WITH =,
            tstzrange(valid_from, valid_until) WITH &&),
    CONSTRAINT ck_price_list_entries_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_price_list_entries_one_scope CHECK (num_nonnulls(customer_id, customer_tier) <= 1),
    CONSTRAINT ck_price_list_entries_quantities CHECK (max_quantity >= min_quantity),
    CONSTRAINT ck_price_list_entries_validity CHECK (valid_until > valid_from),
    CONSTRAINT ck_price_list_entries_price_list_length
        CHECK (char_length(price_list) <= 100 AND btrim(price_list) <> ''),
    CONSTRAINT ck_price_list_entries_customer_tier_length
        CHECK (char_length(customer_tier) <= 50 AND btrim(customer_tier) <> ''),
    CONSTRAINT ck_price_list_entries_unit_price_cents_minimum CHECK (unit_price_cents >= 0),
    CONSTRAINT ck_price_list_entries_min_quantity_minimum CHECK (min_quantity >= 1),
    CONSTRAINT ck_price_list_entries_finite
        CHECK (isfinite(valid_from) AND isfinite(valid_until) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_price_list_entries_created_at ON leora.price_list_entries (tenant_id, created_at, id);
CREATE INDEX ix_price_list_entries_customer_id ON leora.price_list_entries (tenant_id, customer_id, id);
CREATE INDEX ix_price_list_entries_customer_tier
    ON leora.price_list_entries (tenant_id, customer_tier, id);
CREATE INDEX ix_price_list_entries_price_list ON leora.price_list_entries (tenant_id, price_list, id);
CREATE INDEX ix_price_list_entries_sku_id ON leora.price_list_entries (tenant_id, sku_id, id);
CREATE INDEX ix_price_list_entries_sku_id_valid_from
    ON leora.price_list_entries (tenant_id, sku_id, valid_from, id);
CREATE INDEX ix_price_list_entries_unit_price_cents
    ON leora.price_list_entries (tenant_id, unit_price_cents, id);
CREATE INDEX ix_price_list_entries_updated_at ON leora.price_list_entries (tenant_id, updated_at, id);
CREATE INDEX ix_price_list_entries_valid_from ON leora.price_list_entries (tenant_id, valid_from, id);
CREATE INDEX ix_price_list_entries_valid_until ON leora.price_list_entries (tenant_id, valid_until, id)
"""

TOUCHED = {
    "price_list_entries": "leora.touch_version()",
}


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (PRICE_LIST_ENTRIES,):
        op.execute(table)
    for index in INDEXES.split(";"):
        op.execute(index)
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )


def downgrade() -> None:
    """Drop them."""
    for table in ("price_list_entries",):
        op.drop_table(table, schema="leora")
