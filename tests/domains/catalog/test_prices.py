"""`price` and `explainPrice`: the rule, for whom it is answered, and what buyers are told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER, REP, Api
from tests.domains.noted import NOWHERE, global_id, key_of
from tests.graph.principals import Runner

PRICE = """
query ($skuId: ID!, $customerId: ID, $quantity: Int! = 1, $at: DateTime) {
  price(skuId: $skuId, customerId: $customerId, quantity: $quantity, at: $at) {
    unitPrice currency source listEntry { priceList minQuantity }
  }
}
"""
EXPLAIN = """
query ($skuId: ID!, $customerId: ID!, $quantity: Int! = 1, $at: DateTime) {
  explainPrice(skuId: $skuId, customerId: $customerId, quantity: $quantity, at: $at) {
    winner { unitPrice source listEntry { priceList } }
    lost { price { unitPrice currency source listEntry { priceList } } reason }
  }
}
"""
UPSERT = """
mutation ($input: UpsertPriceListEntriesInput!) {
  upsertPriceListEntries(input: $input) { results { userErrors { code field } } }
}
"""
NEW_SKU = """
INSERT INTO leora.skus
    (tenant_id, id, product_id, code, name, bottle_ml, units_per_case, base_price_cents, currency, status)
SELECT s.tenant_id, CAST(:key AS uuid), s.product_id, :key, 'Priced', 750, 6, 2000, 'USD', 'ACTIVE' FROM leora.skus s
JOIN leora.products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id JOIN leora.tenants t ON t.id = s.tenant_id
WHERE t.slug = 'well-crafted' AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' ORDER BY s.id LIMIT 1
"""
OWN_CUSTOMER = """
SELECT c.id, c.tier FROM leora.customers c
JOIN leora.portal_users u ON u.tenant_id = c.tenant_id AND u.customer_id = c.id
WHERE u.email = :email
"""
OTHER_TIER = "SOME OTHER TIER"


@pytest.fixture
async def wine(runner: Runner) -> str:
    """A SKU of 20 dollars that has no other price."""
    key = str(uuid4())
    await runner.write(NEW_SKU, key=key)
    return global_id("Sku", key)


@pytest.fixture
async def customer(runner: Runner) -> dict[str, Any]:
    """The customer of the demo buyer, which has a tier."""
    return (await runner.sql(OWN_CUSTOMER, email=BUYER))[0]


async def set_prices(api: Api, wine: str, *items: dict[str, Any]) -> None:
    defaults = {"skuId": wine, "validFrom": "2025-01-01T00:00:00Z"}
    given = {"items": [{**defaults, **item} for item in items]}
    done = (await api.data(UPSERT, {"input": given}, as_=ADMIN))["upsertPriceListEntries"]
    assert [one["userErrors"] for one in done["results"]] == [[] for _ in items]


async def price(api: Api, wine: str, as_: str = ADMIN, **given: Any) -> Any:
    return (await api.data(PRICE, {"skuId": wine, **given}, as_=as_))["price"]


def listed(unit_price: str, source: str, price_list: str, least: int = 1) -> dict[str, Any]:
    entry = {"priceList": price_list, "minQuantity": least}
    return {"unitPrice": unit_price, "currency": "USD", "source": source, "listEntry": entry}


BASE = {"unitPrice": "20.00", "currency": "USD", "source": "BASE", "listEntry": None}


async def test_the_closest_price_wins_level_by_level(api: Api, wine: str, customer: dict[str, Any]) -> None:
    key = global_id("Customer", customer["id"])
    assert customer["tier"]
    assert await price(api, wine, customerId=key) == BASE
    await set_prices(api, wine, {"priceList": "Std", "unitPrice": "19"})
    assert await price(api, wine, customerId=key) == listed("19.00", "STANDARD", "Std")
    await set_prices(api, wine, {"priceList": "Tier", "unitPrice": "21", "customerTier": customer["tier"]})
    assert await price(api, wine, customerId=key) == listed("21.00", "TIER", "Tier")
    await set_prices(api, wine, {"priceList": "Own", "unitPrice": "22", "customerId": key})
    assert await price(api, wine, customerId=key) == listed("22.00", "CUSTOMER", "Own")


async def test_quantity_and_moment_decide(api: Api, wine: str, customer: dict[str, Any]) -> None:
    key = global_id("Customer", customer["id"])
    await set_prices(
        api,
        wine,
        {"priceList": "Std", "unitPrice": "19", "validUntil": "2025-06-01T00:00:00Z"},
        {"priceList": "Std", "unitPrice": "18", "validFrom": "2025-06-01T00:00:00Z"},
        {"priceList": "Std", "unitPrice": "15", "minQuantity": 12, "maxQuantity": 24},
    )

    async def cost(quantity: int, at: str) -> str:
        return (await price(api, wine, customerId=key, quantity=quantity, at=at))["unitPrice"]

    assert await cost(1, "2025-05-31T23:59:59.999999Z") == "19.00"
    assert await cost(1, "2025-06-01T00:00:00Z") == "18.00"
    assert await cost(12, "2025-06-01T00:00:00Z") == "15.00"
    assert await cost(25, "2025-06-01T00:00:00Z") == "18.00"
    assert await cost(25, "2024-06-01T00:00:00Z") == "20.00"


async def test_the_explanation_has_every_candidate_with_its_reason(
    api: Api, wine: str, customer: dict[str, Any]
) -> None:
    key = global_id("Customer", customer["id"])
    await set_prices(
        api,
        wine,
        {"priceList": "Own", "unitPrice": "17", "customerId": key},
        {"priceList": "Own dear", "unitPrice": "18", "customerId": key},
        {"priceList": "Tier", "unitPrice": "16", "customerTier": customer["tier"]},
        {"priceList": "Another tier", "unitPrice": "1", "customerTier": OTHER_TIER},
        {"priceList": "Cases", "unitPrice": "15", "minQuantity": 12},
        {"priceList": "Euro", "unitPrice": "14", "currency": "EUR"},
        {"priceList": "Past", "unitPrice": "13", "validUntil": "2025-02-01T00:00:00Z"},
        {"priceList": "Future", "unitPrice": "12", "validFrom": "2099-01-01T00:00:00Z"},
    )
    answer = await api.data(EXPLAIN, {"skuId": wine, "customerId": key, "quantity": 6}, as_=REP)

    def shown(unit_price: str, source: str, price_list: str | None) -> dict[str, Any]:
        entry = price_list and {"priceList": price_list}
        return {"unitPrice": unit_price, "source": source, "listEntry": entry}

    found = answer["explainPrice"]
    assert found["winner"] == shown("17.00", "CUSTOMER", "Own")
    assert [
        (one["price"]["unitPrice"], (one["price"]["listEntry"] or {}).get("priceList"), one["reason"])
        for one in found["lost"]
    ] == [
        ("18.00", "Own dear", "MORE_EXPENSIVE"),
        ("16.00", "Tier", "LESS_SPECIFIC"),
        ("20.00", None, "LESS_SPECIFIC"),
        ("15.00", "Cases", "BELOW_MINIMUM_QUANTITY"),
        ("12.00", "Future", "NOT_YET_VALID"),
        ("13.00", "Past", "NO_LONGER_VALID"),
        ("14.00", "Euro", "OTHER_CURRENCY"),
    ]


async def test_a_buyer_asks_for_its_own_customer_only(
    api: Api, runner: Runner, wine: str, customer: dict[str, Any]
) -> None:
    key = global_id("Customer", customer["id"])
    await set_prices(api, wine, {"priceList": "Own", "unitPrice": "17", "customerId": key})
    own = listed("17.00", "CUSTOMER", "Own")
    assert await price(api, wine, BUYER) == own
    assert await price(api, wine, BUYER, customerId=key) == own
    assert await price(api, wine, OTHER_BUYER) == BASE
    assert await price(api, wine, OTHER_BUYER, customerId=key) is None
    answer = await api(EXPLAIN, {"skuId": wine, "customerId": key}, as_=BUYER)
    assert (answer.codes, answer.data) == (["FORBIDDEN"], {"explainPrice": None})


async def test_what_is_not_sold_has_no_price_for_buyers(
    api: Api, runner: Runner, wine: str, customer: dict[str, Any]
) -> None:
    await runner.write("UPDATE leora.skus SET status = 'INACTIVE' WHERE code = :wine", wine=key_of(wine))
    assert await price(api, wine, BUYER) is None
    assert await price(api, wine, customerId=global_id("Customer", customer["id"])) == BASE


async def test_unknown_and_foreign_ids_have_no_price(api: Api, wine: str, customer: dict[str, Any]) -> None:
    key = global_id("Customer", customer["id"])
    assert await price(api, global_id("Sku", NOWHERE), customerId=key) is None
    assert await price(api, wine, customerId=global_id("Customer", NOWHERE)) is None
    assert await price(api, wine, OTHER_ADMIN, customerId=key) is None
    explained = await api.data(EXPLAIN, {"skuId": wine, "customerId": key}, as_=OTHER_ADMIN)
    assert explained == {"explainPrice": None}


@pytest.mark.parametrize(
    "given",
    [
        {"customerId": None},
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 1_000_001},
        {"skuId": global_id("Product", NOWHERE)},
        {"customerId": "nonsense"},
    ],
)
async def test_what_cannot_be_priced_is_bad_input(
    api: Api, wine: str, customer: dict[str, Any], given: dict[str, Any]
) -> None:
    good = {"skuId": wine, "customerId": global_id("Customer", customer["id"])}
    answer = await api(PRICE, {**good, **given}, as_=ADMIN)
    assert (answer.codes, answer.data) == (["BAD_USER_INPUT"], {"price": None})


async def test_prices_need_the_permission(runner: Runner, wine: str) -> None:
    for account in (ADMIN, BUYER):
        blind = await runner.principal(account, frozenset({"catalog.view"}))
        answer = await runner.run(PRICE, blind, {"skuId": wine})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
        assert answer["data"] == {"price": None}
