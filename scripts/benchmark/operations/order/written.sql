SELECT '{"order":' || coalesce((
    SELECT '{"id":"T3JkZXI6' || encode(textsend(o.id::text), 'base64')
        || '","number":' || json_scalar(o.number)::text
        || ',"status":"' || o.status
        || '","placedAt":' || coalesce(to_char(o.placed_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\""'), 'null')
        || ',"subtotal":"' || (o.subtotal_cents * 0.01)::text
        || '","total":"' || (o.total_cents * 0.01)::text
        || '","currency":"' || o.currency
        || '","isSample":' || CASE WHEN o.is_sample THEN 'true' ELSE 'false' END
        || ',"customer":' || coalesce((
            SELECT '{"accountNumber":' || json_scalar(c.account_number)::text || ',"name":' || json_scalar(c.name)::text || '}'
            FROM leora.customers c
            WHERE c.id = o.customer_id
        ), 'null')
        || ',"lines":{"nodes":[' || array_to_string(ARRAY(
            SELECT '{"skuCode":' || json_scalar(l.sku_code)::text
                || ',"description":' || json_scalar(l.description)::text
                || ',"quantity":' || l.quantity
                || ',"unitPrice":"' || (l.unit_price_cents * 0.01)::text
                || '","lineTotal":"' || (l.line_total_cents * 0.01)::text
                || '"}'
            FROM leora.order_lines l
            WHERE l.order_id = o.id
            ORDER BY l.position, l.id
            LIMIT 20
        ), ',') || ']}}'
    FROM leora.orders o
    WHERE o.id = $5::uuid
), 'null') || '}'
