"""Signing out, here and everywhere, and changing one's password."""

from __future__ import annotations

import pytest

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.permissions import Audience
from leora_gql.domains.identity import service
from leora_gql.errors import Unauthenticated
from leora_gql.graph.problems import Problem, UserErrorCode
from tests.accounts import CALLER, PASSWORD, Clock, Company, bearer, make_company, sign_in, signed_in

ADA = "ada@x.test"
BETTER = "a-better-password"


async def sign_out(auth: Authenticator, principal=None, token: str | None = None, slug: str | None = None):
    return await service.sign_out(auth, principal, refresh_token=token, tenant_slug=slug, caller=CALLER)


async def change(auth: Authenticator, principal, current: str = PASSWORD, new: str = BETTER):
    return await service.change_password(auth, principal, current=current, new=new, caller=CALLER)


async def out(auth: Authenticator, authorization: str) -> None:
    with pytest.raises(Unauthenticated):
        await auth.authenticate(authorization)


async def test_the_access_token_ends_its_session_at_once(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    here, there = await signed_in(auth, company, ADA), await signed_in(auth, company, ADA)
    principal = await auth.authenticate(bearer(here))
    assert await sign_out(auth, principal) is True
    await out(auth, bearer(here))
    assert await auth.authenticate(bearer(there)) == there.principal
    first, second = await company.sessions()
    assert (first["revoke_reason"], second["revoke_reason"]) == ("SIGN_OUT", None)
    assert (await company.audit())[-1]["action"] == "REVOKE"
    assert await sign_out(auth, principal) is False
    assert len(await company.audit()) == 3


async def test_a_refresh_token_ends_its_session_without_an_access_token(
    auth: Authenticator, company: Company
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    assert await sign_out(auth, token=session.refresh_token) is True
    await out(auth, bearer(session))


async def test_a_refresh_token_that_is_not_genuine_ends_nothing(
    auth: Authenticator, company: Company, direct_url
) -> None:
    other = await make_company(direct_url)
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    forged = session.refresh_token.rsplit(".", 1)[0] + "." + "A" * 43
    for token, slug in ((forged, None), ("x", None), (session.refresh_token, other.slug)):
        answer = await sign_out(auth, token=token, slug=slug)
        assert isinstance(answer, Problem)
        assert answer.code is UserErrorCode.TOKEN_INVALID
    assert await auth.authenticate(bearer(session)) == session.principal


async def test_nobody_cannot_sign_out(auth: Authenticator) -> None:
    with pytest.raises(Unauthenticated):
        await sign_out(auth)


async def test_an_integration_has_no_session_to_end(auth: Authenticator, company: Company) -> None:
    token = await company.add_integration(await company.add_user(ADA), "*")
    principal = await auth.authenticate(f"Bearer {token}")
    assert principal is not None
    answers = [
        await sign_out(auth, principal),
        await service.sign_out_everywhere(auth, principal, caller=CALLER),
        await change(auth, principal),
    ]
    assert [answer.code for answer in answers] == [UserErrorCode.NOT_ALLOWED] * 3


async def test_everywhere_means_every_session_of_this_person(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    await company.add_user("eve@x.test")
    await company.add_buyer(ADA)
    mine = [await signed_in(auth, company, ADA) for _ in range(3)]
    others = [
        await signed_in(auth, company, "eve@x.test"),
        await signed_in(auth, company, ADA, audience=Audience.PORTAL),
    ]
    for session in (*mine, *others):
        await auth.authenticate(bearer(session))
    assert await service.sign_out_everywhere(auth, mine[0].principal, caller=CALLER) == 3
    for session in mine:
        await out(auth, bearer(session))
        assert isinstance(
            await service.refresh_session(auth, session.refresh_token, tenant_slug=None, caller=CALLER),
            Problem,
        )
    for session in others:
        assert await auth.authenticate(bearer(session)) == session.principal
    last = (await company.audit())[-1]
    assert (last["action"], last["changes"]["sessions"]) == ("REVOKE", 3)


async def test_a_new_password_ends_the_other_sessions(auth: Authenticator, company: Company) -> None:
    await company.add_user(ADA)
    here, there = await signed_in(auth, company, ADA), await signed_in(auth, company, ADA)
    await auth.authenticate(bearer(there))
    assert await change(auth, here.principal) == 1
    await out(auth, bearer(there))
    assert await auth.authenticate(bearer(here)) == here.principal
    assert isinstance(await sign_in(auth, company, ADA), Problem)
    await signed_in(auth, company, ADA, password=BETTER)
    entry = next(entry for entry in await company.audit() if entry["action"] == "UPDATE")
    assert entry["changes"]["password"] == {"before": "***", "after": "***"}
    assert "argon2" not in entry["canonical"]


async def test_a_buyer_can_change_it_too(auth: Authenticator, company: Company) -> None:
    await company.add_buyer(ADA)
    session = await signed_in(auth, company, ADA, audience=Audience.PORTAL)
    assert await change(auth, session.principal) == 0
    await signed_in(auth, company, ADA, audience=Audience.PORTAL, password=BETTER)


async def test_the_current_password_is_needed_and_guesses_are_counted(
    auth: Authenticator, clock: Clock, company: Company
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    for _ in range(5):
        answer = await change(auth, session.principal, current="not-the-password")
        assert (answer.code, answer.field) == (
            UserErrorCode.WRONG_CREDENTIALS,
            ("currentPassword",),
        )
    assert (await change(auth, session.principal)).code is UserErrorCode.ACCOUNT_LOCKED
    (row,) = await company.sql("SELECT failed_sign_ins, password_hash FROM leora.users")
    assert row["failed_sign_ins"] == 5
    clock.advance(minutes=1)
    assert await change(auth, session.principal) == 0


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("short", UserErrorCode.INVALID),
        ("aaaaaaaaaaaaaaaa", UserErrorCode.INVALID),
        ("0123456789" * 101, UserErrorCode.TOO_LONG),
        (PASSWORD, UserErrorCode.INVALID),
    ],
)
async def test_a_bad_new_password_changes_nothing(
    auth: Authenticator, company: Company, new: str, code: UserErrorCode
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    answer = await change(auth, session.principal, new=new)
    assert (answer.code, answer.field) == (code, ("newPassword",))
    await signed_in(auth, company, ADA)


async def test_who_signs_in_elsewhere_has_no_password_to_change(
    auth: Authenticator, company: Company
) -> None:
    await company.add_user(ADA)
    session = await signed_in(auth, company, ADA)
    await company.sql("UPDATE leora.users SET password_hash = NULL WHERE tenant_id = :tenant")
    assert (await change(auth, session.principal)).code is UserErrorCode.NOT_ALLOWED
