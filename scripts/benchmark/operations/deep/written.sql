SELECT '{"customers":{"nodes":[' || coalesce(string_agg(node, ','), '') || ']}}'
FROM (
    SELECT '{"name":' || to_json(c.name)::text
        || ',"orders":{"nodes":[' || array_to_string(ARRAY(
            SELECT '{"number":' || to_json(o.number)::text
                || ',"total":"' || (o.total_cents * 0.01)::text
                || '","lines":{"nodes":[' || array_to_string(ARRAY(
                    SELECT '{"quantity":' || l.quantity
                        || ',"sku":' || coalesce((
                            SELECT '{"code":' || to_json(s.code)::text
                                || ',"product":' || coalesce((
                                    SELECT '{"name":' || to_json(p.name)::text || '}'
                                    FROM leora.products p
                                    WHERE p.id = s.product_id
                                ), 'null') || '}'
                            FROM leora.skus s
                            WHERE s.id = l.sku_id
                        ), 'null') || '}'
                    FROM leora.order_lines l
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
