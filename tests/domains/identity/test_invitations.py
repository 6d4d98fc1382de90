"""Inviting people, and accepting: by a mail that arrives, once, in time."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import pytest

from leora_gql.auth.permissions import Audience
from leora_gql.domains.identity.service.invitations import MOST_AN_HOUR
from leora_gql.domains.identity.service.letters import invitation
from leora_gql.graph.node import encode_id
from tests.accounts import PASSWORD, make_company
from tests.domains.identity.inviting import (
    ADA,
    BO,
    BUYER,
    INVALID,
    INVITE,
    INVITE_BUYER,
    NEW,
    PERSON,
    accept,
    tokens,
)
from tests.domains.identity.office import Office, codes, key_of
from tests.postbox import Postbox


async def test_who_is_invited_gets_a_mail_and_gets_in(mailing: Office, postbox: Postbox) -> None:
    ada = encode_id("User", mailing.people[ADA])
    given = {
        **PERSON,
        "phone": "1",
        "territory": "South",
        "managerId": ada,
        "roleIds": [mailing.role("manager")],
    }
    payload = await mailing.do(INVITE, given, as_=ADA)
    user = payload["user"]
    assert payload == {
        "user": {
            "id": user["id"],
            "email": "New@x.test",
            "firstName": "Nia",
            "lastName": "New",
            "phone": "1",
            "territory": "South",
            "status": "INVITED",
            "manager": {"email": ADA},
            "roles": [{"name": "manager"}],
        },
        "userEdge": {"node": {"email": "New@x.test"}},
        "userErrors": [],
    }
    letter = await postbox.next()
    assert (letter.to, letter.message["Subject"]) == (("New@x.test",), "You are invited to A distributor")
    assert f"https://app.x.test/accept-invitation#token={letter.token}" in letter.text
    (row,) = await tokens(mailing)
    assert row["token_hash"] == hashlib.sha256(letter.token[-43:].encode()).digest()
    assert (row["purpose"], row["subject_id"], row["used_at"]) == ("INVITATION", key_of(user["id"]), None)
    assert 6.9 < (row["expires_at"] - row["created_at"]).total_seconds() / 86400 <= 7.01
    ((event, entity, told),) = await mailing.events()
    assert (event, entity) == ("user.invited", "User")
    assert (told["email"], told["roles"]) == ("New@x.test", ["manager"])
    assert [entry[:3] for entry in await mailing.entries()] == [
        ("inviteUser", "GRANT", "User"),
        ("inviteUser", "CREATE", "User"),
    ]
    assert letter.token not in str(await mailing.state())

    assert await mailing.try_to_sign_in("new@x.test", NEW) is None
    assert await accept(mailing, letter.token) == {"accepted": True, "userErrors": []}
    assert await mailing.try_to_sign_in("new@x.test", NEW) is not None
    assert codes(await accept(mailing, letter.token)) == INVALID
    assert (await mailing.events())[-1] == ("user.updated", "User", {"status": "ACTIVE"})
    assert (await mailing.entries())[-1] == (
        "acceptInvitation",
        "UPDATE",
        "User",
        {
            "status": {"before": "INVITED", "after": "ACTIVE"},
            "password": {"before": "***", "after": "***"},
            "sessions": 0,
        },
    )


@pytest.mark.parametrize("password", ["short", "x" * 12, "é" * 501])
async def test_a_weak_password_is_refused_and_the_token_stays_good(
    mailing: Office, postbox: Postbox, password: str
) -> None:
    await mailing.do(INVITE, PERSON, as_=ADA)
    token = (await postbox.next()).token
    payload = await accept(mailing, token, password)
    assert (payload["accepted"], payload["userErrors"][0]["field"]) == (False, ["password"])
    assert (await accept(mailing, token))["accepted"] is True


async def test_a_token_counts_in_its_time_its_tenant_and_for_who_is_invited_still(
    mailing: Office, postbox: Postbox
) -> None:
    async def invite(email: str) -> tuple[str, str]:
        payload = await mailing.do(INVITE, {**PERSON, "email": email}, as_=ADA)
        return payload["user"]["id"], (await postbox.next()).token

    other = await make_company(mailing.company.direct_url)
    _, token = await invite("a@x.test")
    assert codes(await accept(mailing, token, x_tenant_slug=other.slug)) == INVALID
    foreign = token.replace(mailing.company.id.hex, other.id.hex)
    for wrong in (foreign, "", "lgo_", token[:-1], f"{token[:-1]}{'a' if token[-1] != 'a' else 'b'}"):
        assert codes(await accept(mailing, wrong)) == INVALID
    await mailing.company.sql("UPDATE leora.one_time_tokens SET expires_at = now()")
    assert codes(await accept(mailing, token)) == INVALID
    person, token = await invite("b@x.test")
    await mailing.company.sql("UPDATE leora.users SET status = 'DISABLED' WHERE id = :id", id=key_of(person))
    assert codes(await accept(mailing, token)) == INVALID
    _, token = await invite("c@x.test")
    await mailing.company.sql("UPDATE leora.tenants SET status = 'SUSPENDED' WHERE id = :tenant")
    assert codes(await accept(mailing, token)) == INVALID


async def test_who_asks_for_it_is_told_that_somebody_has_come_in(mailing: Office, postbox: Postbox) -> None:
    await mailing.company.sql(
        "INSERT INTO leora.webhook_subscriptions (tenant_id, id, name, url, event_types, secret)"
        " VALUES (:tenant, gen_random_uuid(), 'Staff list', 'https://hooks.x.test', ARRAY['user.updated'], '\\x00')"
    )
    await mailing.do(INVITE, PERSON, as_=ADA)
    assert (await accept(mailing, (await postbox.next()).token))["accepted"] is True
    deliveries = await mailing.company.sql(
        "SELECT e.type, d.status FROM leora.webhook_deliveries d JOIN leora.webhook_events e ON e.id = d.event_id"
    )
    assert deliveries == [{"type": "user.updated", "status": "PENDING"}]


async def test_of_two_who_accept_at_once_one_does(mailing: Office, postbox: Postbox) -> None:
    await mailing.do(INVITE, PERSON, as_=ADA)
    token = (await postbox.next()).token
    done = await asyncio.gather(*(accept(mailing, token, f"{NEW}-{number}") for number in range(3)))
    assert sorted(payload["accepted"] for payload in done) == [False, False, True]


async def test_an_invitation_that_is_sent_again_under_its_key_is_one(
    mailing: Office, postbox: Postbox
) -> None:
    await mailing.permissions(ADA)
    headers = {"authorization": f"Bearer {mailing.tokens[ADA]}", "idempotency_key": "invite-nia"}
    answers = [await mailing.api(INVITE, {"input": PERSON}, **headers) for _ in range(2)]
    assert answers[0].data == answers[1].data
    await mailing.do(INVITE, {**PERSON, "email": "later@x.test"}, as_=ADA)
    assert [(await postbox.next()).to for _ in range(2)] == [("New@x.test",), ("later@x.test",)]


async def test_who_was_never_in_can_be_let_in_by_a_new_password(mailing: Office, postbox: Postbox) -> None:
    person = (await mailing.do(INVITE, PERSON, as_=ADA))["user"]["id"]
    old = (await postbox.next()).token
    disable = "mutation ($input: DisableUserInput!) { disableUser(input: $input) { userErrors { code } } }"
    enable = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { userErrors { code } } }"
    assert (await mailing.do(disable, {"id": person}, as_=ADA))["userErrors"] == []
    assert (await mailing.do(enable, {"id": person, "status": "ACTIVE"}, as_=ADA))["userErrors"] == []
    assert codes(await accept(mailing, old)) == INVALID
    request = (
        "mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { requested } }"
    )
    given = {"email": "new@x.test", "audience": "STAFF"}
    await mailing.ask_nobody(request, given, x_tenant_slug=mailing.company.slug)
    token = (await postbox.next()).token
    reset = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { userErrors { code } } }"
    assert (await mailing.ask_nobody(reset, {"token": token, "password": NEW}))["userErrors"] == []
    assert await mailing.try_to_sign_in("new@x.test", NEW) is not None


async def test_without_a_role_people_get_the_default_ones(office: Office) -> None:
    payload = await office.do(INVITE, PERSON, as_=ADA)
    assert payload["user"]["roles"] == [{"name": "sales_rep"}]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"email": " "}, ("REQUIRED", ["email"])),
        ({"email": "nobody"}, ("INVALID", ["email"])),
        ({"email": "ADA@x.test"}, ("DUPLICATE", ["email"])),
        ({"firstName": ""}, ("REQUIRED", ["firstName"])),
        ({"lastName": "x" * 101}, ("TOO_LONG", ["lastName"])),
        ({"managerId": encode_id("User", UUID(int=7))}, ("NOT_FOUND", ["managerId"])),
        ({"roleIds": ["x"]}, ("NOT_FOUND", ["roleIds", "0"])),
    ],
)
async def test_a_bad_invitation_is_refused(
    office: Office, given: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    await office.permissions(ADA)
    before = await office.state()
    payload = await office.do(INVITE, {**PERSON, **given}, as_=ADA)
    assert (codes(payload), payload["user"]) == ([expected], None)
    assert await office.state() == before


async def test_nobody_invites_with_more_than_it_may_do(office: Office) -> None:
    await office.add_role("clerk", "users.view", "users.manage", "roles.view")
    await office.hire(BO, "clerk")
    await office.permissions(BO)
    before = await office.state()
    for roles, field in (([], ["roleIds"]), ([office.role("admin")], ["roleIds", "0"])):
        payload = await office.do(INVITE, {**PERSON, "roleIds": roles}, as_=BO)
        assert codes(payload) == [("NOT_ALLOWED", field)]
    payload = await office.do(INVITE, {**PERSON, "roleIds": [office.role("portal_viewer")]}, as_=BO)
    assert codes(payload) == [("NOT_ALLOWED", ["roleIds", "0"])]
    assert await office.state() == before
    assert codes(await office.do(INVITE, {**PERSON, "roleIds": [office.role("clerk")]}, as_=BO)) == []


async def test_staff_invites_buyers_for_a_customer(mailing: Office, postbox: Postbox) -> None:
    await mailing.serve(BUYER)
    customer = encode_id("Customer", (await mailing.row(BUYER))["customer_id"])
    given = {**PERSON, "email": "buyer2@x.test"}
    payload = await mailing.do(INVITE_BUYER, {**given, "customerId": customer}, as_=ADA)
    assert (codes(payload), payload["portalUser"]["customer"]) == ([], {"id": customer})
    assert (await accept(mailing, (await postbox.next()).token))["accepted"] is True
    assert (await mailing.events())[-1] == ("portal_user.updated", "PortalUser", {"status": "ACTIVE"})
    assert await mailing.try_to_sign_in("buyer2@x.test", NEW) is not None
    given = {**PERSON, "email": "buyer3@x.test"}
    stranger = encode_id("Customer", key_of(payload["portalUser"]["id"]))
    for bad, expected in (
        ({}, ("REQUIRED", ["customerId"])),
        ({"customerId": stranger}, ("NOT_FOUND", ["customerId"])),
        ({"customerId": customer, "email": BUYER}, ("DUPLICATE", ["email"])),
        ({"customerId": customer, "roleIds": [mailing.role("sales_rep")]}, ("NOT_ALLOWED", ["roleIds", "0"])),
    ):
        assert codes(await mailing.do(INVITE_BUYER, {**given, **bad}, as_=ADA)) == [expected]
    await mailing.company.sql("UPDATE leora.customers SET status = 'CLOSED'")
    payload = await mailing.do(INVITE_BUYER, {**given, "customerId": customer}, as_=ADA)
    assert codes(payload) == [("CUSTOMER_INACTIVE", ["customerId"])]


async def test_buyers_invite_to_their_own_customer(mailing: Office, postbox: Postbox) -> None:
    keys = ("portal_users.*", "orders.view", "catalog.view", "customers.view", "pricing.view")
    await mailing.add_role("head", *keys, "invoices.view", "payments.view", kind="PORTAL")
    await mailing.serve(BUYER, "head")
    await mailing.serve("buyer@elsewhere.test")
    stranger = encode_id("Customer", (await mailing.row("buyer@elsewhere.test"))["customer_id"])
    own = encode_id("Customer", (await mailing.row(BUYER))["customer_id"])
    given = {**PERSON, "email": "buyer2@x.test", "roleIds": [mailing.role("portal_viewer")]}
    refused = {
        "customerId": ({"customerId": stranger}, ("NOT_FOUND", ["customerId"])),
        "more": ({"roleIds": [mailing.role("portal_user")]}, ("NOT_ALLOWED", ["roleIds", "0"])),
        "default": ({"roleIds": []}, ("NOT_ALLOWED", ["roleIds"])),
        "taken": ({"email": "buyer@elsewhere.test"}, ("DUPLICATE", ["email"])),
    }
    for bad, expected in refused.values():
        assert codes(await mailing.do(INVITE_BUYER, {**given, **bad}, as_=BUYER)) == [expected]
    payload = await mailing.do(INVITE_BUYER, given, as_=BUYER)
    assert (codes(payload), payload["portalUser"]["customer"]) == ([], {"id": own})
    assert (await accept(mailing, (await postbox.next()).token))["accepted"] is True
    assert await mailing.try_to_sign_in("buyer2@x.test", NEW) is not None


async def test_a_mail_that_cannot_be_sent_is_nobodys_error(mailing: Office, postbox: Postbox) -> None:
    postbox.refuses = True
    assert codes(await mailing.do(INVITE, PERSON, as_=ADA)) == []


async def test_who_may_not_manage_people_invites_nobody(office: Office) -> None:
    await office.hire(BO, "sales_rep")
    await office.serve(BUYER)
    await office.permissions(BO)
    await office.permissions(BUYER)
    before = await office.state()
    for who in (BO, BUYER):
        for query in (INVITE, INVITE_BUYER):
            answer = await office.ask(query, PERSON, as_=who)
            assert (answer.codes, list(answer.data.values())) == (["FORBIDDEN"], [None])
    assert await office.state() == before
    assert await office.try_to_sign_in(BO, PASSWORD) is not None


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Jo-Ann O’Neil", "Hello Jo-Ann O’Neil,"),
        ("see evil.test", "Hello,"),
        ("Verify: https://evil.test", "Hello,"),
    ],
)
def test_a_mail_says_no_more_of_a_name_than_a_name(name: str, greeting: str) -> None:
    mail = invitation(to="a@x.test", name=name, tenant="Well Crafted", link="https://portal.test/accept")
    assert mail.text.splitlines()[0] == greeting
    assert "evil" not in mail.text


async def test_only_so_many_invitations_are_sent_in_an_hour(
    mailing: Office, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a mail in the distributor's name, to an address that nobody has confirmed."""
    monkeypatch.setitem(MOST_AN_HOUR, Audience.PORTAL, 2)
    await mailing.add_role("host", "portal_users.*", "customers.view", kind="PORTAL")
    await mailing.serve(BUYER, "host")
    given = {**PERSON, "roleIds": [mailing.role("host")]}
    for number in (1, 2):
        one = {**given, "email": f"buyer{number}@y.test"}
        assert codes(await mailing.do(INVITE_BUYER, one, as_=BUYER)) == []
        await postbox.next()
    before = await mailing.state()
    for email in ("buyer3@y.test", "buyer1@y.test"):
        refused = await mailing.do(INVITE_BUYER, {**given, "email": email}, as_=BUYER)
        assert codes(refused) == [("NOT_ALLOWED", ["email"])]
    assert await mailing.state() == before
    await mailing.company.sql("UPDATE leora.one_time_tokens SET expires_at = expires_at - interval '1 hour'")
    later = {**given, "email": "buyer3@y.test"}
    assert codes(await mailing.do(INVITE_BUYER, later, as_=BUYER)) == []
