"""A draft's lines: added, changed, removed, and given another price."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    Payload,
    do,
    done,
    draft,
    key_of,
    last_entry,
    last_event,
    mutation,
    put,
    refused,
    shopper,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, dollars, expected_lines, line
from tests.graph.principals import Runner

SHOWN = ("position", "skuCode", "quantity", "unitPrice", "lineTotal")


def shown(lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(one[name] for name in SHOWN) for one in lines]


def adds_up(order: Payload) -> None:
    cents = {
        name: round(float(order[name]) * 100)
        for name in ("subtotal", "discountAmount", "taxAmount", "shippingAmount", "total")
    }
    lines = sum(round(float(one["lineTotal"]) * 100) for one in order["lines"]["nodes"])
    assert cents["subtotal"] == lines
    assert cents["total"] == lines - cents["discountAmount"] + cents["taxAmount"] + cents["shippingAmount"]


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_lines_come_change_and_go(api: Api, runner: Runner, shop: Shop, who: str) -> None:
    customer = await shop.own_customer(BUYER)
    given = {"customerId": global_id("Customer", customer["id"])}
    skus = await shop.skus(4)
    order = await draft(api, shop, who, quantities=(2, 3), **given)

    more = await done(
        api, "addOrderLines", who, id=order["id"], version=1, lines=[line(skus[2], 12), line(skus[3], 1)]
    )
    assert more["version"] == 2
    wanted = [(skus[0], 2), (skus[1], 3), (skus[2], 12), (skus[3], 1)]
    assert shown(more["lines"]["nodes"]) == shown((await expected_lines(shop, customer, wanted))[0])
    adds_up(more)
    event = await last_event(runner, order)
    assert event["type"] == "order.updated"
    assert [one["quantity"] for one in event["payload"]["lines"]] == [2, 3, 12, 1]

    first = more["lines"]["nodes"][0]
    dozens = await done(
        api,
        "updateOrderLines",
        who,
        id=order["id"],
        version=2,
        lines=[{"lineId": first["id"], "quantity": 60}],
    )
    wanted[0] = (skus[0], 60)
    assert dozens["version"] == 3
    assert shown(dozens["lines"]["nodes"]) == shown((await expected_lines(shop, customer, wanted))[0])
    adds_up(dozens)

    fewer = await done(
        api,
        "removeOrderLines",
        who,
        id=order["id"],
        version=3,
        lineIds=[one["id"] for one in dozens["lines"]["nodes"][:2]],
    )
    assert fewer["version"] == 4
    assert shown(fewer["lines"]["nodes"]) == shown((await expected_lines(shop, customer, wanted[2:]))[0])
    adds_up(fewer)
    entry = await last_entry(runner, order)
    assert entry["operation"] == "removeOrderLines"
    assert [len(entry["changes"]["lines"][side]) for side in ("before", "after")] == [4, 2]


async def test_the_same_again_writes_nothing(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop)
    before = await touched(runner)
    same = [{"lineId": one["id"], "quantity": one["quantity"]} for one in order["lines"]["nodes"]]
    assert await done(api, "updateOrderLines", id=order["id"], lines=same) == order
    assert await touched(runner) == before


async def test_a_lines_discount_and_what_it_may_be(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop)
    (first, second) = order["lines"]["nodes"]
    changed = await done(
        api, "updateOrderLines", id=order["id"], lines=[{"lineId": first["id"], "discountAmount": "0.50"}]
    )
    assert changed["lines"]["nodes"][0]["discountAmount"] == "0.50"
    adds_up(changed)
    before = await touched(runner)
    huge = [{"lineId": second["id"], "discountAmount": "99999.00"}]
    payload = await do(api, "updateOrderLines", id=order["id"], lines=huge)
    assert refused(payload) == [("OUT_OF_RANGE", ["lines", "0", "discountAmount"])]
    payload = await do(
        api, "updateOrderLines", REP, id=order["id"], lines=[{"lineId": second["id"], "discountAmount": "1"}]
    )
    assert refused(payload) == [("NOT_ALLOWED", ["lines", "0", "discountAmount"])]
    assert await touched(runner) == before


@pytest.mark.parametrize("quantity", [0, -1, 100_001])
async def test_bad_quantities_are_refused(api: Api, runner: Runner, shop: Shop, quantity: int) -> None:
    order = await draft(api, shop)
    sku = (await shop.skus(3))[2]
    before = await touched(runner)
    added = await do(api, "addOrderLines", id=order["id"], lines=[line(sku, quantity)])
    assert refused(added) == [("OUT_OF_RANGE", ["lines", "0", "quantity"])]
    first = order["lines"]["nodes"][0]["id"]
    changed = await do(
        api, "updateOrderLines", id=order["id"], lines=[{"lineId": first, "quantity": quantity}]
    )
    assert refused(changed) == [("OUT_OF_RANGE", ["lines", "0", "quantity"])]
    assert await touched(runner) == before


async def test_what_is_twice_unknown_or_missing_is_refused(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop)
    other = await draft(api, shop)
    (foreign,) = await shop.skus(1, tenant="cellar-door")
    skus = await shop.skus(3)
    mine, strange = order["lines"]["nodes"], other["lines"]["nodes"][0]["id"]
    before = await touched(runner)

    async def refusal(name: str, **given: Any) -> list[Any]:
        return refused(await do(api, name, id=order["id"], **given))

    assert await refusal("addOrderLines", lines=[line(skus[0])]) == [("INVALID", ["lines", "0", "skuId"])]
    assert await refusal("addOrderLines", lines=[line(foreign)]) == [("NOT_FOUND", ["lines", "0", "skuId"])]
    assert await refusal("addOrderLines", lines=[line(skus[2])] * 2) == [("INVALID", ["lines", "1", "skuId"])]
    assert await refusal("addOrderLines", lines=[]) == [("REQUIRED", ["lines"])]
    assert await refusal("addOrderLines", lines=[line(skus[2])], version=9) == [("CONFLICT", ["version"])]
    unknown = [{"lineId": strange, "quantity": 1}]
    assert await refusal("updateOrderLines", lines=unknown) == [("NOT_FOUND", ["lines", "0", "lineId"])]
    nothing = [{"lineId": mine[0]["id"], "quantity": None}]
    assert await refusal("updateOrderLines", lines=nothing) == [("REQUIRED", ["lines", "0", "quantity"])]
    assert await refusal("removeOrderLines", lineIds=[strange]) == [("NOT_FOUND", ["lineIds", "0"])]
    both = [one["id"] for one in mine]
    assert await refusal("removeOrderLines", lineIds=both) == [("REQUIRED", ["lineIds"])]
    assert await refusal("removeOrderLines", lineIds=[both[0]] * 2) == [("INVALID", ["lineIds", "1"])]
    assert await touched(runner) == before


async def test_lines_change_only_in_a_draft_and_in_sight(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop)
    lines = [line((await shop.skus(3))[2])]
    assert refused(await do(api, "addOrderLines", OTHER_ADMIN, id=order["id"], lines=lines)) == [
        ("NOT_FOUND", ["id"])
    ]
    await runner.write(
        "UPDATE leora.orders SET status = 'CANCELLED', cancelled_at = now() WHERE id = :id",
        id=key_of(order["id"]),
    )
    first = order["lines"]["nodes"][0]["id"]
    before = await touched(runner)
    for name, given in {
        "addOrderLines": {"lines": lines},
        "updateOrderLines": {"lines": [{"lineId": first, "quantity": 5}]},
        "removeOrderLines": {"lineIds": [first]},
        "overrideLinePrice": {"lineId": first, "unitPrice": "1", "reason": "x"},
    }.items():
        assert refused(await do(api, name, id=order["id"], **given)) == [("NOT_ALLOWED", ["id"])]
    assert await touched(runner) == before


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_a_line_that_is_not_sold_any_more_keeps_its_quantity(
    api: Api, runner: Runner, shop: Shop, who: str
) -> None:
    """Buyers do not see the SKU any more, but their line, which says why it cannot change."""
    sku = await stocked(runner)
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    order = await draft(api, shop, who, customerId=customer, lines=[line(sku, 2)])
    lines = [{"lineId": order["lines"]["nodes"][0]["id"], "quantity": 3}]
    async with put(runner, "skus", sku["id"], status="INACTIVE"):
        before = await touched(runner)
        payload = await do(api, "updateOrderLines", who, id=order["id"], lines=lines)
        assert refused(payload) == [("SKU_INACTIVE", ["lines", "0", "quantity"])]
        assert payload["userErrors"][0]["message"] == f"{sku['code']} is not sold now."
        assert await touched(runner) == before


async def test_an_overridden_price_counts_and_is_recorded(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, quantities=(2,))
    (was,) = order["lines"]["nodes"]
    given = {"id": order["id"], "lineId": was["id"], "reason": " Old friend "}
    changed = await done(api, "overrideLinePrice", version=1, unitPrice="7.25", **given)
    assert changed["version"] == 2
    assert shown(changed["lines"]["nodes"]) == [(1, was["skuCode"], 2, "7.25", "14.50")]
    adds_up(changed)
    again = await done(api, "overrideLinePrice", unitPrice="8", **given)
    assert again["lines"]["nodes"][0]["unitPrice"] == "8.00"
    more = await done(api, "updateOrderLines", id=order["id"], lines=[{"lineId": was["id"], "quantity": 3}])
    assert shown(more["lines"]["nodes"]) == [(1, was["skuCode"], 3, "8.00", "24.00")]
    row = await shop.one("SELECT * FROM leora.order_lines WHERE id = :id", id=key_of(was["id"]))
    admin = await shop.one("SELECT id FROM leora.users WHERE email = :email", email=ADMIN)
    assert dollars(row["price_override_original_cents"]) == was["unitPrice"]
    assert (row["price_override_reason"], row["price_override_by_id"]) == ("Old friend", admin["id"])
    assert row["price_override_at"] is not None


@pytest.mark.parametrize(
    ("price", "reason", "code", "field"),
    [
        ("-1", "x", "OUT_OF_RANGE", "unitPrice"),
        ("1.005", "x", "INVALID", "unitPrice"),
        ("1e30", "x", "OUT_OF_RANGE", "unitPrice"),
        ("9999999999999", "x", "OUT_OF_RANGE", "unitPrice"),
        ("1", "  ", "REQUIRED", "reason"),
        ("1", "x" * 501, "TOO_LONG", "reason"),
    ],
)
async def test_a_bad_override_is_refused(
    api: Api, runner: Runner, shop: Shop, price: str, reason: str, code: str, field: str
) -> None:
    order = await draft(api, shop, quantities=(2,))
    given = {"lineId": order["lines"]["nodes"][0]["id"], "unitPrice": price, "reason": reason}
    before = await touched(runner)
    assert refused(await do(api, "overrideLinePrice", id=order["id"], **given)) == [(code, [field])]
    assert await touched(runner) == before


@pytest.mark.parametrize("account", [REP, BUYER])
async def test_overriding_takes_its_permission(api: Api, runner: Runner, shop: Shop, account: str) -> None:
    order = await draft(api, shop, BUYER)
    before = await touched(runner)
    given = {"lineId": order["lines"]["nodes"][0]["id"], "unitPrice": "1", "reason": "x", "id": order["id"]}
    answer = await api(mutation("overrideLinePrice"), {"input": given}, as_=account)
    assert answer.codes == ["FORBIDDEN"]
    assert await touched(runner) == before


async def test_an_overridden_price_remembers_the_price_that_it_replaces_now(
    api: Api, runner: Runner, shop: Shop
) -> None:
    sku = await stocked(runner, MAIN=99)
    order = await draft(api, shop, customerId=await shopper(runner), lines=[line(sku, 2)])
    key = order["lines"]["nodes"][0]["id"]
    await done(api, "overrideLinePrice", id=order["id"], lineId=key, unitPrice="12", reason="x")

    async def prices() -> tuple[Any, ...]:
        row = await shop.one(
            "SELECT unit_price_cents, price_override_original_cents, price_override_at IS NOT NULL AS overridden"
            " FROM leora.order_lines WHERE id = :id",
            id=key_of(key),
        )
        return tuple(row.values())

    found = [await prices()]
    for quantity, listed in ((3, 1100), (4, 1200), (5, 1300)):
        await runner.write(
            "UPDATE leora.skus SET base_price_cents = :listed WHERE id = :id", listed=listed, id=sku["id"]
        )
        lines = [{"lineId": key, "quantity": quantity}]
        await done(api, "updateOrderLines", id=order["id"], lines=lines)
        found.append(await prices())
    assert found == [(1200, listed, True) for listed in (1000, 1100, 1200, 1300)]


@pytest.mark.parametrize("who", [ADMIN, BUYER])
async def test_a_line_that_is_not_sold_any_more_says_so(
    api: Api, runner: Runner, shop: Shop, who: str
) -> None:
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    gone, sold = await stocked(runner, MAIN=9), await stocked(runner, MAIN=9)
    order = await draft(api, shop, who, customerId=customer, lines=[line(sold), line(gone)])
    await runner.write("UPDATE leora.skus SET status = 'INACTIVE' WHERE id = :id", id=gone["id"])
    changes = [{"lineId": one["id"], "quantity": 5} for one in order["lines"]["nodes"]]
    before = await touched(runner)
    payload = await do(api, "updateOrderLines", who, id=order["id"], lines=changes)
    assert refused(payload) == [("SKU_INACTIVE", ["lines", "1", "quantity"])]
    assert gone["code"] in payload["userErrors"][0]["message"]
    assert await touched(runner) == before


@pytest.mark.parametrize("account", [BUYER, REP])
async def test_a_price_that_was_agreed_is_for_the_bottles_that_it_was_agreed_for(
    api: Api, runner: Runner, shop: Shop, account: str
) -> None:
    """Else whoever was given one bottle cheap would take a thousand."""
    customer = global_id("Customer", (await shop.own_customer(BUYER))["id"])
    order = await draft(api, shop, customerId=customer, quantities=(3, 3))
    (key, other) = (one["id"] for one in order["lines"]["nodes"])
    await done(api, "overrideLinePrice", id=order["id"], lineId=key, unitPrice="0.50", reason="Damaged")
    before = await touched(runner)
    for quantity in (4_000, 1):
        lines = [{"lineId": key, "quantity": quantity}]
        payload = await do(api, "updateOrderLines", account, id=order["id"], lines=lines)
        assert refused(payload) == [("NOT_ALLOWED", ["lines", "0", "quantity"])]
    assert await touched(runner) == before
    lines = [{"lineId": key, "quantity": 3}, {"lineId": other, "quantity": 4}]
    changed = await done(api, "updateOrderLines", account, id=order["id"], lines=lines)
    assert [one["quantity"] for one in changed["lines"]["nodes"]] == [3, 4]
    await done(api, "updateOrderLines", id=order["id"], lines=[{"lineId": key, "quantity": 5}])
