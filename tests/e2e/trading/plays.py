"""Acts that belong together: the usual way of an order, as one operation or as the beginning of an example."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.e2e.trading import billing, ordering
from tests.e2e.trading.acts import Act, Hand
from tests.e2e.trading.counter import MAKERS
from tests.e2e.trading.desk import Desk, money

__all__ = ["MAKERS", "chain", "opening"]
_WAY: dict[str, Callable[..., list[str]]] = {
    "submitOrder": ordering.submit,
    "approveOrder": ordering.approve,
    "confirmOrder": ordering.confirm,
    "fulfillOrder": partial(ordering.fulfil, parts=None),
    "createInvoice": billing.create,
    "cancelOrder": ordering.cancel,
}
_NEXT = {"DRAFT": 0, "PENDING": 1, "CONFIRMED": 3, "PARTIALLY_FULFILLED": 3, "FULFILLED": 4, "CANCELLED": 4}
MOST = 4
"""Mutations of an operation."""


def _whole(desk: Desk, who: str, mutation: str, order: str) -> Act:
    """A step that takes all of an order."""
    if mutation == "createInvoice":
        key = desk.new("i")
        predict = partial(billing.create, key=key, order=order, parts=None)
        return Act(who, mutation, {"orderId": desk.id(order)}, predict, "invoice", makes=key)
    return Act(who, mutation, {"id": desk.id(order)}, partial(_WAY[mutation], who=who, order=order), "order")


def chain(desk: Desk, hand: Hand) -> list[Act]:
    """The next steps of one order, now and then one too many or too few."""
    going = [name for name, one in desk.world.orders.items() if one.status not in ("FULFILLED", "CANCELLED")]
    order, who = desk.one_of(hand, list(desk.world.orders), going), hand.of(("admin", "manager"))
    found = desk.world.orders[order]
    first = hand.number(0, 3) if hand.once_in(6) else _NEXT[found.status]
    needless = "approveOrder" if not found.reasons and found.status != "DRAFT" else "cancelOrder"
    steps = list(_WAY)[first:][: hand.number(2, 5)]
    taken = [step for step in steps if step != needless or hand.once_in(8)]
    return [_whole(desk, who, step, order) for step in taken[:MOST]]


def opening(desk: Desk) -> Iterator[Act]:
    """An order of each customer: one delivered and billed whole at a discount, one in part, one only confirmed."""
    for customer in desk.world.customers:
        key = desk.new("o")
        wanted = [("W1", 12), ("W2", 7), ("W5", 3)]
        lines = [{"skuId": desk.id(sku), "quantity": count} for sku, count in wanted]
        given = {"customerId": desk.id(customer), "lines": lines}
        known = {"who": "admin", "customer": customer, "wanted": wanted, "sample": False, "rep": None}
        yield Act(
            "admin", "createOrder", given, partial(ordering.create, key=key, **known), "order", makes=key
        )
        if customer != "c3":
            yield _reduced(desk, key)
        yield _whole(desk, "admin", "submitOrder", key)
        if customer != "c3":
            yield _whole(desk, "manager", "approveOrder", key)
        yield _whole(desk, "admin", "confirmOrder", key)
        yield from _delivered(desk, key) if customer != "c3" else ()


def _reduced(desk: Desk, order: str) -> Act:
    """A discount on the order as a whole, or on a line of it."""
    if desk.world.orders[order].customer == "c1":
        predict = partial(ordering.set_discount, who="admin", order=order, cents=1001)
        return Act(
            "admin", "updateOrder", {"id": desk.id(order), "discountAmount": money(1001)}, predict, "order"
        )
    lines = [{"lineId": desk.line_id(order, "W1"), "discountAmount": money(777)}]
    predict = partial(ordering.change_lines, who="admin", order=order, wanted={"W1": (None, 777)})
    return Act("admin", "updateOrderLines", {"id": desk.id(order), "lines": lines}, predict, "order")


def _delivered(desk: Desk, order: str) -> Iterator[Act]:
    parts = None if desk.world.orders[order].customer == "c1" else {"W1": 5, "W2": 7}
    given: dict[str, Any] = {"id": desk.id(order)}
    if parts is not None:
        given["lines"] = [
            {"lineId": desk.line_id(order, sku), "quantity": count} for sku, count in parts.items()
        ]
    predict = partial(ordering.fulfil, who="admin", order=order, parts=parts)
    yield Act("admin", "fulfillOrder", given, predict, "order")
    bill = _whole(desk, "admin", "createInvoice", order)
    yield bill
    assert bill.makes is not None
    send = partial(billing.send, invoice=bill.makes)
    yield Act("admin", "sendInvoice", {"id": desk.id(bill.makes)}, send, "invoice")
