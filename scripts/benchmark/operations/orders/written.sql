SELECT '{"orders":{"nodes":[' || coalesce(string_agg(node, ','), '') || ']}}'
FROM (
    SELECT '{"id":"T3JkZXI6' || encode(textsend(o.id::text), 'base64')
        || '","number":' || json_scalar(o.number)::text
        || ',"status":"' || o.status
        || '","placedAt":' || coalesce(to_char(o.placed_at AT TIME ZONE 'UTC', '"\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\""'), 'null')
        || ',"subtotal":"' || (o.subtotal_cents * 0.01)::text
        || '","taxAmount":"' || (o.tax_amount_cents * 0.01)::text
        || '","total":"' || (o.total_cents * 0.01)::text
        || '","currency":"' || o.currency
        || '","customer":' || coalesce((
            SELECT '{"id":"Q3VzdG9tZXI6' || encode(textsend(c.id::text), 'base64')
                || '","accountNumber":' || json_scalar(c.account_number)::text
                || ',"name":' || json_scalar(c.name)::text
                || ',"tier":' || coalesce(json_scalar(c.tier)::text, 'null')
                || ',"territory":' || coalesce(json_scalar(c.territory)::text, 'null')
                || '}'
            FROM leora.customers c
            WHERE c.id = o.customer_id
        ), 'null')
        || ',"lines":{"nodes":[' || array_to_string(ARRAY(
            SELECT '{"position":' || l.position
                || ',"skuCode":' || json_scalar(l.sku_code)::text
                || ',"description":' || json_scalar(l.description)::text
                || ',"quantity":' || l.quantity
                || ',"cases":"' || l.cases::text
                || '","unitPrice":"' || (l.unit_price_cents * 0.01)::text
                || '","discountAmount":"' || (l.discount_amount_cents * 0.01)::text
                || '","lineTotal":"' || (l.line_total_cents * 0.01)::text
                || '"}'
            FROM leora.order_lines l
            WHERE l.order_id = o.id
            ORDER BY l.position, l.id
            LIMIT 20
        ), ',') || ']}}' AS node
    FROM leora.orders o
    ORDER BY o.total_cents DESC, o.id DESC
    LIMIT 20
) page
