"""Adding, changing and archiving products: all values, every refusal, what is told, who may."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.catalog.goods import a_product, a_supplier, call, document
from tests.domains.noted import NOWHERE, global_id, key_of, noted, refusals, unchanged
from tests.graph.principals import Runner

FULL = {
    "code": "P-FULL",
    "name": "Brunello di Montalcino",
    "description": "Dark and long.",
    "category": "Wine",
    "brand": "Poggio",
    "varietal": "Sangiovese",
    "vintage": 2019,
    "region": "Tuscany",
    "country": "Italy",
    "style": "dry",
    "color": "red",
    "alcoholType": "Table wine",
    "alcoholPercent": "14.50",
    "imageUrl": "https://img.example.test/p.png",
    "status": "ACTIVE",
    "isSampleOnly": True,
}


async def test_it_gives_the_product_as_given(api: Api, runner: Runner) -> None:
    supplier = await a_supplier(api)
    async with noted(runner) as found:
        payload = await call(
            api, "createProduct", MANAGER, supplierId=supplier["id"], **{**FULL, "code": "  P-FULL "}
        )
    product = payload["product"]
    assert product == {**FULL, "id": product["id"], "version": 1, "supplier": {"id": supplier["id"]}}
    assert payload["userErrors"] == []
    facts = {**FULL, "supplierId": supplier["id"]}
    assert found.event == {
        "type": "product.created",
        "entity_type": "Product",
        "entity_id": key_of(product["id"]),
        "payload": facts,
    }
    assert (found.entry["operation"], found.entry["action"]) == ("createProduct", "CREATE")
    assert found.entry["changes"] == {name: {"before": None, "after": one} for name, one in facts.items()}


async def test_what_is_left_out_is_null_or_has_its_default(api: Api) -> None:
    product = await a_product(api)
    assert (product["status"], product["isSampleOnly"]) == ("DRAFT", False)
    assert {product[name] for name in ("description", "brand", "vintage", "alcoholPercent", "imageUrl")} == {
        None
    }


CREATE_REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    ({"code": " "}, [("REQUIRED", ["code"])]),
    ({"code": "x" * 65}, [("TOO_LONG", ["code"])]),
    ({"name": ""}, [("REQUIRED", ["name"])]),
    ({"name": "x" * 201}, [("TOO_LONG", ["name"])]),
    ({"category": "x" * 101}, [("TOO_LONG", ["category"])]),
    ({"description": "x" * 1_000_000}, [("TOO_LONG", ["description"])]),
    ({"brand": "x" * 201}, [("TOO_LONG", ["brand"])]),
    ({"varietal": "x" * 101}, [("TOO_LONG", ["varietal"])]),
    ({"vintage": 1699}, [("OUT_OF_RANGE", ["vintage"])]),
    ({"vintage": 10_000}, [("OUT_OF_RANGE", ["vintage"])]),
    ({"alcoholPercent": "-0.1"}, [("OUT_OF_RANGE", ["alcoholPercent"])]),
    ({"alcoholPercent": "100.01"}, [("OUT_OF_RANGE", ["alcoholPercent"])]),
    ({"alcoholPercent": "1e30"}, [("OUT_OF_RANGE", ["alcoholPercent"])]),
    ({"alcoholPercent": "12.505"}, [("INVALID", ["alcoholPercent"])]),
    ({"imageUrl": "ftp://a"}, [("INVALID", ["imageUrl"])]),
    ({"status": "ARCHIVED"}, [("INVALID_TRANSITION", ["status"])]),
    ({"supplierId": "nonsense"}, [("NOT_FOUND", ["supplierId"])]),
    ({"supplierId": global_id("Sku", NOWHERE)}, [("NOT_FOUND", ["supplierId"])]),
    ({"supplierId": global_id("Supplier", NOWHERE)}, [("NOT_FOUND", ["supplierId"])]),
    ({"code": "", "vintage": 1}, [("REQUIRED", ["code"]), ("OUT_OF_RANGE", ["vintage"])]),
]


async def test_a_bad_product_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    supplier, product = await a_supplier(api), await a_product(api)
    good = {"supplierId": supplier["id"], "code": "GOOD", "name": "Good", "category": "Wine"}
    async with unchanged(runner, "products"):
        for given, expected in CREATE_REFUSED:
            payload = await call(api, "createProduct", **{**good, **given})
            assert (payload["product"], refusals(payload)) == (None, expected)
            payload = await call(api, "updateProduct", id=product["id"], **given)
            assert (payload["product"], refusals(payload)) == (None, expected)


UPDATE_REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str]]]]] = [
    *(
        ({name: None}, [("REQUIRED", [name])])
        for name in ("supplierId", "code", "name", "category", "status", "isSampleOnly")
    ),
    ({"version": 7, "name": "Late"}, [("CONFLICT", ["version"])]),
    ({"id": "nonsense", "name": "Nobody's"}, [("NOT_FOUND", ["id"])]),
    ({"id": global_id("Product", NOWHERE), "name": "Nobody's"}, [("NOT_FOUND", ["id"])]),
]


async def test_a_bad_change_is_refused_at_its_field(api: Api, runner: Runner) -> None:
    product = await a_product(api)
    async with unchanged(runner, "products"):
        for given, expected in UPDATE_REFUSED:
            payload = await call(api, "updateProduct", **{"id": product["id"], **given})
            assert (payload["product"], refusals(payload)) == (None, expected)


async def test_a_code_that_is_taken_is_a_duplicate(api: Api, runner: Runner) -> None:
    first, second = await a_product(api), await a_product(api)
    async with unchanged(runner, "products"):
        made = await call(
            api,
            "createProduct",
            supplierId=first["supplier"]["id"],
            code=first["code"],
            name="A",
            category="Wine",
        )
        changed = await call(api, "updateProduct", id=second["id"], code=first["code"])
    assert refusals(made) == refusals(changed) == [("DUPLICATE", ["code"])]


async def test_another_tenants_rows_are_not_found(api: Api, runner: Runner) -> None:
    product = await a_product(api)
    supplier = product["supplier"]["id"]
    async with unchanged(runner, "products"):
        made = await call(
            api, "createProduct", OTHER_ADMIN, supplierId=supplier, code="C", name="N", category="Wine"
        )
        changed = await call(api, "updateProduct", OTHER_ADMIN, id=product["id"], name="Theirs")
        archived = await call(api, "archiveProduct", OTHER_ADMIN, id=product["id"])
    assert refusals(made) == [("NOT_FOUND", ["supplierId"])]
    assert refusals(changed) == refusals(archived) == [("NOT_FOUND", ["id"])]


async def test_an_update_changes_what_is_given(api: Api, runner: Runner) -> None:
    before = await a_product(api, vintage=2020, brand="Old")
    supplier = await a_supplier(api)
    async with noted(runner) as found:
        payload = await call(
            api,
            "updateProduct",
            id=before["id"],
            version=1,
            vintage=None,
            brand="New",
            alcoholPercent="12.5",
            status="ACTIVE",
            supplierId=supplier["id"],
        )
    assert payload["product"] == {
        **before,
        "vintage": None,
        "brand": "New",
        "alcoholPercent": "12.50",
        "status": "ACTIVE",
        "supplier": {"id": supplier["id"]},
        "version": 2,
    }
    assert found.event["type"] == "product.updated"
    assert set(found.event["payload"]) == {"vintage", "brand", "alcoholPercent", "status", "supplierId"}
    assert found.entry["changes"]["vintage"] == {"before": 2020, "after": None}


async def test_a_product_is_archived_once_and_may_come_back(api: Api, runner: Runner) -> None:
    product = await a_product(api, status="ACTIVE")
    async with noted(runner) as found:
        payload = await call(api, "archiveProduct", MANAGER, id=product["id"], version=1)
    assert payload == {"product": {**product, "status": "ARCHIVED", "version": 2}, "userErrors": []}
    assert (found.event["type"], found.event["payload"]) == ("product.archived", {"status": "ARCHIVED"})
    assert found.entry["changes"] == {"status": {"before": "ACTIVE", "after": "ARCHIVED"}}

    async with unchanged(runner, "products"):
        again = await call(api, "archiveProduct", id=product["id"])
        late = await call(api, "archiveProduct", id=product["id"], version=1)
        same = await call(api, "updateProduct", id=product["id"], status="ARCHIVED")
    assert refusals(again) == [("INVALID_TRANSITION", ["id"])]
    assert refusals(late) == [("CONFLICT", ["version"])]
    assert refusals(same) == []

    back = await call(api, "updateProduct", id=product["id"], status="ACTIVE")
    assert back["product"]["status"] == "ACTIVE"


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_change_the_catalogue_is_forbidden(api: Api, runner: Runner, account: str) -> None:
    product = await a_product(api)
    supplier = product["supplier"]["id"]
    inputs = {
        "createProduct": {"supplierId": supplier, "code": "MINE", "name": "Mine", "category": "Wine"},
        "updateProduct": {"id": product["id"], "name": "Mine"},
        "archiveProduct": {"id": product["id"]},
    }
    async with unchanged(runner, "products"):
        for name, given in inputs.items():
            answer = await api(document(name), {"input": given}, as_=account)
            assert (answer.data, answer.codes) == ({name: None}, ["FORBIDDEN"])
