(
  SELECT '{"customers":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT)
    || ',"tradeName":' || coalesce(CAST(json_scalar(p1.trade_name) AS TEXT), 'null')
    || ',"status":"' || p1.status || '","taxExempt":' || CAST(p1.tax_exempt AS TEXT)
    || ',"licenseExpiresOn":' || coalesce(CAST(to_json(p1.license_expires_on) AS TEXT), 'null') || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.license_expires_on AS license_expires_on, t0.name AS name, t0.status AS status, t0.tax_exempt AS tax_exempt, t0.trade_name AS trade_name, t0.name_lower AS sort_0, t0.id AS sort_1
      FROM leora.customers AS t0
      WHERE true
      ORDER BY t0.name_lower ASC, t0.id ASC
      LIMIT 4
    ) AS p1
  ), '') || ']}}' AS anon_1
)
