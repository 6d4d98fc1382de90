(
  SELECT '{"nodes":[' || array_to_string(array((
    SELECT CASE p0.type WHEN 'Order' THEN coalesce((
      SELECT '{"__typename":"Order","id":"T3JkZXI6' || encode(textsend(CAST(t1.id AS TEXT)), 'base64') || '","number":' || CAST(json_scalar(t1.number) AS TEXT) || '}' AS anon_3
      FROM leora.orders AS t1
      WHERE t1.id = p0.key
    ), 'null') WHEN 'Sku' THEN coalesce((
      SELECT '{"__typename":"Sku","id":"U2t1' || encode(textsend(':' || CAST(t2.id AS TEXT)), 'base64') || '","code":' || CAST(json_scalar(t2.code) AS TEXT) || '}' AS anon_4
      FROM leora.skus AS t2
      WHERE t2.id = p0.key
    ), 'null') ELSE 'null' END AS anon_2
    FROM unnest($1::TEXT[], $2::UUID[]) WITH ORDINALITY AS p0(type, key, n)
    ORDER BY p0.n
  )), ',') || ']}' AS anon_1
)
