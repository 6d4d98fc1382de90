(
  SELECT '{"suppliers":' || (
    SELECT '{"nodes":[' || coalesce(array_to_string(a4.c0[greatest(cardinality(a4.c0) - 2, 0) + 1:], ','), '')
    || '],"pageInfo":{"hasNextPage":false,"hasPreviousPage":' || CAST(coalesce(cardinality(a4.c0), 0) > 2 AS TEXT)
    || ',"startCursor":' || coalesce('"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to(a4.c1[greatest(cardinality(a4.c1) - 2, 0) + 1], 'UTF8'))), 1, 16) || convert_to(a4.c1[greatest(cardinality(a4.c1) - 2, 0) + 1], 'UTF8'), 'base64'), E'\n', '') || '"', 'null')
    || ',"endCursor":' || coalesce('"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to(a4.c1[cardinality(a4.c1)], 'UTF8'))), 1, 16) || convert_to(a4.c1[cardinality(a4.c1)], 'UTF8'), 'base64'), E'\n', '') || '"', 'null') || '}}' AS anon_2
    FROM (
      SELECT array_agg(r3.c0) AS c0, array_agg(r3.c1) AS c1
      FROM (
        SELECT '{"name":' || CAST(json_scalar(p2.name) AS TEXT) || '}' AS c0, '[' || coalesce(CAST(json_scalar(p2.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p2.sort_1 AS TEXT) || '"', 'null') || ']' AS c1
        FROM (
          SELECT b1.id AS id, b1.name AS name, b1.sort_0 AS sort_0, b1.sort_1 AS sort_1, row_number() OVER () AS "row#"
          FROM (
            SELECT t0.id AS id, t0.name AS name, t0.name_lower AS sort_0, t0.id AS sort_1
            FROM leora.suppliers AS t0
            WHERE true
            ORDER BY t0.name_lower DESC, t0.id DESC
            LIMIT 3
          ) AS b1
        ) AS p2
        ORDER BY p2."row#" DESC
      ) AS r3
    ) AS a4
  ) || '}' AS anon_1
)
