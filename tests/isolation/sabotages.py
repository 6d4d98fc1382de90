"""Ways in which a boundary comes to grief: each a statement, and the finding that must name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sabotage:
    """SQL that opens a hole; `subject`, `role` and `says` are of the finding that it must lead to."""

    sql: str
    subject: str
    says: str
    role: str | None = None
    reaches_rows: bool = False
    """Whether the live probes alone must find it, without any look at the catalogue."""


NOBODY = "CREATE ROLE leora_sabotage_nobody NOLOGIN;"
UNWRITTEN = "is in the database and not in boundary.txt"
GONE = "is in boundary.txt and not in the database"

POLICIES: dict[str, Sabotage] = {
    "the floor is dropped": Sabotage(
        "DROP POLICY tenant_floor ON leora.orders",
        "orders",
        "tenant_floor is missing",
        reaches_rows=True,
    ),
    "the floor lets everything be read": Sabotage(
        "ALTER POLICY tenant_floor ON leora.customers USING (true)",
        "customers",
        "tenant_floor USING is true",
        reaches_rows=True,
    ),
    "the floor lets everything be written": Sabotage(
        "ALTER POLICY tenant_floor ON leora.tasks WITH CHECK (true)",
        "tasks",
        "tenant_floor WITH CHECK is true",
        reaches_rows=True,
    ),
    "the floor is permissive": Sabotage(
        "DROP POLICY tenant_floor ON leora.skus; CREATE POLICY tenant_floor ON leora.skus"
        " USING (tenant_id = (SELECT leora.tenant_id())) WITH CHECK (tenant_id = (SELECT leora.tenant_id()))",
        "skus",
        "tenant_floor is not RESTRICTIVE",
        reaches_rows=True,
    ),
    "the floor forgets a login": Sabotage(
        "ALTER POLICY tenant_floor ON leora.invoices TO leora_owner, leora_portal, leora_portal_write,"
        " leora_auth, leora_worker",
        "invoices",
        "tenant_floor does not hold this role",
        role="leora_staff",
        reaches_rows=True,
    ),
    "FORCE is removed": Sabotage(
        "ALTER TABLE leora.payments NO FORCE ROW LEVEL SECURITY",
        "payments",
        "not forced",
        role="leora_owner",
    ),
    "row-level security is disabled": Sabotage(
        "ALTER TABLE leora.activities DISABLE ROW LEVEL SECURITY",
        "activities",
        "row-level security is not enabled",
        reaches_rows=True,
    ),
    "a policy is for everybody": Sabotage(
        "CREATE POLICY open ON leora.products USING (true)",
        "products",
        "the policy open is for everybody",
        role="PUBLIC",
    ),
    "a policy is for a stranger": Sabotage(
        f"{NOBODY} CREATE POLICY open ON leora.products TO leora_sabotage_nobody USING (true)",
        "products",
        "for a role that is not ours",
        role="leora_sabotage_nobody",
    ),
    "buyers see every customer's orders": Sabotage(
        "ALTER POLICY portal ON leora.orders USING (true)",
        "orders",
        "the policy portal has USING true",
        role="leora_portal",
        reaches_rows=True,
    ),
    "buyers write orders of any customer": Sabotage(
        "DROP POLICY portal_write ON leora.orders;"
        " CREATE POLICY portal_write ON leora.orders FOR INSERT TO leora_portal_write WITH CHECK (true)",
        "orders",
        "the policy portal_write has WITH CHECK true",
        role="leora_portal_write",
        reaches_rows=True,
    ),
    "a policy is put on another login": Sabotage(
        "ALTER POLICY staff ON leora.audit_log TO leora_staff, leora_portal", "audit_log", UNWRITTEN
    ),
    "a policy is gone": Sabotage("DROP POLICY portal ON leora.payments", "payments", GONE),
    "the tenant is a constant": Sabotage(
        "CREATE OR REPLACE FUNCTION leora.tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE"
        " RETURN (SELECT id FROM leora.tenants ORDER BY created_at DESC LIMIT 1)",
        "leora.tenant_id()",
        UNWRITTEN,
    ),
}

GRANTS: dict[str, Sabotage] = {
    "a ledger can be emptied": Sabotage(
        "GRANT DELETE ON leora.audit_log TO leora_staff",
        "audit_log",
        "has DELETE: rows are only ever added",
        role="leora_staff",
    ),
    "a password hash can be read": Sabotage(
        "GRANT SELECT (password_hash) ON leora.users TO leora_staff",
        "users",
        "may read the secret column password_hash",
        role="leora_staff",
    ),
    "a whole table with secrets can be read": Sabotage(
        "GRANT SELECT ON leora.sessions TO leora_portal",
        "sessions",
        "may read the secret column salt",
        role="leora_portal",
    ),
    "buyers see costs": Sabotage(
        "GRANT SELECT (cost_cents) ON leora.skus TO leora_portal",
        "skus",
        "may read cost_cents, which is not for the portal",
        role="leora_portal",
    ),
    "buyers see a closed table": Sabotage(
        "GRANT SELECT ON leora.activities TO leora_portal",
        "activities",
        "closed to the portal",
        role="leora_portal",
    ),
    "the reading login writes": Sabotage(
        "GRANT UPDATE (notes) ON leora.orders TO leora_portal",
        "orders",
        "has UPDATE (notes): this login only reads",
        role="leora_portal",
    ),
    "everybody reads": Sabotage(
        "GRANT SELECT ON leora.customers TO PUBLIC", "customers", "has SELECT: everybody", role="PUBLIC"
    ),
    "a stranger reads": Sabotage(
        f"{NOBODY} GRANT SELECT ON leora.customers TO leora_sabotage_nobody",
        "customers",
        "a role that is not ours",
        role="leora_sabotage_nobody",
    ),
    "a login may truncate": Sabotage(
        "GRANT TRUNCATE ON leora.orders TO leora_staff",
        "orders",
        "has TRUNCATE: no login needs it",
        role="leora_staff",
    ),
    "a right can be passed on": Sabotage(
        "GRANT SELECT ON leora.orders TO leora_staff WITH GRANT OPTION",
        "orders",
        "may pass it on",
        role="leora_staff",
    ),
    "a right is more than was written down": Sabotage(
        "GRANT DELETE ON leora.customers TO leora_staff", "customers", UNWRITTEN, role="leora_staff"
    ),
    "a right is gone": Sabotage(
        "REVOKE INSERT ON leora.orders FROM leora_staff", "orders", GONE, role="leora_staff"
    ),
    "a login uses a sequence": Sabotage(
        "CREATE SEQUENCE leora.spare; GRANT USAGE ON SEQUENCE leora.spare TO leora_staff",
        "spare",
        "has a right on a sequence",
        role="leora_staff",
    ),
    "a login creates in the schema": Sabotage(
        "GRANT CREATE ON SCHEMA leora TO leora_staff",
        "schema leora",
        "has CREATE on the schema",
        role="leora_staff",
    ),
    "everybody is let into the schema": Sabotage(
        "GRANT USAGE ON SCHEMA leora TO PUBLIC",
        "schema leora",
        "has USAGE on the schema",
        role="PUBLIC",
    ),
    "everybody may make temporary tables": Sabotage(
        "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$",
        "database",
        "has TEMPORARY on the database",
        role="PUBLIC",
    ),
    "a login switches triggers off": Sabotage(
        "GRANT SET ON PARAMETER session_replication_role TO leora_staff",
        "session_replication_role",
        "may SET it",
        role="leora_staff",
    ),
    "a login reads the server's files": Sabotage(
        "GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO leora_staff",
        "pg_read_file",
        "rights outside the schema",
        role="leora_staff",
    ),
    "a copy outside the schema": Sabotage(
        "CREATE TABLE public.spare AS SELECT * FROM leora.customers; GRANT SELECT ON public.spare TO leora_portal",
        "spare",
        "rights outside the schema",
        role="leora_portal",
    ),
}

ROLES: dict[str, Sabotage] = {
    "a login bypasses row-level security": Sabotage(
        "ALTER ROLE leora_staff BYPASSRLS", "leora_staff", "has BYPASSRLS", "leora_staff", reaches_rows=True
    ),
    "a login is a superuser": Sabotage(
        "ALTER ROLE leora_portal SUPERUSER",
        "leora_portal",
        "has SUPERUSER",
        "leora_portal",
        reaches_rows=True,
    ),
    "a login makes roles": Sabotage(
        "ALTER ROLE leora_worker CREATEROLE", "leora_worker", "has CREATEROLE", "leora_worker"
    ),
    "a login replicates": Sabotage(
        "ALTER ROLE leora_auth REPLICATION", "leora_auth", "has REPLICATION", "leora_auth"
    ),
    "a login inherits": Sabotage("ALTER ROLE leora_auth INHERIT", "leora_auth", "INHERIT", "leora_auth"),
    "a login can be the owner": Sabotage(
        "GRANT leora_owner TO leora_portal", "leora_portal", "is a member of leora_owner", "leora_portal"
    ),
    "a login reads everything": Sabotage(
        "GRANT pg_read_all_data TO leora_staff",
        "leora_staff",
        "is a member of pg_read_all_data",
        "leora_staff",
    ),
    "a stranger can be a login": Sabotage(
        f"{NOBODY} GRANT leora_staff TO leora_sabotage_nobody",
        "leora_staff",
        "can act as leora_staff",
        "leora_sabotage_nobody",
    ),
    "a statement may run for ever": Sabotage(
        "ALTER ROLE leora_portal RESET statement_timeout",
        "leora_portal",
        "has no statement_timeout",
        "leora_portal",
    ),
    "a statement may run for ever here": Sabotage(
        "DO $$ BEGIN EXECUTE format("
        "'ALTER ROLE leora_auth IN DATABASE %I SET statement_timeout = 0', current_database()); END $$",
        "leora_auth",
        UNWRITTEN,
        "leora_auth",
    ),
    "the owner logs in": Sabotage("ALTER ROLE leora_owner LOGIN", "leora_owner", "can log in", "leora_owner"),
    "a login owns a table": Sabotage(
        "ALTER TABLE leora.tasks OWNER TO leora_staff", "tasks", "is owned by leora_staff", "leora_staff"
    ),
    "a tenant is set for everybody": Sabotage(
        "DO $$ BEGIN EXECUTE format("
        "'ALTER DATABASE %I SET app.current_tenant_id = %L', current_database(), gen_random_uuid()); END $$",
        "app.current_tenant_id",
        "is set in advance",
    ),
    "a login starts without row security": Sabotage(
        "ALTER ROLE leora_staff SET row_security = off", "row_security", "is set in advance", "leora_staff"
    ),
}

OBJECTS: dict[str, Sabotage] = {
    "a definer function without search_path": Sabotage(
        "ALTER FUNCTION leora.active_tenants() RESET search_path",
        "leora.active_tenants()",
        "without a pinned search_path",
    ),
    "a definer function that looks in public first": Sabotage(
        "ALTER FUNCTION leora.active_tenants() SET search_path = public, pg_catalog",
        "leora.active_tenants()",
        "without a pinned search_path",
    ),
    "everybody runs a definer function": Sabotage(
        "GRANT EXECUTE ON FUNCTION leora.auth_login(uuid, text, text) TO PUBLIC",
        "leora.auth_login",
        "everybody may run it",
        role="PUBLIC",
    ),
    "another login runs a definer function": Sabotage(
        "GRANT EXECUTE ON FUNCTION leora.auth_login(uuid, text, text) TO leora_staff",
        "leora.auth_login",
        UNWRITTEN,
    ),
    "a definer function of a superuser": Sabotage(
        "ALTER FUNCTION leora.lookup_users_email(text) OWNER TO CURRENT_USER",
        "leora.lookup_users_email",
        "is SECURITY DEFINER and runs as",
    ),
    "a look-up that forgets the tenant": Sabotage(
        "CREATE OR REPLACE FUNCTION leora.lookup_users_email(pattern text) RETURNS TABLE (id uuid) LANGUAGE sql"
        " STABLE SECURITY DEFINER SET search_path = pg_catalog, leora"
        " AS $$ SELECT t.id FROM leora.users t WHERE t.email_lower LIKE lower(pattern) $$",
        "leora.lookup_users_email",
        UNWRITTEN,
        reaches_rows=True,
    ),
    "a definer function outside the schema": Sabotage(
        "CREATE FUNCTION public.spare() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT count(*) FROM leora.orders'",
        "spare()",
        "may run a SECURITY DEFINER function outside leora",
        role="leora_portal",
    ),
    "a trigger function that is a definer": Sabotage(
        "ALTER FUNCTION leora.touch() SECURITY DEFINER", "leora.touch()", "is SECURITY DEFINER and runs as"
    ),
    "a leakproof function": Sabotage(
        "CREATE FUNCTION public.spare(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE LEAKPROOF"
        " AS 'BEGIN RAISE NOTICE ''%'', $1; RETURN true; END'",
        "spare(text)",
        "is called LEAKPROOF",
    ),
    "a view in the schema": Sabotage(
        "CREATE VIEW leora.spare WITH (security_invoker) AS SELECT * FROM leora.orders", "spare", "is a view"
    ),
    "a view outside that reads as its owner": Sabotage(
        "CREATE VIEW public.spare AS SELECT * FROM leora.orders",
        "public.spare",
        "without security_invoker",
    ),
    "a materialized view": Sabotage(
        "CREATE MATERIALIZED VIEW public.spare AS SELECT * FROM leora.orders",
        "public.spare",
        "knows no row-level security",
    ),
    "a foreign key without the tenant": Sabotage(
        "ALTER TABLE leora.customers ADD CONSTRAINT spare UNIQUE (id);"
        " ALTER TABLE leora.tasks ADD CONSTRAINT spare_key FOREIGN KEY (customer_id) REFERENCES leora.customers (id)",
        "tasks",
        "the foreign key spare_key does not carry tenant_id",
    ),
    "a unique key without the tenant": Sabotage(
        "CREATE UNIQUE INDEX spare ON leora.products (id)",
        "products",
        "the unique key spare does not carry tenant_id",
    ),
    "foreign keys are switched off": Sabotage(
        "ALTER TABLE leora.orders DISABLE TRIGGER ALL", "orders", "a foreign key of it is switched off"
    ),
    "a ledger's trigger is switched off": Sabotage(
        "ALTER TABLE leora.inventory_movements DISABLE TRIGGER append_only",
        "inventory_movements",
        "the trigger append_only is switched off",
    ),
    "a new table without row-level security": Sabotage(
        "CREATE TABLE leora.spare (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))",
        "spare",
        "row-level security is not enabled",
    ),
    "a new table without a tenant": Sabotage(
        "CREATE TABLE leora.spare (id uuid PRIMARY KEY)", "spare", "has no tenant_id"
    ),
    "a rewrite rule": Sabotage(
        "CREATE RULE spare AS ON DELETE TO leora.customers DO INSTEAD NOTHING",
        "customers",
        "has a rewrite rule",
    ),
}

SABOTAGES: dict[str, Sabotage] = {**POLICIES, **GRANTS, **ROLES, **OBJECTS}
