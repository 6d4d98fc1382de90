"""From the header to the principal: what counts, for how long, and who says so."""

from __future__ import annotations

import asyncio
import base64
from uuid import uuid4

import pytest
from sqlalchemy import URL, event, text

from leora_gql.auth.activity import Seen
from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.lookup import standing_of
from leora_gql.auth.permissions import KEYS, PORTAL_KEYS, SYSTEM_ROLES, Audience, expand
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.auth.tokens import REFUSAL
from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.errors import Unauthenticated, Unavailable
from leora_gql.settings import Settings
from tests.accounts import Clock, Company, bearer, make_company, signed_in

ADA = "ada@x.test"


async def refused(auth: Authenticator, authorization: str, slug: str | None = None) -> None:
    with pytest.raises(Unauthenticated) as caught:
        await auth.authenticate(authorization, slug)
    assert caught.value.message == REFUSAL


async def admitted(auth: Authenticator, authorization: str, slug: str | None = None) -> Principal:
    principal = await auth.authenticate(authorization, slug)
    assert principal is not None
    return principal


def asked(pools: Pools) -> list[str]:
    """The statements that the sign-in login runs from now on."""
    statements: list[str] = []
    engine = pools.pool(Login.AUTH).engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    return statements


async def test_without_a_header_there_is_nobody(auth: Authenticator) -> None:
    assert await auth.authenticate(None, None) is None


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "Bearer x", "Bearer a.b.c", "Bearer " + "a" * 9000],
)
async def test_what_is_no_credential_is_refused(auth: Authenticator, authorization: str) -> None:
    await refused(auth, authorization)


async def test_a_session_gives_its_principal(auth: Authenticator, company: Company) -> None:
    user = await company.add_user(ADA, role="sales_rep")
    session = await signed_in(auth, company, "  ADA@X.test ")
    principal = await admitted(auth, f"bEaReR  {session.access_token} ", company.slug)
    rep = next(role for role in SYSTEM_ROLES if role.name == "sales_rep")
    assert principal == Principal(
        kind=ActorKind.USER,
        id=user,
        tenant_id=company.id,
        tenant_slug=company.slug,
        permissions=expand(rep.permissions),
        session_id=session.principal.session_id,
    )
    assert session.principal == principal


async def test_who_is_not_known_yet_waits_as_long_as_who_writes(
    auth: Authenticator, company: Company, settings: Settings
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    narrow = Pools(login_urls(settings), sizes={Login.AUTH: 1}, wait_seconds=0.01, write_wait_seconds=60)
    pool = narrow.pool(Login.AUTH)
    only = await pool.take(None, seconds=60)
    asking = asyncio.create_task(Authenticator(settings, narrow).authenticate(bearer(session)))
    with pytest.raises(Unavailable):  # by when who only reads has given up
        await pool.take(None, seconds=0.2)
    pool.give_back(only)
    assert await asking == session.principal
    await narrow.close()


async def test_a_buyer_has_its_customer_and_nothing_but_portal_permissions(
    auth: Authenticator, company: Company
) -> None:
    buyer, customer = await company.add_buyer(ADA)
    session = await signed_in(auth, company, ADA, audience=Audience.PORTAL)
    principal = await admitted(auth, bearer(session))
    assert (principal.kind, principal.id, principal.customer_id) == (
        ActorKind.PORTAL_USER,
        buyer,
        customer,
    )
    assert principal.permissions
    assert principal.permissions <= PORTAL_KEYS


async def test_roles_add_up_and_wildcards_are_resolved(auth: Authenticator, company: Company) -> None:
    user = await company.add_user(ADA, role="sales_rep")
    await company.grant("user", user, "admin")
    session = await signed_in(auth, company, ADA)
    assert (await admitted(auth, bearer(session))).permissions == frozenset(KEYS)


async def test_another_tenants_slug_is_refused(auth: Authenticator, company: Company, direct_url) -> None:
    other = await make_company(direct_url)
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    await admitted(auth, bearer(session), company.slug)
    await refused(auth, bearer(session), other.slug)
    await refused(auth, bearer(session), "no-such-tenant")
    await refused(auth, bearer(session), "")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE leora.users SET status = 'DISABLED' WHERE tenant_id = :tenant",
        "UPDATE leora.users SET status = 'INVITED' WHERE tenant_id = :tenant",
        "UPDATE leora.sessions SET revoked_at = now(), revoke_reason = 'ADMINISTRATOR' WHERE tenant_id = :tenant",
        "UPDATE leora.sessions SET idle_expires_at = now() - interval '1 day' WHERE tenant_id = :tenant",
        "UPDATE leora.tenants SET status = 'SUSPENDED' WHERE id = :tenant",
    ],
)
async def test_who_no_longer_counts_is_out_within_a_minute(
    auth: Authenticator, clock: Clock, company: Company, change: str
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    await admitted(auth, bearer(session))
    await company.sql(change)
    clock.advance(seconds=60)
    await refused(auth, bearer(session))


async def test_a_closed_portal_lets_no_buyer_in(auth: Authenticator, clock: Clock, company: Company) -> None:
    await company.add_buyer(ADA)
    session = await signed_in(auth, company, ADA, audience=Audience.PORTAL)
    await company.sql("UPDATE leora.tenant_settings SET portal_enabled = false WHERE tenant_id = :tenant")
    clock.advance(seconds=60)
    await refused(auth, bearer(session))


async def test_changed_roles_count_within_a_minute(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    user = await company.add_user(ADA, role="sales_rep")
    session = await signed_in(auth, company, ADA)
    assert not (await admitted(auth, bearer(session))).can("users.manage")
    await company.grant("user", user, "admin")
    clock.advance(seconds=60)
    assert (await admitted(auth, bearer(session))).can("users.manage")
    await company.sql("DELETE FROM leora.user_roles WHERE tenant_id = :tenant")
    clock.advance(seconds=60)
    assert (await admitted(auth, bearer(session))).permissions == frozenset()


async def test_what_this_process_changes_counts_at_once(auth: Authenticator, company: Company) -> None:
    user = await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    await admitted(auth, bearer(session))
    await company.sql("DELETE FROM leora.user_roles WHERE tenant_id = :tenant")
    auth.forget_tenant(uuid4())
    assert (await admitted(auth, bearer(session))).can("users.manage")
    auth.forget_tenant(company.id)
    assert not (await admitted(auth, bearer(session))).can("users.manage")
    await company.sql("UPDATE leora.users SET status = 'DISABLED' WHERE tenant_id = :tenant")
    auth.forget_principal(user)
    await refused(auth, bearer(session))


async def test_the_database_is_asked_once_however_many_requests_come(
    auth: Authenticator, pools: Pools, clock: Clock, company: Company
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    statements = asked(pools)
    await asyncio.gather(*(admitted(auth, bearer(session)) for _ in range(50)))
    await admitted(auth, bearer(session))
    assert len([one for one in statements if "auth_session" in one]) == 1
    clock.advance(seconds=30)
    await admitted(auth, bearer(session))
    assert len([one for one in statements if "auth_session" in one]) == 2


async def test_a_request_that_gives_up_does_not_take_the_answer_from_the_others(
    auth: Authenticator, company: Company
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    impatient = asyncio.create_task(admitted(auth, bearer(session)))
    await asyncio.sleep(0)
    patient = asyncio.create_task(admitted(auth, bearer(session)))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).tenant_id == company.id


async def test_a_token_is_for_one_person_of_the_session(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    assert session.principal.session_id
    forged = auth.tokens.issue(tenant_id=company.id, subject=uuid4(), session_id=session.principal.session_id)
    await refused(auth, f"Bearer {forged.token}")


async def test_a_session_of_another_tenant_is_not_found(
    auth: Authenticator, company: Company, direct_url
) -> None:
    other = await make_company(direct_url)
    await company.add_user(ADA)
    session = (await signed_in(auth, company, ADA)).principal
    assert session.session_id
    forged = auth.tokens.issue(tenant_id=other.id, subject=session.id, session_id=session.session_id)
    await refused(auth, f"Bearer {forged.token}")


async def test_an_integration_has_what_its_scopes_and_its_maker_both_hold(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    maker = await company.add_user(ADA, role="sales_rep")
    token = await company.add_integration(maker, "orders.*", "users.manage", "catalog.view")
    principal = await admitted(auth, f"Bearer {token}", company.slug)
    assert (principal.kind, principal.audience) == (ActorKind.INTEGRATION, Audience.STAFF)
    assert (principal.maker_id, principal.answerable_id) == (maker, maker)
    assert principal.permissions == {
        "catalog.view",
        "orders.view",
        "orders.create",
        "orders.cancel",
        "orders.internal_notes",
    }
    await company.sql("UPDATE leora.users SET status = 'DISABLED' WHERE tenant_id = :tenant")
    clock.advance(seconds=60)
    assert (await admitted(auth, f"Bearer {token}")).permissions == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE leora.integration_tokens SET revoked_at = now() WHERE tenant_id = :tenant",
        "UPDATE leora.integration_tokens SET expires_at = now() WHERE tenant_id = :tenant",
        "UPDATE leora.integration_tokens SET token_hash = sha256('x') WHERE tenant_id = :tenant",
        "UPDATE leora.tenants SET status = 'SUSPENDED' WHERE id = :tenant",
    ],
)
async def test_an_integration_token_can_end(
    auth: Authenticator, clock: Clock, company: Company, change: str
) -> None:
    token = await company.add_integration(await company.add_user(ADA), "*")
    await admitted(auth, f"Bearer {token}")
    await company.sql(change)
    clock.advance(seconds=60)
    await refused(auth, f"Bearer {token}")


async def test_an_integration_token_is_exactly_its_text(
    auth: Authenticator, company: Company, direct_url
) -> None:
    other = await make_company(direct_url)
    token = await company.add_integration(await company.add_user(ADA), "*")
    prefix, tenant, row, secret = token.split("_", 3)
    await admitted(auth, f"Bearer {token}")
    for wrong in (
        f"{prefix}_{tenant}_{row}_{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        f"{prefix}_{other.id.hex}_{row}_{secret}",
        f"{prefix}_{tenant}_{uuid4().hex}_{secret}",
        f"{prefix}_{tenant}_{row}_",
        f"{prefix}_{tenant}_{row}",
        token.upper(),
    ):
        await refused(auth, f"Bearer {wrong}")
    await refused(auth, f"Bearer {token}", other.slug)


async def test_an_outbound_secret_is_no_way_in(auth: Authenticator, company: Company) -> None:
    token = await company.add_integration(await company.add_user(ADA), kind="OUTBOUND")
    await refused(auth, f"Bearer {token}")


async def test_use_is_written_once_a_minute_and_outside_the_request(
    auth: Authenticator, pools: Pools, clock: Clock, company: Company
) -> None:
    user = await company.add_user(ADA)
    token = await company.add_integration(user, "*")
    session = await signed_in(auth, company, ADA)
    clock.advance(seconds=45)
    statements = asked(pools)
    for _ in range(3):
        await admitted(auth, bearer(session))
        await admitted(auth, f"Bearer {token}")
    assert not [one for one in statements if "UPDATE" in one]
    await auth.activity.flush()
    assert len([one for one in statements if "UPDATE" in one]) == 3
    (row,) = await company.sessions()
    assert row["last_active_at"] == clock()
    (person,) = await company.sql("SELECT last_sign_in_at, version FROM leora.users")
    assert (person["last_sign_in_at"] < clock(), person["version"]) == (True, 1)
    (used,) = await company.sql("SELECT last_used_at, version FROM leora.integration_tokens")
    assert (used["last_used_at"], used["version"]) == (clock(), 1)
    statements.clear()
    await auth.activity.flush()
    assert statements == []


async def test_what_could_not_be_written_is_written_the_next_time(
    auth: Authenticator, pools: Pools, clock: Clock, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await company.add_user(ADA)
    nowhere = URL.create("postgresql", host="127.0.0.1", port=1, username="leora_auth", database="leora")
    away = Pools(dict.fromkeys(Login, nowhere))
    auth.activity.note(Seen.USER, tenant_id=company.id, row_id=user)
    monkeypatch.setattr(auth.activity, "_pools", away)
    await auth.activity.flush()
    monkeypatch.setattr(auth.activity, "_pools", pools)
    await auth.activity.flush()
    (person,) = await company.sql("SELECT last_sign_in_at FROM leora.users")
    assert person["last_sign_in_at"] == clock()


async def test_closing_writes_what_is_buffered(auth: Authenticator, clock: Clock, company: Company) -> None:
    await auth.start()
    await company.add_user(ADA)
    await signed_in(auth, company, ADA)
    await auth.close()
    (person,) = await company.sql("SELECT last_sign_in_at FROM leora.users")
    assert person["last_sign_in_at"] == clock()


async def test_the_sign_in_login_reads_no_secret_by_itself(pools: Pools, company: Company) -> None:
    await company.add_user(ADA)
    for statement in (
        "SELECT password_hash FROM leora.users",
        "SELECT email FROM leora.users",
        "SELECT password_hash FROM leora.portal_users",
        "SELECT token_hash FROM leora.integration_tokens",
        "SELECT * FROM leora.audit_log",
        "DELETE FROM leora.sessions",
        "SELECT name FROM leora.customers",
    ):
        async with pools.connect(Login.AUTH, read_only=False) as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute(text(statement))


@pytest.mark.parametrize("login", [Login.STAFF, Login.PORTAL, Login.PORTAL_WRITE, Login.WORKER])
async def test_only_the_sign_in_login_may_ask(pools: Pools, company: Company, login: Login) -> None:
    calls = (
        "auth_tenant('x')",
        "auth_login(gen_random_uuid(), 'x', 'USER')",
        "auth_password(gen_random_uuid(), 'USER', gen_random_uuid())",
        "auth_email(gen_random_uuid(), 'USER', gen_random_uuid())",
        "auth_standing(gen_random_uuid(), 'USER', gen_random_uuid())",
        "auth_external(gen_random_uuid(), 'x', 'y')",
        "auth_session(gen_random_uuid(), gen_random_uuid())",
        "auth_integration(gen_random_uuid(), gen_random_uuid())",
    )
    for call in calls:
        async with pools.connect(login, read_only=False) as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute(text(f"SELECT * FROM leora.{call}"))


def test_tokens_hold_no_permissions(auth: Authenticator) -> None:
    token = auth.tokens.issue(tenant_id=uuid4(), subject=uuid4(), session_id=uuid4()).token
    body = token.split(".")[1]
    assert b"permission" not in base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))


def test_a_buyer_cannot_hold_what_is_for_staff_whatever_the_rows_say() -> None:
    row = {
        "kind": "PORTAL_USER",
        "id": uuid4(),
        "customer_id": uuid4(),
        "tenant_slug": "t",
        "active": True,
        "permissions": ["*"],
    }
    assert standing_of(row, tenant_id=uuid4()).principal.permissions == PORTAL_KEYS
