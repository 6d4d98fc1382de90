"""Queries for what has no place in the boundary at all: every row that one of them gives is a finding.

Each row is `subject`, `role` (whose, if anybody's) and `what` is wrong. They look outside the schema
too: a view in `public` that reads our tables as somebody else is as much of a hole as one inside.
"""

from __future__ import annotations

from leora_gql.db.verify.queries import LOGIN_LIST, ROLE_LIST

_SYSTEM = "('pg_catalog', 'information_schema', 'pg_toast')"
_LEORA = "(SELECT oid FROM pg_namespace WHERE nspname = 'leora')"
_DATABASE = "(SELECT oid FROM pg_database WHERE datname = current_database())"

OWNED_BY_LOGINS = f"""
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS subject, r.rolname::text AS role,
    'belongs to a login, which must own nothing' AS what
FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o' AND r.rolname IN ({LOGIN_LIST})
    AND d.dbid = {_DATABASE}
UNION ALL
SELECT 'database ' || b.datname, r.rolname, 'belongs to a login, which must own nothing'
FROM pg_database b JOIN pg_roles r ON r.oid = b.datdba WHERE r.rolname IN ({LOGIN_LIST})
ORDER BY 1, 2
"""

RIGHTS_ELSEWHERE = f"""
SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS subject, r.rolname::text AS role,
    'has rights outside the schema leora' AS what
FROM pg_shdepend d
JOIN pg_roles r ON r.oid = d.refobjid
LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
LEFT JOIN pg_proc f ON d.classid = 'pg_proc'::regclass AND f.oid = d.objid
WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'a' AND r.rolname IN ({ROLE_LIST})
    AND (d.dbid = {_DATABASE} OR d.dbid = 0 AND d.classid <> 'pg_database'::regclass)
    AND {_LEORA} <> coalesce(
        c.relnamespace, f.pronamespace, CASE WHEN d.classid = 'pg_namespace'::regclass THEN d.objid END, 0
    )
    AND d.classid <> 'pg_default_acl'::regclass
ORDER BY 1, 2
"""

RIGHTS_ON_DATABASE = f"""
SELECT 'database ' || b.datname AS subject,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS role,
    'has ' || a.privilege_type || ' on the database' AS what
FROM pg_database b CROSS JOIN LATERAL aclexplode(coalesce(b.datacl, acldefault('d', b.datdba))) a
WHERE b.datname = current_database()
    AND (a.grantee = 0 OR pg_get_userbyid(a.grantee) IN ({LOGIN_LIST}))
    AND (a.privilege_type <> 'CONNECT' OR a.is_grantable)
ORDER BY 1, 2
"""

PARAMETER_RIGHTS = f"""
SELECT 'parameter ' || p.parname AS subject,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS role,
    'may ' || a.privilege_type || ' it' AS what
FROM pg_parameter_acl p CROSS JOIN LATERAL aclexplode(p.paracl) a
WHERE a.grantee = 0 OR pg_get_userbyid(a.grantee) IN ({ROLE_LIST})
ORDER BY 1, 2
"""

SETTINGS = f"""
SELECT 'setting ' || split_part(c.setting, '=', 1) AS subject,
    CASE s.setrole WHEN 0 THEN NULL ELSE pg_get_userbyid(s.setrole)::text END AS role,
    'is set in advance, and belongs to each transaction alone' AS what
FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS c (setting)
WHERE s.setdatabase IN (0, {_DATABASE})
    AND (s.setrole = 0 OR pg_get_userbyid(s.setrole) IN ({LOGIN_LIST}))
    AND c.setting ~ '^(app\\.|role=|session_authorization=|row_security=|session_replication_role=)'
ORDER BY 1, 2
"""

VIEWS = f"""
SELECT DISTINCT v.oid::regclass::text AS subject, NULL::text AS role,
    CASE v.relkind
        WHEN 'm' THEN 'is a materialized view on our tables: its copy knows no row-level security'
        ELSE 'is a view on our tables without security_invoker: it reads as ' || pg_get_userbyid(v.relowner)
    END AS what
FROM pg_rewrite w
JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm')
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
    AND d.refclassid = 'pg_class'::regclass
JOIN pg_class t ON t.oid = d.refobjid AND t.oid <> v.oid
WHERE t.relnamespace = {_LEORA}
    AND (
        v.relkind = 'm'
        OR NOT EXISTS (
            SELECT FROM pg_options_to_table(v.reloptions) o
            WHERE o.option_name = 'security_invoker' AND o.option_value::boolean
        )
    )
ORDER BY 1
"""

TABLES_ELSEWHERE = f"""
SELECT r.oid::regclass::text AS subject, NULL::text AS role,
    'is outside the schema leora and belongs to leora_owner' AS what
FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_get_userbyid(r.relowner) = 'leora_owner'
    AND n.nspname <> 'leora' AND n.nspname !~ '^pg_(temp|toast)'
UNION ALL
SELECT r.oid::regclass::text, 'PUBLIC', 'holds rows by tenant outside the schema leora, open to everybody'
FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace CROSS JOIN LATERAL aclexplode(r.relacl) a
WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.grantee = 0
    AND n.nspname NOT IN ('leora', 'pg_catalog', 'information_schema')
    AND EXISTS (SELECT FROM pg_attribute c WHERE c.attrelid = r.oid AND c.attname = 'tenant_id')
UNION ALL
SELECT i.inhrelid::regclass::text, NULL, 'inherits from ' || i.inhparent::regclass || ' and is outside leora'
FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
WHERE p.relnamespace = {_LEORA} AND c.relnamespace <> {_LEORA} AND p.relkind IN ('r', 'p')
ORDER BY 1, 2
"""

FUNCTIONS_ELSEWHERE = f"""
SELECT DISTINCT f.oid::regprocedure::text AS subject, r.rolname::text AS role,
    'may run a SECURITY DEFINER function outside leora, which runs as ' || pg_get_userbyid(f.proowner) AS what
FROM pg_proc f
JOIN pg_namespace n ON n.oid = f.pronamespace
JOIN pg_roles o ON o.oid = f.proowner
JOIN pg_roles r ON r.rolname IN ({LOGIN_LIST})
WHERE f.prosecdef AND n.nspname NOT IN ('leora', 'pg_catalog', 'information_schema')
    AND (o.rolsuper OR o.rolbypassrls OR o.rolname IN ({ROLE_LIST}))
    AND has_schema_privilege(r.oid, n.oid, 'USAGE') AND has_function_privilege(r.oid, f.oid, 'EXECUTE')
ORDER BY 1, 2
"""

LEAKPROOF = f"""
SELECT f.oid::regprocedure::text AS subject, NULL::text AS role,
    'is called LEAKPROOF, so that it sees rows before row-level security does' AS what
FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
WHERE f.proleakproof AND n.nspname NOT IN {_SYSTEM}
    AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e'
    )
ORDER BY 1
"""

TRIGGERS = f"""
SELECT t.tgrelid::regclass::text AS subject, NULL::text AS role,
    CASE WHEN t.tgisinternal THEN 'a foreign key of it is switched off (trigger ' || t.tgname || ')'
        ELSE 'the trigger ' || t.tgname || ' is switched off' END AS what
FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid
WHERE r.relnamespace = {_LEORA} AND t.tgenabled NOT IN ('O', 'A')
UNION ALL
SELECT t.tgrelid::regclass::text, NULL, 'the trigger ' || t.tgname || ' is SECURITY DEFINER'
FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid
WHERE r.relnamespace = {_LEORA} AND f.prosecdef
UNION ALL
SELECT 'event trigger ' || e.evtname, pg_get_userbyid(e.evtowner), 'belongs to one of our roles'
FROM pg_event_trigger e WHERE pg_get_userbyid(e.evtowner) IN ({ROLE_LIST})
ORDER BY 1
"""

MEMBERS = f"""
SELECT r.rolname::text AS subject, u.rolname::text AS role,
    'can act as ' || r.rolname || ' (it is a member)' AS what
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
WHERE r.rolname IN ({LOGIN_LIST}) AND NOT u.rolsuper
    AND (
        coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
        OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
    )
ORDER BY 1, 2
"""

NULLABLE_TENANT = f"""
SELECT r.relname::text AS subject, NULL::text AS role, 'tenant_id may be null' AS what
FROM pg_attribute c JOIN pg_class r ON r.oid = c.attrelid
WHERE r.relnamespace = {_LEORA} AND r.relkind IN ('r', 'p')
    AND c.attname = 'tenant_id' AND NOT c.attnotnull AND NOT c.attisdropped
ORDER BY 1
"""

ALL = (
    OWNED_BY_LOGINS,
    RIGHTS_ELSEWHERE,
    RIGHTS_ON_DATABASE,
    PARAMETER_RIGHTS,
    SETTINGS,
    VIEWS,
    TABLES_ELSEWHERE,
    FUNCTIONS_ELSEWHERE,
    LEAKPROOF,
    TRIGGERS,
    MEMBERS,
    NULLABLE_TENANT,
)
"""Every one of them."""
