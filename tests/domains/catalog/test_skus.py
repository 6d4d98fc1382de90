"""Adding and changing SKUs: all values, costs and who may give them, every refusal, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.catalog.goods import FEW, a_product, a_sku, call, document, sku_values
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

FULL = {
    "code": "S-FULL",
    "name": "Brunello 750 ml",
    "bottleMl": 750,
    "unitsPerCase": 6,
    "upc": "012345678905",
    "gtin": "00012345678905",
    "basePrice": "45.50",
    "cost": "21.07",
    "currency": "EUR",
    "weightGrams": 1300,
    "status": "INACTIVE",
}


async def test_it_gives_the_sku_as_given_and_tells_no_cost(api: Api, runner: Runner) -> None:
    product = await a_product(api)
    async with noted(runner) as found:
        payload = await call(api, "createSku", MANAGER, productId=product["id"], **FULL)
    sku = payload["sku"]
    assert sku == {**FULL, "id": sku["id"], "version": 1, "product": {"id": product["id"]}}
    assert payload["userErrors"] == []
    facts = {**FULL, "productId": product["id"]}
    assert found.entry["changes"] == {name: {"before": None, "after": one} for name, one in facts.items()}
    del facts["cost"]
    assert found.event == {
        "type": "sku.created",
        "entity_type": "Sku",
        "entity_id": key_of(sku["id"]),
        "payload": facts,
    }


async def test_what_is_left_out_has_its_default(api: Api) -> None:
    sku = await a_sku(api)
    assert (sku["currency"], sku["status"], sku["cost"], sku["upc"]) == ("USD", "ACTIVE", None, None)


CREATE_REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"code": " "}, [("REQUIRED", ["code"])]),
    ({"code": "x" * 65}, [("TOO_LONG", ["code"])]),
    ({"name": "x" * 201}, [("TOO_LONG", ["name"])]),
    ({"bottleMl": 0}, [("OUT_OF_RANGE", ["bottleMl"])]),
    ({"bottleMl": 100_001}, [("OUT_OF_RANGE", ["bottleMl"])]),
    ({"unitsPerCase": -1}, [("OUT_OF_RANGE", ["unitsPerCase"])]),
    ({"weightGrams": 0}, [("OUT_OF_RANGE", ["weightGrams"])]),
    ({"upc": "1234567"}, [("INVALID", ["upc"])]),
    ({"gtin": "123456789012345"}, [("TOO_LONG", ["gtin"])]),
    ({"gtin": "٠١٢٣٤٥٦٧"}, [("INVALID", ["gtin"])]),
    ({"basePrice": "1.005"}, [("INVALID", ["basePrice"])]),
    ({"basePrice": "-0.01"}, [("OUT_OF_RANGE", ["basePrice"])]),
    ({"basePrice": "1e30"}, [("OUT_OF_RANGE", ["basePrice"])]),
    ({"basePrice": "10000000000000.01"}, [("OUT_OF_RANGE", ["basePrice"])]),
    ({"cost": "0.001"}, [("INVALID", ["cost"])]),
    ({"currency": "usd"}, [("INVALID", ["currency"])]),
    ({"currency": "DOLLAR"}, [("TOO_LONG", ["currency"])]),
    ({"productId": "nonsense"}, [("NOT_FOUND", ["productId"])]),
    ({"productId": global_id("Product", NOWHERE)}, [("NOT_FOUND", ["productId"])]),
]


async def test_a_bad_sku_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    sku, good = await a_sku(api), await sku_values(api)
    async with unchanged(runner, "skus"):
        for given, expected in CREATE_REFUSED:
            for name, values in (("createSku", {**good, **given}), ("updateSku", {"id": sku["id"], **given})):
                payload = await call(api, name, **values)
                assert (payload["sku"], refusals(payload)) == (None, expected), (name, given)


UPDATE_REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    *(
        ({name: None}, [("REQUIRED", [name])])
        for name in (
            "productId",
            "code",
            "name",
            "bottleMl",
            "unitsPerCase",
            "basePrice",
            "currency",
            "status",
        )
    ),
    ({"currency": " "}, [("REQUIRED", ["currency"])]),
    ({"version": 7, "name": "Late"}, [("CONFLICT", ["version"])]),
    ({"id": "nonsense", "name": "Nobody's"}, [("NOT_FOUND", ["id"])]),
    ({"id": global_id("Sku", NOWHERE), "name": "Nobody's"}, [("NOT_FOUND", ["id"])]),
]


async def test_a_bad_change_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    sku = await a_sku(api)
    async with unchanged(runner, "skus"):
        for given, expected in UPDATE_REFUSED:
            payload = await call(api, "updateSku", **{"id": sku["id"], **given})
            assert (payload["sku"], refusals(payload)) == (None, expected)


async def test_a_code_that_is_taken_is_a_duplicate(api: Api, runner: Runner) -> None:
    first, second = await a_sku(api), await a_sku(api)
    good = await sku_values(api)
    async with unchanged(runner, "skus"):
        made = await call(api, "createSku", **{**good, "code": first["code"]})
        changed = await call(api, "updateSku", id=second["id"], code=first["code"])
    assert refusals(made) == refusals(changed) == [("DUPLICATE", ["code"])]


async def test_another_tenants_rows_are_not_found(api: Api, runner: Runner) -> None:
    sku, good = await a_sku(api), await sku_values(api)
    async with unchanged(runner, "skus"):
        made = await call(api, "createSku", OTHER_ADMIN, **good)
        changed = await call(api, "updateSku", OTHER_ADMIN, id=sku["id"], name="Theirs")
    assert refusals(made) == [("NOT_FOUND", ["productId"])]
    assert refusals(changed) == [("NOT_FOUND", ["id"])]


async def test_an_update_changes_what_is_given(api: Api, runner: Runner) -> None:
    before = await a_sku(api, upc="012345678905", cost="9.99")
    async with noted(runner) as found:
        payload = await call(
            api, "updateSku", id=before["id"], version=1, upc=None, basePrice="0", cost="10", unitsPerCase=12
        )
    after = {**before, "upc": None, "basePrice": "0.00", "cost": "10.00", "version": 2}
    assert payload == {"sku": after, "userErrors": []}
    assert (found.event["type"], found.event["payload"]) == (
        "sku.updated",
        {"upc": None, "basePrice": "0.00"},
    )
    assert found.entry["changes"]["cost"] == {"before": "9.99", "after": "10.00"}
    assert set(found.entry["changes"]) == {"upc", "basePrice", "cost"}


async def test_a_discontinued_sku_does_not_come_back(api: Api, runner: Runner) -> None:
    sku = await a_sku(api)
    gone = await call(api, "updateSku", id=sku["id"], status="DISCONTINUED")
    assert gone["sku"]["status"] == "DISCONTINUED"
    async with unchanged(runner, "skus"):
        for status in ("ACTIVE", "INACTIVE"):
            payload = await call(api, "updateSku", id=sku["id"], status=status, name="Back")
            assert refusals(payload) == [("INVALID_TRANSITION", ["status"])]
    renamed = await call(api, "updateSku", id=sku["id"], status="DISCONTINUED", name="Renamed")
    assert (renamed["userErrors"], renamed["sku"]["name"]) == ([], "Renamed")


@pytest.mark.parametrize("cost", ["1.00", None])
async def test_costs_are_for_those_who_may_see_them(api: Api, runner: Runner, cost: str | None) -> None:
    sku, good = await a_sku(api, cost="5.00"), await sku_values(api)
    clerk = await runner.principal(ADMIN, frozenset({"catalog.manage", "catalog.view"}))
    async with unchanged(runner, "skus"):
        for name, given in (("createSku", good), ("updateSku", {"id": sku["id"]})):
            variables = {"input": {**given, "cost": cost}}
            payload = (await runner.data(document(name, rows=FEW), clerk, variables))[name]
            assert refusals(payload) == [("NOT_ALLOWED", ["cost"])]
    renamed = {"input": {"id": sku["id"], "name": "By the clerk"}}
    payload = (await runner.data(document("updateSku", rows=FEW), clerk, renamed))["updateSku"]
    assert payload == {"sku": {"id": sku["id"], "version": 2}, "userErrors": []}


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_change_the_catalogue_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    sku, good = await a_sku(api), await sku_values(api)
    async with unchanged(runner, "skus"):
        for name, given in (("createSku", good), ("updateSku", {"id": sku["id"], "name": "Mine"})):
            answer = await api(document(name), {"input": given}, as_=account)
            assert (answer.data, answer.codes) == ({name: None}, ["FORBIDDEN"])
