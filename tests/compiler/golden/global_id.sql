(
  SELECT '{"skus":{"nodes":[' || coalesce((
    SELECT string_agg('{"id":"U2t1' || encode(textsend(':' || CAST(p1.id AS TEXT)), 'base64') || '","code":' || CAST(json_scalar(p1.code) AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.code AS code, t0.id AS id, t0.id AS sort_0
      FROM leora.skus AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
