-- Where the numbers of orders and payments come from: one sequence per tenant and kind, read by
-- `leora.next_number` (70_worker.sql). `leora tenant create` makes them with `leora.make_number_sequences`.

-- The name of a tenant's sequence; NULL for a kind that has none.
CREATE OR REPLACE FUNCTION leora.number_sequence(tenant uuid, kind text)
RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog
AS $$
    SELECT kind || '_number_' || replace(tenant::text, '-', '') WHERE kind IN ('order', 'payment')
$$;

-- Makes a tenant's sequences where they are missing. For the owner.
CREATE OR REPLACE FUNCTION leora.make_number_sequences(tenant uuid)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    kind text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['order', 'payment'] LOOP
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS leora.%I', leora.number_sequence(tenant, kind));
    END LOOP;
END
$$;

REVOKE ALL ON FUNCTION leora.number_sequence(uuid, text), leora.make_number_sequences(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.number_sequence(uuid, text) TO leora_definer;
