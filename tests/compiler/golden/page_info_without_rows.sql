(
  SELECT '{"orders":' || (
    SELECT '{"pageInfo":{"hasNextPage":' || CAST(coalesce(cardinality(a3.c0), 0) > 5 AS TEXT)
    || ',"hasPreviousPage":false}}' AS anon_2
    FROM (
      SELECT array_agg(r2.c0) AS c0
      FROM (
        SELECT '' AS c0
        FROM (
          SELECT t0.id AS id, t0.id AS sort_0
          FROM leora.orders AS t0
          WHERE true
          ORDER BY t0.id ASC
          LIMIT 6
        ) AS p1
      ) AS r2
    ) AS a3
  )
  || ',"none":' || (
    SELECT '{"pageInfo":{"startCursor":' || coalesce('"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to(a7.c1[1], 'UTF8'))), 1, 16) || convert_to(a7.c1[1], 'UTF8'), 'base64'), E'\n', '') || '"', 'null')
    || ',"endCursor":' || coalesce('"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to(a7.c1[least(cardinality(a7.c1), 20)], 'UTF8'))), 1, 16) || convert_to(a7.c1[least(cardinality(a7.c1), 20)], 'UTF8'), 'base64'), E'\n', '') || '"', 'null')
    || ',"hasNextPage":' || CAST(coalesce(cardinality(a7.c0), 0) > 20 AS TEXT)
    || '},"nodes":[' || coalesce(array_to_string(a7.c0[:20], ','), '') || ']}' AS anon_3
    FROM (
      SELECT array_agg(r6.c0) AS c0, array_agg(r6.c1) AS c1
      FROM (
        SELECT '{"id":"T3JkZXI6' || encode(textsend(CAST(p5.id AS TEXT)), 'base64') || '"}' AS c0, '[' || coalesce('"' || CAST(p5.sort_0 AS TEXT) || '"', 'null') || ']' AS c1
        FROM (
          SELECT t4.id AS id, t4.id AS sort_0
          FROM leora.orders AS t4
          WHERE t4.number = $3::VARCHAR AND t4.number_lower = lower($3::VARCHAR)
          ORDER BY t4.id ASC
          LIMIT 21
        ) AS p5
      ) AS r6
    ) AS a7
  ) || '}' AS anon_1
)
