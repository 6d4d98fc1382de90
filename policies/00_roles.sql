-- The roles, made by `leora db create-roles` and not by `leora rls apply`: it takes an administrator,
-- and the roles are the whole cluster's. Idempotent, and silent where everything is right already.
--
-- Nobody logs in as the first three. Each of the others is one audience's login: NOINHERIT, member of
-- nothing, owner of nothing, with a limit on how long its statements may run.

DO $$
DECLARE
    wanted record;
    actual record;
BEGIN
    FOR wanted IN
        SELECT * FROM (VALUES
            ('leora_owner', false, NULL::text[]),
            ('leora_definer', false, NULL),
            ('leora_lookup', false, NULL),
            ('leora_staff', true, ARRAY['statement_timeout=5s', 'lock_timeout=4s', 'idle_in_transaction_session_timeout=30s']),
            ('leora_portal', true, ARRAY['statement_timeout=5s', 'lock_timeout=4s', 'idle_in_transaction_session_timeout=30s']),
            ('leora_portal_write', true, ARRAY['statement_timeout=10s', 'lock_timeout=8s', 'idle_in_transaction_session_timeout=30s']),
            ('leora_auth', true, ARRAY['statement_timeout=5s', 'lock_timeout=4s', 'idle_in_transaction_session_timeout=30s']),
            ('leora_worker', true, ARRAY['statement_timeout=60s', 'lock_timeout=8s', 'idle_in_transaction_session_timeout=60s'])
        ) AS role (name, login, settings)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I %s NOINHERIT', wanted.name, CASE WHEN wanted.login THEN 'LOGIN' ELSE 'NOLOGIN' END);
        END IF;
        SELECT * INTO actual FROM pg_roles WHERE rolname = wanted.name;
        IF actual.rolsuper OR actual.rolbypassrls OR actual.rolreplication OR actual.rolcreaterole OR actual.rolcreatedb THEN
            EXECUTE format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEROLE NOCREATEDB', wanted.name);
        END IF;
        IF actual.rolinherit OR actual.rolcanlogin <> wanted.login THEN
            EXECUTE format('ALTER ROLE %I NOINHERIT %s', wanted.name, CASE WHEN wanted.login THEN 'LOGIN' ELSE 'NOLOGIN' END);
        END IF;
        IF actual.rolconfig IS DISTINCT FROM wanted.settings THEN
            EXECUTE format('ALTER ROLE %I RESET ALL', wanted.name);
            FOR i IN 1 .. coalesce(array_length(wanted.settings, 1), 0) LOOP
                EXECUTE format(
                    'ALTER ROLE %I SET %I TO %L', wanted.name,
                    split_part(wanted.settings[i], '=', 1), split_part(wanted.settings[i], '=', 2)
                );
            END LOOP;
        END IF;
    END LOOP;
END
$$;

-- Members of nothing: whatever was granted to one of them is taken back.
DO $$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT member.rolname AS member, role.rolname AS role
        FROM pg_auth_members m
        JOIN pg_roles member ON member.oid = m.member
        JOIN pg_roles role ON role.oid = m.roleid
        WHERE member.rolname IN (
            'leora_owner', 'leora_definer', 'leora_lookup',
            'leora_staff', 'leora_portal', 'leora_portal_write', 'leora_auth', 'leora_worker'
        )
    LOOP
        EXECUTE format('REVOKE %I FROM %I', granted.role, granted.member);
    END LOOP;
END
$$;

-- Who runs this can become the three that own things, for migrations and policies.
DO $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT leora_owner, leora_definer, leora_lookup TO %I', current_user);
    END IF;
END
$$;

-- The database: connecting for our roles, and for the owner what migrations and bulk loading need.
DO $$
BEGIN
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO leora_owner', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO leora_staff, leora_portal, leora_portal_write, leora_auth, leora_worker',
        current_database()
    );
END
$$;

CREATE SCHEMA IF NOT EXISTS leora AUTHORIZATION leora_owner;
