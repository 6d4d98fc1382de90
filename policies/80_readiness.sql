-- Readiness: which migration the database is at, and whether its boundary is still the one that was applied.
-- This file is the last: it ends by writing down a digest of all that the others have made.

-- A digest of what holds the boundary: tables with their rights and row security, policies, functions, roles.
CREATE OR REPLACE FUNCTION leora.boundary_digest()
RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog
AS $$
    SELECT md5(string_agg(fact, E'\n' ORDER BY fact COLLATE "C"))
    FROM (
        SELECT concat_ws(' ', 'relation', r.relname, r.relkind, r.relowner, r.relrowsecurity, r.relforcerowsecurity, r.relacl)
        FROM pg_class r WHERE r.relnamespace = 'leora'::regnamespace AND r.relkind IN ('r', 'p', 'v', 'm', 'f')
        UNION ALL
        SELECT concat_ws(' ', 'column', r.relname, c.attname, c.attacl)
        FROM pg_class r JOIN pg_attribute c ON c.attrelid = r.oid
        WHERE r.relnamespace = 'leora'::regnamespace AND c.attacl IS NOT NULL
        UNION ALL
        SELECT concat_ws(
            ' ', 'policy', r.relname, p.polname, p.polpermissive, p.polcmd, p.polroles,
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        )
        FROM pg_policy p JOIN pg_class r ON r.oid = p.polrelid WHERE r.relnamespace = 'leora'::regnamespace
        UNION ALL
        SELECT concat_ws(
            ' ', 'function', f.oid::regprocedure, f.proowner, f.prosecdef, f.proleakproof, f.proconfig, f.proacl,
            md5(f.prosrc || coalesce(pg_get_function_sqlbody(f.oid), ''))
        )
        FROM pg_proc f WHERE f.pronamespace = 'leora'::regnamespace
        UNION ALL
        SELECT concat_ws(
            ' ', 'role', r.rolname, r.rolsuper, r.rolbypassrls, r.rolinherit, r.rolcreaterole, r.rolcreatedb,
            r.rolreplication, r.rolcanlogin, (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid)
        )
        FROM pg_roles r WHERE r.rolname LIKE 'leora\_%'
        UNION ALL
        SELECT concat_ws(' ', 'schema', n.nspowner, n.nspacl) FROM pg_namespace n WHERE n.nspname = 'leora'
    ) AS facts (fact)
$$;
REVOKE ALL ON FUNCTION leora.boundary_digest() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.boundary_digest() TO leora_definer;

GRANT SELECT ON leora.alembic_version TO leora_definer;
GRANT CREATE ON SCHEMA leora TO leora_definer;
SET LOCAL ROLE leora_definer;

CREATE FUNCTION leora.readiness()
RETURNS TABLE (revision text, policies_hold boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT
        (SELECT v.version_num FROM leora.alembic_version v),
        coalesce(obj_description('leora'::regnamespace, 'pg_namespace') = 'boundary ' || leora.boundary_digest(), false)
$$;
REVOKE ALL ON FUNCTION leora.readiness() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.readiness() TO leora_auth;

SET LOCAL ROLE leora_owner;
REVOKE CREATE ON SCHEMA leora FROM leora_definer;

DO $$
BEGIN
    EXECUTE format('COMMENT ON SCHEMA leora IS %L', 'boundary ' || leora.boundary_digest());
END
$$;
