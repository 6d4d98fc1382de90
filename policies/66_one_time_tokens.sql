-- Staff and buyers add one-time tokens and never read or change them: definer functions do the rest for them, for staff's
-- own login with the tenant's tokens, for everybody else with those of buyers of the transaction's customer.

GRANT SELECT (expires_at, purpose, subject_id, tenant_id, used_at), UPDATE (used_at)
    ON leora.one_time_tokens TO leora_definer;
CREATE POLICY within_reach ON leora.one_time_tokens TO leora_definer
    USING (
        tenant_id = (SELECT leora.tenant_id())
        AND (
            session_user = 'leora_staff'
            OR EXISTS (
                SELECT FROM leora.portal_users u
                WHERE u.tenant_id = one_time_tokens.tenant_id AND u.id = one_time_tokens.subject_id
                    AND u.customer_id = (SELECT leora.customer_id())
            )
        )
    );

GRANT CREATE ON SCHEMA leora TO leora_definer;
SET LOCAL ROLE leora_definer;

-- How many invitations were sent lately: each is a mail in the distributor's name, so they are counted before another goes.
CREATE FUNCTION leora.invitations_ending_after(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT count(*) FROM leora.one_time_tokens WHERE expires_at > moment AND purpose = 'INVITATION'
$$;

-- Who is shut out: no link from before counts again when that person is let in again.
CREATE FUNCTION leora.use_up_one_time_tokens(account uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    UPDATE leora.one_time_tokens SET used_at = now() WHERE subject_id = account AND used_at IS NULL
$$;

REVOKE ALL ON FUNCTION leora.invitations_ending_after(timestamptz), leora.use_up_one_time_tokens(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.invitations_ending_after(timestamptz), leora.use_up_one_time_tokens(uuid)
    TO leora_staff, leora_portal_write;

SET LOCAL ROLE leora_owner;
REVOKE CREATE ON SCHEMA leora FROM leora_definer;
