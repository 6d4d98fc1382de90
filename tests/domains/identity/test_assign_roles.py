"""Who has which roles: given and taken, by whom, and always an admin."""

from __future__ import annotations

import asyncio
from typing import Any

from leora_gql.graph.node import encode_id
from tests.accounts import make_company
from tests.domains.identity.office import Office, codes

ADA, BO, BUYER = "ada@x.test", "bo@x.test", "buyer@x.test"
ERRORS = "userErrors { code message field }"
ASSIGN = f"""mutation ($input: AssignRolesInput!) {{
  assignRoles(input: $input) {{ user {{ email version roles {{ name }} }} {ERRORS} }}
}}"""
PORTAL = f"""mutation ($input: AssignPortalRolesInput!) {{
  assignPortalRoles(input: $input) {{ portalUser {{ email }} {ERRORS} }}
}}"""


def names(payload: dict[str, Any]) -> set[str]:
    return {role["name"] for role in payload["user"]["roles"]}


async def held(office: Office, email: str) -> set[str]:
    """The names of a person's roles, as they are stored."""
    kind = "portal_user" if email.startswith("buyer") else "user"
    rows = await office.company.sql(
        f"SELECT r.name FROM leora.{kind}_roles h JOIN leora.roles r ON r.id = h.role_id WHERE h.{kind}_id = :id",
        id=office.people[email],
    )
    return {row["name"] for row in rows}


async def test_the_roles_are_those_given_at_once(office: Office) -> None:
    bo = await office.hire(BO, "sales_rep")
    assert "orders.approve" not in await office.permissions(BO)
    version = await office.version(BO)
    given = {"userId": bo, "version": version, "roleIds": [office.role("manager"), office.role("manager")]}
    payload = await office.do(ASSIGN, given, as_=ADA)
    assert payload == {
        "user": {"email": BO, "version": version + 1, "roles": [{"name": "manager"}]},
        "userErrors": [],
    }
    assert "orders.approve" in await office.permissions(BO)
    assert await office.events() == [
        ("role.assigned", "User", {"roles": ["manager"], "rolesBefore": ["sales_rep"]})
    ]
    assert await office.entries() == [
        ("assignRoles", "REVOKE", "User", {"roles": ["sales_rep"]}),
        ("assignRoles", "GRANT", "User", {"roles": ["manager"]}),
    ]
    rows = await office.company.sql(
        "SELECT assigned_by_id FROM leora.user_roles WHERE user_id = :id", id=office.people[BO]
    )
    assert rows == [{"assigned_by_id": office.people[ADA]}]
    assert codes(await office.do(ASSIGN, given, as_=ADA)) == [("CONFLICT", ["version"])]
    assert names(await office.do(ASSIGN, {"userId": bo, "roleIds": []}, as_=ADA)) == set()
    assert await office.permissions(BO) == set()


async def test_bad_roles_are_refused_each_at_its_place(office: Office) -> None:
    bo = await office.hire(BO)
    foreign = await make_company(office.company.direct_url)
    theirs = encode_id("Role", foreign.roles["sales_rep"])
    await office.permissions(ADA)
    before = await office.state()
    roles = [office.role("manager"), "nonsense", theirs, office.role("portal_user"), bo]
    payload = await office.do(ASSIGN, {"userId": bo, "roleIds": [roles[0], *roles[2:4]]}, as_=ADA)
    assert codes(payload) == [("NOT_FOUND", ["roleIds", "1"]), ("NOT_ALLOWED", ["roleIds", "2"])]
    payload = await office.do(ASSIGN, {"userId": bo, "roleIds": roles}, as_=ADA)
    assert codes(payload) == [("NOT_FOUND", ["roleIds", "1"]), ("NOT_FOUND", ["roleIds", "4"])]
    payload = await office.do(ASSIGN, {"userId": bo, "roleIds": [roles[0]] * 101}, as_=ADA)
    assert codes(payload) == [("OUT_OF_RANGE", ["roleIds"])]
    stranger = encode_id("User", await foreign.add_user("x@x.test"))
    payload = await office.do(ASSIGN, {"userId": stranger, "roleIds": []}, as_=ADA)
    assert codes(payload) == [("NOT_FOUND", ["userId"])]
    assert await office.state() == before


async def test_nobody_gives_or_takes_a_role_that_permits_more_than_it_may(office: Office) -> None:
    bo, ada = await office.hire(BO, "manager"), encode_id("User", office.people[ADA])
    await office.hire("cy@x.test", "admin")
    await office.permissions(BO)
    before = await office.state()
    payload = await office.do(
        ASSIGN, {"userId": bo, "roleIds": [office.role("manager"), office.role("admin")]}, as_=BO
    )
    assert codes(payload) == [("NOT_ALLOWED", ["roleIds", "1"])]
    payload = await office.do(ASSIGN, {"userId": ada, "roleIds": [office.role("manager")]}, as_=BO)
    assert codes(payload) == [("NOT_ALLOWED", ["roleIds"])]
    assert await office.state() == before
    both = {"userId": ada, "roleIds": [office.role("admin"), office.role("sales_rep")]}
    assert codes(await office.do(ASSIGN, both, as_=BO)) == []  # what is left alone is nobody's business


async def test_the_last_active_admin_stays_one(office: Office) -> None:
    ada = encode_id("User", office.people[ADA])
    await office.hire(BO, "admin", status="DISABLED")
    await office.hire("in@x.test", "admin", status="INVITED")
    await office.permissions(ADA)
    before = await office.state()
    payload = await office.do(ASSIGN, {"userId": ada, "roleIds": [office.role("manager")]}, as_=ADA)
    assert codes(payload) == [("LAST_ADMIN", ["roleIds"])]
    assert await office.state() == before
    await office.add_role("owner", "*")
    payload = await office.do(ASSIGN, {"userId": ada, "roleIds": [office.role("owner")]}, as_=ADA)
    assert codes(payload) == []


async def test_of_two_admins_who_step_down_at_once_one_stays(office: Office) -> None:
    ada, bo = encode_id("User", office.people[ADA]), await office.hire(BO, "admin")
    await office.permissions(ADA)
    await office.permissions(BO)
    done = await asyncio.gather(
        *(
            office.do(ASSIGN, {"userId": who, "roleIds": [office.role("manager")]}, as_=email)
            for who, email in ((ada, ADA), (bo, BO))
        )
    )
    assert sorted(codes(payload) for payload in done) == [[], [("LAST_ADMIN", ["roleIds"])]]
    assert await held(office, ADA) | await held(office, BO) == {"admin", "manager"}


async def test_staff_gives_buyers_portal_roles_only(office: Office) -> None:
    buyer = await office.serve(BUYER, "portal_viewer")
    assert "orders.create" not in await office.permissions(BUYER)
    payload = await office.do(
        PORTAL, {"portalUserId": buyer, "roleIds": [office.role("portal_user")]}, as_=ADA
    )
    assert payload == {"portalUser": {"email": BUYER}, "userErrors": []}
    assert "orders.create" in await office.permissions(BUYER)
    assert await office.events() == [
        ("role.assigned", "PortalUser", {"roles": ["portal_user"], "rolesBefore": ["portal_viewer"]})
    ]
    payload = await office.do(PORTAL, {"portalUserId": buyer, "roleIds": [office.role("sales_rep")]}, as_=ADA)
    assert codes(payload) == [("NOT_ALLOWED", ["roleIds", "0"])]


async def test_buyers_give_roles_within_their_customer_and_their_rights(office: Office) -> None:
    await office.add_role(
        "head", "portal_users.*", "orders.view", "catalog.view", "customers.view", kind="PORTAL"
    )
    light = await office.add_role("light", "orders.view", "catalog.view", kind="PORTAL")
    await office.serve(BUYER, "head")
    stranger = await office.serve("buyer@elsewhere.test", "head")
    mate = await office.serve("buyer2@x.test", "portal_viewer")
    await office.company.sql(
        "UPDATE leora.portal_users SET customer_id = (SELECT customer_id FROM leora.portal_users WHERE id = :boss)"
        " WHERE id = :id",
        id=office.people["buyer2@x.test"],
        boss=office.people[BUYER],
    )
    await office.permissions(BUYER)
    before = await office.state()
    refused = {
        (stranger, light): [("NOT_FOUND", ["portalUserId"])],
        (mate, office.role("portal_user")): [("NOT_ALLOWED", ["roleIds", "0"]), ("NOT_ALLOWED", ["roleIds"])],
        (mate, office.role("sales_rep")): [("NOT_FOUND", ["roleIds", "0"]), ("NOT_ALLOWED", ["roleIds"])],
        (mate, light): [("NOT_ALLOWED", ["roleIds"])],
    }
    for (who, role), expected in refused.items():
        assert codes(await office.do(PORTAL, {"portalUserId": who, "roleIds": [role]}, as_=BUYER)) == expected
    assert await office.state() == before
    given = {"portalUserId": mate, "roleIds": [light, office.role("portal_viewer")]}
    assert codes(await office.do(PORTAL, given, as_=BUYER)) == []
    assert await held(office, "buyer2@x.test") == {"light", "portal_viewer"}
    rows = await office.company.sql(
        "SELECT assigned_by_id FROM leora.portal_user_roles WHERE assigned_by_id IS NOT NULL"
    )
    assert rows == [{"assigned_by_id": office.people[BUYER]}]


async def test_who_may_not_manage_people_assigns_nothing(office: Office) -> None:
    bo, buyer = await office.hire(BO, "sales_rep"), await office.serve(BUYER)
    await office.permissions(BO)
    await office.permissions(BUYER)
    before = await office.state()
    for who in (BO, BUYER):
        for query, given in (
            (ASSIGN, {"userId": bo, "roleIds": []}),
            (PORTAL, {"portalUserId": buyer, "roleIds": []}),
        ):
            answer = await office.ask(query, given, as_=who)
            assert (answer.codes, list(answer.data.values())) == (["FORBIDDEN"], [None])
    assert await office.state() == before
