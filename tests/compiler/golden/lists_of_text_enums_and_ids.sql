(
  SELECT '{"roles":{"nodes":[' || coalesce((
    SELECT string_agg('{"name":' || CAST(json_scalar(p1.name) AS TEXT)
    || ',"permissions":' || coalesce(CAST(to_json(array((
      SELECT held.permission_key
      FROM leora.role_permissions AS held
      WHERE held.tenant_id = p1.tenant_id AND held.role_id = p1.id
      ORDER BY held.permission_key
    ))) AS TEXT), 'null') || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.name AS name, t0.tenant_id AS tenant_id, t0.name_lower AS sort_0, t0.id AS sort_1
      FROM leora.roles AS t0
      WHERE true
      ORDER BY t0.name_lower ASC, t0.id ASC
      LIMIT 2
    ) AS p1
  ), '')
  || ']},"orders":{"nodes":[' || coalesce((
    SELECT string_agg('{"approvalReasons":' || CAST(to_json(p3.approval_reasons) AS TEXT) || '}', ',') AS string_agg_2
    FROM (
      SELECT t2.approval_reasons AS approval_reasons, t2.id AS id, t2.id AS sort_0
      FROM leora.orders AS t2
      WHERE t2.requires_approval = $1::BOOLEAN
      ORDER BY t2.id ASC
      LIMIT 2
    ) AS p3
  ), '')
  || ']},"accountHealthSnapshots":{"nodes":[' || coalesce((
    SELECT string_agg('{"orderIds":' || coalesce(CAST(to_json(array((
      SELECT translate(encode(convert_to('Order:' || CAST(computed_from.key AS TEXT), 'UTF8'), 'base64'), E'\n', '') AS translate_1
      FROM unnest(p5.order_ids) AS computed_from(key)
    ))) AS TEXT), 'null') || '}', ',') AS string_agg_3
    FROM (
      SELECT t4.id AS id, t4.order_ids AS order_ids, t4.id AS sort_0
      FROM leora.account_health_snapshots AS t4
      WHERE true
      ORDER BY t4.id ASC
      LIMIT 2
    ) AS p5
  ), '') || ']}}' AS anon_1
)
