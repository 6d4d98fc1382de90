(
  SELECT '{"customers":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT)
    || ',"orders":{"nodes":[' || coalesce((
      SELECT string_agg('{"number":' || CAST(json_scalar(p3.number) AS TEXT)
      || ',"lines":{"nodes":[' || coalesce((
        SELECT string_agg('{"position":' || CAST(p5.position AS TEXT)
        || ',"sku":' || coalesce((
          SELECT '{"code":' || CAST(json_scalar(t6.code) AS TEXT) || '}' AS anon_2
          FROM leora.skus AS t6
          WHERE t6.id = p5.sku_id
        ), 'null') || '}', ',') AS string_agg_3
        FROM (
          SELECT t4.id AS id, t4.position AS position, t4.sku_id AS sku_id, t4.position AS sort_0, t4.id AS sort_1
          FROM leora.order_lines AS t4
          WHERE t4.order_id = p3.id AND true
          ORDER BY t4.position ASC, t4.id ASC
          LIMIT 2
        ) AS p5
      ), '') || ']}}', ',') AS string_agg_2
      FROM (
        SELECT anon_3.id AS id, anon_3.number AS number, anon_3.sort_0 AS sort_0, anon_3.sort_1 AS sort_1
        FROM (
          SELECT anon_4.id AS id, anon_4.number AS number, anon_4.sort_0 AS sort_0, anon_4.sort_1 AS sort_1
          FROM (
            SELECT t2.id AS id, t2.number AS number, t2.placed_at AS sort_0, t2.id AS sort_1
            FROM leora.orders AS t2
            WHERE t2.customer_id = p1.id AND true AND t2.placed_at IS NOT NULL
            ORDER BY t2.placed_at DESC, t2.id DESC
            LIMIT 2
          ) AS anon_4 UNION ALL SELECT anon_5.id AS id, anon_5.number AS number, anon_5.sort_0 AS sort_0, anon_5.sort_1 AS sort_1
          FROM (
            SELECT t2.id AS id, t2.number AS number, t2.placed_at AS sort_0, t2.id AS sort_1
            FROM leora.orders AS t2
            WHERE t2.customer_id = p1.id AND true AND t2.placed_at IS NULL
            ORDER BY t2.id DESC
            LIMIT 2
          ) AS anon_5
        ) AS anon_3
        ORDER BY anon_3.sort_0 DESC NULLS LAST, anon_3.sort_1 DESC
        LIMIT 2
      ) AS p3
    ), '') || ']}}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.id AS sort_0
      FROM leora.customers AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
