(
  SELECT '{"node":' || coalesce((
    SELECT '{"__typename":"Sku","id":"U2t1' || encode(textsend(':' || CAST(t0.id AS TEXT)), 'base64') || '","code":' || CAST(json_scalar(t0.code) AS TEXT) || '}' AS anon_2
    FROM leora.skus AS t0
    WHERE t0.id = $1::UUID
  ), 'null') || '}' AS anon_1
)
