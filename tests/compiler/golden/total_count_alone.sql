(
  SELECT '{"orders":{"totalCount":'
  || (
    SELECT CAST(count(*) AS TEXT) AS count_1
    FROM leora.orders AS t0
    WHERE t0.status = $1::VARCHAR
)
  || '}}' AS anon_1
)
