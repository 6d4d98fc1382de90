(
  SELECT '{"products":' || (
    SELECT '{"edges":[' || coalesce(array_to_string(a3.c0[:3], ','), '')
    || '],"pageInfo":{"endCursor":' || coalesce('"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to(a3.c1[least(cardinality(a3.c1), 3)], 'UTF8'))), 1, 16) || convert_to(a3.c1[least(cardinality(a3.c1), 3)], 'UTF8'), 'base64'), E'\n', '') || '"', 'null') || '}}' AS anon_2
    FROM (
      SELECT array_agg(r2.c0) AS c0, array_agg(r2.c1) AS c1
      FROM (
        SELECT '{"cursor":"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to('[' || coalesce(CAST(json_scalar(p1.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_1 AS TEXT) || '"', 'null') || ',' || coalesce(CAST(json_scalar(p1.sort_2) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_3 AS TEXT) || '"', 'null') || ']', 'UTF8'))), 1, 16) || convert_to('[' || coalesce(CAST(json_scalar(p1.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_1 AS TEXT) || '"', 'null') || ',' || coalesce(CAST(json_scalar(p1.sort_2) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_3 AS TEXT) || '"', 'null') || ']', 'UTF8'), 'base64'), E'\n', '') || '","node":{"category":' || CAST(json_scalar(p1.category) AS TEXT)
        || ',"vintage":' || coalesce(CAST(p1.vintage AS TEXT), 'null')
        || ',"name":' || CAST(json_scalar(p1.name) AS TEXT) || '}}' AS c0, '[' || coalesce(CAST(json_scalar(p1.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_1 AS TEXT) || '"', 'null') || ',' || coalesce(CAST(json_scalar(p1.sort_2) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_3 AS TEXT) || '"', 'null') || ']' AS c1
        FROM (
          SELECT anon_3.category AS category, anon_3.id AS id, anon_3.name AS name, anon_3.vintage AS vintage, anon_3.sort_0 AS sort_0, anon_3.sort_1 AS sort_1, anon_3.sort_2 AS sort_2, anon_3.sort_3 AS sort_3
          FROM (
            SELECT anon_4.category AS category, anon_4.id AS id, anon_4.name AS name, anon_4.vintage AS vintage, anon_4.sort_0 AS sort_0, anon_4.sort_1 AS sort_1, anon_4.sort_2 AS sort_2, anon_4.sort_3 AS sort_3
            FROM (
              SELECT t0.category AS category, t0.id AS id, t0.name AS name, t0.vintage AS vintage, t0.category AS sort_0, t0.vintage AS sort_1, t0.name_lower AS sort_2, t0.id AS sort_3
              FROM leora.products AS t0
              WHERE true AND t0.vintage IS NOT NULL AND t0.category > $3::VARCHAR
              ORDER BY t0.category ASC, t0.vintage DESC, t0.name_lower ASC, t0.id ASC
              LIMIT 3
            ) AS anon_4 UNION ALL SELECT anon_5.category AS category, anon_5.id AS id, anon_5.name AS name, anon_5.vintage AS vintage, anon_5.sort_0 AS sort_0, anon_5.sort_1 AS sort_1, anon_5.sort_2 AS sort_2, anon_5.sort_3 AS sort_3
            FROM (
              SELECT t0.category AS category, t0.id AS id, t0.name AS name, t0.vintage AS vintage, t0.category AS sort_0, t0.vintage AS sort_1, t0.name_lower AS sort_2, t0.id AS sort_3
              FROM leora.products AS t0
              WHERE true AND t0.vintage IS NULL AND (t0.category, t0.name_lower, t0.id) > ($3::VARCHAR, $4::VARCHAR COLLATE "C", $5::UUID)
              ORDER BY t0.category ASC, t0.name_lower ASC, t0.id ASC
              LIMIT 3
            ) AS anon_5
          ) AS anon_3
          ORDER BY anon_3.sort_0 ASC, anon_3.sort_1 DESC NULLS LAST, anon_3.sort_2 ASC, anon_3.sort_3 ASC
          LIMIT 3
        ) AS p1
      ) AS r2
    ) AS a3
  ) || '}' AS anon_1
)
