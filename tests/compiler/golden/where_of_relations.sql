(
  SELECT '{"orders":{"nodes":[' || coalesce((
    SELECT string_agg('{"number":' || CAST(json_scalar(p1.number) AS TEXT) || '}', ',') AS string_agg_1
    FROM (
      SELECT t0.id AS id, t0.number AS number, t0.id AS sort_0
      FROM leora.orders AS t0
      WHERE (EXISTS (
        SELECT w1.id
        FROM leora.customers AS w1
        WHERE w1.tenant_id = t0.tenant_id AND w1.id = t0.customer_id AND w1.tier = $1::VARCHAR
      )) AND NOT (EXISTS (
        SELECT w2.id
        FROM leora.order_lines AS w2
        WHERE w2.tenant_id = t0.tenant_id AND w2.order_id = t0.id AND (EXISTS (
          SELECT w3.id
          FROM leora.orders AS w3
          WHERE w3.tenant_id = w2.tenant_id AND w3.id = w2.order_id AND w3.is_sample = $2::BOOLEAN
        )) IS NOT true
      )) AND NOT (EXISTS (
        SELECT w4.id
        FROM leora.order_lines AS w4
        WHERE w4.tenant_id = t0.tenant_id AND w4.order_id = t0.id AND (EXISTS (
          SELECT w5.id
          FROM leora.skus AS w5
          WHERE w5.tenant_id = w4.tenant_id AND w5.id = w4.sku_id AND w5.code = $3::VARCHAR AND w5.code_lower = lower($3::VARCHAR)
        ))
      )) AND (EXISTS (
        SELECT w6.id
        FROM leora.order_lines AS w6
        WHERE w6.tenant_id = t0.tenant_id AND w6.order_id = t0.id AND (EXISTS (
          SELECT w7.id
          FROM leora.skus AS w7
          WHERE w7.tenant_id = w6.tenant_id AND w7.id = w6.sku_id AND w7.bottle_ml >= $4::INTEGER
        ))
      ))
      ORDER BY t0.id ASC
      LIMIT 3
    ) AS p1
  ), '') || ']}}' AS anon_1
)
