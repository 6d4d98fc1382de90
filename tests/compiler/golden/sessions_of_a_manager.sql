(
  SELECT '{"sessions":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_1
    FROM leora.sessions AS t0
    WHERE true
  ) || '}}' AS anon_1
)
