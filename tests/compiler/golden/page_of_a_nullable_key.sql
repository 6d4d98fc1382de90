(
  SELECT '{"orders":{"edges":[' || coalesce((
    SELECT string_agg('{"cursor":"' || translate(encode(substr(sha256($1::BYTEA || sha256($2::BYTEA || convert_to('[' || coalesce(CAST(json_scalar(p1.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_1 AS TEXT) || '"', 'null') || ']', 'UTF8'))), 1, 16) || convert_to('[' || coalesce(CAST(json_scalar(p1.sort_0) AS TEXT), 'null') || ',' || coalesce('"' || CAST(p1.sort_1 AS TEXT) || '"', 'null') || ']', 'UTF8'), 'base64'), E'\n', '') || '","node":{"poNumber":' || coalesce(CAST(json_scalar(p1.po_number) AS TEXT), 'null') || '}}', ',') AS string_agg_1
    FROM (
      SELECT anon_2.id AS id, anon_2.po_number AS po_number, anon_2.sort_0 AS sort_0, anon_2.sort_1 AS sort_1
      FROM (
        SELECT anon_3.id AS id, anon_3.po_number AS po_number, anon_3.sort_0 AS sort_0, anon_3.sort_1 AS sort_1
        FROM (
          SELECT t0.id AS id, t0.po_number AS po_number, t0.po_number_lower AS sort_0, t0.id AS sort_1
          FROM leora.orders AS t0
          WHERE true AND t0.po_number_lower IS NOT NULL
          ORDER BY t0.po_number_lower ASC, t0.id ASC
          LIMIT 3
        ) AS anon_3 UNION ALL SELECT anon_4.id AS id, anon_4.po_number AS po_number, anon_4.sort_0 AS sort_0, anon_4.sort_1 AS sort_1
        FROM (
          SELECT t0.id AS id, t0.po_number AS po_number, t0.po_number_lower AS sort_0, t0.id AS sort_1
          FROM leora.orders AS t0
          WHERE true AND t0.po_number_lower IS NULL
          ORDER BY t0.id ASC
          LIMIT 3
        ) AS anon_4
      ) AS anon_2
      ORDER BY anon_2.sort_0 ASC NULLS LAST, anon_2.sort_1 ASC
      LIMIT 3
    ) AS p1
  ), '') || ']}}' AS anon_1
)
