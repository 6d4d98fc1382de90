"""A forgotten password: the same answer for nobody, one mail, one use, one hour, and all sessions end."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

import pytest
from sqlalchemy import text

from leora_gql.auth.limits import spelled_alike
from tests.accounts import PASSWORD, as_owner, make_company
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


def naming(mutation: str) -> str:
    """A mutation that is asked for its errors alone."""
    input_type = f"{mutation[0].upper()}{mutation[1:]}Input!"
    return f"mutation ($input: {input_type}) {{ {mutation}(input: $input) {{ {ERRORS} }} }}"


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
    done = await mailing.do(
        naming("changePassword"), {"currentPassword": PASSWORD, "newPassword": NEW}, as_=ADA
    )
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


@pytest.mark.parametrize("person", [BO, BUYER])
async def test_a_token_from_before_somebody_was_disabled_never_counts_again(
    mailing: Office, postbox: Postbox, person: str
) -> None:
    buyer = person == BUYER
    key = await (mailing.serve(person) if buyer else mailing.hire(person))
    await request(mailing, person, "PORTAL" if buyer else "STAFF")
    token = (await postbox.next()).token
    await request(mailing, ADA)
    others = (await postbox.next()).token
    kind = "PortalUser" if buyer else "User"
    assert await mailing.do(naming(f"disable{kind}"), {"id": key}, as_=ADA) == {"userErrors": []}
    back = {"id": key, "status": "ACTIVE"}
    assert await mailing.do(naming(f"update{kind}"), back, as_=ADA) == {"userErrors": []}
    before = await mailing.row(person)
    assert codes(await reset(mailing, token)) == INVALID
    assert await mailing.row(person) == before
    assert codes(await reset(mailing, others)) == []


async def test_nobody_gets_a_token_while_being_disabled(mailing: Office) -> None:
    await mailing.hire(BO)
    company = mailing.company
    blocked = "SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND :holder = ANY(pg_blocking_pids(pid))"
    async with as_owner(company.direct_url, company.id) as holder:
        pid = await holder.scalar(text("SELECT pg_backend_pid()"))
        await holder.execute(
            text("UPDATE leora.users SET status = 'DISABLED' WHERE id = :id"), {"id": mailing.people[BO]}
        )
        asked = asyncio.create_task(request(mailing, BO))
        async with asyncio.timeout(10):
            while (await company.sql(blocked, holder=pid))[0]["n"] == 0:
                pass
    assert (await asked).data == HEARD
    assert await company.sql("SELECT FROM leora.one_time_tokens") == []


async def test_a_password_does_not_contain_the_e_mail(mailing: Office, postbox: Postbox) -> None:
    await request(mailing, ADA)
    token = (await postbox.next()).token
    refused = await reset(mailing, token, "My-ADA@x.test-1")
    assert codes(refused) == [("INVALID", ["password"])]
    assert refused["userErrors"][0]["message"] == "A password does not contain the e-mail address."
    given = {"currentPassword": PASSWORD, "newPassword": "ada@x.test-and-port"}
    changed = await mailing.do(naming("changePassword"), given, as_=ADA)
    assert codes(changed) == [("INVALID", ["newPassword"])]
    assert await mailing.try_to_sign_in(ADA, PASSWORD) is not None
    assert codes(await reset(mailing, token)) == []


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
