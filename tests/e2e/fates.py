"""What the database has of orders: all of their submission or nothing of it; and whether the books are in order.

Orders go by their purchase order numbers, under which they are submitted as `Idempotency-Key` too.
"""

from __future__ import annotations

from collections.abc import Collection

from leora_gql.db.logins import Login
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.audit.verification import verify
from leora_gql.settings import decode_key
from tests.domains.orders.desk import ledger_adds_up
from tests.graph.principals import Runner

WHOLE = "whole"
ABSENT = "absent"

_FATES = """
WITH line AS (
    SELECT o.po_number AS name, l.tenant_id, l.id, l.quantity
    FROM leora.orders o JOIN leora.order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
    WHERE o.po_number = ANY (:names)
), allocated AS (
    SELECT name, array_agg(a.inventory_id ORDER BY a.inventory_id) AS items,
        array_agg((l.id, a.inventory_id, a.reserved)::text ORDER BY a.inventory_id) AS bottles
    FROM line l JOIN leora.order_allocations a ON a.tenant_id = l.tenant_id AND a.order_line_id = l.id GROUP BY 1
), moved AS (
    SELECT name, array_agg((l.id, m.inventory_id, m.reserved_delta)::text ORDER BY m.inventory_id) AS bottles
    FROM line l JOIN leora.inventory_movements m ON m.tenant_id = l.tenant_id AND m.order_line_id = l.id GROUP BY 1
), short AS (
    SELECT DISTINCT name FROM line l WHERE l.quantity <> (
        SELECT coalesce(sum(a.reserved), 0) FROM leora.order_allocations a
        WHERE a.tenant_id = l.tenant_id AND a.order_line_id = l.id
    )
), found AS (
    SELECT o.po_number AS name, o.status, o.placed_at, a.items, a.bottles AS allocated, m.bottles AS moved,
        (SELECT count(*) FROM short s WHERE s.name = o.po_number) AS short,
        (SELECT count(*) FROM leora.idempotency_keys k WHERE k.tenant_id = o.tenant_id AND k.key = o.po_number) AS keys,
        (SELECT count(*) FROM leora.webhook_events e
            WHERE e.tenant_id = o.tenant_id AND e.entity_id = o.id AND e.type = 'order.submitted') AS submitted,
        (SELECT array_agg(e.entity_id ORDER BY e.entity_id) FROM leora.webhook_events e
            WHERE e.tenant_id = o.tenant_id AND e.occurred_at = o.placed_at AND e.type = 'inventory.reserved') AS told,
        (SELECT count(*) FROM leora.audit_log l
            WHERE l.tenant_id = o.tenant_id AND l.entity_id = o.id AND l.operation = 'submitOrder') AS audited,
        (SELECT array_agg(l.entity_id ORDER BY l.entity_id) FROM leora.audit_log l
            WHERE l.tenant_id = o.tenant_id AND l.created_at = o.placed_at AND l.entity_type = 'InventoryItem') AS noted
    FROM leora.orders o
    LEFT JOIN allocated a ON a.name = o.po_number
    LEFT JOIN moved m ON m.name = o.po_number
    WHERE o.po_number = ANY (:names)
)
SELECT name, CASE
    WHEN status = 'PENDING' AND short = 0 AND allocated = moved AND told = items AND noted = items
        AND (keys, submitted, audited) = (1, 1, 1) THEN 'whole'
    WHEN status = 'DRAFT' AND placed_at IS NULL AND allocated IS NULL AND moved IS NULL
        AND (keys, submitted, audited) = (0, 0, 0) THEN 'absent'
    ELSE row_to_json(found)::text
END AS fate FROM found
"""
"""All that one operation writes has one moment, to the microsecond: it is when the order was placed."""

_STRAYS = """
SELECT type AS what, occurred_at AS moment FROM leora.webhook_events e
WHERE type = 'inventory.reserved'
    AND NOT EXISTS (SELECT FROM leora.orders o WHERE o.tenant_id = e.tenant_id AND o.placed_at = e.occurred_at)
UNION ALL
SELECT operation, created_at FROM leora.audit_log l
WHERE operation = 'submitOrder'
    AND NOT EXISTS (SELECT FROM leora.orders o WHERE o.tenant_id = l.tenant_id AND o.placed_at = l.created_at)
"""
_GAPS = """
SELECT h.tenant_id, h.event_sequence, e.* FROM leora.tenant_heads h CROSS JOIN LATERAL (
    SELECT count(*) AS events, coalesce(max(sequence), 0) AS last FROM leora.webhook_events
    WHERE tenant_id = h.tenant_id
) e
WHERE (e.events, e.last) <> (h.event_sequence, h.event_sequence)
"""
_UNDELIVERED = """
SELECT e.sequence, e.type, s.name FROM leora.webhook_events e JOIN leora.webhook_subscriptions s
    ON s.tenant_id = e.tenant_id AND s.status = 'ACTIVE' AND s.updated_at < e.created_at
    AND s.event_types && ARRAY['*', e.type, split_part(e.type, '.', 1) || '.*']
WHERE NOT EXISTS (
    SELECT FROM leora.webhook_deliveries d
    WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id AND d.subscription_id = s.id
)
"""


async def fates(books: Runner, names: Collection[str]) -> dict[str, str]:
    """Of each order whether its submission is there, as a whole or not at all; what is neither, as it is found."""
    rows = await books.sql(_FATES, names=[*names])
    assert len(rows) == len(names), "an order is missing, or there are two of one name"
    return {row["name"]: row["fate"] for row in rows}


async def in_order(books: Runner) -> None:
    """Nothing is there of what is not; stock and its ledger, events, deliveries and the audit log are whole."""
    await ledger_adds_up(books)
    for statement in (_STRAYS, _GAPS, _UNDELIVERED):
        assert await books.sql(statement) == []
    key = decode_key(books.settings.audit_key.get_secret_value())
    for slug in ("well-crafted", "cellar-door"):
        scope = TenantScope(await books.tenant(slug))
        async with with_tenant(books.pools, scope, login=Login.STAFF, read_only=True) as connection:
            assert (await verify(connection, scope.tenant_id, key=key)).faults == []
