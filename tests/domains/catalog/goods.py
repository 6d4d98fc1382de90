"""What the tests of suppliers, products and SKUs share: the mutations, and rows of their own to change."""

from __future__ import annotations

import itertools
from typing import Any

from tests.api import ADMIN, Api

_NUMBERS = itertools.count(1)
_SUPPLIER = "id name slug contactName contactEmail contactPhone status version address { city country }"
_PRODUCT = (
    "id code name description category brand varietal vintage region country style color alcoholType"
    " alcoholPercent imageUrl status isSampleOnly version supplier { id }"
)
_SKU = "id code name bottleMl unitsPerCase upc gtin basePrice cost currency weightGrams status version product { id }"
ROWS = {"Supplier": _SUPPLIER, "Product": _PRODUCT, "Sku": _SKU}
FEW = {"Supplier": "id version", "Product": "id version", "Sku": "id version"}


def document(name: str, *, rows: dict[str, str] = ROWS) -> str:
    """The mutation of that name, with all of its row."""
    kind = next(kind for kind in ROWS if name.endswith(kind))
    given = f"{name[0].upper()}{name[1:]}Input"
    row = f"{kind.lower()} {{ {rows[kind]} }}"
    return f"mutation ($input: {given}!) {{ {name}(input: $input) {{ {row} userErrors {{ code message field }} }} }}"


async def call(api: Api, name: str, as_: str = ADMIN, /, **given: Any) -> dict[str, Any]:
    """The payload of an answer without errors."""
    return (await api.data(document(name), {"input": given}, as_=as_))[name]


async def a_supplier(api: Api, **given: Any) -> dict[str, Any]:
    number = next(_NUMBERS)
    values = {"name": f"Supplier {number}", "slug": f"own-supplier-{number}", **given}
    return (await call(api, "createSupplier", **values))["supplier"]


async def a_product(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    number = next(_NUMBERS)
    if "supplierId" not in given:
        given["supplierId"] = (await a_supplier(api))["id"]
    values = {"code": f"OWN-P{number}", "name": f"Product {number}", "category": "Wine", **given}
    payload = await call(api, "createProduct", as_, **values)
    assert payload["userErrors"] == []
    return payload["product"]


async def a_sku(api: Api, **given: Any) -> dict[str, Any]:
    payload = await call(api, "createSku", **await sku_values(api, **given))
    assert payload["userErrors"] == []
    return payload["sku"]


async def sku_values(api: Api, **given: Any) -> dict[str, Any]:
    """What a SKU must have, of a product of its own."""
    number = next(_NUMBERS)
    if "productId" not in given:
        given["productId"] = (await a_product(api))["id"]
    return {
        "code": f"OWN-S{number}",
        "name": f"Sku {number}",
        "bottleMl": 750,
        "unitsPerCase": 12,
        "basePrice": "20.00",
        **given,
    }
