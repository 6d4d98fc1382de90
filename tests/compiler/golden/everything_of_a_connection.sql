(
  SELECT '{"skus":' || (
    SELECT '{"totalCount":' || (
      SELECT CAST(count(*) AS TEXT) AS count_1
      FROM leora.skus AS t0
      WHERE true
    )
    || ',"nodes":[' || coalesce(array_to_string(a4.c0[:2], ','), '')
    || '],"edges":[' || coalesce(array_to_string(a4.c1[:2], ','), '')
    || '],"pageInfo":{"hasNextPage":' || CAST(coalesce(cardinality(a4.c0), 0) > 2 AS TEXT)
    || ',"hasPreviousPage":false,"startCursor":' || coalesce('"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to(a4.c2[1], 'UTF8'))), 1, 16) || convert_to(a4.c2[1], 'UTF8'), 'base64'), E'\n', '') || '"', 'null')
    || ',"endCursor":' || coalesce('"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to(a4.c2[least(cardinality(a4.c2), 2)], 'UTF8'))), 1, 16) || convert_to(a4.c2[least(cardinality(a4.c2), 2)], 'UTF8'), 'base64'), E'\n', '') || '"', 'null') || '}}' AS anon_2
    FROM (
      SELECT array_agg(r3.c0) AS c0, array_agg(r3.c1) AS c1, array_agg(r3.c2) AS c2
      FROM (
        SELECT '{"code":' || CAST(json_scalar(p2.code) AS TEXT) || '}' AS c0, '{"cursor":"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to('[' || coalesce(CAST(json_scalar(p2.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p2.sort_1 AS TEXT) || '"', 'null') || ']', 'UTF8'))), 1, 16) || convert_to('[' || coalesce(CAST(json_scalar(p2.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p2.sort_1 AS TEXT) || '"', 'null') || ']', 'UTF8'), 'base64'), E'\n', '') || '","node":{"name":' || CAST(json_scalar(p2.name) AS TEXT) || '}}' AS c1, '[' || coalesce(CAST(json_scalar(p2.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p2.sort_1 AS TEXT) || '"', 'null') || ']' AS c2
        FROM (
          SELECT t1.code AS code, t1.id AS id, t1.name AS name, t1.code_lower AS sort_0, t1.id AS sort_1
          FROM leora.skus AS t1
          WHERE true
          ORDER BY t1.code_lower ASC, t1.id ASC
          LIMIT 3
        ) AS p2
      ) AS r3
    ) AS a4
  ) || '}' AS anon_1
)
