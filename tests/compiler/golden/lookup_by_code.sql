(
  SELECT '{"sku":' || coalesce((
    SELECT '{"name":' || CAST(json_scalar(t0.name) AS TEXT) || '}' AS anon_2
    FROM leora.skus AS t0
    WHERE t0.code = $1::VARCHAR
  ), 'null')
  || ',"none":' || coalesce((
    SELECT '{"name":' || CAST(json_scalar(t1.name) AS TEXT) || '}' AS anon_3
    FROM leora.skus AS t1
    WHERE t1.code = $2::VARCHAR
  ), 'null') || '}' AS anon_1
)
