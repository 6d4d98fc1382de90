(
  SELECT '{"created":{"__typename":"CreateSupplierPayload","supplier":' || coalesce((
    SELECT '{"name":' || CAST(json_scalar(t0.name) AS TEXT)
    || ',"slug":' || CAST(json_scalar(t0.slug) AS TEXT)
    || ',"status":"' || t0.status || '","products":{"totalCount":' || (
      SELECT CAST(count(*) AS TEXT) AS count_1
      FROM leora.products AS t1
      WHERE t1.supplier_id = t0.id AND true
    ) || '}}' AS anon_2
    FROM leora.suppliers AS t0
    WHERE t0.id = $1::UUID
  ), 'null')
  || ',"supplierEdge":' || coalesce((
    SELECT '{"node":{"name":' || CAST(json_scalar(p3.name) AS TEXT)
    || '},"__typename":"SupplierEdge"}' AS anon_3
    FROM (
      SELECT t2.id AS id, t2.name AS name, t2.id AS sort_0
      FROM leora.suppliers AS t2
      WHERE t2.id = $1::UUID AND true
      ORDER BY t2.id ASC
      LIMIT 20
    ) AS p3
  ), 'null')
  || ',"userErrors":[]}}' AS anon_1
)
