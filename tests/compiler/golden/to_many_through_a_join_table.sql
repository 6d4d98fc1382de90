(
  SELECT '{"roles":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT)
    || ',"users":{"totalCount":' || (
      SELECT CAST(count(*) AS TEXT) AS count_1
      FROM leora.users AS t2 JOIN leora.user_roles AS link ON link.tenant_id = t2.tenant_id AND link.user_id = t2.id
      WHERE link.role_id = p1.id AND true
    )
    || ',"nodes":[' || coalesce((
      SELECT string_agg('{"lastName":' || CAST(json_scalar(p4.last_name) AS TEXT) || '}', ',') AS string_agg_2
      FROM (
        SELECT t3.id AS id, t3.last_name AS last_name, t3.last_name_lower AS sort_0, t3.id AS sort_1
        FROM leora.users AS t3 JOIN leora.user_roles AS link ON link.tenant_id = t3.tenant_id AND link.user_id = t3.id
        WHERE link.role_id = p1.id AND true
        ORDER BY t3.last_name_lower ASC, t3.id ASC
        LIMIT 2
      ) AS p4
    ), '') || ']}}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.name_lower AS sort_0, t0.id AS sort_1
      FROM leora.roles AS t0
      WHERE true
      ORDER BY t0.name_lower ASC, t0.id ASC
      LIMIT 3
    ) AS p1
  ), '') || ']}}' AS anon_1
)
