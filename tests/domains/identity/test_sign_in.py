"""Signing in: who may, what the others learn (nothing), and what is recorded."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.passwords import Passwords
from leora_gql.auth.permissions import Audience
from leora_gql.domains.identity import service
from leora_gql.domains.identity.service import Credentials, SignedIn
from leora_gql.errors import RateLimited
from leora_gql.graph.node import encode_id
from leora_gql.graph.problems import Problem, UserErrorCode
from tests.accounts import CALLER, HASH, PASSWORD, Clock, Company, bearer, make_company, sign_in, signed_in

ADA = "ada@x.test"


async def code(answer: SignedIn | Problem) -> UserErrorCode:
    assert isinstance(answer, Problem)
    return answer.code


async def wrong(auth: Authenticator, company: Company, email: str = ADA, **given) -> UserErrorCode:
    return await code(await sign_in(auth, company, email, password="wrong-password", **given))


async def test_a_session_begins(auth: Authenticator, clock: Clock, company: Company) -> None:
    user = await company.add_user(ADA)
    answer = await signed_in(auth, company, "ADA@x.TEST")
    assert answer.expires_at == clock().replace(microsecond=0) + dt.timedelta(minutes=15)
    (row,) = await company.sessions()
    assert (row["user_id"], row["portal_user_id"], row["generation"]) == (user, None, 1)
    assert row["idle_expires_at"] == clock() + dt.timedelta(days=14)
    assert row["expires_at"] == clock() + dt.timedelta(days=90)
    assert (row["ip_address"], row["user_agent"]) == (CALLER.address, CALLER.user_agent)
    (entry,) = await company.audit()
    assert (entry["action"], entry["actor_kind"], entry["actor_id"]) == ("SIGN_IN", "USER", user)
    assert entry["changes"] == {"session": encode_id("Session", row["id"])}
    assert (entry["entity_type"], entry["entity_id"], entry["request_id"]) == ("User", user, "request-1")


async def test_staff_and_buyers_have_doors_of_their_own(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    await company.add_buyer("buyer@x.test")
    assert (
        await code(await sign_in(auth, company, ADA, audience=Audience.PORTAL))
        is UserErrorCode.WRONG_CREDENTIALS
    )
    assert await code(await sign_in(auth, company, "buyer@x.test")) is UserErrorCode.WRONG_CREDENTIALS
    await signed_in(auth, company, "buyer@x.test", audience=Audience.PORTAL)


async def test_an_account_belongs_to_its_tenant(auth: Authenticator, company: Company, direct_url) -> None:
    other = await make_company(direct_url)
    await company.add_user(ADA)
    assert await code(await sign_in(auth, other, ADA)) is UserErrorCode.WRONG_CREDENTIALS
    assert await other.sessions() == []


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a wrong password", None),
        ("an unknown account", "UPDATE leora.users SET email = 'eve@x.test' WHERE tenant_id = :tenant"),
        ("a disabled account", "UPDATE leora.users SET status = 'DISABLED' WHERE tenant_id = :tenant"),
        ("an invited account", "UPDATE leora.users SET status = 'INVITED' WHERE tenant_id = :tenant"),
        ("no password", "UPDATE leora.users SET password_hash = NULL WHERE tenant_id = :tenant"),
        ("a suspended tenant", "UPDATE leora.tenants SET status = 'SUSPENDED' WHERE id = :tenant"),
        ("an unknown tenant", "UPDATE leora.tenants SET slug = slug || '-gone' WHERE id = :tenant"),
        (
            "a lock in the database",
            "UPDATE leora.users SET locked_until = now() + interval '1 hour' WHERE tenant_id = :tenant",
        ),
    ],
)
async def test_every_refusal_is_the_same_after_the_same_work(
    auth: Authenticator, company: Company, what: str, change: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company.add_user(ADA)
    if change:
        await company.sql(change)
    verified: list[str | None] = []
    verify = auth.passwords.verify

    async def watched(password: str, stored: str | None) -> bool:
        verified.append(stored)
        return await verify(password, stored)

    monkeypatch.setattr(auth.passwords, "verify", watched)
    answer = await sign_in(auth, company, ADA, password="wrong-password" if change is None else PASSWORD)
    assert isinstance(answer, Problem)
    assert answer.code is UserErrorCode.WRONG_CREDENTIALS
    assert answer.message == "E-mail and password do not belong to an account that can sign in now."
    assert answer.field is None
    assert len(verified) == 1
    assert await company.sessions() == []
    if what != "an unknown tenant":
        (entry,) = await company.audit()
        assert (entry["action"], entry["actor_kind"]) == ("SIGN_IN_FAILED", "SYSTEM")
        assert ADA not in entry["canonical"]


async def test_five_failures_lock_the_account_for_everybody(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    await company.add_user(ADA)
    codes = [await wrong(auth, company) for _ in range(5)]
    assert set(codes) == {UserErrorCode.WRONG_CREDENTIALS}
    assert await code(await sign_in(auth, company, ADA)) is UserErrorCode.ACCOUNT_LOCKED
    (row,) = await company.sql("SELECT failed_sign_ins, locked_until, version FROM leora.users")
    assert (row["failed_sign_ins"], row["locked_until"], row["version"]) == (
        5,
        clock() + dt.timedelta(minutes=1),
        1,
    )
    clock.advance(minutes=1)
    await signed_in(auth, company, ADA)
    (row,) = await company.sql("SELECT failed_sign_ins, locked_until FROM leora.users")
    assert (row["failed_sign_ins"], row["locked_until"]) == (0, None)


async def test_an_unknown_account_is_locked_like_a_known_one(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    await company.add_user(ADA)
    for minutes in (1, 2, 4):
        known = [await wrong(auth, company) for _ in range(7)]
        unknown = [await wrong(auth, company, "nobody@x.test") for _ in range(7)]
        assert known == unknown
        assert known[-1] is UserErrorCode.ACCOUNT_LOCKED
        clock.advance(minutes=minutes)


async def test_a_lock_outlives_the_process_and_says_nothing(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    await company.add_user(ADA)
    for _ in range(5):
        await wrong(auth, company)
    auth.limiter.succeeded(f"{company.slug}\nSTAFF\n{ADA}")  # as a fresh process would
    assert await code(await sign_in(auth, company, ADA)) is UserErrorCode.WRONG_CREDENTIALS
    (row,) = await company.sql("SELECT failed_sign_ins, locked_until FROM leora.users")
    assert (row["failed_sign_ins"], row["locked_until"]) == (5, clock() + dt.timedelta(minutes=1))


async def test_locks_in_the_database_double_and_are_forgotten(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    await company.add_user(ADA)
    await company.sql(
        "UPDATE leora.users SET failed_sign_ins = 6, locked_until = :past WHERE tenant_id = :tenant",
        past=clock() - dt.timedelta(minutes=5),
    )
    await wrong(auth, company)
    (row,) = await company.sql("SELECT failed_sign_ins, locked_until FROM leora.users")
    assert (row["failed_sign_ins"], row["locked_until"]) == (7, clock() + dt.timedelta(minutes=4))
    clock.advance(hours=25)
    await wrong(auth, company)
    (row,) = await company.sql("SELECT failed_sign_ins, locked_until FROM leora.users")
    assert (row["failed_sign_ins"], row["locked_until"]) == (1, None)


async def test_parallel_guesses_are_no_more_than_one_after_another(
    auth: Authenticator, company: Company
) -> None:
    await company.add_user(ADA)
    codes = await asyncio.gather(*(wrong(auth, company) for _ in range(20)))
    assert codes.count(UserErrorCode.WRONG_CREDENTIALS) == 5
    assert codes.count(UserErrorCode.ACCOUNT_LOCKED) == 15
    (row,) = await company.sql("SELECT failed_sign_ins FROM leora.users")
    assert row["failed_sign_ins"] == 5


async def test_the_right_password_many_times_at_once_is_fine(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    await asyncio.gather(*(signed_in(auth, company, ADA) for _ in range(10)))
    assert len(await company.sessions()) == 10
    assert [entry["sequence"] for entry in await company.audit()] == list(range(1, 11))


async def test_an_address_that_sprays_passwords_is_slowed_down(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    spraying = replace(CALLER, address="198.51.100.7")
    for number in range(60):
        await wrong(auth, company, f"user{number}@x.test", caller=spraying)
    with pytest.raises(RateLimited) as caught:
        await sign_in(auth, company, ADA, caller=spraying)
    assert caught.value.extensions["code"] == "RATE_LIMITED"
    await signed_in(auth, company, ADA)


@pytest.mark.parametrize("email", ["", " ", "a" * 400, "a\0b@x.test", "\ud800@x.test", "' OR 1=1 --", "%"])
async def test_an_odd_email_is_nobodys(auth: Authenticator, company: Company, email: str) -> None:
    await company.add_user(ADA)
    assert await code(await sign_in(auth, company, email)) is UserErrorCode.WRONG_CREDENTIALS


@pytest.mark.parametrize("slug", ["", "a" * 300, "a\0b", "\ud800"])
async def test_an_odd_tenant_is_nobodys(auth: Authenticator, company: Company, slug: str) -> None:
    credentials = Credentials(tenant_slug=slug, audience=Audience.STAFF, email=ADA, password=PASSWORD)
    answer = await service.sign_in(auth, credentials, caller=CALLER)
    assert await code(answer) is UserErrorCode.WRONG_CREDENTIALS


async def test_an_old_hash_is_made_anew(auth: Authenticator, company: Company) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    await company.add_user(ADA, password_hash=old)
    await signed_in(auth, company, ADA)
    (row,) = await company.sql("SELECT password_hash FROM leora.users")
    assert row["password_hash"] != old
    assert not auth.passwords.outdated(row["password_hash"])
    await signed_in(auth, company, ADA)


async def test_a_password_changed_meanwhile_does_not_open_a_session(
    auth: Authenticator, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company.add_user(ADA)

    async def slowly(_: Passwords, password: str, stored: str | None) -> bool:
        assert (password, stored) == (PASSWORD, HASH)
        await company.sql("UPDATE leora.users SET password_hash = 'another' WHERE tenant_id = :tenant")
        return True

    monkeypatch.setattr(Passwords, "verify", slowly)
    assert await code(await sign_in(auth, company, ADA)) is UserErrorCode.WRONG_CREDENTIALS
    assert await company.sessions() == []


async def test_the_credentials_are_in_no_repr(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    answer = await signed_in(auth, company, ADA)
    credentials = Credentials(tenant_slug="t", audience=Audience.STAFF, email=ADA, password=PASSWORD)
    assert PASSWORD not in repr(credentials)
    assert answer.access_token not in repr(answer)
    assert answer.refresh_token not in repr(answer)
    assert await auth.authenticate(bearer(answer)) == answer.principal
