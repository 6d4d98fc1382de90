-- A clean slate, then nothing for anybody. The files after this one give what they give, so that a
-- statement that is deleted from them is gone from the database too. All of it is one transaction.

-- Every policy of the schema, and every function of the two definer roles.
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('DROP POLICY %I ON %I.%I', policyname, schemaname, tablename)
        FROM pg_policies
        WHERE schemaname = 'leora'
        UNION ALL
        SELECT format('DROP FUNCTION %s', f.oid::regprocedure)
        FROM pg_proc f
        WHERE f.pronamespace = 'leora'::regnamespace
            AND f.proowner IN ('leora_definer'::regrole, 'leora_lookup'::regrole)
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

-- Every right that anybody but the owner holds on the schema, its tables, sequences and functions.
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT DISTINCT format(
            'REVOKE ALL ON %s %s FROM %s CASCADE',
            CASE r.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
            r.oid::regclass,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        )
        FROM pg_class r
        CROSS JOIN LATERAL (
            SELECT (aclexplode(r.relacl)).grantee
            UNION
            SELECT (aclexplode(c.attacl)).grantee FROM pg_attribute c WHERE c.attrelid = r.oid AND c.attacl IS NOT NULL
        ) a
        WHERE r.relnamespace = 'leora'::regnamespace
            AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            AND r.relowner = 'leora_owner'::regrole
            AND a.grantee <> r.relowner
        UNION ALL
        SELECT DISTINCT format(
            'REVOKE ALL ON ROUTINE %s FROM %s CASCADE',
            f.oid::regprocedure,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        )
        FROM pg_proc f
        CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
        WHERE f.pronamespace = 'leora'::regnamespace
            AND f.proowner = 'leora_owner'::regrole
            AND a.grantee <> f.proowner
        UNION ALL
        SELECT format(
            'REVOKE ALL ON SCHEMA leora FROM %s CASCADE',
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        )
        FROM pg_namespace n
        CROSS JOIN LATERAL aclexplode(n.nspacl) a
        WHERE n.nspname = 'leora' AND a.grantee <> n.nspowner
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;

-- What is made later starts closed as well.
ALTER DEFAULT PRIVILEGES FOR ROLE leora_owner REVOKE ALL ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE leora_owner REVOKE ALL ON SEQUENCES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE leora_owner REVOKE ALL ON ROUTINES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE leora_owner REVOKE ALL ON TYPES FROM PUBLIC;

-- Our roles may name what is in the schema; what they may do with it is said table by table.
GRANT USAGE ON SCHEMA leora TO
    leora_staff, leora_portal, leora_portal_write, leora_auth, leora_worker, leora_definer, leora_lookup;

-- The transaction's context, which every policy asks for.
GRANT EXECUTE ON FUNCTION leora.tenant_id(), leora.customer_id(), leora.actor_id(), leora.actor_kind() TO
    leora_staff, leora_portal, leora_portal_write, leora_auth, leora_worker, leora_definer, leora_lookup;

-- Sequences that a tenant's numbers come from are read by `leora.next_number` alone.
ALTER DEFAULT PRIVILEGES FOR ROLE leora_owner IN SCHEMA leora GRANT USAGE ON SEQUENCES TO leora_definer;
DO $$
DECLARE
    number_sequence regclass;
BEGIN
    FOR number_sequence IN
        SELECT oid FROM pg_class WHERE relnamespace = 'leora'::regnamespace AND relkind = 'S'
    LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO leora_definer', number_sequence);
    END LOOP;
END
$$;
