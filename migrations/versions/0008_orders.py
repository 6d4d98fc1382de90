"""Orders, their lines, and where the bottles come from.

Revision: 0008, after 0007.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORDERS = """
CREATE TABLE leora.orders (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    number text NOT NULL,
    customer_id uuid NOT NULL,
    portal_user_id uuid,
    created_by_id uuid,
    sales_rep_id uuid,
    status text DEFAULT 'DRAFT' NOT NULL,
    po_number text,
    placed_at timestamptz,
    requested_delivery_on date,
    fulfilled_at timestamptz,
    cancelled_at timestamptz,
    subtotal_cents bigint DEFAULT 0 NOT NULL,
    discount_amount_cents bigint DEFAULT 0 NOT NULL,
    tax_amount_cents bigint DEFAULT 0 NOT NULL,
    shipping_amount_cents bigint DEFAULT 0 NOT NULL,
    total_cents bigint DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    billing_address jsonb,
    shipping_address jsonb,
    notes text,
    internal_notes text,
    is_sample boolean DEFAULT false NOT NULL,
    requires_approval boolean DEFAULT false NOT NULL,
    approval_reasons text[] DEFAULT '{}' NOT NULL,
    approved_by_id uuid,
    approved_at timestamptz,
    number_lower text COLLATE "C" GENERATED ALWAYS AS (lower(number)) STORED NOT NULL,
    po_number_lower text COLLATE "C" GENERATED ALWAYS AS (lower(po_number)) STORED,
    search_vector tsvector
        GENERATED ALWAYS AS (setweight(to_tsvector('simple'::regconfig, coalesce(number, '')), 'A')
            || setweight(to_tsvector('simple'::regconfig, coalesce(po_number, '')), 'B')
            || setweight(to_tsvector('simple'::regconfig, coalesce(notes, '')), 'D')) STORED NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_orders_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT fk_orders_portal_user_id FOREIGN KEY (tenant_id, portal_user_id)
        REFERENCES leora.portal_users (tenant_id, id),
    CONSTRAINT fk_orders_created_by_id FOREIGN KEY (tenant_id, created_by_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_orders_sales_rep_id FOREIGN KEY (tenant_id, sales_rep_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT fk_orders_approved_by_id FOREIGN KEY (tenant_id, approved_by_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT uq_orders_number UNIQUE (tenant_id, number),
    CONSTRAINT ck_orders_status
        CHECK (status IN ('DRAFT', 'PENDING', 'CONFIRMED', 'PARTIALLY_FULFILLED', 'FULFILLED',
            'CANCELLED')),
    CONSTRAINT ck_orders_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_orders_total
        CHECK (total_cents = subtotal_cents - discount_amount_cents + tax_amount_cents +
            shipping_amount_cents),
    CONSTRAINT ck_orders_discount CHECK (discount_amount_cents BETWEEN 0 AND subtotal_cents),
    CONSTRAINT ck_orders_tax_amount_cents_minimum CHECK (tax_amount_cents >= 0),
    CONSTRAINT ck_orders_shipping_amount_cents_minimum CHECK (shipping_amount_cents >= 0),
    CONSTRAINT ck_orders_draft_not_placed CHECK (status <> 'DRAFT' OR placed_at IS NULL),
    CONSTRAINT ck_orders_placed CHECK (status IN ('DRAFT', 'CANCELLED') OR placed_at IS NOT NULL),
    CONSTRAINT ck_orders_fulfilled CHECK (status <> 'FULFILLED' OR fulfilled_at IS NOT NULL),
    CONSTRAINT ck_orders_not_yet_fulfilled
        CHECK (status NOT IN ('DRAFT', 'PENDING', 'CONFIRMED') OR fulfilled_at IS NULL),
    CONSTRAINT ck_orders_cancelled CHECK ((status = 'CANCELLED') = (cancelled_at IS NOT NULL)),
    CONSTRAINT ck_orders_one_creator CHECK (num_nonnulls(portal_user_id, created_by_id) <= 1),
    CONSTRAINT ck_orders_approval CHECK (approved_by_id IS NULL OR approved_at IS NOT NULL),
    CONSTRAINT ck_orders_reasons_given
        CHECK (NOT requires_approval OR cardinality(approval_reasons) > 0),
    CONSTRAINT ck_orders_approval_reasons
        CHECK (approval_reasons <@ ARRAY['CREDIT_LIMIT', 'MINIMUM_ORDER', 'PRICE_OVERRIDE', 'DISCOUNT',
            'SAMPLE_ALLOWANCE']),
    CONSTRAINT ck_orders_number_length CHECK (char_length(number) <= 50 AND btrim(number) <> ''),
    CONSTRAINT ck_orders_po_number_length CHECK (char_length(po_number) <= 100),
    CONSTRAINT ck_orders_notes_length CHECK (char_length(notes) <= 10000),
    CONSTRAINT ck_orders_internal_notes_length CHECK (char_length(internal_notes) <= 10000),
    CONSTRAINT ck_orders_billing_address_address
        CHECK (jsonb_typeof(billing_address) = 'object' AND billing_address -
            '{line1,line2,city,region,postal_code,country}'::text[] = '{}'::jsonb
            AND char_length(billing_address::text) <= 2000),
    CONSTRAINT ck_orders_shipping_address_address
        CHECK (jsonb_typeof(shipping_address) = 'object' AND shipping_address -
            '{line1,line2,city,region,postal_code,country}'::text[] = '{}'::jsonb
            AND char_length(shipping_address::text) <= 2000),
    CONSTRAINT ck_orders_finite
        CHECK (isfinite(placed_at) AND isfinite(requested_delivery_on) AND isfinite(fulfilled_at)
            AND isfinite(cancelled_at) AND isfinite(approved_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

ORDER_LINES = """
CREATE TABLE leora.order_lines (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    order_id uuid NOT NULL,
    sku_id uuid NOT NULL,
    sku_code text NOT NULL,
    description text NOT NULL,
    position integer NOT NULL,
    quantity integer NOT NULL,
    cases numeric(12, 2) DEFAULT 0 NOT NULL,
    liters numeric(12, 3) DEFAULT 0 NOT NULL,
    unit_price_cents bigint NOT NULL,
    discount_amount_cents bigint DEFAULT 0 NOT NULL,
    line_total_cents bigint NOT NULL,
    fulfilled_quantity integer DEFAULT 0 NOT NULL,
    applied_pricing_rule jsonb,
    price_override_original_cents bigint,
    price_override_reason text,
    price_override_by_id uuid,
    price_override_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_order_lines PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_order_lines_order_id FOREIGN KEY (tenant_id, order_id)
        REFERENCES leora.orders (tenant_id, id),
    CONSTRAINT fk_order_lines_sku_id FOREIGN KEY (tenant_id, sku_id)
        REFERENCES leora.skus (tenant_id, id),
    CONSTRAINT fk_order_lines_price_override_by_id FOREIGN KEY (tenant_id, price_override_by_id)
        REFERENCES leora.users (tenant_id, id),
    CONSTRAINT ck_order_lines_line_total
        CHECK (line_total_cents = unit_price_cents * quantity - discount_amount_cents),
    CONSTRAINT ck_order_lines_fulfilled_quantity CHECK (fulfilled_quantity BETWEEN 0 AND quantity),
    CONSTRAINT ck_order_lines_cases CHECK (cases >= 0),
    CONSTRAINT ck_order_lines_liters CHECK (liters >= 0),
    CONSTRAINT ck_order_lines_price_override
        CHECK ((price_override_original_cents IS NULL) = (price_override_reason IS NULL)
            AND (price_override_original_cents IS NULL) = (price_override_at IS NULL)
            AND (price_override_by_id IS NULL OR price_override_at IS NOT NULL)),
    CONSTRAINT ck_order_lines_sku_code_length
        CHECK (char_length(sku_code) <= 64 AND btrim(sku_code) <> ''),
    CONSTRAINT ck_order_lines_description_length
        CHECK (char_length(description) <= 500 AND btrim(description) <> ''),
    CONSTRAINT ck_order_lines_price_override_reason_length
        CHECK (char_length(price_override_reason) <= 500 AND btrim(price_override_reason) <> ''),
    CONSTRAINT ck_order_lines_applied_pricing_rule_object
        CHECK (jsonb_typeof(applied_pricing_rule) = 'object'),
    CONSTRAINT ck_order_lines_position_minimum CHECK (position >= 1),
    CONSTRAINT ck_order_lines_quantity_minimum CHECK (quantity >= 1),
    CONSTRAINT ck_order_lines_unit_price_cents_minimum CHECK (unit_price_cents >= 0),
    CONSTRAINT ck_order_lines_discount_amount_cents_minimum CHECK (discount_amount_cents >= 0),
    CONSTRAINT ck_order_lines_line_total_cents_minimum CHECK (line_total_cents >= 0),
    CONSTRAINT ck_order_lines_price_override_original_cents_minimum
        CHECK (price_override_original_cents >= 0),
    CONSTRAINT ck_order_lines_finite
        CHECK (isfinite(price_override_at) AND isfinite(created_at) AND isfinite(updated_at)),
    CONSTRAINT ck_order_lines_no_nan CHECK (cases <> 'NaN'::numeric AND liters <> 'NaN'::numeric)
)
"""

ORDER_ALLOCATIONS = """
CREATE TABLE leora.order_allocations (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    order_line_id uuid NOT NULL,
    inventory_id uuid NOT NULL,
    reserved integer DEFAULT 0 NOT NULL,
    fulfilled integer DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_order_allocations PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_order_allocations_order_line_id FOREIGN KEY (tenant_id, order_line_id)
        REFERENCES leora.order_lines (tenant_id, id),
    CONSTRAINT fk_order_allocations_inventory_id FOREIGN KEY (tenant_id, inventory_id)
        REFERENCES leora.inventory (tenant_id, id),
    CONSTRAINT uq_order_allocations_order_line_id_inventory_id
        UNIQUE (tenant_id, order_line_id, inventory_id),
    CONSTRAINT ck_order_allocations_reserved_minimum CHECK (reserved >= 0),
    CONSTRAINT ck_order_allocations_fulfilled_minimum CHECK (fulfilled >= 0),
    CONSTRAINT ck_order_allocations_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_orders_requires_approval ON leora.orders (tenant_id, requires_approval, id);
CREATE INDEX ix_orders_is_sample ON leora.orders (tenant_id, is_sample, id);
CREATE INDEX ix_orders_approved_by_id
    ON leora.orders (tenant_id, approved_by_id, id) WHERE approved_by_id IS NOT NULL;
CREATE INDEX ix_orders_created_at ON leora.orders (tenant_id, created_at, id);
CREATE INDEX ix_orders_created_by_id ON leora.orders (tenant_id, created_by_id, id);
CREATE INDEX ix_orders_customer_id ON leora.orders (tenant_id, customer_id, id);
CREATE INDEX ix_orders_customer_id_placed_at ON leora.orders (tenant_id, customer_id, placed_at, id);
CREATE INDEX ix_orders_fulfilled_at ON leora.orders (tenant_id, fulfilled_at, id);
CREATE INDEX ix_orders_number_lower ON leora.orders (tenant_id, number_lower, id);
CREATE INDEX ix_orders_number_lower_trgm
    ON leora.orders USING gin (tenant_id, number_lower gin_trgm_ops);
CREATE INDEX ix_orders_placed_at ON leora.orders (tenant_id, placed_at, id);
CREATE INDEX ix_orders_po_number_lower ON leora.orders (tenant_id, po_number_lower, id);
CREATE INDEX ix_orders_po_number_lower_trgm
    ON leora.orders USING gin (tenant_id, po_number_lower gin_trgm_ops);
CREATE INDEX ix_orders_portal_user_id ON leora.orders (tenant_id, portal_user_id, id);
CREATE INDEX ix_orders_requested_delivery_on ON leora.orders (tenant_id, requested_delivery_on, id);
CREATE INDEX ix_orders_sales_rep_id ON leora.orders (tenant_id, sales_rep_id, id);
CREATE INDEX ix_orders_search_vector ON leora.orders USING gin (tenant_id, search_vector);
CREATE INDEX ix_orders_status ON leora.orders (tenant_id, status, id);
CREATE INDEX ix_orders_status_placed_at ON leora.orders (tenant_id, status, placed_at, id);
CREATE INDEX ix_orders_total_cents ON leora.orders (tenant_id, total_cents, id);
CREATE INDEX ix_orders_updated_at ON leora.orders (tenant_id, updated_at, id);
CREATE INDEX ix_order_lines_order_id_position ON leora.order_lines (tenant_id, order_id, position, id);
CREATE INDEX ix_order_lines_price_override_by_id
    ON leora.order_lines (tenant_id, price_override_by_id, id) WHERE price_override_by_id IS NOT NULL;
CREATE INDEX ix_order_lines_sku_id ON leora.order_lines (tenant_id, sku_id, id);
CREATE INDEX ix_order_allocations_inventory_id ON leora.order_allocations (tenant_id, inventory_id, id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "orders": "leora.touch_version()",
    "order_lines": "leora.touch()",
    "order_allocations": "leora.touch()",
}

CHECK_SUBTOTAL = """
CREATE FUNCTION leora.check_order_subtotal() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := coalesce(NEW.tenant_id, OLD.tenant_id);
    touched uuid[];
BEGIN
    IF TG_TABLE_NAME = 'orders' THEN
        touched := ARRAY[NEW.id];
    ELSE
        touched := ARRAY[NEW.order_id, OLD.order_id];
    END IF;
    IF EXISTS (
        SELECT FROM leora.orders h
        WHERE h.tenant_id = tenant AND h.id = ANY (touched) AND h.subtotal_cents <> (
            SELECT coalesce(sum(l.line_total_cents), 0) FROM leora.order_lines l
            WHERE l.tenant_id = h.tenant_id AND l.order_id = h.id
        )
    ) THEN
        RAISE EXCEPTION 'the lines do not add up to the subtotal'
            USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = 'orders',
                CONSTRAINT = 'orders_subtotal';
    END IF;
    RETURN NULL;
END
$$
"""

# Deferred: the lines and what they belong to are written by different statements. Without lines the
# subtotal is 0, so a new row needs no look when it says so.
SUBTOTAL_TRIGGERS = (
    """
    CREATE CONSTRAINT TRIGGER subtotal AFTER INSERT ON leora.orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.subtotal_cents <> 0) EXECUTE FUNCTION leora.check_order_subtotal()
    """,
    """
    CREATE CONSTRAINT TRIGGER subtotal_changed AFTER UPDATE ON leora.orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.subtotal_cents <> OLD.subtotal_cents)
    EXECUTE FUNCTION leora.check_order_subtotal()
    """,
    """
    CREATE CONSTRAINT TRIGGER subtotal AFTER INSERT OR DELETE OR UPDATE OF line_total_cents, order_id
    ON leora.order_lines DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION leora.check_order_subtotal()
    """,
)

# A change of the lines is a change of the order. One that this transaction has written already has
# got its new version, and `updated_at` tells: `touch_version` sets it to the transaction's time. Lines
# that come with times of their own (a seed, a restore) are history and change nothing.
RAISE_VERSION = """
CREATE FUNCTION leora.raise_order_version() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE leora.orders o
    SET version = o.version
    FROM (
        SELECT DISTINCT tenant_id, order_id FROM changed WHERE TG_OP = 'DELETE' OR updated_at = now()
    ) l
    WHERE o.tenant_id = l.tenant_id AND o.id = l.order_id AND o.updated_at <> now();
    RETURN NULL;
END
$$
"""

VERSION_TRIGGERS = tuple(
    f"""
    CREATE TRIGGER order_version_{event.lower()} AFTER {event} ON leora.order_lines
    REFERENCING {image} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION leora.raise_order_version()
    """
    for event, image in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
)


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (ORDERS, ORDER_LINES, ORDER_ALLOCATIONS):
        op.execute(table)
    op.execute(TRIGRAMS_PATH)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute("RESET search_path")
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )
    for statement in (CHECK_SUBTOTAL, *SUBTOTAL_TRIGGERS, RAISE_VERSION, *VERSION_TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for table in ("order_allocations", "order_lines", "orders"):
        op.drop_table(table, schema="leora")
    for function in ("raise_order_version", "check_order_subtotal"):
        op.execute(f"DROP FUNCTION leora.{function}()")
