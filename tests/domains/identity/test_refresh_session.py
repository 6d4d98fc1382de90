"""Refreshing: one lineage however many ask at once, and an end to it when a copy turns up."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text

from leora_gql.auth.authenticator import Authenticator
from leora_gql.domains.identity import service
from leora_gql.domains.identity.service import SignedIn
from leora_gql.errors import Unauthenticated
from leora_gql.graph.problems import Problem, UserErrorCode
from tests.accounts import CALLER, Clock, Company, as_owner, bearer, make_company, signed_in

ADA = "ada@x.test"


async def refresh(auth: Authenticator, token: str, *, slug: str | None = None) -> SignedIn | Problem:
    return await service.refresh_session(auth, token, tenant_slug=slug, caller=CALLER)


async def refreshed(auth: Authenticator, token: str) -> SignedIn:
    answer = await refresh(auth, token)
    assert isinstance(answer, SignedIn), answer
    return answer


async def refused(auth: Authenticator, token: str, *, slug: str | None = None) -> None:
    answer = await refresh(auth, token, slug=slug)
    assert isinstance(answer, Problem)
    assert (answer.code, answer.field) == (UserErrorCode.TOKEN_INVALID, ("refreshToken",))


async def only_session(company: Company) -> dict[str, Any]:
    (row,) = await company.sessions()
    return row


@pytest.fixture
async def first(auth: Authenticator, company: Company) -> SignedIn:
    await company.add_user(ADA)
    return await signed_in(auth, company, ADA)


async def test_each_refresh_moves_the_session_on(
    auth: Authenticator, clock: Clock, company: Company, first: SignedIn
) -> None:
    clock.advance(days=1)
    second = await refreshed(auth, first.refresh_token)
    assert second.refresh_token != first.refresh_token
    assert second.principal == first.principal
    assert await auth.authenticate(bearer(second)) == first.principal
    row = await only_session(company)
    assert (row["generation"], row["rotated_at"], row["last_active_at"]) == (2, clock(), clock())
    assert row["idle_expires_at"] == clock() + dt.timedelta(days=14)
    assert row["expires_at"] == clock() + dt.timedelta(days=89)
    assert [entry["action"] for entry in await company.audit()] == ["SIGN_IN"]


async def test_twenty_at_once_leave_one_lineage(
    auth: Authenticator, clock: Clock, company: Company, first: SignedIn
) -> None:
    answers = await asyncio.gather(*(refreshed(auth, first.refresh_token) for _ in range(20)))
    (current,) = {answer.refresh_token for answer in answers}
    assert (await only_session(company))["generation"] == 2
    for answer in answers:
        assert await auth.authenticate(bearer(answer)) == first.principal
    clock.advance(seconds=11)
    await refreshed(auth, current)
    assert (await only_session(company))["generation"] == 3


async def test_a_later_replay_ends_the_family(
    auth: Authenticator, clock: Clock, company: Company, first: SignedIn
) -> None:
    second = await refreshed(auth, first.refresh_token)
    clock.advance(seconds=11)
    await refused(auth, first.refresh_token)
    row = await only_session(company)
    assert (row["revoke_reason"], row["revoked_at"]) == ("TOKEN_REUSED", clock())
    await refused(auth, second.refresh_token)
    with pytest.raises(Unauthenticated):
        await auth.authenticate(bearer(second))
    assert [(entry["action"], entry["entity_type"]) for entry in await company.audit()] == [
        ("SIGN_IN", "User"),
        ("REVOKE", "Session"),
    ]


async def test_within_ten_seconds_the_one_before_gives_the_current_one(
    auth: Authenticator, clock: Clock, company: Company, first: SignedIn
) -> None:
    second = await refreshed(auth, first.refresh_token)
    clock.advance(seconds=10)
    assert (await refreshed(auth, first.refresh_token)).refresh_token == second.refresh_token
    assert (await only_session(company))["generation"] == 2


async def test_two_generations_back_is_a_replay_at_once(
    auth: Authenticator, company: Company, first: SignedIn
) -> None:
    second = await refreshed(auth, first.refresh_token)
    await refreshed(auth, second.refresh_token)
    await refused(auth, first.refresh_token)
    assert (await only_session(company))["revoke_reason"] == "TOKEN_REUSED"


async def test_a_bad_mac_changes_nothing(auth: Authenticator, company: Company, first: SignedIn) -> None:
    kid, tenant, session, _, mac = first.refresh_token.split(".")
    current = (await refreshed(auth, first.refresh_token)).refresh_token
    before = (await company.sessions(), await company.audit())
    other = "A" * 42 + "E"
    for forged in (
        f"{kid}.{tenant}.{session}.1.{other}",
        f"{kid}.{tenant}.{session}.2.{mac}",
        f"{kid}.{tenant}.{session}.3.{mac}",
        f"other.{tenant}.{session}.1.{mac}",
        f"{kid}.{tenant}.{session}.1.{mac}x",
        f"{kid}.{'0' * 32}.{session}.1.{mac}",
        f"{kid}.{tenant}.{'0' * 32}.1.{mac}",
        "",
        "\0",
        "x" * 100_000,
    ):
        await refused(auth, forged)
    assert (await company.sessions(), await company.audit()) == before
    await refreshed(auth, current)


async def test_an_unused_session_ends_after_fourteen_days(
    auth: Authenticator, clock: Clock, first: SignedIn
) -> None:
    clock.advance(days=13, hours=23)
    second = await refreshed(auth, first.refresh_token)
    clock.advance(days=14)
    await refused(auth, second.refresh_token)


async def test_a_used_session_ends_after_ninety_days(
    auth: Authenticator, clock: Clock, company: Company, first: SignedIn
) -> None:
    token = first.refresh_token
    for _ in range(8):
        clock.advance(days=11)
        token = (await refreshed(auth, token)).refresh_token
    row = await only_session(company)
    assert row["idle_expires_at"] == row["expires_at"]
    clock.advance(days=2)
    await refused(auth, token)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE leora.users SET status = 'DISABLED' WHERE tenant_id = :tenant",
        "UPDATE leora.tenants SET status = 'SUSPENDED' WHERE id = :tenant",
        "UPDATE leora.sessions SET revoked_at = now(), revoke_reason = 'ADMINISTRATOR' WHERE tenant_id = :tenant",
    ],
)
async def test_who_no_longer_counts_gets_no_new_tokens(
    auth: Authenticator, company: Company, first: SignedIn, change: str
) -> None:
    await company.sql(change)
    await refused(auth, first.refresh_token)
    assert (await only_session(company))["generation"] == 1


async def test_the_header_must_agree_with_the_token(
    auth: Authenticator, company: Company, first: SignedIn, direct_url
) -> None:
    other = await make_company(direct_url)
    await refused(auth, first.refresh_token, slug=other.slug)
    assert (await only_session(company))["generation"] == 1
    assert isinstance(await refresh(auth, first.refresh_token, slug=company.slug), SignedIn)


async def test_a_restored_database_does_not_revoke(
    auth: Authenticator, company: Company, first: SignedIn
) -> None:
    second = await refreshed(auth, first.refresh_token)
    await company.sql("UPDATE leora.sessions SET generation = 1 WHERE tenant_id = :tenant")
    await refused(auth, second.refresh_token)
    row = await only_session(company)
    assert (row["generation"], row["revoked_at"]) == (1, None)


async def test_a_refresh_that_had_to_wait_judges_by_what_it_finds(
    auth: Authenticator, clock: Clock, company: Company, first: SignedIn
) -> None:
    """Else it would write its older generation over a newer one."""
    blocked = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND :holder = ANY(pg_blocking_pids(pid))"
    async with as_owner(company.direct_url, company.id) as holder:
        pid = await holder.scalar(text("SELECT pg_backend_pid()"))
        await holder.execute(text("UPDATE leora.sessions SET generation = 3"))
        waiting = asyncio.create_task(refresh(auth, first.refresh_token))
        async with asyncio.timeout(10):
            while (await company.sql(blocked, holder=pid))[0]["n"] == 0:
                pass
    assert isinstance(await waiting, Problem)
    row = await only_session(company)
    assert (row["generation"], row["revoke_reason"]) == (3, "TOKEN_REUSED")
