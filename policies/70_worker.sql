-- What runs beside requests: webhook delivery, snapshots and metrics, clean-up.
--
-- The worker finds its work across tenants through the three functions at the end, which give ids and nothing
-- else; everything it then reads and writes happens in one tenant at a time, under the floor.

-- Webhook delivery: the only login that reads secrets (they are encrypted), to sign with them.
GRANT
    SELECT (
        consecutive_failures, event_types, id, name, previous_secret, previous_secret_until, secret, status,
        tenant_id, url, version
    ),
    UPDATE (consecutive_failures, last_failure_at, last_success_at, status, updated_at, version)
    ON leora.webhook_subscriptions TO leora_worker;
CREATE POLICY worker ON leora.webhook_subscriptions TO leora_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON leora.webhook_events TO leora_worker;
CREATE POLICY worker ON leora.webhook_events TO leora_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (attempt_count, last_attempt_at, next_attempt_at, status, updated_at)
    ON leora.webhook_deliveries TO leora_worker;
CREATE POLICY worker ON leora.webhook_deliveries TO leora_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON leora.webhook_attempts TO leora_worker;
CREATE POLICY worker ON leora.webhook_attempts TO leora_worker USING (true) WITH CHECK (true);

-- Health snapshots, metrics and the tasks that rules make.
GRANT SELECT ON leora.tenant_settings TO leora_worker;
CREATE POLICY worker ON leora.tenant_settings FOR SELECT TO leora_worker USING (true);
GRANT SELECT (id, sales_rep_id, status, tenant_id, created_at) ON leora.customers TO leora_worker;
CREATE POLICY worker ON leora.customers FOR SELECT TO leora_worker USING (true);
GRANT SELECT (
    customer_id, discount_amount_cents, fulfilled_at, id, is_sample, placed_at, sales_rep_id, status,
    subtotal_cents, tenant_id, total_cents
) ON leora.orders TO leora_worker;
CREATE POLICY worker ON leora.orders FOR SELECT TO leora_worker USING (true);
GRANT SELECT (
    discount_amount_cents, fulfilled_quantity, id, line_total_cents, order_id, quantity, sku_id, tenant_id,
    unit_price_cents
) ON leora.order_lines TO leora_worker;
CREATE POLICY worker ON leora.order_lines FOR SELECT TO leora_worker USING (true);
GRANT SELECT ON leora.inventory_movements TO leora_worker;
CREATE POLICY worker ON leora.inventory_movements FOR SELECT TO leora_worker USING (true);
GRANT SELECT (id, product_id, status, tenant_id) ON leora.skus TO leora_worker;
CREATE POLICY worker ON leora.skus FOR SELECT TO leora_worker USING (true);
GRANT SELECT (customer_id, id, kind, occurred_at, tenant_id, user_id) ON leora.activities TO leora_worker;
CREATE POLICY worker ON leora.activities FOR SELECT TO leora_worker USING (true);
GRANT SELECT (customer_id, feedback_activity_id, id, pulled_at, quantity, sku_id, status, tenant_id, user_id)
    ON leora.sample_pulls TO leora_worker;
CREATE POLICY worker ON leora.sample_pulls FOR SELECT TO leora_worker USING (true);
GRANT SELECT (id, status, tenant_id) ON leora.users TO leora_worker;
CREATE POLICY worker ON leora.users FOR SELECT TO leora_worker USING (true);
GRANT SELECT, INSERT, UPDATE ON leora.account_health_snapshots TO leora_worker;
CREATE POLICY worker ON leora.account_health_snapshots TO leora_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON leora.sales_metrics TO leora_worker;
CREATE POLICY worker ON leora.sales_metrics TO leora_worker USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON leora.tasks TO leora_worker;
CREATE POLICY worker ON leora.tasks TO leora_worker USING (true) WITH CHECK (true);

-- What every change leaves behind.
GRANT SELECT, UPDATE (audit_hash, audit_sequence, event_sequence, updated_at) ON leora.tenant_heads TO leora_worker;
CREATE POLICY worker ON leora.tenant_heads TO leora_worker USING (true) WITH CHECK (true);
GRANT INSERT ON leora.audit_log TO leora_worker;
CREATE POLICY worker ON leora.audit_log FOR INSERT TO leora_worker WITH CHECK (true);

-- Clean-up: what has served its time. Answers are deleted unread.
GRANT SELECT (created_at, id, tenant_id), DELETE ON leora.idempotency_keys TO leora_worker;
CREATE POLICY worker ON leora.idempotency_keys TO leora_worker USING (true) WITH CHECK (false);
GRANT SELECT (expires_at, id, tenant_id, used_at), DELETE ON leora.one_time_tokens TO leora_worker;
CREATE POLICY worker ON leora.one_time_tokens TO leora_worker USING (true) WITH CHECK (false);
GRANT SELECT (expires_at, id, idle_expires_at, revoked_at, tenant_id), DELETE ON leora.sessions TO leora_worker;
CREATE POLICY worker ON leora.sessions TO leora_worker USING (true) WITH CHECK (false);

-- The functions that look across tenants.
GRANT SELECT (event_sequence, tenant_id) ON leora.tenant_heads TO leora_definer;
CREATE POLICY worker_tail ON leora.tenant_heads FOR SELECT TO leora_definer USING (true);
GRANT SELECT (id, next_attempt_at, tenant_id), UPDATE (next_attempt_at, status)
    ON leora.webhook_deliveries TO leora_definer;
CREATE POLICY worker_claim ON leora.webhook_deliveries TO leora_definer USING (true) WITH CHECK (true);

GRANT CREATE ON SCHEMA leora TO leora_definer;
SET LOCAL ROLE leora_definer;

-- The active tenants.
CREATE FUNCTION leora.active_tenants()
RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.tenants t WHERE t.status = 'ACTIVE'
$$;

-- The last event of each tenant: whoever follows events asks which tenants have moved on.
CREATE FUNCTION leora.event_heads()
RETURNS TABLE (tenant_id uuid, event_sequence bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT h.tenant_id, h.event_sequence FROM leora.tenant_heads h
$$;

-- Takes up to `most` deliveries that are due, the longest due first, and keeps them from other workers until
-- `lease` has passed: one that dies is followed by another.
CREATE FUNCTION leora.claim_deliveries(most integer, lease interval)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    UPDATE leora.webhook_deliveries AS claimed
    SET status = 'DELIVERING', next_attempt_at = now() + lease
    FROM (
        SELECT d.tenant_id, d.id
        FROM leora.webhook_deliveries d
        WHERE d.next_attempt_at <= now()
        ORDER BY d.next_attempt_at, d.tenant_id, d.id
        LIMIT least(greatest(most, 0), 1000)
        FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE claimed.tenant_id = due.tenant_id AND claimed.id = due.id
    RETURNING claimed.tenant_id, claimed.id
$$;

-- The next number of the tenant's orders or payments. Gaps are allowed, the same number twice is not.
CREATE FUNCTION leora.next_number(kind text)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT nextval(('leora.' || leora.number_sequence(leora.tenant_id(), kind))::regclass)
$$;

REVOKE ALL ON FUNCTION
    leora.active_tenants(), leora.event_heads(), leora.claim_deliveries(integer, interval), leora.next_number(text)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    leora.active_tenants(), leora.event_heads(), leora.claim_deliveries(integer, interval)
TO leora_worker;
GRANT EXECUTE ON FUNCTION leora.next_number(text) TO leora_staff, leora_portal_write, leora_owner;

SET LOCAL ROLE leora_owner;
REVOKE CREATE ON SCHEMA leora FROM leora_definer;
