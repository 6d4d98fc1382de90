-- What a customer owes. It is counted before an order is submitted, by buyers' submissions too: these see invoices
-- only where the tenant shows them, and of other customers nothing. So a definer function counts it, and gives the sum
-- alone: to staff's own login for any customer of the tenant, to everybody else for the transaction's customer.

GRANT SELECT (balance_due_cents, currency, customer_id, order_id, status, tenant_id, total_cents)
    ON leora.invoices TO leora_definer;
GRANT SELECT (
    currency, customer_id, discount_amount_cents, id, shipping_amount_cents, status, subtotal_cents, tax_amount_cents, tenant_id,
    total_cents
) ON leora.orders TO leora_definer;
GRANT SELECT (discount_amount_cents, fulfilled_quantity, order_id, quantity, tenant_id, unit_price_cents)
    ON leora.order_lines TO leora_definer;
CREATE POLICY exposure ON leora.invoices FOR SELECT TO leora_definer USING (true);
CREATE POLICY exposure ON leora.orders FOR SELECT TO leora_definer USING (true);
CREATE POLICY exposure ON leora.order_lines FOR SELECT TO leora_definer USING (true);

-- `part * amount / whole`, rounded half up, as `part_of` in amounts.py; nothing of a whole of nothing.
CREATE OR REPLACE FUNCTION leora.share_of(amount bigint, part bigint, whole bigint)
RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog
AS $$
    SELECT CASE WHEN whole = 0 THEN 0 ELSE div(2 * amount::numeric * part + whole, 2 * whole::numeric)::bigint END
$$;

REVOKE ALL ON FUNCTION leora.share_of(bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.share_of(bigint, bigint, bigint) TO leora_definer;

GRANT CREATE ON SCHEMA leora TO leora_definer;
SET LOCAL ROLE leora_definer;

-- Open balances of invoices, drafts included; what of submitted orders is on no invoice that counts; and of cancelled
-- ones what was delivered. In cents of one currency; what is in others is no part of it. A sum that no bigint holds is
-- the largest one: it is more than any limit.
CREATE FUNCTION leora.customer_exposure(wanted_customer uuid, wanted_currency text)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    WITH billed AS (
        SELECT i.order_id, sum(i.balance_due_cents) AS open, sum(i.total_cents) AS total
        FROM leora.invoices i
        WHERE i.tenant_id = (SELECT leora.tenant_id()) AND i.customer_id = wanted_customer AND i.status <> 'VOID'
            AND i.currency = wanted_currency
        GROUP BY i.order_id
    ),
    delivered AS (
        SELECT l.order_id,
            sum(
                l.unit_price_cents * l.fulfilled_quantity
                - leora.share_of(l.discount_amount_cents, l.fulfilled_quantity, l.quantity)
            )::bigint AS value
        FROM leora.orders o
        JOIN leora.order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id AND l.fulfilled_quantity > 0
        WHERE o.tenant_id = (SELECT leora.tenant_id()) AND o.customer_id = wanted_customer AND o.status = 'CANCELLED'
            AND o.currency = wanted_currency
        GROUP BY l.order_id
    ),
    ordered AS (
        SELECT o.id,
            CASE
                WHEN o.status <> 'CANCELLED' THEN o.total_cents
                WHEN d.value IS NOT NULL THEN
                    d.value - leora.share_of(o.discount_amount_cents, d.value, o.subtotal_cents)
                    + leora.share_of(o.tax_amount_cents, d.value, o.subtotal_cents) + o.shipping_amount_cents
                ELSE 0
            END AS total
        FROM leora.orders o
        LEFT JOIN delivered d ON d.order_id = o.id
        WHERE o.tenant_id = (SELECT leora.tenant_id()) AND o.customer_id = wanted_customer AND o.status <> 'DRAFT'
            AND o.currency = wanted_currency
    )
    SELECT least(
        coalesce((SELECT sum(b.open) FROM billed b), 0)
        + coalesce(
            (SELECT sum(greatest(0, o.total - coalesce(b.total, 0))) FROM ordered o LEFT JOIN billed b ON b.order_id = o.id),
            0
        ),
        9223372036854775807
    )::bigint
    WHERE session_user = 'leora_staff' OR wanted_customer = leora.customer_id()
$$;

REVOKE ALL ON FUNCTION leora.customer_exposure(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.customer_exposure(uuid, text) TO leora_staff, leora_portal_write;

SET LOCAL ROLE leora_owner;
REVOKE CREATE ON SCHEMA leora FROM leora_definer;
