(
  SELECT '{"suppliers":' || (
    SELECT '{"nodes":[' || coalesce(array_to_string(a3.c0[:2], ','), '')
    || '],"pageInfo":{"hasPreviousPage":true,"hasNextPage":' || CAST(coalesce(cardinality(a3.c0), 0) > 2 AS TEXT) || '}}' AS anon_2
    FROM (
      SELECT array_agg(r2.c0) AS c0
      FROM (
        SELECT '{"name":' || CAST(json_scalar(p1.name) AS TEXT) || '}' AS c0
        FROM (
          SELECT t0.id AS id, t0.name AS name, t0.name_lower AS sort_0, t0.id AS sort_1
          FROM leora.suppliers AS t0
          WHERE true AND (t0.name_lower, t0.id) > ($1::VARCHAR COLLATE "C", $2::UUID)
          ORDER BY t0.name_lower ASC, t0.id ASC
          LIMIT 3
        ) AS p1
      ) AS r2
    ) AS a3
  ) || '}' AS anon_1
)
