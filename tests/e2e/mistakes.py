"""The mistakes of a day: what is good input of each mutation, what of it is mistaken, and what is then told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.api import ADMIN
from tests.domains.test_hostile_values import put
from tests.e2e.bad_day import WAREHOUSE

NOT_OF_ITS_TYPE = "BAD_USER_INPUT"
LONG = "x" * 1_000_000
GOOD: dict[str, dict[str, Any]] = {
    "createOrder": {"customerId": "$customer", "lines": [{"skuId": "$sku", "quantity": 1}]},
    "addOrderLines": {"id": "$draft", "lines": [{"skuId": "$third", "quantity": 1}]},
    "updateOrderLines": {"id": "$draft", "lines": [{"lineId": "$draft_line", "quantity": 2}]},
    "removeOrderLines": {"id": "$draft", "lineIds": ["$draft_line"]},
    "overrideLinePrice": {"id": "$draft", "lineId": "$draft_line", "unitPrice": "9.99", "reason": "As agreed."},
    "updateOrder": {"id": "$draft", "notes": "Ring."},
    "submitOrder": {"id": "$draft"},
    "reorder": {"id": "$draft"},
    "fulfillOrder": {"id": "$confirmed", "lines": [{"lineId": "$confirmed_line", "quantity": 1}]},
    "createInvoice": {"orderId": "$delivered", "lines": [{"orderLineId": "$delivered_line", "quantity": 1}]},
    "recordPayment": {
        "customerId": "$customer", "amount": "1.00", "method": "CHECK", "receivedOn": "2020-01-31",
        "allocations": [{"invoiceId": "$invoice", "amount": "1.00"}],
    },
    "receiveInventory": {"skuId": "$sku", "warehouse": WAREHOUSE, "quantity": 1},
    "adjustInventory": {"skuId": "$sku", "warehouse": WAREHOUSE, "onHandDelta": 1, "reason": "Counted."},
    "transferInventory": {"skuId": "$sku", "fromWarehouse": WAREHOUSE, "toWarehouse": "Elsewhere", "quantity": 1},
    "upsertPriceListEntries": {"items": [{"skuId": "$sku", "priceList": "Bad day", "unitPrice": "1.00"}]},
    "createSku": {
        "productId": "$product", "code": "BAD-DAY", "name": "A bottle", "bottleMl": 750, "unitsPerCase": 12,
        "basePrice": "1.00",
    },
    "updateSku": {"id": "$sku", "basePrice": "2.00"},
    "createCustomer": {"name": "A shop"},
    "updateCustomer": {"id": "$customer", "name": "Another shop"},
    "createProduct": {"supplierId": "$supplier", "code": "BAD-DAY", "name": "A wine", "category": "Wine"},
    "updateTenantSettings": {"minimumOrderAmount": "0.01"},
}  # fmt: skip
OF_BUYERS = (
    *("createOrder", "addOrderLines", "updateOrderLines", "removeOrderLines", "updateOrder", "submitOrder"),
    "reorder",
)
QUANTITIES = {
    **dict.fromkeys(
        ("createOrder", "addOrderLines", "updateOrderLines", "fulfillOrder"), ("lines.0.quantity",)
    ),
    "createInvoice": ("lines.0.quantity",),
    **dict.fromkeys(("receiveInventory", "transferInventory"), ("quantity",)),
    "adjustInventory": ("onHandDelta",),
    "upsertPriceListEntries": ("items.0.minQuantity", "items.0.maxQuantity"),
    "createSku": ("bottleMl", "unitsPerCase", "weightGrams"),
}
AMOUNTS = {
    "overrideLinePrice": ("unitPrice",),
    "upsertPriceListEntries": ("items.0.unitPrice",),
    "createSku": ("basePrice", "cost"),
    "updateSku": ("basePrice", "cost"),
    "updateOrder": ("discountAmount",),
    "updateOrderLines": ("lines.0.discountAmount",),
    "recordPayment": ("amount", "allocations.0.amount"),
    "createCustomer": ("creditLimit",),
    "updateTenantSettings": ("shippingFlatRate", "freeShippingThreshold", "minimumOrderAmount"),
}
DAYS = {
    **dict.fromkeys(("createOrder", "updateOrder"), ("requestedDeliveryOn",)),
    "recordPayment": ("receivedOn",),
    **dict.fromkeys(("createCustomer", "updateCustomer"), ("licenseExpiresOn",)),
}
NOTES = {
    "createOrder": ("notes", "poNumber", "shippingAddress.line1", "internalNotes"),
    "updateOrder": ("notes", "poNumber", "billingAddress.city", "internalNotes"),
    "overrideLinePrice": ("reason",),
    **dict.fromkeys(("receiveInventory", "adjustInventory", "transferInventory"), ("reason",)),
    "recordPayment": ("reference",),
    **dict.fromkeys(("createCustomer", "updateCustomer"), ("notes", "name", "tier")),
    "createProduct": ("description", "name"),
    "createSku": ("name", "code"),
    "upsertPriceListEntries": ("items.0.priceList", "items.0.customerTier"),
}
VERSIONS = (
    "addOrderLines",
    "updateOrderLines",
    "removeOrderLines",
    "overrideLinePrice",
    "updateOrder",
    "submitOrder",
)
TWO = [{"skuId": "$third", "quantity": 1}, {"skuId": "$third", "quantity": 2}]
CANCELLED = {"id": "$cancelled"}
ITEM = GOOD["upsertPriceListEntries"]["items"][0]


@dataclass(frozen=True)
class Row:
    """A mistake in the good input of a mutation, and what is told: by whom it is made differs only where it says so."""

    mutation: str
    wrong: dict[str, Any]
    told: str
    buyer: str | None = None
    """What buyers are told instead; empty where it is no mistake of theirs."""

    def expected(self, who: str) -> list[tuple[str, str]]:
        told = self.told if who == ADMIN or self.buyer is None else self.buyer
        found = [part.partition(" ") for part in told.split(", ")]
        return [(code, path) for code, _, path in found]

    @property
    def given(self) -> dict[str, Any]:
        made: dict[str, Any] = GOOD[self.mutation]
        for place, value in self.wrong.items():
            made = put(made, tuple(place.split(".")), value)
        return made


def everywhere(places: dict[str, tuple[str, ...]], *values: tuple[Any, str]) -> list[Row]:
    """Each value at each of the places, told there; staff's own fields are buyers' not to set at all."""
    ours = {"discountAmount", "internalNotes"}
    return [
        Row(name, {place: value}, f"{code} {place}", buyer="" if ours & {*place.split(".")} else None)
        for name, fields in places.items()
        for place in fields
        for value, code in values
        if (name, value) != ("adjustInventory", -1)
    ]


OUT, MALFORMED, LONG_TEXT = "OUT_OF_RANGE", "INVALID", "TOO_LONG"
ITEMS: dict[str, list[Row]] = {
    "quantity": everywhere(
        QUANTITIES, (0, OUT), (-1, OUT), (1.5, NOT_OF_ITS_TYPE), (1e30, NOT_OF_ITS_TYPE), (2**31 - 1, OUT),
        (2**31, NOT_OF_ITS_TYPE), (-0.0, OUT), ("1e3", NOT_OF_ITS_TYPE), (True, NOT_OF_ITS_TYPE),
    ),
    "unit price with three decimals, and other amounts": everywhere(
        AMOUNTS, ("9.999", MALFORMED), ("0.001", MALFORMED), (1.005, MALFORMED), ("-0.01", OUT), ("1e30", OUT),
        ("1000000000000000", OUT), (10**15, OUT), ("NaN", NOT_OF_ITS_TYPE), ("Infinity", NOT_OF_ITS_TYPE),
        ("1,50", NOT_OF_ITS_TYPE), ("", NOT_OF_ITS_TYPE),
    ),
    "more than adds up": [
        Row("createOrder", {"lines.0": {"skuId": "$dear", "quantity": 2}}, f"{OUT} lines.0.quantity"),
        Row("addOrderLines", {"lines.0": {"skuId": "$dear", "quantity": 100_000}}, f"{OUT} lines.0.quantity"),
        Row("overrideLinePrice", {"unitPrice": "10000000000000"}, f"{OUT} unitPrice"),
        Row("updateOrder", {"discountAmount": "10000000000000"}, f"{OUT} discountAmount", buyer=""),
        Row(
            "updateOrderLines",
            {"lines.0.discountAmount": "10000000000000"},
            f"{OUT} lines.0.discountAmount",
            buyer="",
        ),
        Row("recordPayment", {"amount": "2.00"}, f"{MALFORMED} allocations"),
        Row(
            "recordPayment",
            {"amount": "10000000000000", "allocations.0.amount": "10000000000000"},
            "OVERPAYMENT allocations.0.amount",
        ),
    ],
    "another currency": [
        Row("createOrder", {"lines.0.skuId": "$euro"}, "CURRENCY_MISMATCH lines.0.skuId"),
        Row("addOrderLines", {"lines.0.skuId": "$euro"}, "CURRENCY_MISMATCH lines.0.skuId"),
        Row("recordPayment", {"currency": "EUR"}, "CURRENCY_MISMATCH allocations.0.invoiceId"),
        *(
            Row(name, {place: value}, f"{code} {place}")
            for name, place in (
                ("recordPayment", "currency"), ("createSku", "currency"), ("updateSku", "currency"),
                ("upsertPriceListEntries", "items.0.currency"), ("updateTenantSettings", "defaultCurrency"),
            )
            for value, code in (("usd", MALFORMED), ("€€€", MALFORMED), ("dollars", LONG_TEXT))
        ),
    ],
    "an unknown or foreign SKU": [
        Row(name, {place: sku}, f"NOT_FOUND {place}")
        for name, place in (
            ("createOrder", "lines.0.skuId"), ("addOrderLines", "lines.0.skuId"), ("receiveInventory", "skuId"),
            ("transferInventory", "skuId"), ("upsertPriceListEntries", "items.0.skuId"), ("updateSku", "id"),
            ("adjustInventory", "skuId"),
        )
        for sku in ("$unknown", "$foreign", "$customer", "nonsense", "")
    ],
    "an unknown or foreign customer": [
        Row(name, {"customerId": who}, "NOT_FOUND customerId", buyer="")
        for name in ("createOrder", "recordPayment")
        for who in ("$nobody", "$stranger", "$sku", "nonsense")
    ],
    "a line twice": [
        Row("createOrder", {"lines": TWO}, f"{MALFORMED} lines.1.skuId"),
        Row("addOrderLines", {"lines": TWO}, f"{MALFORMED} lines.1.skuId"),
        Row("addOrderLines", {"lines.0.skuId": "$sku"}, f"{MALFORMED} lines.0.skuId"),
        Row("updateOrderLines", {"lines": GOOD["updateOrderLines"]["lines"] * 2}, f"{MALFORMED} lines.1.lineId"),
        Row("removeOrderLines", {"lineIds": ["$draft_line"] * 2}, f"{MALFORMED} lineIds.1"),
        Row("fulfillOrder", {"lines": GOOD["fulfillOrder"]["lines"] * 2}, f"{MALFORMED} lines.1.lineId"),
        Row("createInvoice", {"lines": GOOD["createInvoice"]["lines"] * 2}, f"{MALFORMED} lines.1.orderLineId"),
        Row(
            "recordPayment",
            {"amount": "2.00", "allocations": GOOD["recordPayment"]["allocations"] * 2},
            f"{MALFORMED} allocations.1.invoiceId",
        ),
    ],
    "no line, and too many": [
        Row(name, {field: given}, f"{code} {field}")
        for name, field in (
            ("createOrder", "lines"), ("addOrderLines", "lines"), ("updateOrderLines", "lines"),
            ("removeOrderLines", "lineIds"), ("fulfillOrder", "lines"), ("createInvoice", "lines"),
            ("recordPayment", "allocations"), ("upsertPriceListEntries", "items"),
        )
        for given, code in (([], "REQUIRED"),)
    ] + [
        Row("createOrder", {"lines": GOOD["createOrder"]["lines"] * 101}, f"{OUT} lines"),
        Row("fulfillOrder", {"lines": GOOD["fulfillOrder"]["lines"] * 101}, f"{OUT} lines"),
        Row("updateOrderLines", {"lines": GOOD["updateOrderLines"]["lines"] * 101}, f"{OUT} lines"),
        Row("removeOrderLines", {"lineIds": ["$draft_line"] * 101}, f"{OUT} lineIds"),
        Row("createInvoice", {"lines": GOOD["createInvoice"]["lines"] * 101}, f"{OUT} lines"),
        Row("recordPayment", {"allocations": GOOD["recordPayment"]["allocations"] * 101}, f"{OUT} allocations"),
        Row("upsertPriceListEntries", {"items": [ITEM] * 101}, f"{OUT} items"),
        Row("removeOrderLines", {"lineIds": ["$draft_line", "$draft_other"]}, "REQUIRED lineIds"),
    ],
    "an inactive customer": [
        Row("createOrder", {"customerId": "$dormant"}, "CUSTOMER_INACTIVE customerId", buyer=""),
        Row("submitOrder", {"id": "$dormant_draft"}, "CUSTOMER_INACTIVE id", buyer=""),
        Row("reorder", {"id": "$dormant_draft"}, "CUSTOMER_INACTIVE id", buyer=""),
    ],
    "an inactive product or SKU": [
        Row(name, {"lines.0.skuId": sku}, "SKU_INACTIVE lines.0.skuId", buyer="NOT_FOUND lines.0.skuId")
        for name in ("createOrder", "addOrderLines")
        for sku in ("$inactive", "$shelved")
    ] + [
        Row("submitOrder", {"id": "$stale"}, "SKU_INACTIVE lines.0"),
        Row("reorder", {"id": "$stale"}, "SKU_INACTIVE lines.0"),
        Row("reorder", {"id": "$old"}, "SKU_INACTIVE lines.0"),
    ],
    "an expired licence": [Row("submitOrder", {"id": "$expired_draft"}, "LICENSE_EXPIRED id", buyer="")],
    "a cancelled order's line": [
        Row("addOrderLines", CANCELLED, "NOT_ALLOWED id"),
        Row("updateOrderLines", {**CANCELLED, "lines.0.lineId": "$cancelled_line"}, "NOT_ALLOWED id"),
        Row("removeOrderLines", {**CANCELLED, "lineIds": ["$cancelled_line"]}, "NOT_ALLOWED id"),
        Row("overrideLinePrice", {**CANCELLED, "lineId": "$cancelled_line"}, "NOT_ALLOWED id"),
        Row("submitOrder", CANCELLED, "INVALID_TRANSITION id"),
        Row("fulfillOrder", {**CANCELLED, "lines.0.lineId": "$cancelled_line"}, "INVALID_TRANSITION id"),
        Row(
            "createInvoice",
            {"orderId": "$cancelled", "lines.0.orderLineId": "$cancelled_line"},
            "NOT_ALLOWED orderId",
        ),
        Row("updateOrderLines", {"lines.0.lineId": "$cancelled_line"}, "NOT_FOUND lines.0.lineId"),
        Row("removeOrderLines", {"lineIds": ["$cancelled_line"]}, "NOT_FOUND lineIds.0"),
        Row("overrideLinePrice", {"lineId": "$cancelled_line"}, "NOT_FOUND lineId"),
        Row("fulfillOrder", {"lines.0.lineId": "$cancelled_line"}, "NOT_FOUND lines.0.lineId"),
        Row("createInvoice", {"lines.0.orderLineId": "$cancelled_line"}, "NOT_FOUND lines.0.orderLineId"),
    ],
    "a payment of nothing": [
        Row("recordPayment", {place: value}, f"{OUT} {place}")
        for place in ("amount", "allocations.0.amount")
        for value in ("0", "0.00", "-0", 0, -0.0)
    ],
    "a date of year 10000": everywhere(
        DAYS, ("10000-01-01", NOT_OF_ITS_TYPE), ("9999-12-31", OUT), ("0001-01-01", OUT),
        ("2026-02-30", NOT_OF_ITS_TYPE),
    ) + everywhere(
        {"upsertPriceListEntries": ("items.0.validFrom", "items.0.validUntil")},
        ("10000-01-01T00:00:00Z", NOT_OF_ITS_TYPE), ("9999-12-31T23:59:59.999999Z", OUT), ("0001-01-01T00:00:00Z", OUT),
    ),
    "a note of a megabyte": everywhere(NOTES, (LONG, LONG_TEXT), ("😀" * 10_001, LONG_TEXT)),
    "a note that is no text": everywhere(NOTES, ("a\x00b", NOT_OF_ITS_TYPE), ("\ud800", NOT_OF_ITS_TYPE)),
    "a reason of white space": [
        Row(name, {place: blank}, f"REQUIRED {place}")
        for name, place in (
            ("overrideLinePrice", "reason"), ("adjustInventory", "reason"), ("receiveInventory", "warehouse"),
            ("createCustomer", "name"), ("createSku", "code"), ("upsertPriceListEntries", "items.0.priceList"),
        )
        for blank in ("", " \t\n", "\u00a0\u2003")
    ],
    "a version that there never was": [
        Row(name, {"version": version}, f"{code} version")
        for name in VERSIONS
        for version, code in ((0, "CONFLICT"), (-1, "CONFLICT"), (2**31 - 1, "CONFLICT"), (2**31, NOT_OF_ITS_TYPE))
    ],
}  # fmt: skip
