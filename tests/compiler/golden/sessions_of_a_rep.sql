(
  SELECT '{"sessions":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_1
    FROM leora.sessions AS t0
    WHERE t0.user_id = (
      SELECT leora.actor_id() AS actor_id_1
    ) AND true
  ) || '}}' AS anon_1
)
