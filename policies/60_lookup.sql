-- Searching in texts. Under row-level security only leakproof operators reach an index, and LIKE is not one;
-- so each searchable column has a function of `leora_lookup`, which the floor does not hold, that tests the
-- tenant itself and gives ids from the trigram index. The rows are then read under the caller's own policies.
--
-- `pattern` is a LIKE pattern, escaped already. Where portal buyers search rows of customers, only staff's
-- own login is given ids of other customers: everybody else gets those of the transaction's customer.

GRANT SELECT (id, subject_lower, tenant_id) ON leora.activities TO leora_lookup;
GRANT SELECT (account_number_lower, id, name_lower, tenant_id, trade_name_lower)
    ON leora.customers TO leora_lookup;
GRANT SELECT (id, name_lower, tenant_id) ON leora.integration_tokens TO leora_lookup;
GRANT SELECT (customer_id, id, number_lower, tenant_id) ON leora.invoices TO leora_lookup;
GRANT SELECT (customer_id, id, number_lower, po_number_lower, tenant_id)
    ON leora.orders TO leora_lookup;
GRANT SELECT (customer_id, id, number_lower, reference_lower, tenant_id)
    ON leora.payments TO leora_lookup;
GRANT SELECT (customer_id, email_lower, id, last_name_lower, tenant_id)
    ON leora.portal_users TO leora_lookup;
GRANT SELECT (brand_lower, code_lower, id, name_lower, tenant_id) ON leora.products TO leora_lookup;
GRANT SELECT (id, name_lower, tenant_id) ON leora.roles TO leora_lookup;
GRANT SELECT (code_lower, id, name_lower, tenant_id) ON leora.skus TO leora_lookup;
GRANT SELECT (id, name_lower, tenant_id) ON leora.suppliers TO leora_lookup;
GRANT SELECT (id, tenant_id, title_lower) ON leora.tasks TO leora_lookup;
GRANT SELECT (email_lower, first_name_lower, id, last_name_lower, tenant_id)
    ON leora.users TO leora_lookup;
GRANT SELECT (id, name_lower, tenant_id) ON leora.webhook_subscriptions TO leora_lookup;

CREATE POLICY lookup ON leora.activities FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.customers FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.integration_tokens FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.invoices FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.orders FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.payments FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.portal_users FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.products FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.roles FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.skus FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.suppliers FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.tasks FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.users FOR SELECT TO leora_lookup USING (true);
CREATE POLICY lookup ON leora.webhook_subscriptions FOR SELECT TO leora_lookup USING (true);

GRANT CREATE ON SCHEMA leora TO leora_lookup;
SET LOCAL ROLE leora_lookup;

CREATE FUNCTION leora.lookup_activities_subject(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.activities t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.subject_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_customers_account_number(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.customers t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.account_number_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.customers t
    WHERE session_user <> 'leora_staff' AND t.id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.account_number_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_customers_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.customers t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.customers t
    WHERE session_user <> 'leora_staff' AND t.id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_customers_trade_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.customers t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.trade_name_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.customers t
    WHERE session_user <> 'leora_staff' AND t.id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.trade_name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_integration_tokens_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.integration_tokens t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_invoices_number(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.invoices t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.number_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.invoices t
    WHERE session_user <> 'leora_staff' AND t.customer_id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.number_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_orders_number(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.orders t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.number_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.orders t
    WHERE session_user <> 'leora_staff' AND t.customer_id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.number_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_orders_po_number(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.orders t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.po_number_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.orders t
    WHERE session_user <> 'leora_staff' AND t.customer_id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.po_number_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_payments_number(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.payments t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.number_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.payments t
    WHERE session_user <> 'leora_staff' AND t.customer_id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.number_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_payments_reference(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.payments t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.reference_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.payments t
    WHERE session_user <> 'leora_staff' AND t.customer_id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.reference_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_portal_users_email(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.portal_users t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.email_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.portal_users t
    WHERE session_user <> 'leora_staff' AND t.customer_id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.email_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_portal_users_last_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.portal_users t
    WHERE session_user = 'leora_staff'
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.last_name_lower LIKE lower(pattern)
    UNION ALL
    SELECT t.id FROM leora.portal_users t
    WHERE session_user <> 'leora_staff' AND t.customer_id = (SELECT leora.customer_id())
        AND t.tenant_id = (SELECT leora.tenant_id()) AND t.last_name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_products_brand(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.products t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.brand_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_products_code(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.products t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.code_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_products_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.products t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_roles_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.roles t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_skus_code(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.skus t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.code_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_skus_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.skus t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_suppliers_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.suppliers t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_tasks_title(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.tasks t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.title_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_users_email(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.users t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.email_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_users_first_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.users t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.first_name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_users_last_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.users t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.last_name_lower LIKE lower(pattern)
$$;

CREATE FUNCTION leora.lookup_webhook_subscriptions_name(pattern text) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE ROWS 100 SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT t.id FROM leora.webhook_subscriptions t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.name_lower LIKE lower(pattern)
$$;

REVOKE ALL ON FUNCTION
    leora.lookup_activities_subject(text),
    leora.lookup_customers_account_number(text),
    leora.lookup_customers_name(text),
    leora.lookup_customers_trade_name(text),
    leora.lookup_integration_tokens_name(text),
    leora.lookup_invoices_number(text),
    leora.lookup_orders_number(text),
    leora.lookup_orders_po_number(text),
    leora.lookup_payments_number(text),
    leora.lookup_payments_reference(text),
    leora.lookup_portal_users_email(text),
    leora.lookup_portal_users_last_name(text),
    leora.lookup_products_brand(text),
    leora.lookup_products_code(text),
    leora.lookup_products_name(text),
    leora.lookup_roles_name(text),
    leora.lookup_skus_code(text),
    leora.lookup_skus_name(text),
    leora.lookup_suppliers_name(text),
    leora.lookup_tasks_title(text),
    leora.lookup_users_email(text),
    leora.lookup_users_first_name(text),
    leora.lookup_users_last_name(text),
    leora.lookup_webhook_subscriptions_name(text)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    leora.lookup_activities_subject(text),
    leora.lookup_customers_account_number(text),
    leora.lookup_customers_name(text),
    leora.lookup_customers_trade_name(text),
    leora.lookup_integration_tokens_name(text),
    leora.lookup_invoices_number(text),
    leora.lookup_orders_number(text),
    leora.lookup_orders_po_number(text),
    leora.lookup_payments_number(text),
    leora.lookup_payments_reference(text),
    leora.lookup_portal_users_email(text),
    leora.lookup_portal_users_last_name(text),
    leora.lookup_products_brand(text),
    leora.lookup_products_code(text),
    leora.lookup_products_name(text),
    leora.lookup_roles_name(text),
    leora.lookup_skus_code(text),
    leora.lookup_skus_name(text),
    leora.lookup_suppliers_name(text),
    leora.lookup_tasks_title(text),
    leora.lookup_users_email(text),
    leora.lookup_users_first_name(text),
    leora.lookup_users_last_name(text),
    leora.lookup_webhook_subscriptions_name(text)
TO leora_staff;
GRANT EXECUTE ON FUNCTION
    leora.lookup_customers_account_number(text),
    leora.lookup_customers_name(text),
    leora.lookup_customers_trade_name(text),
    leora.lookup_invoices_number(text),
    leora.lookup_orders_number(text),
    leora.lookup_orders_po_number(text),
    leora.lookup_payments_number(text),
    leora.lookup_payments_reference(text),
    leora.lookup_portal_users_email(text),
    leora.lookup_portal_users_last_name(text),
    leora.lookup_products_brand(text),
    leora.lookup_products_code(text),
    leora.lookup_products_name(text),
    leora.lookup_skus_code(text),
    leora.lookup_skus_name(text)
TO leora_portal;

SET LOCAL ROLE leora_owner;
REVOKE CREATE ON SCHEMA leora FROM leora_lookup;
