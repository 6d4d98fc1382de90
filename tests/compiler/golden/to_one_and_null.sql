(
  SELECT '{"orders":{"nodes":[' || coalesce((
    SELECT string_agg('{"number":' || CAST(json_scalar(p1.number) AS TEXT)
    || ',"customer":' || coalesce((
      SELECT '{"name":' || CAST(json_scalar(t2.name) AS TEXT)
      || ',"salesRep":' || coalesce((
        SELECT '{"name":' || coalesce(CAST(json_scalar(t3.first_name || $1::VARCHAR || t3.last_name) AS TEXT), 'null') || '}' AS anon_3
        FROM leora.users AS t3
        WHERE t3.id = t2.sales_rep_id
      ), 'null') || '}' AS anon_2
      FROM leora.customers AS t2
      WHERE t2.id = p1.customer_id
    ), 'null')
    || ',"portalUser":' || coalesce((
      SELECT '{"email":' || CAST(json_scalar(t4.email) AS TEXT) || '}' AS anon_4
      FROM leora.portal_users AS t4
      WHERE t4.id = p1.portal_user_id
    ), 'null')
    || ',"approvedBy":' || coalesce((
      SELECT '{"name":' || coalesce(CAST(json_scalar(t5.first_name || $2::VARCHAR || t5.last_name) AS TEXT), 'null') || '}' AS anon_5
      FROM leora.users AS t5
      WHERE t5.id = p1.approved_by_id
    ), 'null') || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.approved_by_id AS approved_by_id, t0.customer_id AS customer_id, t0.id AS id, t0.number AS number, t0.portal_user_id AS portal_user_id, t0.id AS sort_0
      FROM leora.orders AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 3
    ) AS p1
  ), '') || ']}}' AS anon_1
)
