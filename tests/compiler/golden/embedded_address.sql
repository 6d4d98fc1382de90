(
  SELECT '{"customers":{"nodes":[' || coalesce((
    SELECT string_agg('{"billingAddress":' || CASE WHEN (p1.billing_address IS NULL) THEN 'null' ELSE '{"line1":' || coalesce(CAST(json_scalar(p1.billing_address ->> 'line1') AS TEXT), 'null')
    || ',"second":' || coalesce(CAST(json_scalar(p1.billing_address ->> 'line2') AS TEXT), 'null')
    || ',"city":' || coalesce(CAST(json_scalar(p1.billing_address ->> 'city') AS TEXT), 'null')
    || ',"__typename":"Address"}' END || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.billing_address AS billing_address, t0.id AS id, t0.id AS sort_0
      FROM leora.customers AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
