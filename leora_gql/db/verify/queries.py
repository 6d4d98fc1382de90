"""The catalogue queries. All run with an empty search path and give sorted rows."""

from __future__ import annotations

from leora_gql.db.logins import DEFINER, LOOKUP, OWNER, Login

LOGIN_LIST = ", ".join(f"'{login.value}'" for login in Login)
ROLE_LIST = f"'{OWNER}', '{DEFINER}', '{LOOKUP}', {LOGIN_LIST}"
_WHO = "CASE {0} WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid({0})::text END"
_GRANTEE = _WHO.format("a.grantee")

SCHEMA_RIGHTS = f"""
SELECT pg_get_userbyid(n.nspowner)::text AS owner,
    ARRAY(
        SELECT ARRAY[{_GRANTEE}, a.privilege_type || CASE WHEN a.is_grantable THEN ' grantable' ELSE '' END]
        FROM aclexplode(n.nspacl) a WHERE a.grantee <> n.nspowner ORDER BY 1
    ) AS rights
FROM pg_namespace n WHERE n.nspname = 'leora'
"""

RELATIONS = """
SELECT n.nspname::text AS schema, r.relname::text AS name, r.relkind::text AS kind,
    pg_get_userbyid(r.relowner)::text AS owner, r.relrowsecurity AS rls, r.relforcerowsecurity AS forced,
    coalesce(r.reloptions, '{}') AS options,
    ARRAY(
        SELECT c.attname::text FROM pg_attribute c
        WHERE c.attrelid = r.oid AND c.attnum > 0 AND NOT c.attisdropped ORDER BY 1
    ) AS columns,
    r.relkind NOT IN ('v', 'm') AND EXISTS (
        SELECT FROM pg_rewrite w WHERE w.ev_class = r.oid
    ) AS has_rules
FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE n.nspname = 'leora' AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype = 'e'
    )
ORDER BY 2
"""

POLICIES = f"""
SELECT r.relname::text AS "table", p.polname::text AS name, p.polpermissive AS permissive,
    CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
        ELSE 'DELETE' END AS command,
    ARRAY(SELECT {_WHO.format("role")} FROM unnest(p.polroles) role ORDER BY 1) AS roles,
    pg_get_expr(p.polqual, p.polrelid) AS "using", pg_get_expr(p.polwithcheck, p.polrelid) AS "check"
FROM pg_policy p JOIN pg_class r ON r.oid = p.polrelid
WHERE r.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'leora')
ORDER BY 1, 2
"""

GRANTS = f"""
SELECT r.relname::text AS relation, {_GRANTEE} AS grantee, a.privilege_type AS privilege,
    '{{}}'::text[] AS columns, a.is_grantable AS grantable
FROM pg_class r CROSS JOIN LATERAL aclexplode(r.relacl) a
WHERE r.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'leora')
    AND r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND a.grantee <> r.relowner
UNION ALL
SELECT r.relname, {_GRANTEE}, a.privilege_type,
    array_agg(c.attname::text ORDER BY c.attname::text), a.is_grantable
FROM pg_class r
JOIN pg_attribute c ON c.attrelid = r.oid AND NOT c.attisdropped
CROSS JOIN LATERAL aclexplode(c.attacl) a
WHERE r.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'leora') AND a.grantee <> r.relowner
GROUP BY r.relname, a.grantee, a.privilege_type, a.is_grantable
ORDER BY 1, 2, 3, 4
"""

ROUTINES = f"""
SELECT 'leora' AS schema, f.oid::regprocedure::text AS signature, pg_get_userbyid(f.proowner)::text AS owner,
    f.prosecdef AS definer, f.proleakproof AS leakproof, f.provolatile::text AS volatility,
    coalesce(pg_get_function_result(f.oid), '') AS result, coalesce(f.proconfig, '{{}}') AS settings,
    ARRAY(
        SELECT {_GRANTEE} FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
        WHERE a.grantee <> f.proowner ORDER BY 1
    ) AS executors,
    md5(f.prosrc || coalesce(pg_get_function_sqlbody(f.oid), '')) AS body,
    f.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS for_triggers
FROM pg_proc f
WHERE f.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'leora')
    AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
    )
ORDER BY 2
"""

ROLES = f"""
SELECT r.rolname::text AS name, r.rolcanlogin AS login, r.rolinherit AS inherit,
    array_remove(ARRAY[
        CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
        CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
        CASE WHEN r.rolreplication THEN 'REPLICATION' END
    ], NULL) AS powers,
    ARRAY(
        SELECT pg_get_userbyid(m.roleid)::text FROM pg_auth_members m WHERE m.member = r.oid ORDER BY 1
    ) AS member_of,
    ARRAY(
        SELECT pg_get_userbyid(m.member)::text FROM pg_auth_members m WHERE m.roleid = r.oid ORDER BY 1
    ) AS members,
    ARRAY(
        SELECT unnest(s.setconfig) FROM pg_db_role_setting s
        WHERE s.setrole = r.oid
            AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        ORDER BY 1
    ) AS settings
FROM pg_roles r WHERE r.rolname IN ({ROLE_LIST})
ORDER BY 1
"""

KEYS = """
SELECT r.relname::text AS "table", i.relname::text AS name, 'u' AS kind,
    ARRAY(
        SELECT coalesce(c.attname::text, '(expression)')
        FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS part (number, place)
        LEFT JOIN pg_attribute c ON c.attrelid = r.oid AND c.attnum = part.number AND part.number <> 0
        WHERE part.place <= x.indnkeyatts ORDER BY part.place
    ) AS columns,
    NULL::text AS target_table, '{}'::text[] AS target_columns
FROM pg_index x JOIN pg_class r ON r.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE r.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'leora')
    AND r.relkind IN ('r', 'p') AND (x.indisunique OR x.indisexclusion)
UNION ALL
SELECT r.relname, k.conname, 'f',
    ARRAY(
        SELECT c.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS part (number, place)
        JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = part.number ORDER BY part.place
    ),
    t.relname,
    ARRAY(
        SELECT c.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS part (number, place)
        JOIN pg_attribute c ON c.attrelid = k.confrelid AND c.attnum = part.number ORDER BY part.place
    )
FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
WHERE k.contype = 'f' AND r.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'leora')
ORDER BY 1, 2
"""

DEFAULT_RIGHTS = f"""
SELECT format(
    '%s%s on %s: %s', pg_get_userbyid(d.defaclrole),
    CASE WHEN d.defaclnamespace = 0 THEN '' ELSE ' in ' || d.defaclnamespace::regnamespace END,
    CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE d.defaclobjtype::text END,
    coalesce((
        SELECT string_agg({_GRANTEE} || ' ' || a.privilege_type, ', ' ORDER BY 1)
        FROM aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole
    ), 'nobody')
) AS line
FROM pg_default_acl d
WHERE d.defaclrole IN (SELECT oid FROM pg_roles WHERE rolname IN ({ROLE_LIST}))
    OR d.defaclnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'leora')
ORDER BY 1
"""
