(
  SELECT '{"orders":{"nodes":[' || coalesce((
    SELECT string_agg('{"lines":{"nodes":[' || coalesce((
      SELECT string_agg('{"skuCode":' || CAST(json_scalar(p3.sku_code) AS TEXT)
      || ',"sku":' || coalesce((
        SELECT '{"code":' || CAST(json_scalar(t4.code) AS TEXT)
        || ',"product":' || coalesce((
          SELECT '{"name":' || CAST(json_scalar(t5.name) AS TEXT) || '}' AS anon_3
          FROM leora.products AS t5
          WHERE t5.id = t4.product_id
        ), 'null') || '}' AS anon_2
        FROM leora.skus AS t4
        WHERE t4.id = p3.sku_id
      ), 'null') || '}', ',') AS string_agg_2
      FROM (
        SELECT t2.id AS id, t2.sku_code AS sku_code, t2.sku_id AS sku_id, t2.position AS sort_0, t2.id AS sort_1
        FROM leora.order_lines AS t2
        WHERE t2.order_id = p1.id AND true
        ORDER BY t2.position ASC, t2.id ASC
        LIMIT 20
      ) AS p3
    ), '') || ']}}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.id AS sort_0
      FROM leora.orders AS t0
      WHERE t0.number = $1::VARCHAR AND t0.number_lower = lower($1::VARCHAR)
      ORDER BY t0.id ASC
      LIMIT 20
    ) AS p1
  ), '') || ']}}' AS anon_1
)
