(
  SELECT '{"users":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || coalesce(CAST(json_scalar(p1.first_name || $1::VARCHAR || p1.last_name) AS TEXT), 'null') || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.first_name AS first_name, t0.id AS id, t0.last_name AS last_name, t0.email_lower AS sort_0, t0.id AS sort_1
      FROM leora.users AS t0
      WHERE true
      ORDER BY t0.email_lower ASC, t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
