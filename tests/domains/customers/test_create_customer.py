"""Adding a customer: all values, account numbers given and made, every refusal, what is told, who may."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from leora_gql.domains.customers.service.numbers import search
from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.customers.people import a_customer, a_user, call, document
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

FULL = {
    "accountNumber": "ACME-1",
    "name": "Acme Bistro LLC",
    "tradeName": "Acme",
    "status": "PROSPECT",
    "tier": "GOLD",
    "territory": "North",
    "primaryContactName": "Ada",
    "primaryContactEmail": "ada@acme.test",
    "primaryContactPhone": "+1 212",
    "billingAddress": {"line1": "1 Main St", "city": "Albany"},
    "shippingAddress": {"line1": "2 Dock Rd", "city": "Albany"},
    "creditLimit": "2500.50",
    "creditStatus": "HOLD",
    "taxExempt": False,
    "paymentTermsDays": 0,
    "licenseNumber": "NY-1",
    "licenseState": "NY",
    "licenseExpiresOn": "2031-01-31",
    "notes": "Ring twice.",
}
SECRET = {"creditLimit", "creditStatus", "notes"}


async def test_it_gives_the_customer_as_given_and_tells_nothing_of_its_credit(
    api: Api, runner: Runner
) -> None:
    rep = await a_user(runner, REP)
    async with noted(runner) as found:
        payload = await call(api, "createCustomer", MANAGER, salesRepId=rep, **FULL)
    customer = payload["customer"]
    assert customer == {**FULL, "id": customer["id"], "version": 1, "salesRep": {"id": rep}}
    assert payload["userErrors"] == []
    facts = {**FULL, "salesRepId": rep}
    assert (found.entry["operation"], found.entry["action"]) == ("createCustomer", "CREATE")
    assert found.entry["changes"] == {name: {"before": None, "after": one} for name, one in facts.items()}
    assert found.event == {
        "type": "customer.created",
        "entity_type": "Customer",
        "entity_id": key_of(customer["id"]),
        "payload": {name: one for name, one in facts.items() if name not in SECRET},
    }


async def test_what_is_left_out_has_its_default_and_a_number_is_made(api: Api) -> None:
    made = [(await call(api, "createCustomer", name="Plain"))["customer"] for _ in range(2)]
    first, second = (int(one["accountNumber"].removeprefix("C")) for one in made)
    assert (len(made[0]["accountNumber"]), second) == (7, first + 1)
    assert {
        name: made[0][name] for name in ("status", "creditStatus", "taxExempt", "creditLimit", "salesRep")
    } == {
        "status": "ACTIVE",
        "creditStatus": "GOOD",
        "taxExempt": True,
        "creditLimit": None,
        "salesRep": None,
    }


async def test_twenty_at_once_all_get_numbers_of_their_own(crowd: Runner) -> None:
    writer = await crowd.principal(ADMIN)
    query = document("createCustomer", row="customer { accountNumber }")
    made = await asyncio.gather(
        *(crowd.data(query, writer, {"input": {"name": "At Once"}}) for _ in range(20))
    )
    assert all(one["createCustomer"]["userErrors"] == [] for one in made)
    assert len({one["createCustomer"]["customer"]["accountNumber"] for one in made}) == 20


@pytest.mark.parametrize(
    ("taken", "after", "expected"),
    [
        (set[int](), 0, 1),
        (set(range(1, 41)), 0, 41),
        (set(range(1, 2_000_001)), 0, 2_000_001),
        (set(range(1, 2_000_001)), 1_999_999, 2_000_001),
        ({1, 2, 4, 8}, 2, 3),
    ],
)
async def test_a_free_number_takes_few_questions(taken: set[int], after: int, expected: int) -> None:
    asked = 0

    async def first_free(numbers: Sequence[int]) -> int | None:
        nonlocal asked
        asked += 1
        return min((number for number in numbers if number not in taken), default=None)

    assert await search(first_free, after=after) == expected
    assert asked <= 6


REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"name": " "}, [("REQUIRED", ["name"])]),
    ({"name": "x" * 201}, [("TOO_LONG", ["name"])]),
    ({"accountNumber": "x" * 51}, [("TOO_LONG", ["accountNumber"])]),
    ({"tradeName": "x" * 201}, [("TOO_LONG", ["tradeName"])]),
    ({"tier": "x" * 51}, [("TOO_LONG", ["tier"])]),
    ({"territory": "x" * 101}, [("TOO_LONG", ["territory"])]),
    ({"primaryContactEmail": "nobody"}, [("INVALID", ["primaryContactEmail"])]),
    ({"primaryContactPhone": "1" * 41}, [("TOO_LONG", ["primaryContactPhone"])]),
    ({"billingAddress": {"city": "x" * 201}}, [("TOO_LONG", ["billingAddress", "city"])]),
    ({"shippingAddress": {"line1": "x" * 201}}, [("TOO_LONG", ["shippingAddress", "line1"])]),
    ({"creditLimit": "-1"}, [("OUT_OF_RANGE", ["creditLimit"])]),
    ({"creditLimit": "1.005"}, [("INVALID", ["creditLimit"])]),
    ({"creditLimit": "1e30"}, [("OUT_OF_RANGE", ["creditLimit"])]),
    ({"creditStatus": None}, [("REQUIRED", ["creditStatus"])]),
    ({"taxExempt": None}, [("REQUIRED", ["taxExempt"])]),
    ({"paymentTermsDays": -1}, [("OUT_OF_RANGE", ["paymentTermsDays"])]),
    ({"paymentTermsDays": 366}, [("OUT_OF_RANGE", ["paymentTermsDays"])]),
    ({"licenseNumber": "x" * 101}, [("TOO_LONG", ["licenseNumber"])]),
    ({"licenseState": "x" * 51}, [("TOO_LONG", ["licenseState"])]),
    ({"licenseExpiresOn": "9999-12-31"}, [("OUT_OF_RANGE", ["licenseExpiresOn"])]),
    ({"licenseExpiresOn": "0001-01-01"}, [("OUT_OF_RANGE", ["licenseExpiresOn"])]),
    ({"notes": "x" * 1_000_000}, [("TOO_LONG", ["notes"])]),
    ({"status": "CLOSED"}, [("INVALID_TRANSITION", ["status"])]),
    ({"salesRepId": "nonsense"}, [("NOT_FOUND", ["salesRepId"])]),
    ({"salesRepId": global_id("User", NOWHERE)}, [("NOT_FOUND", ["salesRepId"])]),
]


async def test_a_bad_input_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    customer = await a_customer(api)
    async with unchanged(runner, "customers"):
        for given, expected in REFUSED:
            made = await call(api, "createCustomer", **{"name": "Good", **given})
            changed = await call(api, "updateCustomer", id=customer["id"], **given)
            assert (made["customer"], refusals(made)) == (None, expected), given
            assert (changed["customer"], refusals(changed)) == (None, expected), given


async def test_an_account_number_that_is_taken_is_a_duplicate(api: Api, runner: Runner) -> None:
    first, second = await a_customer(api), await a_customer(api)
    number = first["accountNumber"]
    async with unchanged(runner, "customers"):
        made = await call(api, "createCustomer", name="Second", accountNumber=number)
        changed = await call(api, "updateCustomer", id=second["id"], accountNumber=number)
    assert refusals(made) == refusals(changed) == [("DUPLICATE", ["accountNumber"])]
    elsewhere = await call(api, "createCustomer", OTHER_ADMIN, name="Theirs", accountNumber=number)
    assert elsewhere["userErrors"] == []


async def test_a_sales_rep_is_active_and_of_ones_own_staff(api: Api, runner: Runner) -> None:
    theirs = await a_user(runner, OTHER_ADMIN, "cellar-door")
    mine = await a_user(runner, MANAGER)
    async with unchanged(runner, "customers"):
        payload = await call(api, "createCustomer", name="A", salesRepId=theirs)
    assert refusals(payload) == [("NOT_FOUND", ["salesRepId"])]
    await runner.write("UPDATE leora.users SET status = 'DISABLED' WHERE id = :id", id=key_of(mine))
    try:
        async with unchanged(runner, "customers"):
            payload = await call(api, "createCustomer", name="A", salesRepId=mine)
    finally:
        await runner.write("UPDATE leora.users SET status = 'ACTIVE' WHERE id = :id", id=key_of(mine))
    assert refusals(payload) == [("NOT_ALLOWED", ["salesRepId"])]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("creditLimit", "1"),
        ("creditLimit", None),
        ("creditStatus", "GOOD"),
        ("taxExempt", True),
        ("paymentTermsDays", None),
        ("tier", "GOLD"),
        ("tier", None),
    ],
)
async def test_money_and_prices_are_for_those_who_may_set_them(
    api: Api, runner: Runner, field: str, value: object
) -> None:
    customer = await a_customer(api)
    clerk = await runner.principal(ADMIN, frozenset({"customers.manage", "customers.view"}))
    row = "customer { id }"
    async with unchanged(runner, "customers"):
        for name, given in (("createCustomer", {"name": "A"}), ("updateCustomer", {"id": customer["id"]})):
            variables = {"input": {**given, field: value}}
            payload = (await runner.data(document(name, row=row), clerk, variables))[name]
            assert refusals(payload) == [("NOT_ALLOWED", [field])]
    variables = {"input": {"name": "By the clerk"}}
    payload = (await runner.data(document("createCustomer", row=row), clerk, variables))["createCustomer"]
    assert payload["userErrors"] == []


async def test_buyers_may_not(api: Api, runner: Runner) -> None:
    customer, rep = await a_customer(api), await a_user(runner, REP)
    inputs: dict[str, dict[str, Any]] = {
        "createCustomer": {"name": "Mine"},
        "updateCustomer": {"id": customer["id"], "name": "Mine"},
        "closeCustomer": {"id": customer["id"]},
        "assignCustomers": {"items": [{"customerId": customer["id"], "salesRepId": rep}]},
    }
    reader = await runner.principal(ADMIN, frozenset({"customers.view", "customers.financials"}))
    async with unchanged(runner, "customers"):
        for name, given in inputs.items():
            query = document(name, row="__typename")
            answer = await api(query, {"input": given}, as_=BUYER)
            assert (answer.data, answer.codes) == ({name: None}, ["FORBIDDEN"])
            said = await runner.run(query, reader, {"input": given})
            assert said["errors"][0]["extensions"]["requiredPermission"] == "customers.manage"
