"""The catalogue: suppliers, products, SKUs, stock.

Revision: 0006, after 0005.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SUPPLIERS = """
CREATE TABLE leora.suppliers (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    contact_name text,
    contact_email text,
    contact_phone text,
    address jsonb,
    status text DEFAULT 'ACTIVE' NOT NULL,
    name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_suppliers PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_suppliers_tenant_id FOREIGN KEY (tenant_id) REFERENCES leora.tenants (id),
    CONSTRAINT uq_suppliers_slug UNIQUE (tenant_id, slug),
    CONSTRAINT ck_suppliers_status CHECK (status IN ('ACTIVE', 'INACTIVE')),
    CONSTRAINT ck_suppliers_slug CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(slug) <= 100),
    CONSTRAINT ck_suppliers_name_length CHECK (char_length(name) <= 200 AND btrim(name) <> ''),
    CONSTRAINT ck_suppliers_contact_name_length CHECK (char_length(contact_name) <= 200),
    CONSTRAINT ck_suppliers_contact_email_length CHECK (char_length(contact_email) <= 254),
    CONSTRAINT ck_suppliers_contact_phone_length CHECK (char_length(contact_phone) <= 40),
    CONSTRAINT ck_suppliers_address_address
        CHECK (jsonb_typeof(address) = 'object' AND address -
            '{line1,line2,city,region,postal_code,country}'::text[] = '{}'::jsonb
            AND char_length(address::text) <= 2000),
    CONSTRAINT ck_suppliers_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

PRODUCTS = """
CREATE TABLE leora.products (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    description text,
    category text NOT NULL,
    brand text,
    varietal text,
    vintage integer,
    region text,
    country text,
    style text,
    color text,
    alcohol_type text,
    alcohol_percent numeric(5, 2),
    image_url text,
    status text DEFAULT 'DRAFT' NOT NULL,
    is_sample_only boolean DEFAULT false NOT NULL,
    code_lower text COLLATE "C" GENERATED ALWAYS AS (lower(code)) STORED NOT NULL,
    name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    brand_lower text COLLATE "C" GENERATED ALWAYS AS (lower(brand)) STORED,
    search_vector tsvector
        GENERATED ALWAYS AS (setweight(to_tsvector('simple'::regconfig, coalesce(name, '')), 'A')
            || setweight(to_tsvector('simple'::regconfig, coalesce(brand, '')), 'B')
            || setweight(to_tsvector('simple'::regconfig, coalesce(code, '') || ' '
            || coalesce(category, '') || ' ' || coalesce(varietal, '') || ' ' || coalesce(region, '')
            || ' ' || coalesce(country, '')), 'C')
            || setweight(to_tsvector('simple'::regconfig, coalesce(description, '')), 'D')) STORED NOT
            NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_products PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_products_supplier_id FOREIGN KEY (tenant_id, supplier_id)
        REFERENCES leora.suppliers (tenant_id, id),
    CONSTRAINT uq_products_code UNIQUE (tenant_id, code),
    CONSTRAINT ck_products_status CHECK (status IN ('DRAFT', 'ACTIVE', 'ARCHIVED')),
    CONSTRAINT ck_products_alcohol_percent CHECK (alcohol_percent BETWEEN 0 AND 100),
    CONSTRAINT ck_products_vintage CHECK (vintage BETWEEN 1700 AND 2200),
    CONSTRAINT ck_products_code_length CHECK (char_length(code) <= 64 AND btrim(code) <> ''),
    CONSTRAINT ck_products_name_length CHECK (char_length(name) <= 200 AND btrim(name) <> ''),
    CONSTRAINT ck_products_category_length
        CHECK (char_length(category) <= 100 AND btrim(category) <> ''),
    CONSTRAINT ck_products_description_length CHECK (char_length(description) <= 10000),
    CONSTRAINT ck_products_varietal_length CHECK (char_length(varietal) <= 100),
    CONSTRAINT ck_products_style_length CHECK (char_length(style) <= 100),
    CONSTRAINT ck_products_color_length CHECK (char_length(color) <= 100),
    CONSTRAINT ck_products_alcohol_type_length CHECK (char_length(alcohol_type) <= 100),
    CONSTRAINT ck_products_brand_length CHECK (char_length(brand) <= 200),
    CONSTRAINT ck_products_region_length CHECK (char_length(region) <= 200),
    CONSTRAINT ck_products_country_length CHECK (char_length(country) <= 200),
    CONSTRAINT ck_products_image_url_length CHECK (char_length(image_url) <= 2000),
    CONSTRAINT ck_products_finite CHECK (isfinite(created_at) AND isfinite(updated_at)),
    CONSTRAINT ck_products_no_nan CHECK (alcohol_percent <> 'NaN'::numeric)
)
"""

SKUS = """
CREATE TABLE leora.skus (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    product_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    bottle_ml integer NOT NULL,
    units_per_case integer NOT NULL,
    upc text,
    gtin text,
    base_price_cents bigint NOT NULL,
    cost_cents bigint,
    currency text NOT NULL,
    weight_grams integer,
    status text DEFAULT 'ACTIVE' NOT NULL,
    code_lower text COLLATE "C" GENERATED ALWAYS AS (lower(code)) STORED NOT NULL,
    name_lower text COLLATE "C" GENERATED ALWAYS AS (lower(name)) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_skus PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_skus_product_id FOREIGN KEY (tenant_id, product_id)
        REFERENCES leora.products (tenant_id, id),
    CONSTRAINT uq_skus_code UNIQUE (tenant_id, code),
    CONSTRAINT ck_skus_status CHECK (status IN ('ACTIVE', 'INACTIVE', 'DISCONTINUED')),
    CONSTRAINT ck_skus_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_skus_code_length CHECK (char_length(code) <= 64 AND btrim(code) <> ''),
    CONSTRAINT ck_skus_name_length CHECK (char_length(name) <= 200 AND btrim(name) <> ''),
    CONSTRAINT ck_skus_upc CHECK (upc ~ '^[0-9]{8,14}$'),
    CONSTRAINT ck_skus_gtin CHECK (gtin ~ '^[0-9]{8,14}$'),
    CONSTRAINT ck_skus_bottle_ml_minimum CHECK (bottle_ml >= 1),
    CONSTRAINT ck_skus_units_per_case_minimum CHECK (units_per_case >= 1),
    CONSTRAINT ck_skus_weight_grams_minimum CHECK (weight_grams >= 1),
    CONSTRAINT ck_skus_base_price_cents_minimum CHECK (base_price_cents >= 0),
    CONSTRAINT ck_skus_cost_cents_minimum CHECK (cost_cents >= 0),
    CONSTRAINT ck_skus_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

INVENTORY = """
CREATE TABLE leora.inventory (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    sku_id uuid NOT NULL,
    warehouse text NOT NULL,
    on_hand integer DEFAULT 0 NOT NULL,
    reserved integer DEFAULT 0 NOT NULL,
    available integer GENERATED ALWAYS AS (on_hand - reserved) STORED NOT NULL,
    reorder_point integer DEFAULT 0 NOT NULL,
    reorder_quantity integer DEFAULT 0 NOT NULL,
    needs_reorder boolean GENERATED ALWAYS AS (on_hand - reserved <= reorder_point) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_inventory PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_inventory_sku_id FOREIGN KEY (tenant_id, sku_id) REFERENCES leora.skus (tenant_id, id),
    CONSTRAINT uq_inventory_sku_id_warehouse UNIQUE (tenant_id, sku_id, warehouse),
    CONSTRAINT ck_inventory_stock CHECK (on_hand >= reserved AND reserved >= 0),
    CONSTRAINT ck_inventory_warehouse_length
        CHECK (char_length(warehouse) <= 100 AND btrim(warehouse) <> ''),
    CONSTRAINT ck_inventory_reorder_point_minimum CHECK (reorder_point >= 0),
    CONSTRAINT ck_inventory_reorder_quantity_minimum CHECK (reorder_quantity >= 0),
    CONSTRAINT ck_inventory_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_suppliers_created_at ON leora.suppliers (tenant_id, created_at, id);
CREATE INDEX ix_suppliers_name ON leora.suppliers (tenant_id, name, id);
CREATE INDEX ix_suppliers_name_lower ON leora.suppliers (tenant_id, name_lower, id);
CREATE INDEX ix_suppliers_name_lower_trgm
    ON leora.suppliers USING gin (tenant_id, name_lower gin_trgm_ops);
CREATE INDEX ix_suppliers_status ON leora.suppliers (tenant_id, status, id);
CREATE INDEX ix_suppliers_updated_at ON leora.suppliers (tenant_id, updated_at, id);
CREATE INDEX ix_products_is_sample_only ON leora.products (tenant_id, is_sample_only, id);
CREATE INDEX ix_products_brand ON leora.products (tenant_id, brand, id);
CREATE INDEX ix_products_brand_lower ON leora.products (tenant_id, brand_lower, id);
CREATE INDEX ix_products_brand_lower_trgm
    ON leora.products USING gin (tenant_id, brand_lower gin_trgm_ops);
CREATE INDEX ix_products_category ON leora.products (tenant_id, category, id);
CREATE INDEX ix_products_code_lower ON leora.products (tenant_id, code_lower, id);
CREATE INDEX ix_products_code_lower_trgm
    ON leora.products USING gin (tenant_id, code_lower gin_trgm_ops);
CREATE INDEX ix_products_country ON leora.products (tenant_id, country, id);
CREATE INDEX ix_products_created_at ON leora.products (tenant_id, created_at, id);
CREATE INDEX ix_products_name ON leora.products (tenant_id, name, id);
CREATE INDEX ix_products_name_lower ON leora.products (tenant_id, name_lower, id);
CREATE INDEX ix_products_name_lower_trgm
    ON leora.products USING gin (tenant_id, name_lower gin_trgm_ops);
CREATE INDEX ix_products_region ON leora.products (tenant_id, region, id);
CREATE INDEX ix_products_search_vector ON leora.products USING gin (tenant_id, search_vector);
CREATE INDEX ix_products_status ON leora.products (tenant_id, status, id);
CREATE INDEX ix_products_supplier_id ON leora.products (tenant_id, supplier_id, id);
CREATE INDEX ix_products_updated_at ON leora.products (tenant_id, updated_at, id);
CREATE INDEX ix_products_vintage ON leora.products (tenant_id, vintage, id);
CREATE INDEX ix_skus_base_price_cents ON leora.skus (tenant_id, base_price_cents, id);
CREATE INDEX ix_skus_bottle_ml ON leora.skus (tenant_id, bottle_ml, id);
CREATE INDEX ix_skus_code_lower ON leora.skus (tenant_id, code_lower, id);
CREATE INDEX ix_skus_code_lower_trgm ON leora.skus USING gin (tenant_id, code_lower gin_trgm_ops);
CREATE INDEX ix_skus_created_at ON leora.skus (tenant_id, created_at, id);
CREATE INDEX ix_skus_gtin ON leora.skus (tenant_id, gtin, id);
CREATE INDEX ix_skus_name ON leora.skus (tenant_id, name, id);
CREATE INDEX ix_skus_name_lower ON leora.skus (tenant_id, name_lower, id);
CREATE INDEX ix_skus_name_lower_trgm ON leora.skus USING gin (tenant_id, name_lower gin_trgm_ops);
CREATE INDEX ix_skus_product_id ON leora.skus (tenant_id, product_id, id);
CREATE INDEX ix_skus_status ON leora.skus (tenant_id, status, id);
CREATE INDEX ix_skus_upc ON leora.skus (tenant_id, upc, id);
CREATE INDEX ix_skus_updated_at ON leora.skus (tenant_id, updated_at, id);
CREATE INDEX ix_inventory_available ON leora.inventory (tenant_id, available, id);
CREATE INDEX ix_inventory_needs_reorder ON leora.inventory (tenant_id, needs_reorder, id);
CREATE INDEX ix_inventory_on_hand ON leora.inventory (tenant_id, on_hand, id);
CREATE INDEX ix_inventory_sku_id ON leora.inventory (tenant_id, sku_id, id);
CREATE INDEX ix_inventory_updated_at ON leora.inventory (tenant_id, updated_at, id);
CREATE INDEX ix_inventory_warehouse ON leora.inventory (tenant_id, warehouse, id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "suppliers": "leora.touch_version()",
    "products": "leora.touch_version()",
    "skus": "leora.touch_version()",
    "inventory": "leora.touch_version()",
}


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (SUPPLIERS, PRODUCTS, SKUS, INVENTORY):
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
    for table in ("inventory", "skus", "products", "suppliers"):
        op.drop_table(table, schema="leora")
