"""Two people look at what asks for approval: nobody clears the way for what they wrote, priced or reduced."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN, BUYER, MANAGER, REP, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    Payload,
    do,
    done,
    done_by,
    draft,
    hired,
    in_row,
    key_of,
    last_entry,
    mutation,
    put,
    refused,
    representative,
    robot,
    shopper,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner

GIVEN = ["override", "discount", "line discount"]


async def written(api: Api, runner: Runner, shop: Shop, who: str = REP) -> Payload:
    """A draft of three bottles of 10.00 that asks for approval, whatever else becomes of it."""
    customer = await shopper(runner, credit_limit_cents=1)
    sku = await stocked(runner, MAIN=9)
    return await draft(api, shop, who, customerId=customer, lines=[line(sku, 3)])


def gift(order: Payload, what: str, amount: str = "1") -> tuple[str, dict[str, Any]]:
    """The mutation that gives it, and its input."""
    key = order["lines"]["nodes"][0]["id"]
    return {
        "override": ("overrideLinePrice", {"lineId": key, "unitPrice": amount, "reason": "x"}),
        "discount": ("updateOrder", {"discountAmount": amount}),
        "line discount": ("updateOrderLines", {"lines": [{"lineId": key, "discountAmount": amount}]}),
    }[what]


async def give(api: Api, order: Payload, what: str, amount: str = "1", *, as_: str) -> None:
    name, given = gift(order, what, amount)
    await done(api, name, as_, id=order["id"], **given)


async def cannot_approve(api: Api, runner: Runner, order: Payload, *accounts: str) -> None:
    before = await touched(runner)
    for account in accounts:
        payload = await do(api, "approveOrder", account, id=order["id"])
        assert refused(payload) == [("NOT_ALLOWED", ["id"])]
        assert "Somebody else" in payload["userErrors"][0]["message"]
    assert await touched(runner) == before


@pytest.mark.parametrize("what", GIVEN)
async def test_who_gave_a_price_or_a_discount_does_not_approve_it(
    api: Api, runner: Runner, shop: Shop, what: str
) -> None:
    order = await written(api, runner, shop)
    await give(api, order, what, as_=MANAGER)
    await done(api, "submitOrder", REP, id=order["id"])
    await cannot_approve(api, runner, order, MANAGER)
    await done(api, "approveOrder", id=order["id"])


async def test_each_discount_has_its_giver(api: Api, runner: Runner, shop: Shop) -> None:
    order = await written(api, runner, shop)
    await give(api, order, "discount", as_=MANAGER)
    await give(api, order, "line discount", as_=ADMIN)
    await done(api, "submitOrder", REP, id=order["id"])
    await cannot_approve(api, runner, order, MANAGER, ADMIN)
    third = await representative(runner)
    await done_by(runner, third, "approveOrder", id=order["id"])


@pytest.mark.parametrize("what", ["discount", "line discount"])
async def test_a_discount_has_the_giver_of_its_amount_and_none_when_it_is_gone(
    api: Api, runner: Runner, shop: Shop, what: str
) -> None:
    order = await written(api, runner, shop)
    table, key = ("orders", order["id"]) if what == "discount" else ("order_lines", None)
    key = key_of(key or order["lines"]["nodes"][0]["id"])

    async def giver() -> Any:
        row = await shop.one(f"SELECT discounted_by_id FROM leora.{table} WHERE id = :id", id=key)
        return row["discounted_by_id"]

    manager, admin = (await runner.principal(MANAGER)).id, (await runner.principal(ADMIN)).id
    found = []
    for amount, who in (("1", MANAGER), ("1", ADMIN), ("2", ADMIN), ("0", MANAGER), ("3", MANAGER)):
        await give(api, order, what, amount, as_=who)
        found.append(await giver())
    assert found == [manager, manager, admin, None, manager]
    if what == "discount":
        entry = await last_entry(runner, order)
        assert entry["changes"]["discountedById"] == {"before": None, "after": global_id("User", manager)}
    await give(api, order, what, "0", as_=ADMIN)
    await done(api, "submitOrder", REP, id=order["id"])
    await done(api, "approveOrder", MANAGER, id=order["id"])


@pytest.mark.parametrize("quantity", [2, 4])
async def test_other_bottles_of_a_line_leave_its_discount_with_its_giver(
    api: Api, runner: Runner, shop: Shop, quantity: int
) -> None:
    order = await written(api, runner, shop)
    key = order["lines"]["nodes"][0]["id"]
    await give(api, order, "line discount", as_=MANAGER)
    await done(api, "updateOrderLines", REP, id=order["id"], lines=[{"lineId": key, "quantity": quantity}])
    row = await shop.one("SELECT discounted_by_id FROM leora.order_lines WHERE id = :id", id=key_of(key))
    assert row["discounted_by_id"] == (await runner.principal(MANAGER)).id


async def test_several_lines_change_at_once_and_each_keeps_its_giver(
    api: Api, runner: Runner, shop: Shop
) -> None:
    skus = [await stocked(runner, MAIN=9) for _ in range(3)]
    order = await draft(
        api, shop, REP, customerId=await shopper(runner), lines=[line(sku, 2) for sku in skus]
    )
    keys = [one["id"] for one in order["lines"]["nodes"]]
    given = [{"lineId": key, "discountAmount": "1"} for key in keys[:2]]
    await done(api, "updateOrderLines", MANAGER, id=order["id"], lines=given)
    changes = [
        {"lineId": keys[0], "quantity": 3},
        {"lineId": keys[1], "discountAmount": "0", "quantity": 3},
        {"lineId": keys[2], "discountAmount": "2"},
    ]
    await done(api, "updateOrderLines", ADMIN, id=order["id"], lines=changes)
    rows = await runner.sql(
        "SELECT quantity, discount_amount_cents, discounted_by_id FROM leora.order_lines"
        " WHERE order_id = :id ORDER BY position",
        id=key_of(order["id"]),
    )
    manager, admin = (await runner.principal(MANAGER)).id, (await runner.principal(ADMIN)).id
    assert [tuple(row.values()) for row in rows] == [(3, 100, manager), (3, 0, None), (2, 200, admin)]


async def test_a_buyer_may_change_and_remove_a_line_that_has_a_discount(
    api: Api, runner: Runner, shop: Shop
) -> None:
    one, two = await stocked(runner, MAIN=9), await stocked(runner, MAIN=9)
    order = await draft(api, shop, BUYER, lines=[line(one, 2), line(two, 2)])
    keys = [made["id"] for made in order["lines"]["nodes"]]
    given = [{"lineId": key, "discountAmount": "1"} for key in keys]
    await done(api, "updateOrderLines", MANAGER, id=order["id"], lines=given)
    await done(api, "updateOrderLines", BUYER, id=order["id"], lines=[{"lineId": keys[0], "quantity": 3}])
    await done(api, "removeOrderLines", BUYER, id=order["id"], lineIds=[keys[1]])
    rows = await runner.sql(
        "SELECT discount_amount_cents, discounted_by_id FROM leora.order_lines WHERE order_id = :id",
        id=key_of(order["id"]),
    )
    assert [tuple(row.values()) for row in rows] == [(100, (await runner.principal(MANAGER)).id)]


async def test_who_made_an_integration_does_not_approve_what_it_wrote(
    api: Api, runner: Runner, shop: Shop
) -> None:
    manager = (await runner.principal(MANAGER)).id
    till = await robot(runner, manager)
    given = {"customerId": await shopper(runner, credit_limit_cents=1)}
    order = await done_by(runner, till, "createOrder", lines=[line(await stocked(runner, MAIN=9))], **given)
    await done_by(runner, till, "submitOrder", id=order["id"])
    row = await in_row(runner, order, "created_by_id, integration_maker_id")
    assert row == {"created_by_id": None, "integration_maker_id": manager}
    await cannot_approve(api, runner, order, MANAGER)
    await done(api, "approveOrder", id=order["id"])


@pytest.mark.parametrize("what", GIVEN)
async def test_who_made_an_integration_does_not_approve_what_it_gave(
    api: Api, runner: Runner, shop: Shop, what: str
) -> None:
    order = await written(api, runner, shop)
    till = await robot(runner, (await runner.principal(MANAGER)).id)
    name, given = gift(order, what)
    await done_by(runner, till, name, id=order["id"], **given)
    await done(api, "submitOrder", REP, id=order["id"])
    await cannot_approve(api, runner, order, MANAGER)
    await done(api, "approveOrder", id=order["id"])


async def test_no_integration_approves(api: Api, runner: Runner, shop: Shop) -> None:
    order = await written(api, runner, shop)
    await done(api, "submitOrder", REP, id=order["id"])
    before = await touched(runner)
    for maker in (await hired(runner), (await runner.principal(REP)).id):
        till = await robot(runner, maker)
        payload = (await runner.data(mutation("approveOrder"), till, {"input": {"id": order["id"]}}))[
            "approveOrder"
        ]
        assert refused(payload) == [("NOT_ALLOWED", ["id"])]
        assert payload["userErrors"][0]["message"] == "A person has to approve it."
    assert await touched(runner) == before


async def test_staff_see_who_gave_a_discount(api: Api, runner: Runner, shop: Shop) -> None:
    order = await written(api, runner, shop)
    for what in ("discount", "line discount"):
        await give(api, order, what, as_=MANAGER)
    query = "query ($id: ID!) { order(id: $id) { discountedBy { email } lines { nodes { discountedBy { email } } } } }"
    found = (await api.data(query, {"id": order["id"]}, as_=ADMIN))["order"]
    assert found == {
        "discountedBy": {"email": MANAGER},
        "lines": {"nodes": [{"discountedBy": {"email": MANAGER}}]},
    }


@pytest.mark.parametrize("approved", [True, False])
async def test_what_is_submitted_changes_no_more(
    api: Api, runner: Runner, shop: Shop, approved: bool
) -> None:
    order = await written(api, runner, shop)
    await give(api, order, "discount", as_=MANAGER)
    await done(api, "submitOrder", REP, id=order["id"])
    if approved:
        await done(api, "approveOrder", id=order["id"])
    key, sku = order["lines"]["nodes"][0]["id"], await stocked(runner, MAIN=9)
    changes: list[tuple[str, dict[str, Any], list[str]]] = [
        *((*gift(order, what, "2"), ["id"]) for what in ("override", "line discount")),
        (*gift(order, "discount", "2"), ["discountAmount"]),
        (*gift(order, "discount", "0"), ["discountAmount"]),
        ("addOrderLines", {"lines": [line(sku)]}, ["id"]),
        ("updateOrderLines", {"lines": [{"lineId": key, "quantity": 9}]}, ["id"]),
        ("removeOrderLines", {"lineIds": [key]}, ["id"]),
        ("updateOrder", {"salesRepId": None}, ["salesRepId"]),
        ("updateOrder", {"shippingAddress": None}, ["shippingAddress"]),
    ]
    before = await touched(runner)
    for name, given, field in changes:
        assert refused(await do(api, name, id=order["id"], **given)) == [("NOT_ALLOWED", field)], name
    for name in ("fulfillOrder", "submitOrder"):
        assert refused(await do(api, name, id=order["id"])) == [("INVALID_TRANSITION", ["id"])]
    assert await touched(runner) == before
    assert (await done(api, "updateOrder", id=order["id"], notes="Fine."))["notes"] == "Fine."
    row = await in_row(runner, order, "approved_at IS NOT NULL AS approved, requires_approval")
    assert row == {"approved": approved, "requires_approval": True}


async def test_ordering_the_same_again_repeats_no_price_discount_or_approval(
    api: Api, runner: Runner, shop: Shop
) -> None:
    order = await written(api, runner, shop)
    await give(api, order, "override", "8", as_=MANAGER)
    for what in ("discount", "line discount"):
        await give(api, order, what, as_=MANAGER)
    await done(api, "submitOrder", REP, id=order["id"])
    await done(api, "approveOrder", id=order["id"])
    again = await done(api, "reorder", MANAGER, id=order["id"])
    row = await in_row(
        runner,
        again,
        "subtotal_cents, discount_amount_cents, discounted_by_id, requires_approval, approval_reasons,"
        " approved_by_id, approved_at",
    )
    assert row == {
        "subtotal_cents": 3000,
        "discount_amount_cents": 0,
        "discounted_by_id": None,
        "requires_approval": False,
        "approval_reasons": [],
        "approved_by_id": None,
        "approved_at": None,
    }
    (bottles,) = await runner.sql(
        "SELECT unit_price_cents, discount_amount_cents, discounted_by_id, price_override_at"
        " FROM leora.order_lines WHERE order_id = :id",
        id=key_of(again["id"]),
    )
    assert tuple(bottles.values()) == (1000, 0, None, None)
    await done(api, "submitOrder", MANAGER, id=again["id"])
    await cannot_approve(api, runner, again, MANAGER)
    before = await touched(runner)
    assert refused(await do(api, "confirmOrder", id=again["id"])) == [("NOT_ALLOWED", ["id"])]
    assert await touched(runner) == before


async def test_what_is_given_before_it_is_submitted_asks_then(api: Api, runner: Runner, shop: Shop) -> None:
    sku = await stocked(runner, MAIN=99)
    order = await draft(api, shop, BUYER, lines=[line(sku, 2)])
    async with put(runner, "tenant_settings", await runner.tenant(), minimum_order_amount_cents=0):
        await give(api, order, "line discount", as_=MANAGER)
        await done(api, "submitOrder", BUYER, id=order["id"])
    assert "DISCOUNT" in (await in_row(runner, order, "approval_reasons"))["approval_reasons"]
    await cannot_approve(api, runner, order, MANAGER)
