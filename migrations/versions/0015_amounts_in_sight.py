"""Amounts looked at in their own tenant, whichever tenant a transaction ends in.

Revision: 0015, after 0014.

The checks of sums run at the commit, under the row-level security of whoever commits. A transaction that saw another
tenant, or another customer, by then had nothing to add up and was let through.
"""

from __future__ import annotations

from typing import TypedDict

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


class Sum(TypedDict):
    """What a row of a table says, and the rows of another that add up to it."""

    function: str
    table: str
    said: str
    rows: str
    reference: str
    added: str
    constraint: str
    message: str


SUMS = (
    Sum(
        function="check_order_subtotal",
        table="orders",
        said="subtotal_cents",
        rows="order_lines l",
        reference="order_id",
        added="line_total_cents",
        constraint="orders_subtotal",
        message="the lines do not add up to the subtotal",
    ),
    Sum(
        function="check_invoice_subtotal",
        table="invoices",
        said="subtotal_cents",
        rows="invoice_lines l",
        reference="invoice_id",
        added="line_total_cents",
        constraint="invoices_subtotal",
        message="the lines do not add up to the subtotal",
    ),
    Sum(
        function="check_payment_allocations",
        table="payments",
        said="amount_cents",
        rows="payment_allocations l",
        reference="payment_id",
        added="amount_cents",
        constraint="payments_allocated",
        message="the allocations do not add up to the payment",
    ),
    Sum(
        function="check_invoice_paid",
        table="invoices",
        said="paid_amount_cents",
        rows="payment_allocations l JOIN leora.payments p"
        " ON p.tenant_id = l.tenant_id AND p.id = l.payment_id AND p.status = 'CLEARED'",
        reference="invoice_id",
        added="amount_cents",
        constraint="invoices_paid",
        message="the cleared payments do not add up to what is paid",
    ),
)

# A payment's own change is one of all the invoices that it settles.
TOUCHED = """
        IF TG_TABLE_NAME = '{table}' THEN
            touched := ARRAY[NEW.id];
        ELSIF TG_TABLE_NAME = 'payments' THEN
            touched := ARRAY(
                SELECT a.invoice_id FROM leora.payment_allocations a
                WHERE a.tenant_id = tenant AND a.payment_id = NEW.id
            );
        ELSE
            touched := array_remove(ARRAY[NEW.{reference}, nullif(OLD.{reference}, NEW.{reference})], NULL);
        END IF;
"""
ADDED = """
            SELECT coalesce(sum(l.{added}), 0) FROM leora.{rows}
            WHERE l.tenant_id = h.tenant_id AND l.{reference} = h.id
"""
REFUSE = """
            RAISE EXCEPTION '{message}'
                USING ERRCODE = 'check_violation', SCHEMA = 'leora', TABLE = '{table}', CONSTRAINT = '{constraint}';
"""

# Each row is looked at in its own tenant. The logins of a tenant see all of it, but for buyers, who see what is one
# customer's: a row out of their sight is refused, since only who may delete it can have made it gone.
IN_SIGHT = f"""
CREATE OR REPLACE FUNCTION leora.{{function}}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    own CONSTANT text := coalesce(current_setting('app.current_tenant_id', true), '');
    tenant uuid;
    touched uuid[];
    key uuid;
    adds_up boolean;
BEGIN
    FOREACH tenant IN ARRAY array_remove(ARRAY[NEW.tenant_id, nullif(OLD.tenant_id, NEW.tenant_id)], NULL) LOOP
        PERFORM set_config('app.current_tenant_id', tenant::text, true);
{TOUCHED}
        FOREACH key IN ARRAY touched LOOP
            SELECT h.{{said}} = ({ADDED}) INTO adds_up
            FROM leora.{{table}} h WHERE h.tenant_id = tenant AND h.id = key;
            IF NOT coalesce(adds_up, has_table_privilege('leora.{{table}}', 'DELETE')) THEN
{REFUSE}
            END IF;
        END LOOP;
    END LOOP;
    PERFORM set_config('app.current_tenant_id', own, true);
    RETURN NULL;
END
$$
"""

# What they were before.
AT_THE_END = f"""
CREATE OR REPLACE FUNCTION leora.{{function}}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    tenant uuid := coalesce(NEW.tenant_id, OLD.tenant_id);
    touched uuid[];
BEGIN
{TOUCHED}
    IF EXISTS (
        SELECT FROM leora.{{table}} h
        WHERE h.tenant_id = tenant AND h.id = ANY (touched) AND h.{{said}} <> ({ADDED})
    ) THEN
{REFUSE}
    END IF;
    RETURN NULL;
END
$$
"""

# A row that goes to another tenant is a row less for the one it leaves.
MOVED = (
    ("subtotal", "order_lines", "line_total_cents, order_id", "check_order_subtotal"),
    ("subtotal", "invoice_lines", "line_total_cents, invoice_id", "check_invoice_subtotal"),
    ("allocated", "payment_allocations", "amount_cents, payment_id, invoice_id", "check_payment_allocations"),
    ("paid", "payment_allocations", "amount_cents, payment_id, invoice_id", "check_invoice_paid"),
)

# No trigger for rows runs then.
REFUSE_TRUNCATE = """
CREATE FUNCTION leora.refuse_truncate() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is not truncated: what it adds up to stays', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$
"""
KEPT = ("order_lines", "invoice_lines", "payment_allocations")


def watch(besides: str) -> None:
    """Look at rows when their amounts, what they belong to, or the columns `besides` change."""
    for name, table, columns, function in MOVED:
        op.execute(f"DROP TRIGGER {name} ON leora.{table}")
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR DELETE OR UPDATE OF {columns}{besides}"
            f" ON leora.{table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION leora.{function}()"
        )


def upgrade() -> None:
    """Have the checks look in the tenant of each row."""
    for one in SUMS:
        op.execute(IN_SIGHT.format(**one))
    watch(", tenant_id")
    op.execute(REFUSE_TRUNCATE)
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER kept BEFORE TRUNCATE ON leora.{table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION leora.refuse_truncate()"
        )


def downgrade() -> None:
    """Have them look where the transaction is."""
    for table in KEPT:
        op.execute(f"DROP TRIGGER kept ON leora.{table}")
    op.execute("DROP FUNCTION leora.refuse_truncate()")
    watch("")
    for one in SUMS:
        op.execute(AT_THE_END.format(**one))
