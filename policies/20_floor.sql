-- The floor under everything: no row of another tenant, whatever the policies above it say.
--
-- It is made by a loop, so that a new table has it before anybody thinks of it. It is RESTRICTIVE: it
-- only ever takes away. `leora.tenant_id()` is NULL where no tenant is set, and then no row passes.
-- Only `leora_definer` and `leora_lookup` are not on the list: nobody logs in as them, and their
-- functions test the tenant themselves. FORCE holds the owner to it too.

DO $$
DECLARE
    found record;
    test text;
    every_login CONSTANT text :=
        'leora_owner, leora_staff, leora_portal, leora_portal_write, leora_auth, leora_worker';
BEGIN
    FOR found IN
        SELECT
            r.oid::regclass AS table_name,
            CASE
                WHEN r.relname = 'tenants' THEN 'id'
                WHEN EXISTS (
                    SELECT FROM pg_attribute c
                    WHERE c.attrelid = r.oid AND c.attname = 'tenant_id' AND NOT c.attisdropped
                ) THEN 'tenant_id'
            END AS tenant_column
        FROM pg_class r
        WHERE r.relnamespace = 'leora'::regnamespace
            AND r.relkind IN ('r', 'p')
            AND r.relname <> 'alembic_version'
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', found.table_name);
        EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', found.table_name);
        EXECUTE format('CREATE POLICY owner ON %s TO leora_owner USING (true) WITH CHECK (true)', found.table_name);
        CONTINUE WHEN found.tenant_column IS NULL;
        test := format('%I = (SELECT leora.tenant_id())', found.tenant_column);
        EXECUTE format(
            'CREATE POLICY tenant_floor ON %s AS RESTRICTIVE TO %s USING (%s) WITH CHECK (%s)',
            found.table_name, every_login, test, test
        );
    END LOOP;
END
$$;
