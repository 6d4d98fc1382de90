(
  SELECT '{"suppliers":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.name_lower AS sort_0, t0.id AS sort_1
      FROM leora.suppliers AS t0
      WHERE true
      ORDER BY t0.name_lower ASC, t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
