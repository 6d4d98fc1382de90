(
  SELECT '{"sessions":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_1
    FROM leora.sessions AS t0
    WHERE t0.portal_user_id = (
      SELECT leora.actor_id() AS actor_id_1
    ) AND true
  )
  || ',"nodes":[' || coalesce((
    SELECT string_agg('{"userAgent":' || coalesce(CAST(json_scalar(p2.user_agent) AS TEXT), 'null') || '}', ',') AS string_agg_1
    FROM (
      SELECT t1.id AS id, t1.user_agent AS user_agent, t1.id AS sort_0
      FROM leora.sessions AS t1
      WHERE t1.portal_user_id = (
        SELECT leora.actor_id() AS actor_id_2
      ) AND true
      ORDER BY t1.id ASC
      LIMIT 20
    ) AS p2
  ), '') || ']}}' AS anon_1
)
