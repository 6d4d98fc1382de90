"""Changing, closing and assigning customers: what is given and nothing else, refusals, what is told."""

from __future__ import annotations

from typing import Any

from tests.api import ADMIN, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.customers.people import a_customer, a_user, call
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

ASSIGN = """
mutation ($input: AssignCustomersInput!) {
  assignCustomers(input: $input) {
    results { customer { id version salesRep { id } } userErrors { code message field } }
    userErrors { code message field }
  }
}
"""


async def assign(api: Api, *items: tuple[str, str | None], as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    said = [{"customerId": customer, "salesRepId": rep} for customer, rep in items]
    return (await api.data(ASSIGN, {"input": {"items": said, **given}}, as_=as_))["assignCustomers"]


async def test_it_changes_what_is_given(api: Api, runner: Runner) -> None:
    rep = await a_user(runner, REP)
    before = await a_customer(api, tradeName="Old", creditLimit="10", notes="Before.")
    async with noted(runner) as found:
        payload = await call(
            api,
            "updateCustomer",
            MANAGER,
            id=before["id"],
            version=1,
            tradeName=None,
            tier="SILVER",
            creditLimit=None,
            creditStatus="HOLD",
            notes="After.",
            licenseExpiresOn="2030-02-28",
            shippingAddress={"city": "Troy"},
            salesRepId=rep,
            taxExempt=True,
        )
    changed = {"tradeName": None, "tier": "SILVER", "licenseExpiresOn": "2030-02-28"}
    secret = {"creditLimit": None, "creditStatus": "HOLD", "notes": "After."}
    assert payload == {
        "customer": {
            **before,
            **changed,
            **secret,
            "shippingAddress": {"line1": None, "city": "Troy"},
            "salesRep": {"id": rep},
            "version": 2,
        },
        "userErrors": [],
    }
    told = {**changed, "shippingAddress": {"city": "Troy"}, "salesRepId": rep}
    assert [(event["type"], event["payload"]) for event in found.events] == [
        ("customer.updated", told),
        ("customer.assigned", {"salesRepId": rep}),
    ]
    assert (found.entry["operation"], found.entry["action"]) == ("updateCustomer", "UPDATE")
    after = {name: one["after"] for name, one in found.entry["changes"].items()}
    assert after == {**told, **secret}
    assert found.entry["changes"]["creditLimit"] == {"before": "10.00", "after": None}


async def test_a_bad_change_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    customer = await a_customer(api)
    refused: list[tuple[dict[str, Any], tuple[str, list[str]]]] = [
        *(({name: None}, ("REQUIRED", [name])) for name in ("accountNumber", "name", "status")),
        ({"version": 9, "name": "Late"}, ("CONFLICT", ["version"])),
        ({"id": "nonsense"}, ("NOT_FOUND", ["id"])),
        ({"id": global_id("User", NOWHERE)}, ("NOT_FOUND", ["id"])),
        ({"id": global_id("Customer", NOWHERE)}, ("NOT_FOUND", ["id"])),
    ]
    async with unchanged(runner, "customers"):
        for given, expected in refused:
            payload = await call(api, "updateCustomer", **{"id": customer["id"], "tier": "X", **given})
            assert (payload["customer"], refusals(payload)) == (None, [expected])


async def test_another_tenants_customer_is_not_found(api: Api, runner: Runner) -> None:
    customer = (await a_customer(api))["id"]
    async with unchanged(runner, "customers"):
        changed = await call(api, "updateCustomer", OTHER_ADMIN, id=customer, name="Theirs")
        closed = await call(api, "closeCustomer", OTHER_ADMIN, id=customer)
        assigned = await assign(api, (customer, None), as_=OTHER_ADMIN)
    assert refusals(changed) == refusals(closed) == [("NOT_FOUND", ["id"])]
    assert refusals(assigned["results"][0]) == [("NOT_FOUND", ["items", "0", "customerId"])]


async def test_a_closed_customer_stays_as_it_is(api: Api, runner: Runner) -> None:
    customer = await a_customer(api)
    async with noted(runner) as found:
        payload = await call(api, "closeCustomer", REP, id=customer["id"], version=1)
    assert payload == {"customer": {**customer, "status": "CLOSED", "version": 2}, "userErrors": []}
    assert (found.event["type"], found.event["payload"]) == ("customer.closed", {"status": "CLOSED"})
    assert found.entry["changes"] == {"status": {"before": "ACTIVE", "after": "CLOSED"}}

    async with unchanged(runner, "customers"):
        again = await call(api, "closeCustomer", id=customer["id"])
        late = await call(api, "closeCustomer", id=customer["id"], version=1)
        renamed = await call(api, "updateCustomer", id=customer["id"], name="Renamed")
        opened = await call(api, "updateCustomer", id=customer["id"], status="ACTIVE")
        assigned = await assign(api, (customer["id"], None))
    assert refusals(again) == refusals(renamed) == refusals(opened) == [("INVALID_TRANSITION", ["id"])]
    assert refusals(late) == [("CONFLICT", ["version"])]
    assert refusals(assigned["results"][0]) == [("INVALID_TRANSITION", ["items", "0", "customerId"])]


async def test_a_rep_who_is_disabled_now_may_stay_but_not_come(api: Api, runner: Runner) -> None:
    manager, rep = await a_user(runner, MANAGER), await a_user(runner, REP)
    customer = await a_customer(api, salesRepId=manager)
    other = await a_customer(api, salesRepId=rep)
    await runner.write("UPDATE leora.users SET status = 'DISABLED' WHERE id = :id", id=key_of(manager))
    try:
        kept = await call(api, "updateCustomer", id=customer["id"], salesRepId=manager, tier="GOLD")
        async with unchanged(runner, "customers"):
            refused = await call(api, "updateCustomer", id=other["id"], salesRepId=manager)
            assigned = await assign(api, (other["id"], manager))
    finally:
        await runner.write("UPDATE leora.users SET status = 'ACTIVE' WHERE id = :id", id=key_of(manager))
    assert kept["userErrors"] == []
    assert refusals(refused) == [("NOT_ALLOWED", ["salesRepId"])]
    assert refusals(assigned["results"][0]) == [("NOT_ALLOWED", ["items", "0", "salesRepId"])]


async def test_customers_are_assigned_together(api: Api, runner: Runner) -> None:
    rep = await a_user(runner, REP)
    first, second = await a_customer(api), await a_customer(api, salesRepId=rep)
    async with noted(runner) as found:
        payload = await assign(api, (first["id"], rep), (second["id"], None), as_=REP)
    assert payload == {
        "results": [
            {"customer": {"id": first["id"], "version": 2, "salesRep": {"id": rep}}, "userErrors": []},
            {"customer": {"id": second["id"], "version": 2, "salesRep": None}, "userErrors": []},
        ],
        "userErrors": [],
    }
    assert [(event["type"], event["entity_id"], event["payload"]) for event in found.events] == [
        ("customer.assigned", key_of(first["id"]), {"salesRepId": rep}),
        ("customer.assigned", key_of(second["id"]), {"salesRepId": None}),
    ]
    assert [entry["changes"] for entry in found.entries] == [
        {"salesRepId": {"before": None, "after": rep}},
        {"salesRepId": {"before": rep, "after": None}},
    ]


async def test_of_assignments_all_or_the_good_ones_are_done(api: Api, runner: Runner) -> None:
    rep, customer = await a_user(runner, REP), await a_customer(api)
    good, bad = (customer["id"], rep), (global_id("Customer", NOWHERE), rep)
    async with unchanged(runner, "customers"):
        payload = await assign(api, good, bad, (customer["id"], "nonsense"))
    assert [refusals(one)[0] for one in payload["results"]] == [
        ("ROLLED_BACK", None),
        ("ROLLED_BACK", None),
        ("NOT_FOUND", ["items", "2", "salesRepId"]),
    ]
    async with unchanged(runner, "customers"):
        payload = await assign(api, good, bad)
    assert [refusals(one)[0] for one in payload["results"]] == [
        ("ROLLED_BACK", None),
        ("NOT_FOUND", ["items", "1", "customerId"]),
    ]
    payload = await assign(api, bad, good, errorPolicy="REJECT_FAILED_ITEMS")
    assert refusals(payload["results"][0]) == [("NOT_FOUND", ["items", "0", "customerId"])]
    assert payload["results"][1]["customer"]["salesRep"] == {"id": rep}


async def test_a_bad_list_of_assignments_is_refused(api: Api, runner: Runner) -> None:
    customer = await a_customer(api)
    async with unchanged(runner, "customers"):
        none = await assign(api)
        many = await assign(api, *[(customer["id"], None)] * 101)
        answer = await api.data(ASSIGN, {"input": {"items": [{"customerId": customer["id"]}]}}, as_=ADMIN)
    assert refusals(none) == [("REQUIRED", ["items"])]
    assert refusals(many) == [("OUT_OF_RANGE", ["items"])]
    assert refusals(answer["assignCustomers"]["results"][0]) == [("REQUIRED", ["items", "0", "salesRepId"])]
