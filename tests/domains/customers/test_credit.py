"""Credit: who does not approve orders makes it tighter and never easier, whatever the row says by then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from leora_gql.auth.permissions import KEYS
from leora_gql.db.addresses import connected
from tests.api import ADMIN, MANAGER, REP, Api
from tests.domains.customers.people import a_customer, call, document
from tests.domains.noted import key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

LIMITED = {"creditLimit": "100.00", "creditStatus": "GOOD"}
HELD = {"creditLimit": "100.00", "creditStatus": "HOLD"}
FREE = {"creditLimit": None, "creditStatus": "GOOD"}
LIMIT, STATUS = ("NOT_ALLOWED", ["creditLimit"]), ("NOT_ALLOWED", ["creditStatus"])
EASED: list[tuple[dict[str, Any], dict[str, Any], list[tuple[str, list[str]]]]] = [
    (LIMITED, {"creditLimit": "100.01"}, [LIMIT]),
    (LIMITED, {"creditLimit": None}, [LIMIT]),
    (HELD, {"creditStatus": "GOOD"}, [STATUS]),
    (HELD, {"creditLimit": None, "creditStatus": "GOOD"}, [LIMIT, STATUS]),
    (HELD, {"creditLimit": "50.00", "creditStatus": "GOOD", "name": "Better"}, [STATUS]),
]
TIGHTER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (FREE, {"creditLimit": "1000000.00"}),
    (FREE, {"creditLimit": None}),
    (FREE, {"creditStatus": "HOLD"}),
    (LIMITED, {"creditLimit": "99.99"}),
    (LIMITED, {"creditLimit": "0.00"}),
    (LIMITED, {"creditLimit": "100.00", "creditStatus": "GOOD"}),
    (HELD, {"creditLimit": "100", "creditStatus": "HOLD", "name": "The Same"}),
    (HELD, {"taxExempt": False, "paymentTermsDays": 365}),
]
WAITING = """SELECT count(*) AS waiting FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'leora_staff' AND wait_event_type = 'Lock'"""


@pytest.mark.parametrize(("before", "given", "expected"), EASED)
async def test_who_does_not_approve_orders_gives_no_credit(
    api: Api, runner: Runner, before: dict[str, Any], given: dict[str, Any], expected: Any
) -> None:
    customer = await a_customer(api, **before)
    async with unchanged(runner, "customers"):
        payload = await call(api, "updateCustomer", REP, id=customer["id"], version=1, **given)
    assert (payload["customer"], refusals(payload)) == (None, expected)
    async with noted(runner) as left:
        payload = await call(api, "updateCustomer", MANAGER, id=customer["id"], version=1, **given)
    assert {name: payload["customer"][name] for name in given} == given
    assert left.entry["operation"] == "updateCustomer"


@pytest.mark.parametrize(("before", "given"), TIGHTER)
async def test_anybody_who_sees_it_may_make_it_tighter_or_say_it_again(
    api: Api, before: dict[str, Any], given: dict[str, Any]
) -> None:
    customer = await a_customer(api, **before)
    payload = await call(api, "updateCustomer", REP, id=customer["id"], version=1, **given)
    assert payload["userErrors"] == []
    found = {**customer, **given}
    assert float(payload["customer"]["creditLimit"] or -1) == float(found["creditLimit"] or -1)
    assert payload["customer"]["creditStatus"] == found["creditStatus"]


@pytest.mark.parametrize("given", [HELD, LIMITED, FREE, {"creditLimit": "9999999999.99"}])
async def test_a_new_customer_has_what_credit_it_is_given(api: Api, given: dict[str, Any]) -> None:
    payload = await call(api, "createCustomer", REP, name="New", **given)
    assert payload["userErrors"] == []
    assert {name: payload["customer"][name] for name in given} == given


async def test_a_version_that_has_moved_on_is_said_first(api: Api, runner: Runner) -> None:
    customer = await a_customer(api, **HELD)
    async with unchanged(runner, "customers"):
        payload = await call(api, "updateCustomer", REP, id=customer["id"], version=9, creditStatus="GOOD")
    assert refusals(payload) == [("CONFLICT", ["version"])]


async def test_either_permission_alone_does_not_do(api: Api, runner: Runner) -> None:
    customer = await a_customer(api, **HELD)
    query = document("updateCustomer", row="customer { id }")
    for missing in ("customers.financials", "orders.approve"):
        who = await runner.principal(ADMIN, frozenset(KEYS) - {missing})
        async with unchanged(runner, "customers"):
            payload = await runner.data(query, who, {"input": {"id": customer["id"], "creditStatus": "GOOD"}})
        assert refusals(payload["updateCustomer"]) == [STATUS]


async def test_it_is_compared_with_the_row_as_it_is_once_it_is_locked(api: Api, runner: Runner) -> None:
    """What lowers the limit from 100 to 50 raises it when somebody else has made it 20 in between."""
    customer = await a_customer(api, **LIMITED)
    async with connected(runner.direct_url) as connection:
        await connection.execute(
            text("UPDATE leora.customers SET credit_limit_cents = 2000 WHERE id = :id"),
            {"id": key_of(customer["id"])},
        )
        asked = asyncio.ensure_future(
            call(api, "updateCustomer", REP, id=customer["id"], creditLimit="50.00")
        )
        while (await runner.sql(WAITING))[0]["waiting"] == 0:
            pass
        await connection.commit()
    assert refusals(await asked) == [LIMIT]
    rows = await runner.sql(
        "SELECT credit_limit_cents FROM leora.customers WHERE id = :id", id=key_of(customer["id"])
    )
    assert rows == [{"credit_limit_cents": 2000}]
