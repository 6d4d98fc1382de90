(
  SELECT '{"__typename":"Query","orders":{"__typename":"OrderConnection","edges":[' || coalesce((
    SELECT string_agg('{"__typename":"OrderEdge","node":{"__typename":"Order","billingAddress":' || CASE WHEN (p1.billing_address IS NULL) THEN 'null' ELSE '{"__typename":"Address"}' END || ',"customer":' || coalesce((
      SELECT '{"__typename":"Customer"}'
      FROM leora.customers AS t2
      WHERE t2.id = p1.customer_id
    ), 'null') || '}}', ',') AS string_agg_1
    FROM (
      SELECT t0.billing_address AS billing_address, t0.customer_id AS customer_id, t0.id AS id, t0.id AS sort_0
      FROM leora.orders AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 1
    ) AS p1
  ), '')
  || '],"pageInfo":{"__typename":"PageInfo"}}}' AS anon_1
)
