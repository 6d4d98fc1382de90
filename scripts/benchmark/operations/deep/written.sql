SELECT '{"customers":{"nodes":[' || coalesce(string_agg(node, ','), '') || ']}}'
FROM (
    SELECT '{"name":' || json_scalar(c.name)::text
        || ',"orders":{"nodes":[' || array_to_string(ARRAY(
            SELECT '{"number":' || json_scalar(o.number)::text
                || ',"total":"' || (o.total_cents * 0.01)::text
                || '","lines":{"nodes":[' || array_to_string(ARRAY(
                    SELECT '{"quantity":' || l.quantity
                        || ',"sku":' || CASE
                            WHEN s.id IS NULL THEN 'null'
                            ELSE '{"code":' || json_scalar(s.code)::text
                                || ',"product":' || CASE
                                    WHEN p.id IS NULL THEN 'null'
                                    ELSE '{"name":' || json_scalar(p.name)::text || '}'
                                END || '}'
                        END || '}'
                    FROM leora.order_lines l
                    LEFT JOIN leora.skus s ON s.id = l.sku_id
                    LEFT JOIN leora.products p ON p.id = s.product_id
                    WHERE l.order_id = o.id
                    ORDER BY l.position, l.id
                    LIMIT 5
                ), ',') || ']}}'
            FROM leora.orders o
            WHERE o.customer_id = c.id
            ORDER BY o.total_cents DESC, o.id DESC
            LIMIT 5
        ), ',') || ']}}' AS node
    FROM leora.customers c
    ORDER BY c.id
    LIMIT 10
) page
