(
  SELECT '{"suppliers":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.id AS sort_0
      FROM leora.suppliers AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 1
    ) AS p1
  ), '')
  || ']},"orders":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_1
    FROM leora.orders AS t2
    WHERE true
  )
  || ',"nodes":[' || coalesce((
    SELECT string_agg('{"number":' || CAST(json_scalar(p4.number) AS TEXT) || '}', ',') AS string_agg_2
    FROM (
      SELECT t3.id AS id, t3.number AS number, t3.id AS sort_0
      FROM leora.orders AS t3
      WHERE true
      ORDER BY t3.id ASC
      LIMIT 1
    ) AS p4
  ), '')
  || ']},"more":{"nodes":[' || coalesce((
    SELECT string_agg('{"code":' || CAST(json_scalar(p6.code) AS TEXT) || '}', ',') AS string_agg_3
    FROM (
      SELECT t5.code AS code, t5.id AS id, t5.id AS sort_0
      FROM leora.skus AS t5
      WHERE true
      ORDER BY t5.id ASC
      LIMIT 1
    ) AS p6
  ), '') || ']}}' AS anon_1
)
