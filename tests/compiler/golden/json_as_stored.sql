(
  SELECT '{"webhookEvents":{"nodes":[' || coalesce((
    SELECT string_agg('{"payload":' || CAST(p1.payload AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.payload AS payload, t0.sequence AS sort_0, t0.id AS sort_1
      FROM leora.webhook_events AS t0
      WHERE t0.sequence <= $1::BIGINT
      ORDER BY t0.sequence ASC, t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
