"""A forgotten password: the same answer for nobody, one mail, one use, one hour, and all sessions end."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

import pytest

from leora_gql.auth.limits import spelled_alike
from tests.accounts import PASSWORD, make_company
from tests.api import Answer
from tests.domains.identity.office import Office, codes
from tests.postbox import Postbox

ADA, BO, BUYER = "ada@x.test", "bo@x.test", "buyer@x.test"
NEW = "a-new-bottle-of-port"
ERRORS = "userErrors { code message field }"
REQUEST = f"""mutation ($input: RequestPasswordResetInput!) {{
  requestPasswordReset(input: $input) {{ requested {ERRORS} }}
}}"""
RESET = (
    f"mutation ($input: ResetPasswordInput!) {{ resetPassword(input: $input) {{ sessionsEnded {ERRORS} }} }}"
)
SIGN_IN = f"mutation ($input: SignInInput!) {{ signIn(input: $input) {{ {ERRORS} }} }}"
VIEWER = "{ viewer { __typename } }"
INVALID = [("TOKEN_INVALID", ["token"])]
HEARD = {"requestPasswordReset": {"requested": True, "userErrors": []}}


async def request(office: Office, email: str, audience: str = "STAFF") -> Answer:
    given = {"input": {"email": email, "audience": audience}}
    return await office.api(REQUEST, given, x_tenant_slug=office.company.slug)


async def reset(office: Office, token: str, password: str = NEW, **headers: str) -> dict[str, Any]:
    return await office.ask_nobody(RESET, {"token": token, "password": password}, **headers)


async def test_a_new_password_ends_all_sessions(mailing: Office, postbox: Postbox) -> None:
    await mailing.permissions(ADA)
    other = await mailing.try_to_sign_in(ADA)
    assert (await request(mailing, " ADA@x.test ")).data == HEARD
    letter = await postbox.next()
    assert (letter.to, letter.message["Subject"]) == ((ADA,), "Choose a new password")
    assert f"https://app.x.test/reset-password#token={letter.token}" in letter.text
    assert await reset(mailing, letter.token) == {"sessionsEnded": 2, "userErrors": []}
    assert (await mailing.ask(VIEWER, None, as_=ADA)).codes == ["UNAUTHENTICATED"]
    assert (await mailing.api(VIEWER, authorization=f"Bearer {other}")).codes == ["UNAUTHENTICATED"]
    assert await mailing.try_to_sign_in(ADA, PASSWORD) is None
    assert await mailing.try_to_sign_in(ADA, NEW) is not None
    assert codes(await reset(mailing, letter.token)) == INVALID
    assert await mailing.entries() == [
        ("requestPasswordReset", "CREATE", "User", {"recovery": "requested"}),
        ("resetPassword", "UPDATE", "User", {"password": {"before": "***", "after": "***"}, "sessions": 2}),
    ]
    rows = await mailing.company.sql(
        "SELECT expires_at - created_at AS life, purpose FROM leora.one_time_tokens"
    )
    assert [(round(row["life"].total_seconds() / 60), row["purpose"]) for row in rows] == [
        (60, "PASSWORD_RESET")
    ]


async def test_nobody_learns_who_has_an_account(mailing: Office, postbox: Postbox) -> None:
    await mailing.hire("out@x.test", status="DISABLED")
    await mailing.hire("in@x.test", status="INVITED")
    await mailing.hire("sso@x.test", external_issuer="https://idp.test", external_subject="1")
    await mailing.serve(BUYER)
    silent = [
        *(
            ("nobody@x.test", "STAFF"),
            ("out@x.test", "STAFF"),
            ("in@x.test", "STAFF"),
            ("sso@x.test", "STAFF"),
        ),
        *((ADA, "PORTAL"), (BUYER, "STAFF"), ("", "STAFF"), ("x" * 1000, "STAFF")),
    ]
    answers = [await request(mailing, email, audience) for email, audience in silent]
    known = await request(mailing, BUYER, "PORTAL")
    assert known.data == HEARD
    assert [answer.body for answer in answers] == [known.body] * len(silent)
    assert (await postbox.next()).to == (BUYER,)
    assert len(postbox.letters) == 1
    assert len(await mailing.company.sql("SELECT id FROM leora.one_time_tokens")) == 1
    entries = [row for row in await mailing.company.audit() if row["operation"] == "requestPasswordReset"]
    assert [row["entity_id"] for row in entries] == [None] * len(silent) + [mailing.people[BUYER]]
    assert {row["changes"]["recovery"] for row in entries} == {"requested"}


async def test_buyers_reset_theirs(mailing: Office, postbox: Postbox) -> None:
    await mailing.serve(BUYER)
    await mailing.permissions(BUYER)
    await request(mailing, BUYER, "PORTAL")
    assert (await reset(mailing, (await postbox.next()).token))["sessionsEnded"] == 1
    assert await mailing.try_to_sign_in(BUYER, NEW) is not None


async def test_a_token_counts_once_in_its_time_and_with_it_all_others_are_used(
    mailing: Office, postbox: Postbox
) -> None:
    await request(mailing, ADA)
    first = (await postbox.next()).token
    await request(mailing, ADA)
    second = (await postbox.next()).token
    other = await make_company(mailing.company.direct_url)
    assert codes(await reset(mailing, first, x_tenant_slug=other.slug)) == INVALID
    payload = await reset(mailing, first, "short")
    assert (payload["sessionsEnded"], codes(payload)) == (0, [("INVALID", ["password"])])
    done = await asyncio.gather(*(reset(mailing, token) for token in (first, second, first)))
    assert sorted(map(codes, done)) == [[], INVALID, INVALID]
    await request(mailing, ADA)
    late = (await postbox.next()).token
    await mailing.company.sql("UPDATE leora.one_time_tokens SET expires_at = now() WHERE used_at IS NULL")
    assert codes(await reset(mailing, late)) == INVALID


async def test_a_changed_password_uses_up_the_tokens(mailing: Office, postbox: Postbox) -> None:
    await request(mailing, ADA)
    token = (await postbox.next()).token
    change = (
        "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }"
    )
    done = await mailing.do(change, {"currentPassword": PASSWORD, "newPassword": NEW}, as_=ADA)
    assert done == {"userErrors": []}
    assert codes(await reset(mailing, token)) == INVALID


async def test_who_was_disabled_meanwhile_gets_no_password(mailing: Office, postbox: Postbox) -> None:
    await mailing.hire(BO)
    await request(mailing, BO)
    token = (await postbox.next()).token
    await mailing.company.sql("UPDATE leora.users SET status = 'DISABLED' WHERE email = :email", email=BO)
    before = await mailing.row(BO)
    assert codes(await reset(mailing, token)) == INVALID
    assert await mailing.row(BO) == before


@pytest.mark.parametrize("email", [ADA, "nobody@x.test"])
async def test_too_many_requests_for_one_e_mail_are_not_heard(mailing: Office, email: str) -> None:
    for _ in range(5):
        assert (await request(mailing, email)).data == HEARD
    payload = (await request(mailing, email)).data["requestPasswordReset"]
    assert (payload["requested"], codes(payload)) == (False, [("ACCOUNT_LOCKED", None)])
    assert await mailing.try_to_sign_in(ADA) is not None


async def test_a_new_password_lifts_the_lock(mailing: Office, postbox: Postbox) -> None:
    for _ in range(5):
        assert await mailing.try_to_sign_in(ADA, "forgotten") is None
        assert await mailing.try_to_sign_in("nobody@x.test", "forgotten") is None
    assert await mailing.try_to_sign_in(ADA) is None  # locked
    await request(mailing, ADA)
    assert codes(await reset(mailing, (await postbox.next()).token)) == []
    assert await mailing.try_to_sign_in(ADA, NEW) is not None
    given = {"email": "nobody@x.test", "password": "forgotten"}
    assert codes(await mailing.ask_nobody(SIGN_IN, given, x_tenant_slug=mailing.company.slug)) == [
        ("ACCOUNT_LOCKED", None)
    ]


async def test_requests_are_counted_together_however_the_database_spells_their_e_mail(
    mailing: Office, postbox: Postbox
) -> None:
    await mailing.hire("iiiii@x.test")
    for spelling in ("İiiii", "iİiii", "iiİii", "iiiİi", "iiiiİ"):
        assert (await request(mailing, f"{spelling}@x.test")).data == HEARD
        assert (await postbox.next()).to == ("iiiii@x.test",)
    payload = (await request(mailing, "İİİİİ@x.test")).data["requestPasswordReset"]
    assert (payload["requested"], codes(payload)) == (False, [("ACCOUNT_LOCKED", None)])
    letters = await mailing.company.sql(
        "SELECT chr(code) AS letter, lower(chr(code)) AS lowered FROM generate_series(1, 65535) code"
        " WHERE code NOT BETWEEN 55296 AND 57343"
    )
    apart = {
        row["letter"] for row in letters if spelled_alike(row["letter"]) != spelled_alike(row["lowered"])
    }
    assert {letter for letter in apart if unicodedata.category(letter) != "Cn"} == set()  # Python knows fewer


async def test_an_address_that_guesses_tokens_is_stopped(mailing: Office) -> None:
    for number in range(60):
        token = f"lgo_{mailing.company.id.hex}_{number:043}"
        assert codes(await reset(mailing, token)) == INVALID
    answer = await mailing.api(RESET, {"input": {"token": "x", "password": NEW}})
    assert answer.codes == ["RATE_LIMITED"]


async def test_it_is_the_only_field_of_its_operation(mailing: Office) -> None:
    two = REQUEST.replace("requestPasswordReset(", "signOut { signedOut } requestPasswordReset(")
    answer = await mailing.api(two, {"input": {"email": ADA, "audience": "STAFF"}})
    assert set(answer.codes) <= {"BAD_USER_INPUT", "UNAUTHENTICATED"}
    assert "BAD_USER_INPUT" in answer.codes
