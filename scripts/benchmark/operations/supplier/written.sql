INSERT INTO leora.suppliers (tenant_id, id, name, slug)
VALUES (leora.tenant_id(), $1::uuid, $2, $3)
RETURNING '{"createSupplier":{"supplier":{"id":"U3VwcGxpZXI6' || encode(textsend(id::text), 'base64')
    || '","name":' || json_scalar(name)::text
    || ',"status":"' || status
    || '"},"userErrors":[]}}'
