-- Staff and integrations: every row of their tenant, as far as the verbs and columns below go.
-- What a member of staff may do is a matter of permissions (the schema); what nobody may do is said here:
-- no password or token hash, secret or salt is readable, and ledgers are only added to.

DO $$
DECLARE
    found regclass;
BEGIN
    FOR found IN
        SELECT r.oid FROM pg_class r
        WHERE r.relnamespace = 'leora'::regnamespace
            AND r.relkind IN ('r', 'p')
            AND r.relname NOT IN (
                'alembic_version', 'audit_log', 'idempotency_keys', 'inventory_movements', 'permissions', 'sessions'
            )
    LOOP
        EXECUTE format('CREATE POLICY staff ON %s TO leora_staff USING (true) WITH CHECK (true)', found);
    END LOOP;
END
$$;

-- Tenancy
GRANT SELECT ON leora.tenants TO leora_staff;
GRANT SELECT, UPDATE ON leora.tenant_settings TO leora_staff;
GRANT SELECT, UPDATE (audit_hash, audit_sequence, event_sequence, invoice_number)
    ON leora.tenant_heads TO leora_staff;

-- Identity and access. Passwords and lock-outs are changed by `leora_auth` alone.
GRANT
    SELECT (
        avatar_url, created_at, email, email_lower, external_issuer, external_subject, failed_sign_ins,
        first_name, first_name_lower, id, last_name, last_name_lower, last_sign_in_at, locked_until, manager_id,
        phone, status, tenant_id, territory, updated_at, version
    ),
    INSERT (
        avatar_url, email, external_issuer, external_subject, first_name, id, last_name, manager_id, phone,
        status, tenant_id, territory
    ),
    UPDATE (
        avatar_url, email, external_issuer, external_subject, first_name, last_name, manager_id, phone, status,
        territory, version
    )
    ON leora.users TO leora_staff;
GRANT
    SELECT (
        avatar_url, created_at, customer_id, email, email_lower, external_issuer, external_subject,
        failed_sign_ins, first_name, id, last_name, last_name_lower, last_sign_in_at, locked_until, phone,
        status, tenant_id, updated_at, version
    ),
    INSERT (
        avatar_url, customer_id, email, external_issuer, external_subject, first_name, id, last_name, phone,
        status, tenant_id
    ),
    UPDATE (
        avatar_url, email, external_issuer, external_subject, first_name, last_name, phone, status, version
    )
    ON leora.portal_users TO leora_staff;
GRANT SELECT ON leora.permissions TO leora_staff;
CREATE POLICY staff ON leora.permissions FOR SELECT TO leora_staff USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON leora.roles TO leora_staff;
GRANT SELECT, INSERT, DELETE ON leora.role_permissions TO leora_staff;
GRANT SELECT, INSERT, DELETE ON leora.user_roles TO leora_staff;
GRANT SELECT, INSERT, DELETE ON leora.portal_user_roles TO leora_staff;
GRANT
    SELECT (
        created_at, expires_at, id, idle_expires_at, ip_address, last_active_at, portal_user_id,
        revoke_reason, revoked_at, tenant_id, updated_at, user_agent, user_id
    ),
    UPDATE (revoke_reason, revoked_at)
    ON leora.sessions TO leora_staff;
-- A session is ended, and never brought back.
CREATE POLICY staff ON leora.sessions FOR SELECT TO leora_staff USING (true);
CREATE POLICY staff_end ON leora.sessions FOR UPDATE TO leora_staff USING (true) WITH CHECK (revoked_at IS NOT NULL);
GRANT INSERT (expires_at, id, purpose, subject_id, subject_kind, tenant_id, token_hash)
    ON leora.one_time_tokens TO leora_staff;

-- Customers and catalogue
GRANT SELECT, INSERT, UPDATE ON leora.customers TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.suppliers TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.products TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.skus TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.inventory TO leora_staff;
GRANT SELECT, INSERT ON leora.inventory_movements TO leora_staff;
CREATE POLICY staff ON leora.inventory_movements FOR SELECT TO leora_staff USING (true);
CREATE POLICY staff_write ON leora.inventory_movements FOR INSERT TO leora_staff
    WITH CHECK (
        actor_kind = (SELECT leora.actor_kind())
        AND actor_id IS NOT DISTINCT FROM (SELECT leora.actor_id())
    );
GRANT SELECT, INSERT, UPDATE, DELETE ON leora.price_list_entries TO leora_staff;

-- Orders and billing
GRANT SELECT, INSERT, UPDATE ON leora.orders TO leora_staff;
GRANT SELECT, INSERT, UPDATE, DELETE ON leora.order_lines TO leora_staff;
GRANT SELECT, INSERT, UPDATE, DELETE ON leora.order_allocations TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.invoices TO leora_staff;
GRANT SELECT, INSERT ON leora.invoice_lines TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.payments TO leora_staff;
GRANT SELECT, INSERT ON leora.payment_allocations TO leora_staff;

-- Sales intelligence
GRANT SELECT, INSERT, UPDATE ON leora.activities TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.call_plans TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.tasks TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.sample_pulls TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.account_health_snapshots TO leora_staff;
GRANT SELECT ON leora.sales_metrics TO leora_staff;

-- Integrations and audit. A secret is written and never read back; the worker, which signs with it, reads it.
GRANT
    SELECT (
        consecutive_failures, created_at, event_types, id, last_failure_at, last_success_at, name, name_lower,
        previous_secret_until, status, tenant_id, updated_at, url, version
    ),
    INSERT (event_types, id, name, secret, status, tenant_id, url),
    UPDATE (
        consecutive_failures, event_types, name, previous_secret, previous_secret_until, secret, status, url,
        version
    )
    ON leora.webhook_subscriptions TO leora_staff;
GRANT SELECT, INSERT ON leora.webhook_events TO leora_staff;
GRANT SELECT, INSERT, UPDATE ON leora.webhook_deliveries TO leora_staff;
GRANT SELECT ON leora.webhook_attempts TO leora_staff;
GRANT
    SELECT (
        created_at, created_by_id, expires_at, id, kind, last_used_at, name, name_lower, provider, revoked_at,
        scopes, tenant_id, token_prefix, updated_at, version
    ),
    INSERT (
        created_by_id, expires_at, id, kind, name, provider, scopes, secret, tenant_id, token_hash, token_prefix
    ),
    UPDATE (expires_at, name, revoked_at, scopes, secret, token_hash, token_prefix, version)
    ON leora.integration_tokens TO leora_staff;
GRANT SELECT, INSERT ON leora.audit_log TO leora_staff;
CREATE POLICY staff ON leora.audit_log FOR SELECT TO leora_staff USING (true);
CREATE POLICY staff_write ON leora.audit_log FOR INSERT TO leora_staff
    WITH CHECK (
        actor_kind = (SELECT leora.actor_kind())
        AND actor_id IS NOT DISTINCT FROM (SELECT leora.actor_id())
    );
GRANT SELECT, INSERT, UPDATE (response), DELETE ON leora.idempotency_keys TO leora_staff;
CREATE POLICY staff ON leora.idempotency_keys TO leora_staff
    USING (actor_kind = (SELECT leora.actor_kind()) AND actor_id = (SELECT leora.actor_id()))
    WITH CHECK (actor_kind = (SELECT leora.actor_kind()) AND actor_id = (SELECT leora.actor_id()));
