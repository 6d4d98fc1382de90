(
  SELECT '{"orders":{"nodes":[' || coalesce((
    SELECT string_agg('{"number":' || CAST(json_scalar(p1.number) AS TEXT)
    || ',"lines":{"nodes":[' || coalesce((
      SELECT string_agg('{"position":' || CAST(p3.position AS TEXT)
      || ',"skuCode":' || CAST(json_scalar(p3.sku_code) AS TEXT)
      || ',"quantity":' || CAST(p3.quantity AS TEXT) || '}', ',') AS string_agg_2
      FROM (
        SELECT t2.id AS id, t2.position AS position, t2.quantity AS quantity, t2.sku_code AS sku_code, t2.position AS sort_0, t2.id AS sort_1
        FROM leora.order_lines AS t2
        WHERE t2.order_id = p1.id AND true
        ORDER BY t2.position ASC, t2.id ASC
        LIMIT 3
      ) AS p3
    ), '') || ']}}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.number AS number, t0.id AS sort_0
      FROM leora.orders AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
