(
  SELECT '{"customers":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT)
    || ',"tier":' || coalesce(CAST(json_scalar(p1.tier) AS TEXT), 'null')
    || ',"taxExempt":' || CAST(p1.tax_exempt AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.tax_exempt AS tax_exempt, t0.tier AS tier, t0.name_lower AS sort_0, t0.id AS sort_1
      FROM leora.customers AS t0
      WHERE t0.status = $1::VARCHAR AND t0.name IS DISTINCT FROM $2::VARCHAR AND (t0.tier = $3::VARCHAR OR (t0.tax_exempt = $4::BOOLEAN) IS NOT true)
      ORDER BY t0.name_lower ASC, t0.id ASC
      LIMIT 3
    ) AS p1
  ), '') || ']}}' AS anon_1
)
