"""Invoices and payments.

Revision: 0010, after 0009.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INVOICES = """
CREATE TABLE leora.invoices (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    number text,
    customer_id uuid NOT NULL,
    order_id uuid,
    status text DEFAULT 'DRAFT' NOT NULL,
    issued_on date,
    due_on date,
    paid_at timestamptz,
    subtotal_cents bigint DEFAULT 0 NOT NULL,
    discount_amount_cents bigint DEFAULT 0 NOT NULL,
    tax_amount_cents bigint DEFAULT 0 NOT NULL,
    shipping_amount_cents bigint DEFAULT 0 NOT NULL,
    total_cents bigint DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    paid_amount_cents bigint DEFAULT 0 NOT NULL,
    balance_due_cents bigint
        GENERATED ALWAYS AS (CASE WHEN status = 'VOID' THEN 0 ELSE total_cents - paid_amount_cents END)
            STORED NOT NULL,
    number_lower text COLLATE "C" GENERATED ALWAYS AS (lower(number)) STORED,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_invoices PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_invoices_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT fk_invoices_order_id FOREIGN KEY (tenant_id, order_id)
        REFERENCES leora.orders (tenant_id, id),
    CONSTRAINT uq_invoices_number UNIQUE (tenant_id, number),
    CONSTRAINT ck_invoices_status CHECK (status IN ('DRAFT', 'SENT', 'PARTIALLY_PAID', 'PAID', 'VOID')),
    CONSTRAINT ck_invoices_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_invoices_total
        CHECK (total_cents = subtotal_cents - discount_amount_cents + tax_amount_cents +
            shipping_amount_cents),
    CONSTRAINT ck_invoices_discount CHECK (discount_amount_cents BETWEEN 0 AND subtotal_cents),
    CONSTRAINT ck_invoices_tax_amount_cents_minimum CHECK (tax_amount_cents >= 0),
    CONSTRAINT ck_invoices_shipping_amount_cents_minimum CHECK (shipping_amount_cents >= 0),
    CONSTRAINT ck_invoices_paid_amount
        CHECK (CASE status WHEN 'PAID' THEN paid_amount_cents = total_cents WHEN 'PARTIALLY_PAID' THEN
            paid_amount_cents > 0 AND paid_amount_cents < total_cents ELSE paid_amount_cents = 0 END),
    CONSTRAINT ck_invoices_paid_at CHECK ((status = 'PAID') = (paid_at IS NOT NULL)),
    CONSTRAINT ck_invoices_sent_complete
        CHECK (status IN ('DRAFT', 'VOID') OR num_nonnulls(number, issued_on, due_on) = 3),
    CONSTRAINT ck_invoices_draft_without_number CHECK (status <> 'DRAFT' OR number IS NULL),
    CONSTRAINT ck_invoices_due_after_issue CHECK (due_on >= issued_on),
    CONSTRAINT ck_invoices_number_length CHECK (char_length(number) <= 50 AND btrim(number) <> ''),
    CONSTRAINT ck_invoices_finite
        CHECK (isfinite(issued_on) AND isfinite(due_on) AND isfinite(paid_at) AND isfinite(created_at)
            AND isfinite(updated_at))
)
"""

INVOICE_LINES = """
CREATE TABLE leora.invoice_lines (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    order_line_id uuid,
    sku_id uuid NOT NULL,
    description text NOT NULL,
    quantity integer NOT NULL,
    unit_price_cents bigint NOT NULL,
    discount_amount_cents bigint DEFAULT 0 NOT NULL,
    line_total_cents bigint NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_invoice_lines PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_invoice_lines_invoice_id FOREIGN KEY (tenant_id, invoice_id)
        REFERENCES leora.invoices (tenant_id, id),
    CONSTRAINT fk_invoice_lines_order_line_id FOREIGN KEY (tenant_id, order_line_id)
        REFERENCES leora.order_lines (tenant_id, id),
    CONSTRAINT fk_invoice_lines_sku_id FOREIGN KEY (tenant_id, sku_id)
        REFERENCES leora.skus (tenant_id, id),
    CONSTRAINT ck_invoice_lines_line_total
        CHECK (line_total_cents = unit_price_cents * quantity - discount_amount_cents),
    CONSTRAINT ck_invoice_lines_description_length
        CHECK (char_length(description) <= 500 AND btrim(description) <> ''),
    CONSTRAINT ck_invoice_lines_quantity_minimum CHECK (quantity >= 1),
    CONSTRAINT ck_invoice_lines_unit_price_cents_minimum CHECK (unit_price_cents >= 0),
    CONSTRAINT ck_invoice_lines_discount_amount_cents_minimum CHECK (discount_amount_cents >= 0),
    CONSTRAINT ck_invoice_lines_line_total_cents_minimum CHECK (line_total_cents >= 0),
    CONSTRAINT ck_invoice_lines_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

PAYMENTS = """
CREATE TABLE leora.payments (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    number text NOT NULL,
    customer_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    currency text NOT NULL,
    method text NOT NULL,
    received_on date NOT NULL,
    reference text,
    status text DEFAULT 'PENDING' NOT NULL,
    number_lower text COLLATE "C" GENERATED ALWAYS AS (lower(number)) STORED NOT NULL,
    reference_lower text COLLATE "C" GENERATED ALWAYS AS (lower(reference)) STORED,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT pk_payments PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_payments_customer_id FOREIGN KEY (tenant_id, customer_id)
        REFERENCES leora.customers (tenant_id, id),
    CONSTRAINT uq_payments_number UNIQUE (tenant_id, number),
    CONSTRAINT ck_payments_method CHECK (method IN ('CHECK', 'ACH', 'CARD', 'CASH', 'CREDIT')),
    CONSTRAINT ck_payments_status CHECK (status IN ('PENDING', 'CLEARED', 'FAILED', 'REFUNDED')),
    CONSTRAINT ck_payments_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ck_payments_number_length CHECK (char_length(number) <= 50 AND btrim(number) <> ''),
    CONSTRAINT ck_payments_reference_length CHECK (char_length(reference) <= 200),
    CONSTRAINT ck_payments_amount_cents_minimum CHECK (amount_cents >= 1),
    CONSTRAINT ck_payments_finite
        CHECK (isfinite(received_on) AND isfinite(created_at) AND isfinite(updated_at))
)
"""

PAYMENT_ALLOCATIONS = """
CREATE TABLE leora.payment_allocations (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_payment_allocations PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_payment_allocations_payment_id FOREIGN KEY (tenant_id, payment_id)
        REFERENCES leora.payments (tenant_id, id),
    CONSTRAINT fk_payment_allocations_invoice_id FOREIGN KEY (tenant_id, invoice_id)
        REFERENCES leora.invoices (tenant_id, id),
    CONSTRAINT uq_payment_allocations_payment_id_invoice_id UNIQUE (tenant_id, payment_id, invoice_id),
    CONSTRAINT ck_payment_allocations_amount_cents_minimum CHECK (amount_cents >= 1),
    CONSTRAINT ck_payment_allocations_finite CHECK (isfinite(created_at) AND isfinite(updated_at))
)
"""

INDEXES = """
CREATE INDEX ix_invoices_balance_due_cents ON leora.invoices (tenant_id, balance_due_cents, id);
CREATE INDEX ix_invoices_created_at ON leora.invoices (tenant_id, created_at, id);
CREATE INDEX ix_invoices_customer_id ON leora.invoices (tenant_id, customer_id, id);
CREATE INDEX ix_invoices_customer_id_issued_on ON leora.invoices (tenant_id, customer_id, issued_on, id);
CREATE INDEX ix_invoices_due_on ON leora.invoices (tenant_id, due_on, id);
CREATE INDEX ix_invoices_issued_on ON leora.invoices (tenant_id, issued_on, id);
CREATE INDEX ix_invoices_number_lower ON leora.invoices (tenant_id, number_lower, id);
CREATE INDEX ix_invoices_number_lower_trgm
    ON leora.invoices USING gin (tenant_id, number_lower gin_trgm_ops);
CREATE INDEX ix_invoices_order_id ON leora.invoices (tenant_id, order_id, id);
CREATE INDEX ix_invoices_paid_at ON leora.invoices (tenant_id, paid_at, id);
CREATE INDEX ix_invoices_status ON leora.invoices (tenant_id, status, id);
CREATE INDEX ix_invoices_status_due_on ON leora.invoices (tenant_id, status, due_on, id);
CREATE INDEX ix_invoices_total_cents ON leora.invoices (tenant_id, total_cents, id);
CREATE INDEX ix_invoices_updated_at ON leora.invoices (tenant_id, updated_at, id);
CREATE INDEX ix_invoice_lines_invoice_id ON leora.invoice_lines (tenant_id, invoice_id, id);
CREATE INDEX ix_invoice_lines_order_line_id ON leora.invoice_lines (tenant_id, order_line_id, id);
CREATE INDEX ix_invoice_lines_sku_id ON leora.invoice_lines (tenant_id, sku_id, id);
CREATE INDEX ix_payments_amount_cents ON leora.payments (tenant_id, amount_cents, id);
CREATE INDEX ix_payments_created_at ON leora.payments (tenant_id, created_at, id);
CREATE INDEX ix_payments_customer_id ON leora.payments (tenant_id, customer_id, id);
CREATE INDEX ix_payments_customer_id_received_on
    ON leora.payments (tenant_id, customer_id, received_on, id);
CREATE INDEX ix_payments_method ON leora.payments (tenant_id, method, id);
CREATE INDEX ix_payments_number_lower ON leora.payments (tenant_id, number_lower, id);
CREATE INDEX ix_payments_number_lower_trgm
    ON leora.payments USING gin (tenant_id, number_lower gin_trgm_ops);
CREATE INDEX ix_payments_received_on ON leora.payments (tenant_id, received_on, id);
CREATE INDEX ix_payments_reference_lower ON leora.payments (tenant_id, reference_lower, id);
CREATE INDEX ix_payments_reference_lower_trgm
    ON leora.payments USING gin (tenant_id, reference_lower gin_trgm_ops);
CREATE INDEX ix_payments_status ON leora.payments (tenant_id, status, id);
CREATE INDEX ix_payments_updated_at ON leora.payments (tenant_id, updated_at, id);
CREATE INDEX ix_payment_allocations_invoice_id ON leora.payment_allocations (tenant_id, invoice_id, id)
"""

# Where the extension may be that brings `gin_trgm_ops`.
TRIGRAMS_PATH = "SET LOCAL search_path = leora, public, extensions"

TOUCHED = {
    "invoices": "leora.touch_version()",
    "invoice_lines": "leora.touch()",
    "payments": "leora.touch_version()",
    "payment_allocations": "leora.touch()",
}

CHECK_SUBTOTAL = """
CREATE FUNCTION leora.check_invoice_subtotal() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := coalesce(NEW.tenant_id, OLD.tenant_id);
    touched uuid[];
BEGIN
    IF TG_TABLE_NAME = 'invoices' THEN
        touched := ARRAY[NEW.id];
    ELSE
        touched := ARRAY[NEW.invoice_id, OLD.invoice_id];
    END IF;
    IF EXISTS (
        SELECT FROM leora.invoices h
        WHERE h.tenant_id = tenant AND h.id = ANY (touched) AND h.subtotal_cents <> (
            SELECT coalesce(sum(l.line_total_cents), 0) FROM leora.invoice_lines l
            WHERE l.tenant_id = h.tenant_id AND l.invoice_id = h.id
        )
    ) THEN
        RAISE EXCEPTION 'the lines do not add up to the subtotal'
            USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = 'invoices',
                CONSTRAINT = 'invoices_subtotal';
    END IF;
    RETURN NULL;
END
$$
"""

# Deferred: the lines and what they belong to are written by different statements. Without lines the
# subtotal is 0, so a new row needs no look when it says so.
SUBTOTAL_TRIGGERS = (
    """
    CREATE CONSTRAINT TRIGGER subtotal AFTER INSERT ON leora.invoices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.subtotal_cents <> 0) EXECUTE FUNCTION leora.check_invoice_subtotal()
    """,
    """
    CREATE CONSTRAINT TRIGGER subtotal_changed AFTER UPDATE ON leora.invoices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.subtotal_cents <> OLD.subtotal_cents)
    EXECUTE FUNCTION leora.check_invoice_subtotal()
    """,
    """
    CREATE CONSTRAINT TRIGGER subtotal AFTER INSERT OR DELETE OR UPDATE OF line_total_cents, invoice_id
    ON leora.invoice_lines DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION leora.check_invoice_subtotal()
    """,
)

CHECK_PAYMENT = """
CREATE FUNCTION leora.check_payment_allocations() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := coalesce(NEW.tenant_id, OLD.tenant_id);
    touched uuid[];
BEGIN
    IF TG_TABLE_NAME = 'payments' THEN
        touched := ARRAY[NEW.id];
    ELSE
        touched := ARRAY[NEW.payment_id, OLD.payment_id];
    END IF;
    IF EXISTS (
        SELECT FROM leora.payments p
        WHERE p.tenant_id = tenant AND p.id = ANY (touched) AND p.amount_cents <> (
            SELECT coalesce(sum(a.amount_cents), 0) FROM leora.payment_allocations a
            WHERE a.tenant_id = p.tenant_id AND a.payment_id = p.id
        )
    ) THEN
        RAISE EXCEPTION 'the allocations do not add up to the payment'
            USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = 'payments',
                CONSTRAINT = 'payments_allocated';
    END IF;
    RETURN NULL;
END
$$
"""

CHECK_PAID = """
CREATE FUNCTION leora.check_invoice_paid() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := coalesce(NEW.tenant_id, OLD.tenant_id);
    touched uuid[];
BEGIN
    IF TG_TABLE_NAME = 'invoices' THEN
        touched := ARRAY[NEW.id];
    ELSIF TG_TABLE_NAME = 'payment_allocations' THEN
        touched := ARRAY[NEW.invoice_id, OLD.invoice_id];
    ELSE
        touched := ARRAY(
            SELECT a.invoice_id FROM leora.payment_allocations a
            WHERE a.tenant_id = tenant AND a.payment_id = NEW.id
        );
    END IF;
    IF EXISTS (
        SELECT FROM leora.invoices i
        WHERE i.tenant_id = tenant AND i.id = ANY (touched) AND i.paid_amount_cents <> (
            SELECT coalesce(sum(a.amount_cents), 0)
            FROM leora.payment_allocations a
            JOIN leora.payments p ON p.tenant_id = a.tenant_id AND p.id = a.payment_id
            WHERE a.tenant_id = i.tenant_id AND a.invoice_id = i.id AND p.status = 'CLEARED'
        )
    ) THEN
        RAISE EXCEPTION 'the cleared payments do not add up to what is paid'
            USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = 'invoices',
                CONSTRAINT = 'invoices_paid';
    END IF;
    RETURN NULL;
END
$$
"""


def _deferred(name: str, *, table: str, event: str, function: str, when: str = "") -> str:
    condition = f"WHEN ({when})" if when else ""
    return (
        f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON leora.{table} DEFERRABLE INITIALLY DEFERRED"
        f" FOR EACH ROW {condition} EXECUTE FUNCTION leora.{function}()"
    )


_ALLOCATION = "INSERT OR DELETE OR UPDATE OF amount_cents, payment_id, invoice_id"
PAYMENT_TRIGGERS = (
    _deferred(
        "allocated",
        table="payments",
        event="INSERT OR UPDATE OF amount_cents",
        function="check_payment_allocations",
    ),
    _deferred(
        "allocated", table="payment_allocations", event=_ALLOCATION, function="check_payment_allocations"
    ),
    _deferred(
        "paid",
        table="invoices",
        event="INSERT",
        function="check_invoice_paid",
        when="NEW.paid_amount_cents <> 0",
    ),
    _deferred(
        "paid_changed",
        table="invoices",
        event="UPDATE",
        function="check_invoice_paid",
        when="NEW.paid_amount_cents <> OLD.paid_amount_cents",
    ),
    _deferred("paid", table="payment_allocations", event=_ALLOCATION, function="check_invoice_paid"),
    _deferred(
        "paid",
        table="payments",
        event="UPDATE",
        function="check_invoice_paid",
        when="NEW.status <> OLD.status",
    ),
)


def upgrade() -> None:
    """Make the tables, their indexes and their triggers."""
    for table in (INVOICES, INVOICE_LINES, PAYMENTS, PAYMENT_ALLOCATIONS):
        op.execute(table)
    op.execute(TRIGRAMS_PATH)
    for index in INDEXES.split(";"):
        op.execute(index)
    op.execute("RESET search_path")
    for table, function in TOUCHED.items():
        op.execute(
            f"CREATE TRIGGER touch BEFORE UPDATE ON leora.{table} FOR EACH ROW EXECUTE FUNCTION {function}"
        )
    for statement in (CHECK_SUBTOTAL, *SUBTOTAL_TRIGGERS, CHECK_PAYMENT, CHECK_PAID, *PAYMENT_TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    for table in ("payment_allocations", "payments", "invoice_lines", "invoices"):
        op.drop_table(table, schema="leora")
    for function in ("check_invoice_paid", "check_payment_allocations", "check_invoice_subtotal"):
        op.execute(f"DROP FUNCTION leora.{function}()")
