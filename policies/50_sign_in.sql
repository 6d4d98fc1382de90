-- Sign-in: how `leora_auth` finds who calls, and what it may write.
--
-- Before anybody is known there is no tenant to bind the transaction to, so the questions are answered by
-- definer functions: each takes the tenant (or its slug) and gives what belongs to one caller. They test
-- the tenant themselves, and read only the columns granted here. Writing happens under the floor like
-- everywhere else.

GRANT SELECT (id, slug, status) ON leora.tenants TO leora_definer;
GRANT SELECT (tenant_id, portal_enabled) ON leora.tenant_settings TO leora_definer;
GRANT SELECT (
    tenant_id, id, email, email_lower, status, password_hash, locked_until, external_issuer, external_subject
) ON leora.users TO leora_definer;
GRANT SELECT (
    tenant_id, id, customer_id, email, email_lower, status, password_hash, locked_until, external_issuer,
    external_subject
) ON leora.portal_users TO leora_definer;
GRANT SELECT (tenant_id, id, kind) ON leora.roles TO leora_definer;
GRANT SELECT (tenant_id, role_id, permission_key) ON leora.role_permissions TO leora_definer;
GRANT SELECT (tenant_id, user_id, role_id) ON leora.user_roles TO leora_definer;
GRANT SELECT (tenant_id, portal_user_id, role_id) ON leora.portal_user_roles TO leora_definer;
GRANT SELECT (tenant_id, id, user_id, portal_user_id, idle_expires_at, expires_at, revoked_at)
    ON leora.sessions TO leora_definer;
GRANT SELECT (tenant_id, id, kind, token_hash, scopes, created_by_id, expires_at, revoked_at)
    ON leora.integration_tokens TO leora_definer;

CREATE POLICY sign_in_lookup ON leora.tenants FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.tenant_settings FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.users FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.portal_users FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.roles FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.role_permissions FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.user_roles FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.portal_user_roles FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.sessions FOR SELECT TO leora_definer USING (true);
CREATE POLICY sign_in_lookup ON leora.integration_tokens FOR SELECT TO leora_definer USING (true);

-- What sign-in records, each in the tenant that its transaction is bound to.
GRANT SELECT (tenant_id, id, status, failed_sign_ins, locked_until, last_sign_in_at),
    UPDATE (failed_sign_ins, locked_until, last_sign_in_at, password_hash, status)
    ON leora.users TO leora_auth;
GRANT SELECT (tenant_id, id, status, failed_sign_ins, locked_until, last_sign_in_at),
    UPDATE (failed_sign_ins, locked_until, last_sign_in_at, password_hash, status)
    ON leora.portal_users TO leora_auth;
GRANT SELECT (
        tenant_id, id, user_id, portal_user_id, generation, rotated_at, salt, idle_expires_at, expires_at,
        last_active_at, revoked_at
    ),
    INSERT (
        tenant_id, id, user_id, portal_user_id, generation, rotated_at, salt, user_agent, ip_address,
        idle_expires_at, expires_at, last_active_at
    ),
    UPDATE (generation, rotated_at, idle_expires_at, last_active_at, revoked_at, revoke_reason)
    ON leora.sessions TO leora_auth;
GRANT SELECT (tenant_id, id, purpose, subject_kind, subject_id, token_hash, expires_at, used_at),
    INSERT (tenant_id, id, purpose, subject_kind, subject_id, token_hash, expires_at),
    UPDATE (used_at)
    ON leora.one_time_tokens TO leora_auth;
GRANT SELECT (tenant_id, id, last_used_at), UPDATE (last_used_at) ON leora.integration_tokens TO leora_auth;
GRANT SELECT (tenant_id, audit_sequence, audit_hash, event_sequence),
    UPDATE (audit_sequence, audit_hash, event_sequence)
    ON leora.tenant_heads TO leora_auth;
GRANT INSERT ON leora.audit_log TO leora_auth;
-- Whoever accepts an invitation is changed by that, which is told like every change.
GRANT INSERT (entity_id, entity_type, id, occurred_at, payload, sequence, tenant_id, type)
    ON leora.webhook_events TO leora_auth;
GRANT SELECT (event_types, id, status, tenant_id) ON leora.webhook_subscriptions TO leora_auth;
GRANT INSERT (event_id, id, next_attempt_at, status, subscription_id, tenant_id)
    ON leora.webhook_deliveries TO leora_auth;

CREATE POLICY sign_in_read ON leora.users FOR SELECT TO leora_auth USING (true);
CREATE POLICY sign_in_write ON leora.users FOR UPDATE TO leora_auth USING (true) WITH CHECK (true);
CREATE POLICY sign_in_read ON leora.one_time_tokens FOR SELECT TO leora_auth USING (true);
CREATE POLICY sign_in_add ON leora.one_time_tokens FOR INSERT TO leora_auth
    WITH CHECK (purpose = 'PASSWORD_RESET');
CREATE POLICY sign_in_write ON leora.one_time_tokens FOR UPDATE TO leora_auth
    USING (used_at IS NULL) WITH CHECK (used_at IS NOT NULL);
CREATE POLICY sign_in_read ON leora.portal_users FOR SELECT TO leora_auth USING (true);
CREATE POLICY sign_in_write ON leora.portal_users FOR UPDATE TO leora_auth USING (true) WITH CHECK (true);
CREATE POLICY sign_in_read ON leora.sessions FOR SELECT TO leora_auth USING (true);
CREATE POLICY sign_in_add ON leora.sessions FOR INSERT TO leora_auth WITH CHECK (true);
CREATE POLICY sign_in_write ON leora.sessions FOR UPDATE TO leora_auth USING (true) WITH CHECK (true);
CREATE POLICY sign_in_read ON leora.integration_tokens FOR SELECT TO leora_auth USING (true);
CREATE POLICY sign_in_write ON leora.integration_tokens FOR UPDATE TO leora_auth
    USING (true) WITH CHECK (true);
CREATE POLICY sign_in_read ON leora.tenant_heads FOR SELECT TO leora_auth USING (true);
CREATE POLICY sign_in_write ON leora.tenant_heads FOR UPDATE TO leora_auth USING (true) WITH CHECK (true);
CREATE POLICY sign_in_add ON leora.audit_log FOR INSERT TO leora_auth WITH CHECK (true);
CREATE POLICY sign_in_tell ON leora.webhook_events FOR INSERT TO leora_auth
    WITH CHECK (type IN ('user.updated', 'portal_user.updated'));
CREATE POLICY sign_in_tell ON leora.webhook_subscriptions FOR SELECT TO leora_auth USING (true);
CREATE POLICY sign_in_tell ON leora.webhook_deliveries FOR INSERT TO leora_auth WITH CHECK (true);

-- The functions are made by the role that owns them, which may create here only while this runs.
GRANT CREATE ON SCHEMA leora TO leora_definer;
SET LOCAL ROLE leora_definer;

-- A tenant by its slug, and whether it is active.
CREATE FUNCTION leora.auth_tenant(wanted_slug text)
RETURNS TABLE (tenant_id uuid, active boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id, t.status = 'ACTIVE' FROM leora.tenants t WHERE t.slug = wanted_slug
$$;

-- An account by its e-mail, with its password hash. `active` needs the tenant, and for a portal user
-- the portal, to be open as well.
CREATE FUNCTION leora.auth_login(wanted_tenant uuid, wanted_email text, wanted_kind text)
RETURNS TABLE (kind text, id uuid, active boolean, password_hash text, locked_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT 'USER', u.id, t.status = 'ACTIVE' AND u.status = 'ACTIVE', u.password_hash, u.locked_until
    FROM leora.users u
    JOIN leora.tenants t ON t.id = u.tenant_id
    WHERE wanted_kind = 'USER' AND u.tenant_id = wanted_tenant AND u.email_lower = lower(wanted_email)
    UNION ALL
    SELECT
        'PORTAL_USER', p.id, t.status = 'ACTIVE' AND p.status = 'ACTIVE' AND s.portal_enabled,
        p.password_hash, p.locked_until
    FROM leora.portal_users p
    JOIN leora.tenants t ON t.id = p.tenant_id
    JOIN leora.tenant_settings s ON s.tenant_id = p.tenant_id
    WHERE wanted_kind = 'PORTAL_USER' AND p.tenant_id = wanted_tenant AND p.email_lower = lower(wanted_email)
$$;

-- An account by its e-mail that may choose a new password there: never one whom somebody else signs in.
CREATE FUNCTION leora.auth_recovery(wanted_tenant uuid, wanted_email text, wanted_kind text)
RETURNS TABLE (kind text, id uuid, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT 'USER', u.id, u.email
    FROM leora.users u
    JOIN leora.tenants t ON t.id = u.tenant_id AND t.status = 'ACTIVE'
    WHERE wanted_kind = 'USER' AND u.tenant_id = wanted_tenant AND u.email_lower = lower(wanted_email)
        AND u.status = 'ACTIVE' AND u.external_issuer IS NULL
    UNION ALL
    SELECT 'PORTAL_USER', p.id, p.email
    FROM leora.portal_users p
    JOIN leora.tenants t ON t.id = p.tenant_id AND t.status = 'ACTIVE'
    JOIN leora.tenant_settings s ON s.tenant_id = p.tenant_id AND s.portal_enabled
    WHERE wanted_kind = 'PORTAL_USER' AND p.tenant_id = wanted_tenant AND p.email_lower = lower(wanted_email)
        AND p.status = 'ACTIVE' AND p.external_issuer IS NULL
$$;

-- The password hash of an account that is known already: to be asked while its row is locked.
CREATE FUNCTION leora.auth_password(wanted_tenant uuid, wanted_kind text, wanted_id uuid)
RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT u.password_hash FROM leora.users u
    WHERE wanted_kind = 'USER' AND u.tenant_id = wanted_tenant AND u.id = wanted_id
    UNION ALL
    SELECT p.password_hash FROM leora.portal_users p
    WHERE wanted_kind = 'PORTAL_USER' AND p.tenant_id = wanted_tenant AND p.id = wanted_id
$$;

-- The e-mail address of one account: a new password does not contain it.
CREATE FUNCTION leora.auth_email(wanted_tenant uuid, wanted_kind text, wanted_id uuid)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT u.email FROM leora.users u
    WHERE wanted_kind = 'USER' AND u.tenant_id = wanted_tenant AND u.id = wanted_id
    UNION ALL
    SELECT p.email FROM leora.portal_users p
    WHERE wanted_kind = 'PORTAL_USER' AND p.tenant_id = wanted_tenant AND p.id = wanted_id
$$;

-- Who a user or portal user is and may do: permission keys as its roles hold them, wildcards among them.
-- Only roles of the account's own kind count.
CREATE FUNCTION leora.auth_standing(wanted_tenant uuid, wanted_kind text, wanted_id uuid)
RETURNS TABLE (
    kind text, id uuid, customer_id uuid, tenant_slug text, active boolean, permissions text[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT
        'USER', u.id, NULL::uuid, t.slug, t.status = 'ACTIVE' AND u.status = 'ACTIVE',
        ARRAY(
            SELECT DISTINCT held.permission_key
            FROM leora.user_roles has
            JOIN leora.roles r ON r.tenant_id = has.tenant_id AND r.id = has.role_id AND r.kind = 'STAFF'
            JOIN leora.role_permissions held ON held.tenant_id = r.tenant_id AND held.role_id = r.id
            WHERE has.tenant_id = u.tenant_id AND has.user_id = u.id
        )
    FROM leora.users u
    JOIN leora.tenants t ON t.id = u.tenant_id
    WHERE wanted_kind = 'USER' AND u.tenant_id = wanted_tenant AND u.id = wanted_id
    UNION ALL
    SELECT
        'PORTAL_USER', p.id, p.customer_id, t.slug,
        t.status = 'ACTIVE' AND p.status = 'ACTIVE' AND s.portal_enabled,
        ARRAY(
            SELECT DISTINCT held.permission_key
            FROM leora.portal_user_roles has
            JOIN leora.roles r ON r.tenant_id = has.tenant_id AND r.id = has.role_id AND r.kind = 'PORTAL'
            JOIN leora.role_permissions held ON held.tenant_id = r.tenant_id AND held.role_id = r.id
            WHERE has.tenant_id = p.tenant_id AND has.portal_user_id = p.id
        )
    FROM leora.portal_users p
    JOIN leora.tenants t ON t.id = p.tenant_id
    JOIN leora.tenant_settings s ON s.tenant_id = p.tenant_id
    WHERE wanted_kind = 'PORTAL_USER' AND p.tenant_id = wanted_tenant AND p.id = wanted_id
$$;

-- The accounts that an external sign-in belongs to: by issuer and subject, never by e-mail.
CREATE FUNCTION leora.auth_external(wanted_tenant uuid, wanted_issuer text, wanted_subject text)
RETURNS TABLE (
    kind text, id uuid, customer_id uuid, tenant_slug text, active boolean, permissions text[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT standing.*
    FROM (
        SELECT 'USER', u.id FROM leora.users u
        WHERE u.tenant_id = wanted_tenant
            AND u.external_issuer = wanted_issuer AND u.external_subject = wanted_subject
        UNION ALL
        SELECT 'PORTAL_USER', p.id FROM leora.portal_users p
        WHERE p.tenant_id = wanted_tenant
            AND p.external_issuer = wanted_issuer AND p.external_subject = wanted_subject
    ) AS found (kind, id)
    CROSS JOIN LATERAL leora.auth_standing(wanted_tenant, found.kind, found.id) AS standing
$$;

-- A session, with the standing of whose it is.
CREATE FUNCTION leora.auth_session(wanted_tenant uuid, wanted_session uuid)
RETURNS TABLE (
    kind text, id uuid, customer_id uuid, tenant_slug text, active boolean, permissions text[],
    revoked_at timestamptz, idle_expires_at timestamptz, expires_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT standing.*, s.revoked_at, s.idle_expires_at, s.expires_at
    FROM leora.sessions s
    CROSS JOIN LATERAL leora.auth_standing(
        s.tenant_id,
        CASE WHEN s.user_id IS NULL THEN 'PORTAL_USER' ELSE 'USER' END,
        coalesce(s.user_id, s.portal_user_id)
    ) AS standing
    WHERE s.tenant_id = wanted_tenant AND s.id = wanted_session
$$;

-- An integration token that may call this API, with its maker and what that one holds: nothing when no longer active.
CREATE FUNCTION leora.auth_integration(wanted_tenant uuid, wanted_token uuid)
RETURNS TABLE (
    tenant_slug text, active boolean, token_hash bytea, scopes text[], maker_id uuid,
    maker_permissions text[], expires_at timestamptz, revoked_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT
        t.slug, t.status = 'ACTIVE', i.token_hash, i.scopes, i.created_by_id,
        CASE WHEN maker.active THEN maker.permissions ELSE '{}' END, i.expires_at, i.revoked_at
    FROM leora.integration_tokens i
    JOIN leora.tenants t ON t.id = i.tenant_id
    LEFT JOIN LATERAL leora.auth_standing(i.tenant_id, 'USER', i.created_by_id) AS maker ON true
    WHERE i.tenant_id = wanted_tenant AND i.id = wanted_token AND i.kind = 'INBOUND'
$$;

REVOKE ALL ON FUNCTION
    leora.auth_tenant(text),
    leora.auth_login(uuid, text, text),
    leora.auth_recovery(uuid, text, text),
    leora.auth_password(uuid, text, uuid),
    leora.auth_email(uuid, text, uuid),
    leora.auth_standing(uuid, text, uuid),
    leora.auth_external(uuid, text, text),
    leora.auth_session(uuid, uuid),
    leora.auth_integration(uuid, uuid)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    leora.auth_tenant(text),
    leora.auth_login(uuid, text, text),
    leora.auth_recovery(uuid, text, text),
    leora.auth_password(uuid, text, uuid),
    leora.auth_email(uuid, text, uuid),
    leora.auth_standing(uuid, text, uuid),
    leora.auth_external(uuid, text, text),
    leora.auth_session(uuid, uuid),
    leora.auth_integration(uuid, uuid)
TO leora_auth;

SET LOCAL ROLE leora_owner;
REVOKE CREATE ON SCHEMA leora FROM leora_definer;
