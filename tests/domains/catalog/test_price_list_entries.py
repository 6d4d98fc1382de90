"""Setting and deleting prices: item by item, overlaps named, every refusal, who may, and many at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, OTHER_ADMIN, REP, Api
from tests.domains.catalog.stocks import sku
from tests.domains.noted import NOWHERE, global_id, key_of, noted, unchanged
from tests.graph.principals import Runner

pytestmark = pytest.mark.usefixtures("signed_in")

PRICE = """
id priceList customerTier unitPrice currency minQuantity maxQuantity validFrom validUntil version
sku { id } customer { id }
"""
UPSERT = f"""
mutation ($input: UpsertPriceListEntriesInput!) {{
  upsertPriceListEntries(input: $input) {{
    results {{ priceListEntry {{ {PRICE} }} userErrors {{ code message field }} }}
    userErrors {{ code message field }}
  }}
}}
"""
DELETE = """
mutation ($input: DeletePriceListEntriesInput!) {
  deletePriceListEntries(input: $input) {
    results { deletedPriceListEntryId userErrors { code message field } }
    userErrors { code message field }
  }
}
"""
TABLE = "price_list_entries"


async def upsert(api: Api, *items: dict[str, Any], as_: str = ADMIN, **given: Any) -> list[dict[str, Any]]:
    """What became of each item."""
    data = await api.data(UPSERT, {"input": {"items": items, **given}}, as_=as_)
    assert data["upsertPriceListEntries"]["userErrors"] == []
    return data["upsertPriceListEntries"]["results"]


async def delete(api: Api, *items: dict[str, Any], as_: str = ADMIN, **given: Any) -> list[dict[str, Any]]:
    data = await api.data(DELETE, {"input": {"items": items, **given}}, as_=as_)
    assert data["deletePriceListEntries"]["userErrors"] == []
    return data["deletePriceListEntries"]["results"]


async def added(api: Api, **item: Any) -> dict[str, Any]:
    """The entry that an item made."""
    (result,) = await upsert(api, item)
    assert result["userErrors"] == []
    return result["priceListEntry"]


def told(results: list[dict[str, Any]]) -> list[list[tuple[str, list[str] | None]]]:
    """The problems of each item."""
    return [[(error["code"], error["field"]) for error in one["userErrors"]] for one in results]


async def test_a_price_is_set_as_given(api: Api, runner: Runner, wine: str, buyers_customer: str) -> None:
    item = {
        "skuId": wine,
        "priceList": " Contract ",
        "customerId": buyers_customer,
        "unitPrice": "12.5",
        "currency": "EUR",
        "minQuantity": 6,
        "maxQuantity": 60,
        "validFrom": "2031-01-01T00:00:00Z",
        "validUntil": "2032-01-01T01:00:00+01:00",
    }
    async with noted(runner) as left:
        (result,) = await upsert(api, item)
    entry = result["priceListEntry"]
    assert result == {
        "priceListEntry": {
            "id": entry["id"],
            "priceList": "Contract",
            "customerTier": None,
            "unitPrice": "12.50",
            "currency": "EUR",
            "minQuantity": 6,
            "maxQuantity": 60,
            "validFrom": "2031-01-01T00:00:00.000000Z",
            "validUntil": "2032-01-01T00:00:00.000000Z",
            "version": 1,
            "sku": {"id": wine},
            "customer": {"id": buyers_customer},
        },
        "userErrors": [],
    }
    assert (left.event["type"], left.event["entity_type"]) == ("price.upserted", "PriceListEntry")
    assert left.event["entity_id"] == key_of(entry["id"])
    assert left.event["payload"]["unitPrice"] == "12.50"
    assert (left.entry["operation"], left.entry["action"]) == ("upsertPriceListEntries", "CREATE")
    assert left.entry["changes"]["minQuantity"] == {"before": None, "after": 6}


async def test_what_is_left_out_or_null_has_its_default(api: Api, wine: str) -> None:
    nulls = dict.fromkeys(
        ("customerId", "customerTier", "currency", "minQuantity", "maxQuantity", "validFrom")
    )
    for extra in ({}, nulls):
        entry = await added(api, skuId=wine, priceList=f"Defaults {len(extra)}", unitPrice="9", **extra)
        assert (entry["currency"], entry["minQuantity"], entry["maxQuantity"]) == ("USD", 1, None)
        assert (entry["customerTier"], entry["customer"], entry["validUntil"]) == (None, None, None)
        assert entry["validFrom"] > "2020"


async def test_an_id_changes_only_what_is_given(api: Api, runner: Runner, wine: str) -> None:
    entry = await added(api, skuId=wine, priceList="To Change", unitPrice="9", customerTier="GOLD")
    change = {"id": entry["id"], "version": 1, "unitPrice": "8.25", "customerTier": None, "skuId": wine}
    async with noted(runner) as left:
        (result,) = await upsert(api, change)
    assert result == {
        "priceListEntry": {**entry, "unitPrice": "8.25", "customerTier": None, "version": 2},
        "userErrors": [],
    }
    assert left.event["payload"] == {"unitPrice": "8.25", "customerTier": None}
    assert left.entry["action"] == "UPDATE"
    assert left.entry["changes"]["unitPrice"] == {"before": "9.00", "after": "8.25"}


async def test_a_lost_update_is_a_conflict(api: Api, runner: Runner, wine: str) -> None:
    entry = await added(api, skuId=wine, priceList="Lost", unitPrice="9")
    await upsert(api, {"id": entry["id"], "unitPrice": "8"})
    async with unchanged(runner, TABLE):
        changed = await upsert(api, {"id": entry["id"], "version": 1, "unitPrice": "7"})
        deleted = await delete(api, {"id": entry["id"], "version": 1})
    assert told(changed) == told(deleted) == [[("CONFLICT", ["items", "0", "version"])]]


@pytest.mark.parametrize("again", [False, True])
async def test_an_overlap_names_the_entries_that_are_in_the_way(
    api: Api, runner: Runner, wine: str, again: bool
) -> None:
    scope = {"skuId": wine, "priceList": f"Overlap {again}", "customerTier": "GOLD"}
    span = {"validFrom": "2030-01-01T00:00:00Z", "validUntil": "2030-02-01T00:00:00Z"}
    await added(api, **scope, unitPrice="9", **span)
    beside = await added(
        api, **scope, unitPrice="10", validFrom="2030-02-01T00:00:00Z", validUntil="2030-03-01T00:00:00Z"
    )
    clash: dict[str, Any] = {**scope, "unitPrice": "8", "validFrom": "2030-01-15T00:00:00Z"}
    if again:
        clash = {"id": beside["id"], "validFrom": "2030-01-15T00:00:00Z"}
    async with unchanged(runner, TABLE):
        (result,) = await upsert(api, clash)
    both = (
        ""
        if again
        else f"; {scope['priceList']}, 10.00 USD from 2030-02-01T00:00:00.000000Z until 2030-03-01T00:00:00.000000Z"
    )
    assert result == {
        "priceListEntry": None,
        "userErrors": [
            {
                "code": "OVERLAPPING_PRICE",
                "message": "Another price of the same scope is valid in that time:"
                f" {scope['priceList']}, 9.00 USD from 2030-01-01T00:00:00.000000Z"
                f" until 2030-02-01T00:00:00.000000Z{both}.",
                "field": ["items", "0", "validFrom"],
            }
        ],
    }


async def test_who_may_not_see_prices_is_not_told_of_others(api: Api, runner: Runner, wine: str) -> None:
    await added(api, skuId=wine, priceList="Unseen", unitPrice="9")
    blind = await runner.principal(ADMIN, frozenset({"pricing.manage"}))
    item = {"skuId": wine, "priceList": "Unseen", "unitPrice": "8"}
    answer = await runner.run(
        "mutation ($input: UpsertPriceListEntriesInput!) { upsertPriceListEntries(input: $input) {"
        " results { userErrors { code message } } } }",
        blind,
        {"input": {"items": [item]}},
    )
    assert answer["data"]["upsertPriceListEntries"]["results"][0]["userErrors"] == [
        {
            "code": "OVERLAPPING_PRICE",
            "message": "Another price of the same scope is valid in that time.",
        }
    ]


async def test_another_scope_does_not_overlap(api: Api, wine: str, buyers_customer: str) -> None:
    base = {"skuId": wine, "priceList": "Scopes", "unitPrice": "9"}
    others = [
        {"customerTier": "GOLD"},
        {"customerId": buyers_customer},
        {"minQuantity": 2},
        {"currency": "EUR"},
    ]
    results = await upsert(api, base, *({**base, **other} for other in others))
    assert told(results) == [[]] * 5


async def test_a_change_of_anything_else_is_no_overlap_with_itself(api: Api, wine: str) -> None:
    entry = await added(
        api, skuId=wine, priceList="Itself", unitPrice="9", validFrom="2030-01-01T00:00:00Z", currency="EUR"
    )
    moved = {"id": entry["id"], "validFrom": "2030-02-01T00:00:00Z", "validUntil": "2030-03-01T00:00:00Z"}
    again = {"id": entry["id"], "unitPrice": "8", "validFrom": "2030-02-01T00:00:00Z", "maxQuantity": 9}
    assert told(await upsert(api, moved, again)) == [[], []]


async def test_items_are_set_in_their_order(api: Api, wine: str) -> None:
    old = await added(api, skuId=wine, priceList="In Order", unitPrice="9", validFrom="2030-01-01T00:00:00Z")
    ended = {"id": old["id"], "validUntil": "2030-06-01T00:00:00Z"}
    new = {"skuId": wine, "priceList": "In Order", "unitPrice": "10", "validFrom": "2030-06-01T00:00:00Z"}
    assert told(await upsert(api, ended, new)) == [[], []]


async def test_one_refused_undoes_all_unless_the_policy_says_otherwise(
    api: Api, runner: Runner, wine: str
) -> None:
    good = {"skuId": wine, "priceList": "Policy", "unitPrice": "9"}
    bad = {**good, "unitPrice": "8"}
    async with unchanged(runner, TABLE):
        results = await upsert(api, good, bad)
    assert told(results) == [
        [("ROLLED_BACK", None)],
        [("OVERLAPPING_PRICE", ["items", "1", "validFrom"])],
    ]
    worse = {**good, "minQuantity": 0}
    endless = {**good, "minQuantity": 2, "validUntil": "9999-12-31T23:59:59.999999Z"}
    async with noted(runner) as left:
        results = await upsert(api, good, bad, worse, endless, errorPolicy="REJECT_FAILED_ITEMS")
    assert told(results) == [
        [],
        [("OVERLAPPING_PRICE", ["items", "1", "validFrom"])],
        [("OUT_OF_RANGE", ["items", "2", "minQuantity"])],
        [("OUT_OF_RANGE", ["items", "3", "validUntil"])],
    ]
    assert results[0]["priceListEntry"]["unitPrice"] == "9.00"
    assert (len(left.events), len(left.entries)) == (1, 1)


REFUSED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"skuId": None}, [("REQUIRED", "skuId")]),
    ({"skuId": "nonsense"}, [("NOT_FOUND", "skuId")]),
    ({"skuId": global_id("Sku", NOWHERE)}, [("NOT_FOUND", "skuId")]),
    ({"customerId": global_id("Customer", NOWHERE)}, [("NOT_FOUND", "customerId")]),
    ({"priceList": " "}, [("REQUIRED", "priceList")]),
    ({"priceList": None, "unitPrice": None}, [("REQUIRED", "priceList"), ("REQUIRED", "unitPrice")]),
    ({"priceList": "x" * 101}, [("TOO_LONG", "priceList")]),
    ({"customerTier": "x" * 51}, [("TOO_LONG", "customerTier")]),
    ({"customerTier": "GOLD", "customerId": global_id("Customer", NOWHERE)}, [("INVALID", "customerTier")]),
    ({"unitPrice": "1.001"}, [("INVALID", "unitPrice")]),
    ({"unitPrice": "-0.01"}, [("OUT_OF_RANGE", "unitPrice")]),
    ({"unitPrice": "1e30"}, [("OUT_OF_RANGE", "unitPrice")]),
    ({"currency": "usd"}, [("INVALID", "currency")]),
    ({"currency": "DOLLARS"}, [("TOO_LONG", "currency")]),
    ({"minQuantity": 0}, [("OUT_OF_RANGE", "minQuantity")]),
    ({"maxQuantity": 0}, [("OUT_OF_RANGE", "maxQuantity")]),
    ({"minQuantity": 1_000_001}, [("OUT_OF_RANGE", "minQuantity")]),
    ({"minQuantity": 7, "maxQuantity": 6}, [("OUT_OF_RANGE", "maxQuantity")]),
    ({"validUntil": "2020-01-01T00:00:00Z"}, [("OUT_OF_RANGE", "validUntil")]),
    ({"version": 1}, [("INVALID", "version")]),
    ({"id": "nonsense"}, [("NOT_FOUND", "id")]),
    ({"id": global_id("PriceListEntry", NOWHERE)}, [("NOT_FOUND", "id")]),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), REFUSED)
async def test_a_bad_item_is_refused_at_its_field(
    api: Api, runner: Runner, wine: str, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    good = {"skuId": wine, "priceList": "Bad", "unitPrice": "9"}
    async with unchanged(runner, TABLE):
        (result,) = await upsert(api, {**good, **given})
    assert told([result]) == [[(code, ["items", "0", field]) for code, field in expected]]
    assert result["priceListEntry"] is None


async def test_a_change_must_not_take_away_what_a_price_needs(api: Api, runner: Runner, wine: str) -> None:
    entry = await added(api, skuId=wine, priceList="Needs", unitPrice="9", minQuantity=5, customerTier="GOLD")
    names = ("skuId", "priceList", "unitPrice", "currency", "minQuantity", "validFrom")
    async with unchanged(runner, TABLE):
        nulls = await upsert(api, {"id": entry["id"], **dict.fromkeys(names)})
        fewer = await upsert(api, {"id": entry["id"], "maxQuantity": 4})
        moved = await upsert(api, {"id": entry["id"], "skuId": global_id("Sku", NOWHERE)})
        both = await upsert(api, {"id": entry["id"], "customerId": global_id("Customer", NOWHERE)})
    assert told(nulls) == [[("REQUIRED", ["items", "0", name]) for name in names]]
    assert told(fewer) == [[("OUT_OF_RANGE", ["items", "0", "maxQuantity"])]]
    assert told(moved) == [[("NOT_ALLOWED", ["items", "0", "skuId"])]]
    assert told(both) == [[("INVALID", ["items", "0", "customerTier"])]]


async def test_another_tenants_ids_are_not_found(api: Api, runner: Runner, wine: str) -> None:
    entry = await added(api, skuId=wine, priceList="Foreign", unitPrice="9")
    foreign = await sku(runner, "cellar-door")
    customers = await runner.sql(
        "SELECT c.id FROM leora.customers c JOIN leora.tenants t ON t.id = c.tenant_id WHERE t.slug = 'cellar-door'"
        " ORDER BY c.id LIMIT 1"
    )
    stranger = global_id("Customer", customers[0]["id"])
    async with unchanged(runner, TABLE):
        theirs = await upsert(api, {"skuId": foreign, "priceList": "Foreign", "unitPrice": "9"})
        for_them = await upsert(
            api, {"skuId": wine, "priceList": "Foreign", "unitPrice": "9", "customerId": stranger}
        )
        changed = await upsert(api, {"id": entry["id"], "unitPrice": "1"}, as_=OTHER_ADMIN)
        deleted = await delete(api, {"id": entry["id"]}, as_=OTHER_ADMIN)
    assert told(theirs) == [[("NOT_FOUND", ["items", "0", "skuId"])]]
    assert told(for_them) == [[("NOT_FOUND", ["items", "0", "customerId"])]]
    assert told(changed) == told(deleted) == [[("NOT_FOUND", ["items", "0", "id"])]]


async def test_a_deleted_price_is_gone(api: Api, runner: Runner, wine: str) -> None:
    entry = await added(api, skuId=wine, priceList="To Delete", unitPrice="9")
    async with noted(runner) as left:
        results = await delete(api, {"id": entry["id"], "version": 1}, as_=MANAGER)
    assert results == [{"deletedPriceListEntryId": entry["id"], "userErrors": []}]
    assert left.event["type"] == "price.deleted"
    assert (left.entry["action"], left.entry["changes"]["unitPrice"]) == (
        "DELETE",
        {"before": "9.00", "after": None},
    )
    gone = await api.data("query ($id: ID!) { node(id: $id) { id } }", {"id": entry["id"]}, as_=ADMIN)
    assert gone == {"node": None}
    again = await delete(api, {"id": entry["id"]}, {"id": "nonsense"}, errorPolicy="REJECT_FAILED_ITEMS")
    assert told(again) == [[("NOT_FOUND", ["items", "0", "id"])], [("NOT_FOUND", ["items", "1", "id"])]]


async def test_a_batch_under_an_idempotency_key_is_done_once(api: Api, runner: Runner, wine: str) -> None:
    good = {"skuId": wine, "priceList": "Once", "unitPrice": "9"}
    given = {"input": {"items": [good, {**good, "minQuantity": 0}], "errorPolicy": "REJECT_FAILED_ITEMS"}}
    async with noted(runner) as left:
        first = await api(UPSERT, given, as_=ADMIN, idempotency_key="a batch of prices")
        again = await api(UPSERT, given, as_=ADMIN, idempotency_key="a batch of prices")
    assert first.body["data"] == again.body["data"]
    assert told(first.data["upsertPriceListEntries"]["results"]) == [
        [],
        [("OUT_OF_RANGE", ["items", "1", "minQuantity"])],
    ]
    assert (len(left.events), len(left.entries)) == (1, 1)


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_who_may_not_manage_prices_is_forbidden(
    api: Api, runner: Runner, wine: str, account: str
) -> None:
    entry = await added(api, skuId=wine, priceList=f"Forbidden to {account}", unitPrice="9")
    async with unchanged(runner, TABLE):
        for query in (UPSERT, DELETE):
            answer = await api(query, {"input": {"items": [{"id": entry["id"]}]}}, as_=account)
            assert (answer.codes, list(answer.data.values())) == (["FORBIDDEN"], [None])


async def test_of_sixteen_overlapping_at_once_one_is_set_and_nobody_waits_in_a_circle(crowd: Runner) -> None:
    pricer = await crowd.principal(ADMIN)
    item = {"skuId": await sku(crowd), "priceList": "At Once", "unitPrice": "9"}
    before = await _deadlocks(crowd)
    answers = await asyncio.gather(
        *(crowd.data(UPSERT, pricer, {"input": {"items": [item]}}) for _ in range(16))
    )
    codes = [told(answer["upsertPriceListEntries"]["results"])[0] for answer in answers]
    assert sorted(len(one) for one in codes) == [0, *[1] * 15]
    assert {code for one in codes for code, _ in one} == {"OVERLAPPING_PRICE"}
    assert await _deadlocks(crowd) == before


async def _deadlocks(runner: Runner) -> int:
    rows = await runner.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return rows[0]["deadlocks"]
