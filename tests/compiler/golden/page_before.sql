(
  SELECT '{"suppliers":' || (
    SELECT '{"nodes":[' || coalesce(array_to_string(a4.c0[greatest(cardinality(a4.c0) - 20, 0) + 1:], ','), '')
    || '],"pageInfo":{"hasPreviousPage":' || CAST(coalesce(cardinality(a4.c0), 0) > 20 AS TEXT)
    || ',"hasNextPage":true}}' AS anon_2
    FROM (
      SELECT array_agg(r3.c0) AS c0
      FROM (
        SELECT '{"name":' || CAST(json_scalar(p2.name) AS TEXT) || '}' AS c0
        FROM (
          SELECT b1.id AS id, b1.name AS name, b1.sort_0 AS sort_0, b1.sort_1 AS sort_1, row_number() OVER () AS "row#"
          FROM (
            SELECT t0.id AS id, t0.name AS name, t0.name_lower AS sort_0, t0.id AS sort_1
            FROM leora.suppliers AS t0
            WHERE true AND (t0.name_lower, t0.id) < ($1::VARCHAR COLLATE "C", $2::UUID)
            ORDER BY t0.name_lower DESC, t0.id DESC
            LIMIT 21
          ) AS b1
        ) AS p2
        ORDER BY p2."row#" DESC
      ) AS r3
    ) AS a4
  ) || '}' AS anon_1
)
