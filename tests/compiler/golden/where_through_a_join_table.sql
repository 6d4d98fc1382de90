(
  SELECT '{"roles":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.id AS sort_0
      FROM leora.roles AS t0
      WHERE EXISTS (
        SELECT w1.id
        FROM leora.users AS w1
        WHERE (EXISTS (
          SELECT w2.tenant_id
          FROM leora.user_roles AS w2, leora.roles AS t0
          WHERE w2.tenant_id = t0.tenant_id AND w2.role_id = t0.id AND w2.user_id = w1.id
        )) AND w1.email_lower >= lower($1::VARCHAR) AND w1.email_lower <= (lower($1::VARCHAR) || chr(1114111)) AND starts_with(w1.email_lower, lower($1::VARCHAR))
      )
      ORDER BY t0.id ASC
      LIMIT 20
    ) AS p1
  ), '') || ']}}' AS anon_1
)
