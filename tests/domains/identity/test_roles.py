"""Roles: made, changed and deleted; what may be given; what counts at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accounts import make_company
from tests.domains.identity.office import Office, codes, key_of

ADA, REP = "ada@x.test", "rep@x.test"
ROLE = "role { id name description kind isSystem isDefault permissions version }"
ERRORS = "userErrors { code message field }"
CREATE = f"""mutation ($input: CreateRoleInput!) {{
  createRole(input: $input) {{ {ROLE} roleEdge {{ node {{ name }} }} {ERRORS} }}
}}"""
UPDATE = f"mutation ($input: UpdateRoleInput!) {{ updateRole(input: $input) {{ {ROLE} {ERRORS} }} }}"
DELETE = f"mutation ($input: DeleteRoleInput!) {{ deleteRole(input: $input) {{ deletedRoleId {ERRORS} }} }}"


async def test_a_role_is_made_as_given(office: Office) -> None:
    given = {
        "name": " Cellar hand ",
        "kind": "STAFF",
        "description": "Moves bottles.",
        "permissions": ["inventory.*", "catalog.view", "catalog.view"],
    }
    payload = await office.do(CREATE, given, as_=ADA)
    assert payload == {
        "role": {
            "id": payload["role"]["id"],
            "name": "Cellar hand",
            "description": "Moves bottles.",
            "kind": "STAFF",
            "isSystem": False,
            "isDefault": False,
            "permissions": ["catalog.view", "inventory.*"],
            "version": 1,
        },
        "roleEdge": {"node": {"name": "Cellar hand"}},
        "userErrors": [],
    }
    told = {
        "name": "Cellar hand",
        "kind": "STAFF",
        "description": "Moves bottles.",
        "permissions": ["catalog.view", "inventory.*"],
    }
    assert await office.events() == [("role.created", "Role", told)]
    assert await office.entries() == [
        ("createRole", "GRANT", "Role", {"permissions": ["catalog.view", "inventory.*"]}),
        (
            "createRole",
            "CREATE",
            "Role",
            {name: {"before": None, "after": value} for name, value in told.items()},
        ),
    ]


BAD: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"name": " "}, [("REQUIRED", ["name"])]),
    ({"name": "x" * 101}, [("TOO_LONG", ["name"])]),
    ({"description": "x" * 2001}, [("TOO_LONG", ["description"])]),
    ({"name": "manager"}, [("DUPLICATE", ["name"])]),
    (
        {"permissions": ["orders.view", "orders.fly", "", "wine.*"]},
        [("NOT_FOUND", ["permissions", index]) for index in ("1", "2", "3")],
    ),
    ({"permissions": ["orders.view"] * 201}, [("OUT_OF_RANGE", ["permissions"])]),
    (
        {"kind": "PORTAL", "permissions": ["orders.view", "orders.*", "users.view", "portal_users.*", "*"]},
        [("NOT_ALLOWED", ["permissions", index]) for index in ("1", "2", "4")],
    ),
]


@pytest.mark.parametrize(("given", "expected"), BAD)
async def test_a_bad_role_is_refused_at_its_field(
    office: Office, given: dict[str, Any], expected: list[tuple[str, list[str]]]
) -> None:
    await office.permissions(ADA)
    before = await office.state()
    payload = await office.do(CREATE, {"name": "A", "kind": "STAFF", "permissions": [], **given}, as_=ADA)
    assert (payload["role"], codes(payload)) == (None, expected)
    assert await office.state() == before


async def test_nobody_gives_what_it_does_not_hold(office: Office) -> None:
    await office.add_role("smith", "roles.*", "orders.view", "orders.create")
    await office.hire(REP, "smith")
    keys = ["roles.view", "roles.*", "orders.view", "orders.*", "*", "audit.view"]
    await office.permissions(REP)
    before = await office.state()
    payload = await office.do(CREATE, {"name": "A", "kind": "STAFF", "permissions": keys}, as_=REP)
    assert codes(payload) == [("NOT_ALLOWED", ["permissions", index]) for index in ("3", "4", "5")]
    assert await office.state() == before


async def test_a_changed_role_counts_at_once(office: Office) -> None:
    role = await office.add_role("helper", "orders.view", "orders.create", "roles.view")
    await office.hire(REP, "helper")
    assert await office.permissions(REP) == {"orders.view", "orders.create", "roles.view"}
    given = {
        "id": role,
        "version": 1,
        "name": "Helper",
        "permissions": ["orders.view", "catalog.*", "roles.view"],
    }
    payload = await office.do(UPDATE, given, as_=ADA)
    assert codes(payload) == []
    assert payload["role"]["permissions"] == ["catalog.*", "orders.view", "roles.view"]
    assert (payload["role"]["name"], payload["role"]["version"]) == ("Helper", 2)
    assert await office.permissions(REP) == {
        *("orders.view", "roles.view", "catalog.view", "catalog.manage", "catalog.cost")
    }
    change = {
        "name": {"before": "helper", "after": "Helper"},
        "permissions": {
            "before": ["orders.create", "orders.view", "roles.view"],
            "after": ["catalog.*", "orders.view", "roles.view"],
        },
    }
    assert await office.entries() == [
        ("updateRole", "REVOKE", "Role", {"permissions": ["orders.create"]}),
        ("updateRole", "GRANT", "Role", {"permissions": ["catalog.*"]}),
        ("updateRole", "UPDATE", "Role", change),
    ]
    assert await office.events() == [
        ("role.updated", "Role", {name: value["after"] for name, value in change.items()})
    ]


async def test_what_a_role_holds_may_stay_whoever_changes_it(office: Office) -> None:
    role = await office.add_role("auditor", "audit.view", "orders.view")
    await office.add_role("smith", "roles.manage", "roles.view")
    await office.hire(REP, "smith")
    payload = await office.do(UPDATE, {"id": role, "description": "Reads."}, as_=REP)
    assert (codes(payload), payload["role"]["permissions"]) == ([], ["audit.view", "orders.view"])
    payload = await office.do(
        UPDATE, {"id": role, "permissions": ["audit.view", "orders.view", "audit.*"]}, as_=REP
    )
    assert codes(payload) == [("NOT_ALLOWED", ["permissions", "2"])]


async def test_nobody_takes_away_what_it_does_not_hold(office: Office) -> None:
    role = await office.add_role("auditor", "audit.view", "roles.view")
    await office.add_role("smith", "roles.manage", "roles.view")
    await office.hire(REP, "smith")
    await office.permissions(REP)
    before = await office.state()
    payload = await office.do(UPDATE, {"id": role, "permissions": ["roles.view"]}, as_=REP)
    assert codes(payload) == [("NOT_ALLOWED", ["permissions"])]
    assert codes(await office.do(DELETE, {"id": role}, as_=REP)) == [("NOT_ALLOWED", ["id"])]
    assert await office.state() == before
    payload = await office.do(UPDATE, {"id": role, "permissions": ["audit.view"]}, as_=REP)
    assert codes(payload) == []


async def test_the_same_again_changes_nothing(office: Office) -> None:
    role = await office.add_role("helper", "orders.view")
    await office.permissions(ADA)
    before = await office.state()
    payload = await office.do(UPDATE, {"id": role, "name": "helper", "permissions": ["orders.view"]}, as_=ADA)
    assert (codes(payload), payload["role"]["version"]) == ([], 1)
    assert await office.state() == before


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": None}, ("REQUIRED", ["name"])),
        ({"permissions": None}, ("REQUIRED", ["permissions"])),
        ({"version": 7}, ("CONFLICT", ["version"])),
        ({"name": "sales_rep"}, ("DUPLICATE", ["name"])),
        ({"permissions": ["nothing"]}, ("NOT_FOUND", ["permissions", "0"])),
    ],
)
async def test_a_bad_change_is_refused(
    office: Office, given: dict[str, Any], expected: tuple[str, list[str]]
) -> None:
    role = await office.add_role("helper", "orders.view")
    await office.permissions(ADA)
    before = await office.state()
    assert codes(await office.do(UPDATE, {"id": role, **given}, as_=ADA)) == [expected]
    assert await office.state() == before


async def test_roles_of_the_tenant_and_of_others_stay_as_they_are(office: Office) -> None:
    other = await make_company(office.company.direct_url)
    foreign = Office(office.api, other)
    theirs = await foreign.add_role("helper", "orders.view")
    for query in (UPDATE, DELETE):
        for role, code in (
            (office.role("sales_rep"), "NOT_ALLOWED"),
            (theirs, "NOT_FOUND"),
            ("x", "NOT_FOUND"),
        ):
            assert codes(await office.do(query, {"id": role}, as_=ADA)) == [(code, ["id"])]
    assert (await office.events(), await foreign.events()) == ([], [])


async def test_the_last_role_of_an_admin_keeps_everything(office: Office) -> None:
    role = await office.add_role("owner", "*")
    await office.hire(REP, "owner")
    await office.company.sql("UPDATE leora.users SET status = 'DISABLED' WHERE email = :email", email=ADA)
    await office.permissions(REP)
    before = await office.state()
    given = {"id": role, "permissions": ["roles.manage", "roles.view"]}
    assert codes(await office.do(UPDATE, given, as_=REP)) == [("LAST_ADMIN", ["permissions"])]
    assert await office.state() == before
    await office.company.sql("UPDATE leora.users SET status = 'ACTIVE' WHERE email = :email", email=ADA)
    assert codes(await office.do(UPDATE, given, as_=REP)) == []


async def test_only_a_role_that_nobody_has_is_deleted(office: Office) -> None:
    free, taken = await office.add_role("free", "orders.view"), await office.add_role("taken")
    sold = await office.add_role("sold", kind="PORTAL")
    await office.hire(REP, "taken")
    await office.serve("buyer@x.test", "sold")
    for role in (taken, sold):
        assert codes(await office.do(DELETE, {"id": role}, as_=ADA)) == [("NOT_ALLOWED", ["id"])]
    assert codes(await office.do(DELETE, {"id": free, "version": 2}, as_=ADA)) == [("CONFLICT", ["version"])]
    payload = await office.do(DELETE, {"id": free, "version": 1}, as_=ADA)
    assert payload == {"deletedRoleId": free, "userErrors": []}
    assert not await office.company.sql("SELECT id FROM leora.roles WHERE id = :id", id=key_of(free))
    told = {"name": "free", "kind": "STAFF", "description": None, "permissions": ["orders.view"]}
    assert await office.events() == [("role.deleted", "Role", told)]
    assert [entry[:3] for entry in await office.entries()] == [
        ("deleteRole", "REVOKE", "Role"),
        ("deleteRole", "DELETE", "Role"),
    ]


@pytest.mark.parametrize("role", ["manager", "sales_rep"])
async def test_who_may_not_manage_roles_changes_none(office: Office, role: str) -> None:
    made = await office.add_role("helper")
    await office.hire(REP, role)
    await office.permissions(REP)
    before = await office.state()
    for query, given in (
        (CREATE, {"name": "A", "kind": "STAFF", "permissions": []}),
        (UPDATE, {"id": made, "name": "B"}),
        (DELETE, {"id": made}),
    ):
        answer = await office.ask(query, given, as_=REP)
        assert (answer.codes, list(answer.data.values())) == (["FORBIDDEN"], [None])
    assert await office.state() == before
