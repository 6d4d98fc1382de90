-- Staff and buyers add one-time tokens and never read or change them: definer functions do the rest for them.

-- How many invitations were sent lately: each is a mail in the distributor's name, so they are counted before another
-- one goes. Nobody who invites reads tokens, so a definer function counts them, and gives the number alone: to staff's own
-- login those of the tenant, to everybody else those to buyers of the transaction's customer.

GRANT SELECT (expires_at, purpose, subject_id, tenant_id) ON leora.one_time_tokens TO leora_definer;
CREATE POLICY invitations ON leora.one_time_tokens FOR SELECT TO leora_definer USING (true);

-- Who is shut out: no link from before counts again when that person is let in again.
GRANT SELECT (used_at), UPDATE (used_at) ON leora.one_time_tokens TO leora_definer;
CREATE POLICY using_up ON leora.one_time_tokens FOR UPDATE TO leora_definer
    USING (used_at IS NULL) WITH CHECK (used_at IS NOT NULL);

GRANT CREATE ON SCHEMA leora TO leora_definer;
SET LOCAL ROLE leora_definer;

CREATE FUNCTION leora.invitations_ending_after(moment timestamptz)
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    SELECT count(*)
    FROM leora.one_time_tokens t
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.expires_at > moment AND t.purpose = 'INVITATION'
        AND (
            session_user = 'leora_staff'
            OR EXISTS (
                SELECT FROM leora.portal_users u
                WHERE u.tenant_id = t.tenant_id AND u.id = t.subject_id AND u.customer_id = (SELECT leora.customer_id())
            )
        )
$$;

CREATE FUNCTION leora.use_up_one_time_tokens(account uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, leora
AS $$
    UPDATE leora.one_time_tokens t SET used_at = now()
    WHERE t.tenant_id = (SELECT leora.tenant_id()) AND t.subject_id = account AND t.used_at IS NULL
        AND (
            session_user = 'leora_staff'
            OR EXISTS (
                SELECT FROM leora.portal_users u
                WHERE u.tenant_id = t.tenant_id AND u.id = t.subject_id AND u.customer_id = (SELECT leora.customer_id())
            )
        )
$$;

REVOKE ALL ON FUNCTION leora.use_up_one_time_tokens(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.use_up_one_time_tokens(uuid) TO leora_staff, leora_portal_write;
REVOKE ALL ON FUNCTION leora.invitations_ending_after(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leora.invitations_ending_after(timestamptz) TO leora_staff, leora_portal_write;

SET LOCAL ROLE leora_owner;
REVOKE CREATE ON SCHEMA leora FROM leora_definer;
