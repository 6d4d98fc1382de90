"""Changing an order's details: what is written and told, and every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER, REP, Api
from tests.domains.noted import global_id
from tests.domains.orders.desk import (
    do,
    done,
    draft,
    in_row,
    key_of,
    last_entry,
    last_event,
    mutation,
    refused,
    stocked,
    touched,
)
from tests.domains.orders.shop import Shop, line
from tests.graph.principals import Runner


async def test_staff_change_a_draft_and_the_amounts_follow_the_discount(
    api: Api, runner: Runner, shop: Shop
) -> None:
    taxed = await shop.customer("c.status = 'ACTIVE' AND NOT c.tax_exempt")
    order = await draft(api, shop, customerId=global_id("Customer", taxed["id"]), quantities=(1, 1))
    rep = await shop.one("SELECT id FROM leora.users WHERE email = :email", email=REP)
    changed = await done(
        api,
        "updateOrder",
        id=order["id"],
        version=order["version"],
        poNumber=" PO-1 ",
        internalNotes="Careful.",
        discountAmount="1.25",
        salesRepId=global_id("User", rep["id"]),
        shippingAddress={"city": "Salem"},
        billingAddress=None,
    )
    assert (changed["poNumber"], changed["discountAmount"]) == ("PO-1", "1.25")
    assert changed["version"] == order["version"] + 1
    row = await in_row(
        runner,
        order,
        "internal_notes, sales_rep_id, shipping_address, billing_address, subtotal_cents, tax_amount_cents,"
        " shipping_amount_cents, total_cents",
    )
    assert (row["internal_notes"], row["sales_rep_id"]) == ("Careful.", rep["id"])
    assert (row["shipping_address"], row["billing_address"]) == ({"city": "Salem"}, None)
    net = row["subtotal_cents"] - 125
    rate = (
        await shop.one(
            "SELECT tax_rate FROM leora.tenant_settings WHERE tenant_id = :t", t=taxed["tenant_id"]
        )
    )["tax_rate"]
    assert row["tax_amount_cents"] == int(net * rate + rate.__class__("0.5"))
    assert row["total_cents"] == net + row["tax_amount_cents"] + row["shipping_amount_cents"]

    event = await last_event(runner, order)
    assert event["type"] == "order.updated"
    assert event["payload"]["discountAmount"] == "1.25"
    assert "internalNotes" not in event["payload"]
    entry = await last_entry(runner, order)
    assert (entry["operation"], entry["action"]) == ("updateOrder", "UPDATE")
    assert entry["changes"]["discountAmount"] == {"before": "0.00", "after": "1.25"}
    assert entry["changes"]["internalNotes"] == {"before": None, "after": "Careful."}


async def test_a_buyer_changes_its_draft(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER)
    given = {"poNumber": "B-2", "notes": "Ring.", "requestedDeliveryOn": "2099-01-31"}
    changed = await done(api, "updateOrder", BUYER, id=order["id"], **given)
    assert {name: changed[name] for name in given} == given
    assert changed["version"] == order["version"] + 1
    assert (await last_entry(runner, order))["actor_kind"] == "PORTAL_USER"


async def test_nothing_new_writes_nothing(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop)
    before = await touched(runner)
    assert await done(api, "updateOrder", id=order["id"], notes=None, discountAmount="0") == order
    assert await touched(runner) == before


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"discountAmount": "1.005"}, "INVALID", "discountAmount"),
        ({"discountAmount": "-1"}, "OUT_OF_RANGE", "discountAmount"),
        ({"discountAmount": "1e30"}, "OUT_OF_RANGE", "discountAmount"),
        ({"discountAmount": "9999999.99"}, "OUT_OF_RANGE", "discountAmount"),
        ({"discountAmount": None}, "REQUIRED", "discountAmount"),
        ({"poNumber": "x" * 101}, "TOO_LONG", "poNumber"),
        ({"notes": "x" * 1_000_000}, "TOO_LONG", "notes"),
        ({"requestedDeliveryOn": "2020-01-01"}, "OUT_OF_RANGE", "requestedDeliveryOn"),
        (
            {"salesRepId": global_id("User", "018f0000-0000-7000-8000-000000000000")},
            "NOT_FOUND",
            "salesRepId",
        ),
        ({"salesRepId": "nonsense"}, "NOT_FOUND", "salesRepId"),
        ({"version": 99, "notes": "Late."}, "CONFLICT", "version"),
    ],
)
async def test_what_cannot_be_is_refused(
    api: Api, runner: Runner, shop: Shop, given: dict[str, Any], code: str, field: str
) -> None:
    order = await draft(api, shop)
    before = await touched(runner)
    assert refused(await do(api, "updateOrder", id=order["id"], **given)) == [(code, [field])]
    assert await touched(runner) == before


async def test_what_is_staffs_a_buyer_neither_sets_nor_clears(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER)
    before = await touched(runner)
    given = {"internalNotes": None, "discountAmount": "1", "salesRepId": None}
    payload = await do(api, "updateOrder", BUYER, id=order["id"], **given)
    assert refused(payload) == [("NOT_ALLOWED", [name]) for name in given]
    assert await touched(runner) == before


async def test_an_order_out_of_sight_is_not_found(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER)
    before = await touched(runner)
    for stranger in (OTHER_BUYER, OTHER_ADMIN):
        assert refused(await do(api, "updateOrder", stranger, id=order["id"], notes="x")) == [
            ("NOT_FOUND", ["id"])
        ]
    assert await touched(runner) == before


async def test_of_a_submitted_order_only_the_notes_change(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop)
    await runner.write(
        "UPDATE leora.orders SET status = 'CONFIRMED', placed_at = now() WHERE id = :id",
        id=key_of(order["id"]),
    )
    payload = await do(api, "updateOrder", id=order["id"], poNumber="P", discountAmount="1", notes="n")
    assert refused(payload) == [("NOT_ALLOWED", ["poNumber"]), ("NOT_ALLOWED", ["discountAmount"])]
    assert (await done(api, "updateOrder", id=order["id"], notes="Fine."))["notes"] == "Fine."


async def test_a_buyer_changes_nothing_of_a_confirmed_order(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER)
    await runner.write(
        "UPDATE leora.orders SET status = 'CONFIRMED', placed_at = now() WHERE id = :id",
        id=key_of(order["id"]),
    )
    before = await touched(runner)
    assert refused(await do(api, "updateOrder", BUYER, id=order["id"], notes="x")) == [
        ("NOT_ALLOWED", ["id"])
    ]
    assert await touched(runner) == before


@pytest.mark.parametrize("account", [ADMIN, BUYER])
@pytest.mark.parametrize("name", ["updateOrder", "addOrderLines", "updateOrderLines", "removeOrderLines"])
async def test_it_takes_the_right_to_write_orders(
    api: Api, runner: Runner, shop: Shop, account: str, name: str
) -> None:
    order = await draft(api, shop, BUYER)
    reader = await runner.principal(account, frozenset({"orders.view", "orders.cancel"}))
    given: dict[str, Any] = {
        "updateOrder": {"notes": "x"},
        "addOrderLines": {"lines": []},
        "updateOrderLines": {"lines": []},
        "removeOrderLines": {"lineIds": []},
    }[name]
    before = await touched(runner)
    body = await runner.run(mutation(name), reader, {"input": {"id": order["id"], **given}})
    assert body["data"] == {name: None}
    assert body["errors"][0]["extensions"]["requiredPermission"] == "orders.create"
    assert await touched(runner) == before


async def test_a_buyer_changes_the_notes_until_it_is_confirmed(api: Api, runner: Runner, shop: Shop) -> None:
    order = await draft(api, shop, BUYER, lines=[line(await stocked(runner, MAIN=5), 1)])
    await done(api, "submitOrder", BUYER, id=order["id"])
    assert (await done(api, "updateOrder", BUYER, id=order["id"], notes="Ring."))["notes"] == "Ring."
    payload = await do(api, "updateOrder", BUYER, id=order["id"], poNumber="Late")
    assert refused(payload) == [("NOT_ALLOWED", ["poNumber"])]
