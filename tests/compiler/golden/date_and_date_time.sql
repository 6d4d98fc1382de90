(
  SELECT '{"orders":{"nodes":[' || coalesce((
    SELECT string_agg('{"placedAt":' || coalesce('"' || to_char(timezone('UTC', p1.placed_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null')
    || ',"requestedDeliveryOn":' || coalesce(CAST(to_json(p1.requested_delivery_on) AS TEXT), 'null')
    || ',"cancelledAt":' || coalesce('"' || to_char(timezone('UTC', p1.cancelled_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"', 'null') || '}', ',') AS string_agg_1
    FROM (
      SELECT anon_2.cancelled_at AS cancelled_at, anon_2.id AS id, anon_2.placed_at AS placed_at, anon_2.requested_delivery_on AS requested_delivery_on, anon_2.sort_0 AS sort_0, anon_2.sort_1 AS sort_1
      FROM (
        SELECT anon_3.cancelled_at AS cancelled_at, anon_3.id AS id, anon_3.placed_at AS placed_at, anon_3.requested_delivery_on AS requested_delivery_on, anon_3.sort_0 AS sort_0, anon_3.sort_1 AS sort_1
        FROM (
          SELECT t0.cancelled_at AS cancelled_at, t0.id AS id, t0.placed_at AS placed_at, t0.requested_delivery_on AS requested_delivery_on, t0.placed_at AS sort_0, t0.id AS sort_1
          FROM leora.orders AS t0
          WHERE true AND t0.placed_at IS NOT NULL
          ORDER BY t0.placed_at DESC, t0.id DESC
          LIMIT 3
        ) AS anon_3 UNION ALL SELECT anon_4.cancelled_at AS cancelled_at, anon_4.id AS id, anon_4.placed_at AS placed_at, anon_4.requested_delivery_on AS requested_delivery_on, anon_4.sort_0 AS sort_0, anon_4.sort_1 AS sort_1
        FROM (
          SELECT t0.cancelled_at AS cancelled_at, t0.id AS id, t0.placed_at AS placed_at, t0.requested_delivery_on AS requested_delivery_on, t0.placed_at AS sort_0, t0.id AS sort_1
          FROM leora.orders AS t0
          WHERE true AND t0.placed_at IS NULL
          ORDER BY t0.id DESC
          LIMIT 3
        ) AS anon_4
      ) AS anon_2
      ORDER BY anon_2.sort_0 DESC NULLS LAST, anon_2.sort_1 DESC
      LIMIT 3
    ) AS p1
  ), '') || ']}}' AS anon_1
)
