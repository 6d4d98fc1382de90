"""Changing a supplier: what is given and nothing else, refusals, lost updates, who may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.catalog.goods import a_supplier, call, document
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner


async def test_it_changes_what_is_given_and_leaves_the_rest(api: Api, runner: Runner) -> None:
    before = await a_supplier(api, contactName="Ada", contactPhone="1", address={"city": "Reims"})
    async with noted(runner) as found:
        payload = await call(
            api,
            "updateSupplier",
            MANAGER,
            id=before["id"],
            version=1,
            name=" Renamed ",
            contactName=None,
            contactEmail="a@b.test",
            address={"city": "Epernay", "country": "France"},
            status="INACTIVE",
        )
    assert payload == {
        "supplier": {
            **before,
            "name": "Renamed",
            "contactName": None,
            "contactEmail": "a@b.test",
            "address": {"city": "Epernay", "country": "France"},
            "status": "INACTIVE",
            "version": 2,
        },
        "userErrors": [],
    }
    told = {
        "name": "Renamed",
        "contactName": None,
        "contactEmail": "a@b.test",
        "address": {"city": "Epernay", "country": "France"},
        "status": "INACTIVE",
    }
    assert found.event == {
        "type": "supplier.updated",
        "entity_type": "Supplier",
        "entity_id": key_of(before["id"]),
        "payload": told,
    }
    entry = found.entry
    assert (entry["operation"], entry["action"]) == ("updateSupplier", "UPDATE")
    assert {name: one["after"] for name, one in entry["changes"].items()} == told
    assert entry["changes"]["contactName"] == {"before": "Ada", "after": None}


async def test_nothing_different_is_no_change(api: Api, runner: Runner) -> None:
    supplier = await a_supplier(api)
    async with unchanged(runner, "suppliers"):
        payload = await call(api, "updateSupplier", id=supplier["id"], name=supplier["name"])
    assert payload == {"supplier": supplier, "userErrors": []}


REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"name": None}, [("REQUIRED", ["name"])]),
    ({"name": "x" * 201}, [("TOO_LONG", ["name"])]),
    ({"slug": None}, [("REQUIRED", ["slug"])]),
    ({"slug": "No Spaces"}, [("INVALID", ["slug"])]),
    ({"slug": "a" * 101}, [("TOO_LONG", ["slug"])]),
    ({"contactEmail": "nobody"}, [("INVALID", ["contactEmail"])]),
    ({"address": {"city": "x" * 201}}, [("TOO_LONG", ["address", "city"])]),
    ({"status": None}, [("REQUIRED", ["status"])]),
    ({"version": 2}, [("CONFLICT", ["version"])]),
    ({"id": "nonsense"}, [("NOT_FOUND", ["id"])]),
    ({"id": global_id("Supplier", NOWHERE)}, [("NOT_FOUND", ["id"])]),
]


async def test_a_bad_input_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    supplier = await a_supplier(api)
    async with unchanged(runner, "suppliers"):
        for given, expected in REFUSED:
            payload = await call(
                api, "updateSupplier", **{"id": supplier["id"], "contactPhone": "1", **given}
            )
            assert (payload["supplier"], refusals(payload)) == (None, expected)


async def test_a_slug_that_is_taken_is_a_duplicate(api: Api, runner: Runner) -> None:
    first, second = await a_supplier(api), await a_supplier(api)
    async with unchanged(runner, "suppliers"):
        payload = await call(api, "updateSupplier", id=second["id"], slug=first["slug"])
    assert refusals(payload) == [("DUPLICATE", ["slug"])]


async def test_another_tenants_supplier_is_not_found(api: Api, runner: Runner) -> None:
    supplier = await a_supplier(api)
    async with unchanged(runner, "suppliers"):
        payload = await call(api, "updateSupplier", OTHER_ADMIN, id=supplier["id"], name="Theirs")
    assert refusals(payload) == [("NOT_FOUND", ["id"])]


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_change_the_catalogue_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    supplier = await a_supplier(api)
    async with unchanged(runner, "suppliers"):
        given = {"input": {"id": supplier["id"], "name": "Mine"}}
        answer = await api(document("updateSupplier"), given, as_=account)
    assert (answer.data, answer.codes) == ({"updateSupplier": None}, ["FORBIDDEN"])


async def test_two_that_change_suppliers_in_turned_order_do_not_stop_each_other(
    api: Api, crowd: Runner
) -> None:
    one, other = await a_supplier(api), await a_supplier(api)
    writer = await crowd.principal(ADMIN)
    query = """mutation ($a: ID!, $b: ID!, $name: String) {
      a: updateSupplier(input: {id: $a, name: $name}) { userErrors { code } }
      b: updateSupplier(input: {id: $b, name: $name}) { userErrors { code } }
    }"""
    turns = [{"a": one["id"], "b": other["id"]}, {"a": other["id"], "b": one["id"]}] * 8
    done = await asyncio.gather(
        *(crowd.data(query, writer, {**turn, "name": f"Turn {i}"}) for i, turn in enumerate(turns))
    )
    assert all(answer == {"a": {"userErrors": []}, "b": {"userErrors": []}} for answer in done)
