(
  SELECT '{"inventoryMovements":{"nodes":[' || coalesce((
    SELECT string_agg('{"actorKind":"' || p1.actor_kind || '","actorId":' || coalesce('"' || CAST(translate(encode(convert_to(CASE p1.actor_kind WHEN 'USER' THEN 'User' WHEN 'PORTAL_USER' THEN 'PortalUser' WHEN 'INTEGRATION' THEN 'IntegrationToken' END || ':' || CAST(p1.actor_id AS TEXT), 'UTF8'), 'base64'), E'\n', '') AS TEXT) || '"', 'null') || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.actor_id AS actor_id, t0.actor_kind AS actor_kind, t0.id AS id, t0.occurred_at AS sort_0, t0.id AS sort_1
      FROM leora.inventory_movements AS t0
      WHERE true
      ORDER BY t0.occurred_at DESC, t0.id DESC
      LIMIT 2
    ) AS p1
  ), '')
  || ']},"salesMetrics":{"nodes":[' || coalesce((
    SELECT string_agg('{"scope":"' || p3.scope || '","scopeId":' || coalesce('"' || CAST(translate(encode(convert_to(CASE p3.scope WHEN 'USER' THEN 'User' WHEN 'CUSTOMER' THEN 'Customer' WHEN 'PRODUCT' THEN 'Product' END || ':' || CAST(p3.scope_id AS TEXT), 'UTF8'), 'base64'), E'\n', '') AS TEXT) || '"', 'null')
    || ',"value":"' || CAST(p3.value AS TEXT) || '"}', ',') AS string_agg_2
    FROM (
      SELECT t2.id AS id, t2.scope AS scope, t2.scope_id AS scope_id, t2.value AS value, t2.id AS sort_0
      FROM leora.sales_metrics AS t2
      WHERE true
      ORDER BY t2.id ASC
      LIMIT 3
    ) AS p3
  ), '') || ']}}' AS anon_1
)
