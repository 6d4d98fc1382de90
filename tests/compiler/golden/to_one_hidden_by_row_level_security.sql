(
  SELECT '{"portalUsers":{"nodes":[' || coalesce((
    SELECT string_agg('{"email":' || CAST(json_scalar(p1.email) AS TEXT)
    || ',"customer":' || coalesce((
      SELECT '{"name":' || CAST(json_scalar(t2.name) AS TEXT)
      || '}' AS anon_2
      FROM leora.customers AS t2
      WHERE t2.id = p1.customer_id
    ), 'null')
    || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.customer_id AS customer_id, t0.email AS email, t0.id AS id, t0.id AS sort_0
      FROM leora.portal_users AS t0
      WHERE true ORDER BY t0.id ASC
      LIMIT 20
  ) AS p1
  ), '')
  || ']},"priceListEntries":{"nodes":[' || coalesce((
    SELECT string_agg('{"customerTier":' || coalesce(CAST(json_scalar(p4.customer_tier) AS TEXT), 'null')
    || ',"customer":' || coalesce((
      SELECT '{"name":' || CAST(json_scalar(t5.name) AS TEXT)
      || '}' AS anon_3
      FROM leora.customers AS t5
      WHERE t5.id = p4.customer_id
    ), 'null')
    || '}', ',') AS string_agg_2
    FROM (
      SELECT t3.customer_id AS customer_id, t3.customer_tier AS customer_tier, t3.id AS id, t3.id AS sort_0
      FROM leora.price_list_entries AS t3
      WHERE true ORDER BY t3.id ASC
      LIMIT 4
  ) AS p4
  ), '')
  || ']}}' AS anon_1
)
