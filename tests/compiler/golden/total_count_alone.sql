(
  SELECT '{"orders":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_1
    FROM leora.orders AS t0
    WHERE t0.is_sample = $1::BOOLEAN AND t0.status = $2::VARCHAR
  ) || '}}' AS anon_1
)
