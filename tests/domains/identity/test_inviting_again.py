"""Inviting again whoever has not come in yet: a fresh link, and the ones before are worthless."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leora_gql.graph.node import encode_id
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

EMAIL = {"email": "NEW@x.test"}
"""The same address, written in another way."""
TAKEN = [("DUPLICATE", ["email"])]


async def invited(office: Office, postbox: Postbox, **given: Any) -> tuple[str, str]:
    """Somebody who is invited: the id, and the token that came."""
    payload = await office.do(INVITE, {**PERSON, **given}, as_=ADA)
    assert codes(payload) == []
    return payload["user"]["id"], (await postbox.next()).token


async def customer_of(office: Office, buyer: str) -> str:
    return encode_id("Customer", (await office.row(buyer))["customer_id"])


@pytest.mark.parametrize("expired", [True, False])
async def test_the_newest_link_counts_alone(mailing: Office, postbox: Postbox, expired: bool) -> None:
    person, old = await invited(mailing, postbox)
    if expired:
        await mailing.company.sql("UPDATE leora.one_time_tokens SET expires_at = now()")
        assert codes(await accept(mailing, old)) == INVALID
    payload = await mailing.do(INVITE, {**PERSON, **EMAIL}, as_=ADA)
    assert (codes(payload), payload["user"]["id"], payload["user"]["email"]) == ([], person, "New@x.test")
    letter = await postbox.next()
    assert (letter.to, letter.token == old) == (("New@x.test",), False)
    assert codes(await accept(mailing, old)) == INVALID
    assert (await accept(mailing, letter.token))["accepted"] is True
    assert await mailing.try_to_sign_in("new@x.test", NEW) is not None


async def test_what_is_given_is_changed_and_the_rest_stays(mailing: Office, postbox: Postbox) -> None:
    ada = encode_id("User", mailing.people[ADA])
    given = {"phone": "1", "territory": "South", "managerId": ada, "roleIds": [mailing.role("manager")]}
    person, _ = await invited(mailing, postbox, **given)
    seen, noted = len(await mailing.events()), len(await mailing.entries())
    payload = await mailing.do(INVITE, PERSON, as_=ADA)
    whole = {"phone": "1", "territory": "South", "manager": {"email": ADA}, "roles": [{"name": "manager"}]}
    assert {name: payload["user"][name] for name in whole} == whole
    again = {
        **PERSON,
        **given,
        "managerId": ada,
        "status": "INVITED",
        "roles": ["manager"],
    }
    del again["roleIds"]
    assert (await mailing.events())[seen:] == [("user.invited", "User", again)]
    sent = ("inviteUser", "UPDATE", "User", {"invitation": "sent again"})
    assert (await mailing.entries())[noted:] == [sent]

    changes = {"firstName": "Mia", "territory": "North", "roleIds": [mailing.role("sales_rep")]}
    payload = await mailing.do(INVITE, {**PERSON, **changes}, as_=ADA)
    user = payload["user"]
    assert (user["id"], user["firstName"], user["phone"]) == (person, "Mia", "1")
    assert (user["territory"], user["roles"]) == ("North", [{"name": "sales_rep"}])
    events = (await mailing.events())[seen + 1 :]
    assert [event[0] for event in events] == ["user.updated", "role.assigned", "user.invited"]
    assert events[0][2] == {"firstName": "Mia", "territory": "North"}
    assert events[2][2] == {**again, "firstName": "Mia", "territory": "North", "roles": ["sales_rep"]}
    kinds = [entry[1] for entry in (await mailing.entries())[noted + 1 :]]
    assert sorted(kinds) == ["GRANT", "REVOKE", "UPDATE", "UPDATE"]


@pytest.mark.parametrize("status", ["ACTIVE", "DISABLED"])
async def test_who_has_come_in_or_is_shut_out_is_not_invited_again(
    mailing: Office, postbox: Postbox, status: str
) -> None:
    person, _ = await invited(mailing, postbox)
    await mailing.company.sql(
        "UPDATE leora.users SET status = :status WHERE id = :id", status=status, id=key_of(person)
    )
    before = await mailing.state()
    assert codes(await mailing.do(INVITE, {**PERSON, "firstName": "Mia"}, as_=ADA)) == TAKEN
    assert await mailing.state() == before
    await mailing.do(INVITE, {**PERSON, "email": "later@x.test"}, as_=ADA)
    assert (await postbox.next()).to == ("later@x.test",)


async def test_nobody_gives_or_takes_more_than_it_may_by_inviting_again(
    mailing: Office, postbox: Postbox
) -> None:
    await mailing.add_role("clerk", "users.view", "users.manage", "roles.view")
    await mailing.hire(BO, "clerk")
    await mailing.permissions(BO)
    _, token = await invited(mailing, postbox, roleIds=[mailing.role("manager")])
    before = await mailing.state()
    for role, field in (
        ("admin", ["roleIds", "0"]),
        ("clerk", ["roleIds"]),
        ("portal_user", ["roleIds", "0"]),
    ):
        given = {**PERSON, "firstName": "Mia", "roleIds": [mailing.role(role)]}
        assert ("NOT_ALLOWED", field) in codes(await mailing.do(INVITE, given, as_=BO))
        assert await mailing.state() == before
    payload = await mailing.do(INVITE, PERSON, as_=BO)  # the roles that there are stay, whoever writes again
    assert (codes(payload), payload["user"]["roles"]) == ([], [{"name": "manager"}])
    assert codes(await accept(mailing, token)) == INVALID
    assert (await accept(mailing, (await postbox.next()).token))["accepted"] is True


async def test_buyers_are_invited_again_for_their_own_customer_alone(
    mailing: Office, postbox: Postbox
) -> None:
    keys = ("portal_users.*", "orders.view", "catalog.view", "customers.view", "pricing.view")
    await mailing.add_role("head", *keys, "invoices.view", "payments.view", kind="PORTAL")
    elsewhere = "buyer@elsewhere.test"
    await mailing.permissions(ADA)
    for account in (BUYER, elsewhere):
        await mailing.serve(account, "head")
        await mailing.permissions(account)
    own, other = await customer_of(mailing, BUYER), await customer_of(mailing, elsewhere)
    given = {**PERSON, "email": "buyer2@x.test", "roleIds": [mailing.role("portal_viewer")]}
    assert codes(await mailing.do(INVITE_BUYER, given, as_=BUYER)) == []
    first = (await postbox.next()).token
    before = await mailing.state()
    assert codes(await mailing.do(INVITE_BUYER, given, as_=elsewhere)) == TAKEN
    assert codes(await mailing.do(INVITE_BUYER, {**given, "customerId": other}, as_=ADA)) == TAKEN
    assert await mailing.state() == before

    links = [first]
    for who in (BUYER, ADA, BUYER):
        payload = await mailing.do(INVITE_BUYER, {**given, "customerId": own, "firstName": "Mia"}, as_=who)
        assert (codes(payload), payload["portalUser"]["customer"]) == ([], {"id": own})
        links.append((await postbox.next()).token)
    assert len(await tokens(mailing)) == 4
    for old in links[:-1]:
        assert codes(await accept(mailing, old)) == INVALID
    assert (await accept(mailing, links[-1]))["accepted"] is True
    assert codes(await mailing.do(INVITE_BUYER, given, as_=BUYER)) == TAKEN


async def test_inviting_again_and_accepting_exclude_each_other(mailing: Office, postbox: Postbox) -> None:
    await mailing.permissions(ADA)
    for number in range(5):
        email = f"new{number}@x.test"
        _, token = await invited(mailing, postbox, email=email)
        accepted, again = await asyncio.gather(
            accept(mailing, token), mailing.do(INVITE, {**PERSON, "email": email}, as_=ADA)
        )
        assert accepted["accepted"] is (codes(again) == TAKEN)
        if not accepted["accepted"]:
            assert (await accept(mailing, (await postbox.next()).token))["accepted"] is True
