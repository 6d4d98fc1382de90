SELECT '{"skus":{"nodes":[' || coalesce(string_agg(node, ','), '') || ']}}'
FROM (
    SELECT '{"id":"U2t1' || encode(textsend(':' || s.id::text), 'base64')
        || '","code":' || json_scalar(s.code)::text
        || ',"name":' || json_scalar(s.name)::text
        || ',"bottleMl":' || s.bottle_ml
        || ',"unitsPerCase":' || s.units_per_case
        || ',"basePrice":"' || (s.base_price_cents * 0.01)::text
        || '","currency":"' || s.currency
        || '","status":"' || s.status
        || '"}' AS node
    FROM leora.skus s
    ORDER BY s.id
    LIMIT 100
) page
