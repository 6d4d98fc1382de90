(
  SELECT '{"eq":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_1
    FROM leora.orders AS t0
    WHERE t0.number = $1::VARCHAR AND t0.number_lower = lower($1::VARCHAR)
  )
  || '},"ne":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_2
    FROM leora.orders AS t1
    WHERE t1.po_number IS DISTINCT FROM $2::VARCHAR
  )
  || '},"in":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_3
    FROM leora.orders AS t2
    WHERE t2.status = any($3::TEXT[])
  )
  || '},"notIn":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_4
    FROM leora.orders AS t3
    WHERE t3.number IS NULL OR NOT (t3.number = any($4::TEXT[]))
  )
  || '},"lt":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_5
    FROM leora.orders AS t4
    WHERE t4.total_cents < $5::BIGINT
  )
  || '},"lte":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_6
    FROM leora.orders AS t5
    WHERE t5.requested_delivery_on <= $6::DATE
  )
  || '},"gt":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_7
    FROM leora.orders AS t6
    WHERE t6.placed_at > $7::TIMESTAMP WITH TIME ZONE
  )
  || '},"gte":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_8
    FROM leora.orders AS t7
    WHERE t7.number_lower >= lower($8::VARCHAR)
  )
  || '},"isNull":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_9
    FROM leora.orders AS t8
    WHERE t8.fulfilled_at IS NULL
  )
  || '},"isNotNull":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_10
    FROM leora.orders AS t9
    WHERE t9.fulfilled_at IS NOT NULL
  )
  || '},"contains":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_11
    FROM leora.customers AS t10
    WHERE t10.id = any(array((
      SELECT id
      FROM leora.lookup_customers_name(lower($9::VARCHAR)) AS found
    )))
  )
  || '},"startsWith":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_12
    FROM leora.customers AS t11
    WHERE t11.name_lower >= lower($10::VARCHAR) AND t11.name_lower <= (lower($10::VARCHAR) || chr(1114111)) AND starts_with(t11.name_lower, lower($10::VARCHAR))
  )
  || '},"endsWith":{"totalCount":' || (
    SELECT CAST(count(*) AS TEXT) AS count_13
    FROM leora.customers AS t12
    WHERE t12.id = any(array((
      SELECT id
      FROM leora.lookup_customers_name(lower($11::VARCHAR)) AS found
    )))
  ) || '}}' AS anon_1
)
