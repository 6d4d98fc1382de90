"""What holds in a tenant after whatever was done, in one statement: a row for each thing that is amiss."""

from __future__ import annotations

_PARTS = """
o AS MATERIALIZED (SELECT * FROM leora.orders WHERE tenant_id = $1),
l AS MATERIALIZED (SELECT * FROM leora.order_lines WHERE tenant_id = $1),
a AS MATERIALIZED (SELECT * FROM leora.order_allocations WHERE tenant_id = $1),
s AS MATERIALIZED (SELECT * FROM leora.inventory WHERE tenant_id = $1),
m AS MATERIALIZED (SELECT * FROM leora.inventory_movements WHERE tenant_id = $1),
i AS MATERIALIZED (SELECT * FROM leora.invoices WHERE tenant_id = $1),
b AS MATERIALIZED (
    SELECT x.*, i.order_id, i.status <> 'VOID' AS counts FROM leora.invoice_lines x JOIN i ON i.id = x.invoice_id
    WHERE x.tenant_id = $1
),
p AS MATERIALIZED (SELECT * FROM leora.payments WHERE tenant_id = $1),
h AS MATERIALIZED (
    SELECT x.*, p.status FROM leora.payment_allocations x JOIN p ON p.id = x.payment_id WHERE x.tenant_id = $1
),
moved AS (
    SELECT inventory_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved FROM m GROUP BY 1
),
for_line AS (
    SELECT order_line_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved FROM m GROUP BY 1
),
set_aside AS (SELECT inventory_id, sum(reserved) AS reserved FROM a GROUP BY 1),
held AS (SELECT order_line_id, sum(reserved) AS reserved, sum(fulfilled) AS fulfilled FROM a GROUP BY 1),
billed AS (
    SELECT order_line_id, sum(quantity) AS quantity, sum(discount_amount_cents) AS discount,
        sum(line_total_cents) AS total
    FROM b WHERE counts GROUP BY 1
),
delivery AS (
    SELECT l.order_id, bool_or(l.fulfilled_quantity > 0) AS some, bool_or(l.fulfilled_quantity < l.quantity) AS missing,
        bool_and(coalesce(billed.quantity, 0) = l.quantity) AS all_billed,
        sum(l.line_total_cents) AS total
    FROM l LEFT JOIN billed ON billed.order_line_id = l.id GROUP BY 1
),
invoiced AS (
    SELECT order_id, sum(subtotal_cents) AS subtotal, sum(discount_amount_cents) AS discount,
        sum(tax_amount_cents) AS tax, sum(shipping_amount_cents) AS shipping, sum(total_cents) AS total
    FROM i WHERE status <> 'VOID' GROUP BY 1
),
lined AS (SELECT invoice_id, sum(line_total_cents) AS total FROM b GROUP BY 1),
settled AS (
    SELECT invoice_id, sum(amount_cents) FILTER (WHERE status = 'CLEARED') AS cleared,
        sum(amount_cents) FILTER (WHERE status IN ('PENDING', 'CLEARED')) AS promised
    FROM h GROUP BY 1
),
shared AS (SELECT payment_id, sum(amount_cents) AS amount FROM h GROUP BY 1),
head AS (SELECT * FROM leora.tenant_heads WHERE tenant_id = $1)
"""
_STOCK = {
    "the ledger adds up to the stock": "SELECT s.id FROM s LEFT JOIN moved ON moved.inventory_id = s.id"
    " WHERE s.on_hand <> coalesce(moved.on_hand, 0) OR s.reserved <> coalesce(moved.reserved, 0)",
    "what is reserved is what lines have set aside": "SELECT s.id FROM s LEFT JOIN set_aside x"
    " ON x.inventory_id = s.id WHERE s.reserved <> coalesce(x.reserved, 0)",
    "no fewer bottles than are reserved": "SELECT id FROM s WHERE reserved < 0 OR on_hand < reserved",
    "a line's movements are its allocations": "SELECT l.id FROM l LEFT JOIN held ON held.order_line_id = l.id"
    " LEFT JOIN for_line x ON x.order_line_id = l.id WHERE coalesce(x.reserved, 0) <> coalesce(held.reserved, 0)"
    " OR coalesce(x.on_hand, 0) <> -coalesce(held.fulfilled, 0)",
}
_ORDERS = {
    "an order's lines add up": "SELECT o.id FROM o LEFT JOIN delivery d ON d.order_id = o.id"
    " WHERE o.subtotal_cents <> coalesce(d.total, 0) OR d.order_id IS NULL",
    "an order adds up": "SELECT id FROM o WHERE total_cents <>"
    " subtotal_cents - discount_amount_cents + tax_amount_cents + shipping_amount_cents"
    " OR discount_amount_cents NOT BETWEEN 0 AND subtotal_cents OR least(tax_amount_cents, shipping_amount_cents) < 0",
    "a line adds up": "SELECT id FROM l WHERE line_total_cents <> unit_price_cents * quantity - discount_amount_cents",
    "no more is delivered than ordered": "SELECT l.id FROM l LEFT JOIN held ON held.order_line_id = l.id"
    " WHERE l.fulfilled_quantity > l.quantity OR l.fulfilled_quantity <> coalesce(held.fulfilled, 0)",
    "what an open order misses is set aside for it, and nothing for others": "SELECT l.id FROM l"
    " JOIN o ON o.id = l.order_id LEFT JOIN held ON held.order_line_id = l.id WHERE coalesce(held.reserved, 0) <>"
    " CASE WHEN o.status IN ('PENDING', 'CONFIRMED', 'PARTIALLY_FULFILLED')"
    " THEN l.quantity - l.fulfilled_quantity ELSE 0 END",
    "an order's status tells its delivery": "SELECT o.id FROM o JOIN delivery d ON d.order_id = o.id WHERE NOT"
    " CASE o.status WHEN 'FULFILLED' THEN NOT d.missing AND o.fulfilled_at IS NOT NULL"
    " WHEN 'PARTIALLY_FULFILLED' THEN d.some AND d.missing WHEN 'CANCELLED' THEN d.missing ELSE NOT d.some END",
    "no order's number twice": "SELECT min(id::text)::uuid FROM o GROUP BY number HAVING count(*) > 1",
    "who needs approval has reasons": "SELECT id FROM o WHERE requires_approval <> (cardinality(approval_reasons) > 0)"
    " OR status IN ('CONFIRMED', 'PARTIALLY_FULFILLED', 'FULFILLED') AND requires_approval AND approved_at IS NULL",
}
_INVOICES = {
    "no more is invoiced than delivered": "SELECT l.id FROM l JOIN billed ON billed.order_line_id = l.id"
    " WHERE billed.quantity > l.fulfilled_quantity OR billed.discount > l.discount_amount_cents"
    " OR billed.quantity = l.quantity AND billed.total <> l.line_total_cents",
    "an invoice's line is the order's": "SELECT b.id FROM b JOIN l ON l.id = b.order_line_id WHERE"
    " b.unit_price_cents <> l.unit_price_cents OR b.sku_id <> l.sku_id OR l.order_id <> b.order_id"
    " OR b.line_total_cents <> b.unit_price_cents * b.quantity - b.discount_amount_cents",
    "an invoice adds up": "SELECT i.id FROM i LEFT JOIN lined ON lined.invoice_id = i.id WHERE"
    " i.subtotal_cents IS DISTINCT FROM lined.total OR i.total_cents <> i.subtotal_cents - i.discount_amount_cents"
    " + i.tax_amount_cents + i.shipping_amount_cents OR i.discount_amount_cents NOT BETWEEN 0 AND i.subtotal_cents"
    " OR least(i.tax_amount_cents, i.shipping_amount_cents) < 0",
    "the parts of an order never exceed it": "SELECT o.id FROM o JOIN invoiced x ON x.order_id = o.id WHERE"
    " x.subtotal > o.subtotal_cents OR x.discount > o.discount_amount_cents OR x.tax > o.tax_amount_cents"
    " OR x.shipping > o.shipping_amount_cents",
    "the parts of an order add up to it": "SELECT o.id FROM o JOIN delivery d ON d.order_id = o.id AND d.all_billed"
    " JOIN invoiced x ON x.order_id = o.id WHERE (x.subtotal, x.discount, x.tax, x.shipping, x.total) <>"
    " (o.subtotal_cents, o.discount_amount_cents, o.tax_amount_cents, o.shipping_amount_cents, o.total_cents)",
    "cleared payments are what is paid": "SELECT i.id FROM i LEFT JOIN settled x ON x.invoice_id = i.id"
    " WHERE i.paid_amount_cents <> coalesce(x.cleared, 0) OR coalesce(x.promised, 0) > i.total_cents",
    "an invoice's status tells what is paid": "SELECT id FROM i WHERE NOT CASE status"
    " WHEN 'PAID' THEN paid_amount_cents = total_cents AND paid_at IS NOT NULL"
    " WHEN 'PARTIALLY_PAID' THEN paid_amount_cents > 0 AND paid_amount_cents < total_cents AND paid_at IS NULL"
    " ELSE paid_amount_cents = 0 AND paid_at IS NULL END OR (status IN ('SENT', 'PARTIALLY_PAID', 'PAID')) AND"
    " num_nonnulls(number, issued_on, due_on) < 3 OR status = 'DRAFT' AND number IS NOT NULL",
    "invoices' numbers have no gap": "SELECT tenant_id FROM head WHERE invoice_number <> (SELECT count(number) FROM i)"
    " OR (SELECT count(DISTINCT number) <> count(number)"
    " OR coalesce(max(substring(number FROM '[0-9]+$')::int), 0) <> count(number) FROM i)",
}
_PAYMENTS = {
    "a payment is all of its shares": "SELECT p.id FROM p LEFT JOIN shared ON shared.payment_id = p.id"
    " WHERE p.amount_cents IS DISTINCT FROM shared.amount",
    "who pays owes it": "SELECT p.id FROM p JOIN h ON h.payment_id = p.id JOIN i ON i.id = h.invoice_id"
    " WHERE i.customer_id <> p.customer_id OR i.status = 'DRAFT' OR i.currency <> p.currency",
    "no payment's number twice": "SELECT min(id::text)::uuid FROM p GROUP BY number HAVING count(*) > 1",
}
_RECORD = {
    "events are dense": "SELECT tenant_id FROM head WHERE event_sequence <> (SELECT count(*)"
    " FROM leora.webhook_events e WHERE e.tenant_id = $1) OR event_sequence <> (SELECT coalesce(max(sequence), 0)"
    " FROM leora.webhook_events e WHERE e.tenant_id = $1)",
    "the audit log is dense": "SELECT tenant_id FROM head WHERE audit_sequence <> (SELECT count(*)"
    " FROM leora.audit_log e WHERE e.tenant_id = $1) OR audit_sequence <> (SELECT coalesce(max(sequence), 0)"
    " FROM leora.audit_log e WHERE e.tenant_id = $1)",
}
CHECKS = {**_STOCK, **_ORDERS, **_INVOICES, **_PAYMENTS, **_RECORD}
AMISS = f"WITH {_PARTS.strip()} " + " UNION ALL ".join(
    f"SELECT $${what}$$ AS what, array_agg(x.id::text) AS which FROM ({check}) x (id) HAVING count(*) > 0"
    for what, check in CHECKS.items()
)
"""Reads as the superuser does; `$1` is the tenant."""
