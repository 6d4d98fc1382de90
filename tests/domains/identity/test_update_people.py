"""Members of staff and buyers: changed, shut out, let in again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leora_gql.graph.node import encode_id
from tests.accounts import make_company
from tests.domains.identity.office import Office, codes

ADA, BO, CY, BUYER = "ada@x.test", "bo@x.test", "cy@x.test", "buyer@x.test"
ERRORS = "userErrors { code message field }"
PERSON = "firstName lastName phone avatarUrl status"
UPDATE = f"""mutation ($input: UpdateUserInput!) {{
  updateUser(input: $input) {{ user {{ {PERSON} territory manager {{ email }} version }} {ERRORS} }}
}}"""
DISABLE = (
    f"mutation ($input: DisableUserInput!) {{ disableUser(input: $input) {{ user {{ status }} {ERRORS} }} }}"
)
UPDATE_BUYER = f"""mutation ($input: UpdatePortalUserInput!) {{
  updatePortalUser(input: $input) {{ portalUser {{ {PERSON} }} {ERRORS} }}
}}"""
DISABLE_BUYER = f"""mutation ($input: DisablePortalUserInput!) {{
  disablePortalUser(input: $input) {{ portalUser {{ status }} {ERRORS} }}
}}"""
VIEWER = "{ viewer { __typename } }"


async def test_what_is_given_is_changed_and_nothing_else(office: Office) -> None:
    bo, ada = await office.hire(BO), encode_id("User", office.people[ADA])
    given = {
        "firstName": " Bo ",
        "phone": "+1 212",
        "avatarUrl": "https://x.test/bo.png",
        "territory": "North",
        "managerId": ada,
    }
    payload = await office.do(UPDATE, {"id": bo, "version": 1, **given}, as_=ADA)
    assert payload == {
        "user": {
            "firstName": "Bo",
            "lastName": "Example",
            "phone": "+1 212",
            "avatarUrl": "https://x.test/bo.png",
            "status": "ACTIVE",
            "territory": "North",
            "manager": {"email": ADA},
            "version": 2,
        },
        "userErrors": [],
    }
    after = {**given, "firstName": "Bo", "managerId": ada}
    assert await office.events() == [("user.updated", "User", after)]
    before = {**dict.fromkeys(after), "firstName": "Ada"}
    assert await office.entries() == [
        (
            "updateUser",
            "UPDATE",
            "User",
            {name: {"before": before[name], "after": after[name]} for name in after},
        )
    ]
    cleared = {"phone": None, "avatarUrl": None, "territory": " ", "managerId": None}
    user = (await office.do(UPDATE, {"id": bo, **cleared}, as_=ADA))["user"]
    assert [user[name] for name in ("phone", "avatarUrl", "territory", "manager")] == [None] * 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"firstName": None}, ("REQUIRED", ["firstName"])),
        ({"lastName": " "}, ("REQUIRED", ["lastName"])),
        ({"firstName": "x" * 101}, ("TOO_LONG", ["firstName"])),
        ({"phone": "1" * 41}, ("TOO_LONG", ["phone"])),
        ({"territory": "x" * 101}, ("TOO_LONG", ["territory"])),
        ({"avatarUrl": "javascript:alert(1)"}, ("INVALID", ["avatarUrl"])),
        ({"avatarUrl": "http://x.test/bo.png"}, ("INVALID", ["avatarUrl"])),
        ({"avatarUrl": f"https://x.test/{'x' * 2000}"}, ("TOO_LONG", ["avatarUrl"])),
        ({"status": None}, ("REQUIRED", ["status"])),
        ({"status": "DISABLED"}, ("INVALID_TRANSITION", ["status"])),
        ({"status": "INVITED"}, ("INVALID_TRANSITION", ["status"])),
        ({"managerId": "x"}, ("NOT_FOUND", ["managerId"])),
        ({"version": 9}, ("CONFLICT", ["version"])),
    ],
)
async def test_a_bad_change_is_refused(
    office: Office, given: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    bo = await office.hire(BO)
    await office.permissions(ADA)
    before = await office.state()
    payload = await office.do(UPDATE, {"id": bo, "lastName": "Other", **given}, as_=ADA)
    assert (codes(payload), payload["user"]) == ([expected], None)
    assert await office.state() == before


async def test_managers_form_no_circle(office: Office) -> None:
    bo, cy, ada = await office.hire(BO), await office.hire(CY), encode_id("User", office.people[ADA])
    foreign = encode_id("User", await (await make_company(office.company.direct_url)).add_user("x@x.test"))

    async def under(person: str, manager: str) -> list[tuple[str, list[str] | None]]:
        return codes(await office.do(UPDATE, {"id": person, "managerId": manager}, as_=ADA))

    assert (await under(bo, ada), await under(cy, bo)) == ([], [])
    for person, manager in ((ada, cy), (ada, bo), (bo, bo)):
        assert await under(person, manager) == [("NOT_ALLOWED", ["managerId"])]
    assert await under(bo, foreign) == [("NOT_FOUND", ["managerId"])]
    assert await under(foreign, ada) == [("NOT_FOUND", ["id"])]
    assert await under(cy, ada) == []
    done = await asyncio.gather(under(bo, cy), under(cy, bo))
    assert sorted(done) == [[], [("NOT_ALLOWED", ["managerId"])]]


async def test_who_is_disabled_is_out_at_once(office: Office) -> None:
    bo = await office.hire(BO)
    token = await office.company.add_integration(office.people[BO], "orders.view")
    assert await office.permissions(BO)
    answer = await office.api(VIEWER, authorization=f"Bearer {token}")
    assert not answer.errors
    payload = await office.do(DISABLE, {"id": bo}, as_=ADA)
    assert payload == {"user": {"status": "DISABLED"}, "userErrors": []}
    assert (await office.ask(VIEWER, None, as_=BO)).codes == ["UNAUTHENTICATED"]
    assert await office.try_to_sign_in(BO) is None
    for session in await office.company.sessions():
        ended = session["user_id"] == office.people[BO]
        assert session["revoke_reason"] == ("DISABLED" if ended else None)
    change = {"status": {"before": "ACTIVE", "after": "DISABLED"}}
    assert await office.entries() == [
        ("disableUser", "UPDATE", "User", change),
        ("disableUser", "REVOKE", "User", {"sessions": 1, "reason": "DISABLED"}),
    ]
    assert await office.events() == [("user.disabled", "User", {"status": "DISABLED"})]
    viewer = "{ viewer { permissions } }"
    assert (await office.api(viewer, authorization=f"Bearer {token}")).data == {"viewer": {"permissions": []}}
    assert codes(await office.do(DISABLE, {"id": bo}, as_=ADA)) == [("INVALID_TRANSITION", ["id"])]
    payload = await office.do(UPDATE, {"id": bo, "status": "ACTIVE"}, as_=ADA)
    assert (codes(payload), payload["user"]["status"]) == ([], "ACTIVE")
    assert (await office.ask(VIEWER, None, as_=BO)).codes == ["UNAUTHENTICATED"]
    assert await office.try_to_sign_in(BO) is not None


async def test_nobody_disables_itself_or_the_last_admin(office: Office) -> None:
    ada = encode_id("User", office.people[ADA])
    bo = await office.hire(BO, "manager")
    cy = await office.hire(CY, "admin", status="INVITED")
    await office.permissions(ADA)
    await office.permissions(BO)
    before = await office.state()
    assert codes(await office.do(DISABLE, {"id": ada}, as_=ADA)) == [("NOT_ALLOWED", ["id"])]
    assert codes(await office.do(DISABLE, {"id": bo}, as_=BO)) == [("NOT_ALLOWED", ["id"])]
    assert codes(await office.do(DISABLE, {"id": ada}, as_=BO)) == [("LAST_ADMIN", ["id"])]
    assert codes(await office.do(DISABLE, {"id": cy}, as_=BO)) == [("NOT_ALLOWED", ["id"])]  # it may do more
    assert codes(await office.do(DISABLE, {"id": bo, "version": 99}, as_=ADA)) == [("CONFLICT", ["version"])]
    assert await office.state() == before
    assert codes(await office.do(DISABLE, {"id": cy}, as_=ADA)) == []  # an invitation is taken back
    payload = await office.do(UPDATE, {"id": cy, "status": "ACTIVE"}, as_=BO)
    assert codes(payload) == [("NOT_ALLOWED", ["status"])]


async def test_of_two_admins_who_disable_each_other_one_stays(office: Office) -> None:
    ada, bo = encode_id("User", office.people[ADA]), await office.hire(BO, "admin")
    await office.permissions(ADA)
    await office.permissions(BO)
    answers = await asyncio.gather(
        office.ask(DISABLE, {"id": bo}, as_=ADA), office.ask(DISABLE, {"id": ada}, as_=BO)
    )
    assert [answer.codes for answer in answers] == [[], []]
    done = [codes(answer.data["disableUser"]) for answer in answers]
    assert sorted(done) == [[], [("LAST_ADMIN", ["id"])]]


async def test_staff_changes_and_disables_buyers(office: Office) -> None:
    buyer = await office.serve(BUYER)
    await office.permissions(BUYER)
    payload = await office.do(UPDATE_BUYER, {"id": buyer, "firstName": "Eve", "phone": "1"}, as_=ADA)
    assert payload["portalUser"] == {
        "firstName": "Eve",
        "lastName": "Example",
        "phone": "1",
        "avatarUrl": None,
        "status": "ACTIVE",
    }
    payload = await office.do(DISABLE_BUYER, {"id": buyer}, as_=ADA)
    assert payload == {"portalUser": {"status": "DISABLED"}, "userErrors": []}
    assert (await office.ask(VIEWER, None, as_=BUYER)).codes == ["UNAUTHENTICATED"]
    assert [event[:2] for event in await office.events()] == [
        ("portal_user.updated", "PortalUser"),
        ("portal_user.disabled", "PortalUser"),
    ]
    payload = await office.do(UPDATE_BUYER, {"id": buyer, "status": "ACTIVE"}, as_=ADA)
    assert payload["portalUser"]["status"] == "ACTIVE"
    assert await office.try_to_sign_in(BUYER) is not None


async def test_buyers_manage_those_of_their_own_customer(office: Office) -> None:
    keys = (
        "portal_users.*",
        "orders.view",
        "orders.create",
        "orders.cancel",
        "catalog.view",
        "customers.view",
    )
    await office.add_role("head", *keys, "pricing.view", "invoices.view", "payments.view", kind="PORTAL")
    boss = await office.serve(BUYER, "head")
    stranger, mate = await office.serve("buyer@elsewhere.test"), await office.serve("buyer2@x.test")
    await office.company.sql(
        "UPDATE leora.portal_users SET customer_id = (SELECT customer_id FROM leora.portal_users WHERE id = :boss)"
        " WHERE id = :id",
        id=office.people["buyer2@x.test"],
        boss=office.people[BUYER],
    )
    await office.permissions(BUYER)
    await office.permissions("buyer2@x.test")
    before = await office.state()
    for query in (UPDATE_BUYER, DISABLE_BUYER):
        assert codes(await office.do(query, {"id": stranger}, as_=BUYER)) == [("NOT_FOUND", ["id"])]
    assert codes(await office.do(DISABLE_BUYER, {"id": boss}, as_=BUYER)) == [("NOT_ALLOWED", ["id"])]
    assert await office.state() == before
    payload = await office.do(UPDATE_BUYER, {"id": mate, "lastName": "New"}, as_=BUYER)
    assert (codes(payload), payload["portalUser"]["lastName"]) == ([], "New")
    payload = await office.do(DISABLE_BUYER, {"id": mate}, as_=BUYER)
    assert payload == {"portalUser": {"status": "DISABLED"}, "userErrors": []}
    assert (await office.ask(VIEWER, None, as_="buyer2@x.test")).codes == ["UNAUTHENTICATED"]
    payload = await office.do(UPDATE_BUYER, {"id": mate, "status": "ACTIVE"}, as_=BUYER)
    assert (codes(payload), payload["portalUser"]["status"]) == ([], "ACTIVE")


async def test_who_may_not_manage_people_changes_nobody(office: Office) -> None:
    bo, buyer = await office.hire(BO, "sales_rep"), await office.serve(BUYER)
    await office.permissions(BO)
    await office.permissions(BUYER)
    before = await office.state()
    for who in (BO, BUYER):
        for query, person in ((UPDATE, bo), (DISABLE, bo), (UPDATE_BUYER, buyer), (DISABLE_BUYER, buyer)):
            answer = await office.ask(query, {"id": person}, as_=who)
            assert (answer.codes, list(answer.data.values())) == (["FORBIDDEN"], [None])
    assert await office.state() == before
