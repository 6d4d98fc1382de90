(
  SELECT '{"sessions":{"nodes":[' || coalesce((
    SELECT string_agg('{"user":' || coalesce((
      SELECT '{"email":' || CAST(json_scalar(t2.email) AS TEXT)
      || '}' AS anon_2
      FROM leora.users AS t2
      WHERE t2.id = p1.user_id
    ), 'null')
    || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.user_id AS user_id, t0.id AS sort_0
      FROM leora.sessions AS t0
      WHERE true ORDER BY t0.id ASC
      LIMIT 2
  ) AS p1
  ), '')
  || ']}}' AS anon_1
)
