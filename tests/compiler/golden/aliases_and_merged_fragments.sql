(
  SELECT '{"a":{"nodes":[' || coalesce((
    SELECT string_agg('{"customer":' || coalesce((
      SELECT '{"tier":' || coalesce(CAST(json_scalar(t2.tier) AS TEXT), 'null')
      || ',"name":' || CAST(json_scalar(t2.name) AS TEXT) || '}' AS anon_2
      FROM leora.customers AS t2
      WHERE t2.id = p1.customer_id
    ), 'null')
    || ',"status":"' || p1.status || '","total":"' || CAST(p1.total_cents * 0.01 AS TEXT) || '","n":' || CAST(json_scalar(p1.number) AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.customer_id AS customer_id, t0.id AS id, t0.number AS number, t0.status AS status, t0.total_cents AS total_cents, t0.id AS sort_0
      FROM leora.orders AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 1
    ) AS p1
  ), '')
  || ']},"b":{"nodes":[' || coalesce((
    SELECT string_agg('{"id":"T3JkZXI6' || encode(textsend(CAST(p4.id AS TEXT)), 'base64') || '","number":' || CAST(json_scalar(p4.number) AS TEXT)
    || ',"currency":' || CAST(json_scalar(p4.currency) AS TEXT) || '}', ',') AS string_agg_2
    FROM (
      SELECT t3.currency AS currency, t3.id AS id, t3.number AS number, t3.id AS sort_0
      FROM leora.orders AS t3
      WHERE true
      ORDER BY t3.id ASC
      LIMIT 1
    ) AS p4
  ), '') || ']}}' AS anon_1
)
