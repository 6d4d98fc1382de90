(
  SELECT '{"customers":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT)
    || ',"orders":' || (
      SELECT '{"edges":[' || coalesce(array_to_string(a6.c0[greatest(cardinality(a6.c0) - 2, 0) + 1:], ','), '')
      || '],"pageInfo":{"hasPreviousPage":' || CAST(coalesce(cardinality(a6.c0), 0) > 2 AS TEXT) || '}}' AS anon_2
      FROM (
        SELECT array_agg(r5.c0) AS c0
        FROM (
          SELECT '{"cursor":"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to('[' || coalesce('"' || to_char(timezone('UTC', p4.sort_0), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null') || ',' || coalesce('"' || CAST(p4.sort_1 AS TEXT) || '"', 'null') || ']', 'UTF8'))), 1, 16) || convert_to('[' || coalesce('"' || to_char(timezone('UTC', p4.sort_0), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null') || ',' || coalesce('"' || CAST(p4.sort_1 AS TEXT) || '"', 'null') || ']', 'UTF8'), 'base64'), E'\n', '') || '","node":{"number":' || CAST(json_scalar(p4.number) AS TEXT) || '}}' AS c0
          FROM (
            SELECT b3.id AS id, b3.number AS number, b3.sort_0 AS sort_0, b3.sort_1 AS sort_1, row_number() OVER () AS "row#"
            FROM (
              SELECT anon_3.id AS id, anon_3.number AS number, anon_3.sort_0 AS sort_0, anon_3.sort_1 AS sort_1
              FROM (
                SELECT anon_4.id AS id, anon_4.number AS number, anon_4.sort_0 AS sort_0, anon_4.sort_1 AS sort_1
                FROM (
                  SELECT t2.id AS id, t2.number AS number, t2.placed_at AS sort_0, t2.id AS sort_1
                  FROM leora.orders AS t2
                  WHERE t2.customer_id = p1.id AND true AND t2.placed_at IS NOT NULL
                  ORDER BY t2.placed_at ASC, t2.id ASC
                  LIMIT 3
                ) AS anon_4 UNION ALL SELECT anon_5.id AS id, anon_5.number AS number, anon_5.sort_0 AS sort_0, anon_5.sort_1 AS sort_1
                FROM (
                  SELECT t2.id AS id, t2.number AS number, t2.placed_at AS sort_0, t2.id AS sort_1
                  FROM leora.orders AS t2
                  WHERE t2.customer_id = p1.id AND true AND t2.placed_at IS NULL
                  ORDER BY t2.id ASC
                  LIMIT 3
                ) AS anon_5
              ) AS anon_3
              ORDER BY anon_3.sort_0 ASC NULLS FIRST, anon_3.sort_1 ASC
              LIMIT 3
            ) AS b3
          ) AS p4
          ORDER BY p4."row#" DESC
        ) AS r5
      ) AS a6
    ) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.id AS sort_0
      FROM leora.customers AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
