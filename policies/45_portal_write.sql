-- Portal buyers, writing: exactly the columns that the portal's mutations touch, on their own customer's rows.
-- What they read is 40_portal.sql's; the policies called `portal` there hold for this login too.

-- Read besides: the customer's credit, the settings that orders follow, and stock.
GRANT SELECT (id, logo_url, name, primary_color, slug) ON leora.tenants TO leora_portal_write;
GRANT SELECT ON leora.tenant_settings TO leora_portal_write;
GRANT SELECT (
    account_number, account_number_lower, billing_address, created_at, credit_limit_cents, credit_status, id,
    license_expires_on, license_number, license_state, name, name_lower, payment_terms_days,
    primary_contact_email, primary_contact_name, primary_contact_phone, sales_rep_id, shipping_address, status,
    tax_exempt, tenant_id, territory, tier, trade_name, trade_name_lower, updated_at, version
) ON leora.customers TO leora_portal_write;
GRANT SELECT (
    alcohol_percent, alcohol_type, brand, brand_lower, category, code, code_lower, color, country, created_at,
    description, id, image_url, is_sample_only, name, name_lower, region, status, style, tenant_id, updated_at,
    varietal, version, vintage
) ON leora.products TO leora_portal_write;
GRANT SELECT (
    base_price_cents, bottle_ml, code, code_lower, created_at, currency, gtin, id, name, name_lower, product_id,
    status, tenant_id, units_per_case, upc, updated_at, version, weight_grams
) ON leora.skus TO leora_portal_write;
GRANT SELECT (
    created_at, currency, customer_id, customer_tier, id, max_quantity, min_quantity, price_list, sku_id,
    tenant_id, unit_price_cents, updated_at, valid_from, valid_until, version
) ON leora.price_list_entries TO leora_portal_write;
GRANT SELECT (
    balance_due_cents, created_at, currency, customer_id, discount_amount_cents, due_on, id, issued_on, number,
    number_lower, order_id, paid_amount_cents, paid_at, shipping_amount_cents, status, subtotal_cents,
    tax_amount_cents, tenant_id, total_cents, updated_at, version
) ON leora.invoices TO leora_portal_write;
GRANT SELECT (
    created_at, description, discount_amount_cents, id, invoice_id, line_total_cents, order_line_id, quantity,
    sku_id, tenant_id, unit_price_cents, updated_at
) ON leora.invoice_lines TO leora_portal_write;
GRANT SELECT (
    amount_cents, created_at, currency, customer_id, id, method, number, number_lower, received_on, reference,
    reference_lower, status, tenant_id, updated_at, version
) ON leora.payments TO leora_portal_write;
GRANT SELECT (amount_cents, created_at, id, invoice_id, payment_id, tenant_id, updated_at)
    ON leora.payment_allocations TO leora_portal_write;

-- The customer's row is locked while its exposure is counted, and never changed.
GRANT UPDATE (version) ON leora.customers TO leora_portal_write;
CREATE POLICY portal_lock ON leora.customers FOR UPDATE TO leora_portal_write
    USING (id = (SELECT leora.customer_id())) WITH CHECK (false);

-- Stock is the whole tenant's: reserved and released, never received or taken out.
GRANT SELECT (available, id, on_hand, reserved, sku_id, tenant_id, version, warehouse), UPDATE (reserved, updated_at, version)
    ON leora.inventory TO leora_portal_write;
CREATE POLICY portal_stock ON leora.inventory FOR SELECT TO leora_portal_write USING (true);
CREATE POLICY portal_reserve ON leora.inventory FOR UPDATE TO leora_portal_write USING (true) WITH CHECK (true);
GRANT INSERT (
    actor_id, actor_kind, id, inventory_id, kind, occurred_at, order_line_id, reason, reserved_delta, tenant_id
) ON leora.inventory_movements TO leora_portal_write;
CREATE POLICY portal_reserve ON leora.inventory_movements FOR INSERT TO leora_portal_write
    WITH CHECK (
        kind IN ('RESERVATION', 'RELEASE')
        AND actor_kind = 'PORTAL_USER'
        AND actor_id = (SELECT leora.actor_id())
    );

-- Orders of the customer: written, submitted, cancelled. Approval, discounts and fulfilment are staff's.
GRANT
    SELECT (
        approval_reasons, approved_at, approved_by_id, billing_address, cancelled_at, created_at, created_by_id,
        currency, customer_id, discount_amount_cents, fulfilled_at, id, is_sample, notes, number, number_lower,
        placed_at, po_number, po_number_lower, portal_user_id, requested_delivery_on, requires_approval,
        sales_rep_id, shipping_address, shipping_amount_cents, status, subtotal_cents, tax_amount_cents,
        tenant_id, total_cents, updated_at, version
    ),
    INSERT (
        billing_address, currency, customer_id, id, notes, number, po_number, portal_user_id,
        requested_delivery_on, sales_rep_id, shipping_address, shipping_amount_cents, status, subtotal_cents,
        tax_amount_cents, tenant_id, total_cents
    ),
    UPDATE (
        approval_reasons, billing_address, cancelled_at, notes, placed_at, po_number, requested_delivery_on,
        requires_approval, shipping_address, shipping_amount_cents, status, subtotal_cents, tax_amount_cents,
        total_cents, updated_at, version
    )
    ON leora.orders TO leora_portal_write;
CREATE POLICY portal_write ON leora.orders FOR INSERT TO leora_portal_write
    WITH CHECK (
        customer_id = (SELECT leora.customer_id())
        AND portal_user_id = (SELECT leora.actor_id())
        AND status = 'DRAFT'
    );
CREATE POLICY portal_change ON leora.orders FOR UPDATE TO leora_portal_write
    USING (customer_id = (SELECT leora.customer_id()) AND status IN ('DRAFT', 'PENDING'))
    WITH CHECK (
        customer_id = (SELECT leora.customer_id())
        AND status IN ('DRAFT', 'PENDING', 'CANCELLED')
    );
GRANT
    SELECT (
        applied_pricing_rule, cases, created_at, description, discount_amount_cents, fulfilled_quantity, id,
        line_total_cents, liters, order_id, position, price_override_at, quantity, sku_code, sku_id, tenant_id,
        unit_price_cents, updated_at
    ),
    INSERT (
        applied_pricing_rule, cases, description, id, line_total_cents, liters, order_id, position, quantity,
        sku_code, sku_id, tenant_id, unit_price_cents
    ),
    UPDATE (
        applied_pricing_rule, cases, line_total_cents, liters, position, price_override_original_cents, quantity,
        unit_price_cents, updated_at
    ),
    DELETE
    ON leora.order_lines TO leora_portal_write;
CREATE POLICY portal_write ON leora.order_lines FOR INSERT TO leora_portal_write
    WITH CHECK (
        EXISTS (
            SELECT FROM leora.orders o
            WHERE o.tenant_id = order_lines.tenant_id AND o.id = order_lines.order_id AND o.status = 'DRAFT'
        )
    );
CREATE POLICY portal_change ON leora.order_lines FOR UPDATE TO leora_portal_write
    USING (
        EXISTS (
            SELECT FROM leora.orders o
            WHERE o.tenant_id = order_lines.tenant_id AND o.id = order_lines.order_id
                AND o.status IN ('DRAFT', 'PENDING')
        )
    );
CREATE POLICY portal_remove ON leora.order_lines FOR DELETE TO leora_portal_write
    USING (
        EXISTS (
            SELECT FROM leora.orders o
            WHERE o.tenant_id = order_lines.tenant_id AND o.id = order_lines.order_id AND o.status = 'DRAFT'
        )
    );
GRANT
    SELECT (created_at, fulfilled, id, inventory_id, order_line_id, reserved, tenant_id, updated_at),
    INSERT (id, inventory_id, order_line_id, reserved, tenant_id),
    UPDATE (reserved, updated_at)
    ON leora.order_allocations TO leora_portal_write;
CREATE POLICY portal_write ON leora.order_allocations TO leora_portal_write
    USING (
        EXISTS (
            SELECT FROM leora.order_lines l
            WHERE l.tenant_id = order_allocations.tenant_id AND l.id = order_allocations.order_line_id
        )
    );

-- For those who manage their customer's portal users: the users, their roles, sessions and invitations.
GRANT
    SELECT (
        avatar_url, created_at, customer_id, email, email_lower, first_name, id, last_name, last_name_lower,
        last_sign_in_at, phone, status, tenant_id, updated_at, version
    ),
    INSERT (avatar_url, customer_id, email, first_name, id, last_name, phone, status, tenant_id),
    UPDATE (avatar_url, email, first_name, last_name, phone, status, updated_at, version)
    ON leora.portal_users TO leora_portal_write;
CREATE POLICY portal_write ON leora.portal_users FOR INSERT TO leora_portal_write
    WITH CHECK (customer_id = (SELECT leora.customer_id()));
CREATE POLICY portal_change ON leora.portal_users FOR UPDATE TO leora_portal_write
    USING (customer_id = (SELECT leora.customer_id()));
GRANT SELECT (
    created_at, description, id, is_default, is_system, kind, name, name_lower, tenant_id, updated_at, version
) ON leora.roles TO leora_portal_write;
CREATE POLICY portal_assignable ON leora.roles FOR SELECT TO leora_portal_write USING (kind = 'PORTAL');
GRANT SELECT (permission_key, role_id, tenant_id) ON leora.role_permissions TO leora_portal_write;
CREATE POLICY portal_assignable ON leora.role_permissions FOR SELECT TO leora_portal_write
    USING (role_id IN (SELECT r.id FROM leora.roles r));
GRANT
    SELECT (assigned_at, assigned_by_id, portal_user_id, role_id, tenant_id),
    INSERT (assigned_by_id, portal_user_id, role_id, tenant_id),
    DELETE
    ON leora.portal_user_roles TO leora_portal_write;
CREATE POLICY portal_write ON leora.portal_user_roles TO leora_portal_write
    USING (
        EXISTS (
            SELECT FROM leora.portal_users u
            WHERE u.tenant_id = portal_user_roles.tenant_id AND u.id = portal_user_roles.portal_user_id
        )
    )
    WITH CHECK (
        EXISTS (
            SELECT FROM leora.portal_users u
            WHERE u.tenant_id = portal_user_roles.tenant_id AND u.id = portal_user_roles.portal_user_id
        )
        AND EXISTS (
            SELECT FROM leora.roles r
            WHERE r.tenant_id = portal_user_roles.tenant_id AND r.id = portal_user_roles.role_id
        )
    );
GRANT SELECT (id, portal_user_id, revoked_at, tenant_id), UPDATE (revoke_reason, revoked_at, updated_at)
    ON leora.sessions TO leora_portal_write;
CREATE POLICY portal_write ON leora.sessions TO leora_portal_write
    USING (
        EXISTS (
            SELECT FROM leora.portal_users u
            WHERE u.tenant_id = sessions.tenant_id AND u.id = sessions.portal_user_id
        )
    )
    WITH CHECK (revoked_at IS NOT NULL);
GRANT INSERT (expires_at, id, purpose, subject_id, subject_kind, tenant_id, token_hash)
    ON leora.one_time_tokens TO leora_portal_write;
CREATE POLICY portal_write ON leora.one_time_tokens FOR INSERT TO leora_portal_write
    WITH CHECK (
        subject_kind = 'PORTAL_USER'
        AND purpose = 'INVITATION'
        AND EXISTS (
            SELECT FROM leora.portal_users u
            WHERE u.tenant_id = one_time_tokens.tenant_id AND u.id = one_time_tokens.subject_id
        )
    );

-- What every change leaves behind, under the lock of the tenant's head row.
GRANT
    SELECT (audit_hash, audit_sequence, event_sequence, tenant_id),
    UPDATE (audit_hash, audit_sequence, event_sequence, updated_at)
    ON leora.tenant_heads TO leora_portal_write;
CREATE POLICY portal_write ON leora.tenant_heads TO leora_portal_write USING (true) WITH CHECK (true);
GRANT INSERT (entity_id, entity_type, id, occurred_at, payload, sequence, tenant_id, type)
    ON leora.webhook_events TO leora_portal_write;
CREATE POLICY portal_write ON leora.webhook_events FOR INSERT TO leora_portal_write
    WITH CHECK (
        CASE entity_type
            WHEN 'Order' THEN EXISTS (
                SELECT FROM leora.orders o
                WHERE o.tenant_id = webhook_events.tenant_id AND o.id = webhook_events.entity_id
            )
            WHEN 'PortalUser' THEN EXISTS (
                SELECT FROM leora.portal_users u
                WHERE u.tenant_id = webhook_events.tenant_id AND u.id = webhook_events.entity_id
            )
            WHEN 'InventoryItem' THEN type IN ('inventory.reserved', 'inventory.released')
            ELSE false
        END
    );
GRANT SELECT (event_types, id, status, tenant_id) ON leora.webhook_subscriptions TO leora_portal_write;
CREATE POLICY portal_fan_out ON leora.webhook_subscriptions FOR SELECT TO leora_portal_write USING (true);
GRANT INSERT (event_id, id, next_attempt_at, status, subscription_id, tenant_id)
    ON leora.webhook_deliveries TO leora_portal_write;
CREATE POLICY portal_write ON leora.webhook_deliveries FOR INSERT TO leora_portal_write WITH CHECK (true);
GRANT INSERT (
    action, actor_id, actor_kind, canonical, changes, created_at, entity_id, entity_type, hash, id, ip_address,
    operation, request_id, sequence, tenant_id
) ON leora.audit_log TO leora_portal_write;
CREATE POLICY portal_write ON leora.audit_log FOR INSERT TO leora_portal_write
    WITH CHECK (actor_kind = 'PORTAL_USER' AND actor_id = (SELECT leora.actor_id()));
GRANT
    SELECT (actor_id, actor_kind, created_at, id, key, request_hash, response, tenant_id),
    INSERT (actor_id, actor_kind, id, key, request_hash, response, tenant_id),
    UPDATE (response),
    DELETE
    ON leora.idempotency_keys TO leora_portal_write;
CREATE POLICY portal_write ON leora.idempotency_keys TO leora_portal_write
    USING (actor_kind = 'PORTAL_USER' AND actor_id = (SELECT leora.actor_id()));
