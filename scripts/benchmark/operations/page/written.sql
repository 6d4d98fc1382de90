SELECT '{"orders":{"totalCount":' || (SELECT count(*) FROM leora.orders o WHERE o.status = $5)
    || ',"nodes":[' || coalesce(string_agg(node, ','), '') || ']}}'
FROM (
    SELECT '{"id":"T3JkZXI6' || encode(textsend(o.id::text), 'base64')
        || '","number":' || json_scalar(o.number)::text
        || ',"status":"' || o.status
        || '","placedAt":' || coalesce(to_char(o.placed_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\""'), 'null')
        || ',"total":"' || (o.total_cents * 0.01)::text
        || '","customer":' || coalesce((
            SELECT '{"name":' || json_scalar(c.name)::text || '}'
            FROM leora.customers c
            WHERE c.id = o.customer_id
        ), 'null') || '}' AS node
    FROM (
        (
            SELECT id, number, status, placed_at, total_cents, customer_id
            FROM leora.orders
            WHERE status = $5 AND placed_at IS NOT NULL
            ORDER BY placed_at DESC, id DESC
            LIMIT 20
        )
        UNION ALL
        (
            SELECT id, number, status, placed_at, total_cents, customer_id
            FROM leora.orders
            WHERE status = $5 AND placed_at IS NULL
            ORDER BY id DESC
            LIMIT 20
        )
        ORDER BY placed_at DESC NULLS LAST, id DESC
        LIMIT 20
    ) o
) page
