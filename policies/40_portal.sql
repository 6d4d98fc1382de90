-- Portal buyers, reading: their own customer's rows, and of these only the columns that some portal role
-- can be allowed to see. A table that is not named here is closed to them.
--
-- `leora_portal_write` has the same policies (45_portal_write.sql says what it may do with them): they are
-- written once, for both. A row that belongs to a parent (an order's line) is visible when its parent is; it
-- is found by the list of the customer's parents, which an index serves, and not parent by parent: a page then
-- costs what the customer has, and not what the tenant has.

-- The tenant: its brand, the time zone that "today" is counted in, and the currency of its prices.
GRANT SELECT (id, logo_url, name, primary_color, slug) ON leora.tenants TO leora_portal;
CREATE POLICY portal ON leora.tenants FOR SELECT TO leora_portal, leora_portal_write USING (true);
GRANT SELECT (default_currency, portal_invoices_enabled, tenant_id, timezone) ON leora.tenant_settings TO leora_portal;
CREATE POLICY portal ON leora.tenant_settings FOR SELECT TO leora_portal, leora_portal_write USING (true);

-- The customer itself.
GRANT SELECT (
    account_number, account_number_lower, billing_address, created_at, id, license_expires_on, license_number,
    license_state, name, name_lower, payment_terms_days, primary_contact_email, primary_contact_name,
    primary_contact_phone, sales_rep_id, shipping_address, status, tax_exempt, tenant_id, territory, tier,
    trade_name, trade_name_lower, updated_at, version
) ON leora.customers TO leora_portal;
CREATE POLICY portal ON leora.customers FOR SELECT TO leora_portal, leora_portal_write
    USING (id = (SELECT leora.customer_id()));

-- Of staff, only how to reach the customer's sales representative.
GRANT SELECT (email, first_name, id, last_name, phone, tenant_id) ON leora.users TO leora_portal;
CREATE POLICY portal ON leora.users FOR SELECT TO leora_portal
    USING (id = (SELECT c.sales_rep_id FROM leora.customers c WHERE c.id = leora.customer_id()));

-- The customer's buyers, and the caller's own roles and sessions.
GRANT SELECT (
    avatar_url, created_at, customer_id, email, email_lower, first_name, id, last_name, last_name_lower,
    last_sign_in_at, phone, status, tenant_id, updated_at, version
) ON leora.portal_users TO leora_portal;
CREATE POLICY portal ON leora.portal_users FOR SELECT TO leora_portal, leora_portal_write
    USING (customer_id = (SELECT leora.customer_id()));
GRANT SELECT (portal_user_id, role_id, tenant_id) ON leora.portal_user_roles TO leora_portal;
CREATE POLICY portal ON leora.portal_user_roles FOR SELECT TO leora_portal
    USING (portal_user_id = (SELECT leora.actor_id()));
GRANT SELECT (
    created_at, description, id, is_default, is_system, kind, name, tenant_id, updated_at, version
) ON leora.roles TO leora_portal;
CREATE POLICY portal ON leora.roles FOR SELECT TO leora_portal
    USING (id IN (SELECT r.role_id FROM leora.portal_user_roles r WHERE r.portal_user_id = leora.actor_id()));
GRANT SELECT (permission_key, role_id, tenant_id) ON leora.role_permissions TO leora_portal;
CREATE POLICY portal ON leora.role_permissions FOR SELECT TO leora_portal
    USING (role_id IN (SELECT r.role_id FROM leora.portal_user_roles r WHERE r.portal_user_id = leora.actor_id()));
GRANT SELECT (
    created_at, expires_at, id, idle_expires_at, ip_address, last_active_at, portal_user_id, revoke_reason,
    revoked_at, tenant_id, updated_at, user_agent
) ON leora.sessions TO leora_portal;
CREATE POLICY portal ON leora.sessions FOR SELECT TO leora_portal
    USING (portal_user_id = (SELECT leora.actor_id()));

-- The catalogue: what is active, never what it costs us.
GRANT SELECT (
    alcohol_percent, alcohol_type, brand, brand_lower, category, code, code_lower, color, country, created_at,
    description, id, image_url, is_sample_only, name, name_lower, region, status, style, tenant_id, updated_at,
    varietal, version, vintage
) ON leora.products TO leora_portal;
CREATE POLICY portal ON leora.products FOR SELECT TO leora_portal, leora_portal_write
    USING (status = 'ACTIVE');
GRANT SELECT (
    base_price_cents, bottle_ml, code, code_lower, created_at, currency, gtin, id, name, name_lower, product_id,
    status, tenant_id, units_per_case, upc, updated_at, version, weight_grams
) ON leora.skus TO leora_portal;
CREATE POLICY portal ON leora.skus FOR SELECT TO leora_portal, leora_portal_write
    USING (
        status = 'ACTIVE'
        AND EXISTS (SELECT FROM leora.products p WHERE p.tenant_id = skus.tenant_id AND p.id = skus.product_id)
    );
GRANT SELECT (available, id, sku_id, tenant_id, warehouse) ON leora.inventory TO leora_portal;
CREATE POLICY portal ON leora.inventory FOR SELECT TO leora_portal
    USING (EXISTS (SELECT FROM leora.skus s WHERE s.tenant_id = inventory.tenant_id AND s.id = inventory.sku_id));

-- Prices: the customer's own, its tier's, and the standard list's.
GRANT SELECT (
    created_at, currency, customer_id, customer_tier, id, max_quantity, min_quantity, price_list, sku_id,
    tenant_id, unit_price_cents, updated_at, valid_from, valid_until, version
) ON leora.price_list_entries TO leora_portal;
CREATE POLICY portal ON leora.price_list_entries FOR SELECT TO leora_portal, leora_portal_write
    USING (
        customer_id = (SELECT leora.customer_id())
        OR (
            customer_id IS NULL
            AND (SELECT leora.customer_id()) IS NOT NULL
            AND (
                customer_tier IS NULL
                OR customer_tier = (SELECT c.tier FROM leora.customers c WHERE c.id = leora.customer_id())
            )
        )
    );

-- Orders, without what is ours alone: notes, approvals, overrides and pricing rules.
GRANT SELECT (
    billing_address, cancelled_at, created_at, currency, customer_id, discount_amount_cents, fulfilled_at, id,
    is_sample, notes, number, number_lower, placed_at, po_number, po_number_lower, portal_user_id,
    requested_delivery_on, shipping_address, shipping_amount_cents, status, subtotal_cents, tax_amount_cents,
    tenant_id, total_cents, updated_at, version
) ON leora.orders TO leora_portal;
CREATE POLICY portal ON leora.orders FOR SELECT TO leora_portal, leora_portal_write
    USING (customer_id = (SELECT leora.customer_id()));
GRANT SELECT (
    cases, created_at, description, discount_amount_cents, fulfilled_quantity, id, line_total_cents, liters,
    order_id, position, quantity, sku_code, sku_id, tenant_id, unit_price_cents, updated_at
) ON leora.order_lines TO leora_portal;
CREATE POLICY portal ON leora.order_lines FOR SELECT TO leora_portal, leora_portal_write
    USING (
        order_id = ANY (ARRAY(
            SELECT o.id FROM leora.orders o WHERE o.customer_id = (SELECT leora.customer_id())
        ))
    );

-- Billing: payments, and what they pay for where the tenant shows invoices to its buyers at all. A tenant
-- without settings shows none. An invoice without a number was never sent: it is ours, a draft or one that was taken
-- back before anybody saw it. This holds for both logins, so whoever counts what a customer owes must not count
-- it by what `leora_portal_write` sees.
GRANT SELECT (
    balance_due_cents, created_at, currency, customer_id, discount_amount_cents, due_on, id, issued_on, number,
    number_lower, order_id, paid_amount_cents, paid_at, shipping_amount_cents, status, subtotal_cents,
    tax_amount_cents, tenant_id, total_cents, updated_at, version
) ON leora.invoices TO leora_portal;
CREATE POLICY portal ON leora.invoices FOR SELECT TO leora_portal, leora_portal_write
    USING (
        customer_id = (SELECT leora.customer_id())
        AND number IS NOT NULL
        AND (SELECT s.portal_invoices_enabled FROM leora.tenant_settings s)
    );
GRANT SELECT (
    created_at, description, discount_amount_cents, id, invoice_id, line_total_cents, order_line_id, quantity,
    sku_id, tenant_id, unit_price_cents, updated_at
) ON leora.invoice_lines TO leora_portal;
CREATE POLICY portal ON leora.invoice_lines FOR SELECT TO leora_portal, leora_portal_write
    USING (
        invoice_id = ANY (ARRAY(
            SELECT i.id FROM leora.invoices i WHERE i.customer_id = (SELECT leora.customer_id())
        ))
    );
GRANT SELECT (
    amount_cents, created_at, currency, customer_id, id, method, number, number_lower, received_on, reference,
    reference_lower, status, tenant_id, updated_at, version
) ON leora.payments TO leora_portal;
CREATE POLICY portal ON leora.payments FOR SELECT TO leora_portal, leora_portal_write
    USING (customer_id = (SELECT leora.customer_id()));
GRANT SELECT (amount_cents, created_at, id, invoice_id, payment_id, tenant_id, updated_at)
    ON leora.payment_allocations TO leora_portal;
CREATE POLICY portal ON leora.payment_allocations FOR SELECT TO leora_portal, leora_portal_write
    USING (
        payment_id = ANY (ARRAY(
            SELECT p.id FROM leora.payments p WHERE p.customer_id = (SELECT leora.customer_id())
        ))
        AND (SELECT s.portal_invoices_enabled FROM leora.tenant_settings s)
    );
