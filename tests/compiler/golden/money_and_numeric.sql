(
  SELECT '{"orderLines":{"nodes":[' || coalesce((
    SELECT string_agg('{"unitPrice":"' || CAST(p1.unit_price_cents * 0.01 AS TEXT) || '","discountAmount":"' || CAST(p1.discount_amount_cents * 0.01 AS TEXT) || '","lineTotal":"' || CAST(p1.line_total_cents * 0.01 AS TEXT) || '","priceOverrideOriginal":' || coalesce('"' || CAST(p1.price_override_original_cents * 0.01 AS TEXT) || '"', 'null')
    || ',"cases":"' || CAST(p1.cases AS TEXT) || '","liters":"' || CAST(p1.liters AS TEXT) || '"}', ',') AS string_agg_1
    FROM (
      SELECT t0.cases AS cases, t0.discount_amount_cents AS discount_amount_cents, t0.id AS id, t0.line_total_cents AS line_total_cents, t0.liters AS liters, t0.price_override_original_cents AS price_override_original_cents, t0.unit_price_cents AS unit_price_cents, t0.id AS sort_0
      FROM leora.order_lines AS t0
      WHERE true
      ORDER BY t0.id ASC
      LIMIT 2
    ) AS p1
  ), '') || ']}}' AS anon_1
)
