"""Makes acts about orders, stock and terms out of what is there: mostly sensible ones, some that must be refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.domains.noted import global_id
from tests.e2e.trading import ordering, stocking
from tests.e2e.trading.acts import Act, Hand
from tests.e2e.trading.looking import Names
from tests.e2e.trading.model import BUYERS, STAFF, World

KINDS = {"o": "Order", "i": "Invoice", "p": "Payment", "c": "Customer", "W": "Sku"}
PLACES = ("MAIN", "ANNEX", "YARD")
Maker = Callable[["Desk", Hand], Act]
Ready = Callable[[World], object]
MAKERS: dict[str, tuple[Maker, Ready]] = {}
"""How each mutation's act is made, and whether there is anything to do it with."""


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def makes(mutation: str, ready: Ready) -> Callable[[Maker], Maker]:
    """Notes how a mutation's act is made."""

    def noted(maker: Maker) -> Maker:
        MAKERS[mutation] = (maker, ready)
        return maker

    return noted


@dataclass
class Desk:
    """Where acts are made: the world as it is known to be, and the ids of its rows.

    `versions` says whether acts name those too: of several, each would be of what the others have changed.
    """

    world: World
    names: Names
    versions: bool = True
    hot: frozenset[str] = frozenset()
    """Rows that everybody wants at the moment."""
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def new(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}"

    def id(self, name: str) -> str:
        return global_id(KINDS[name[0]], self.names.ids[name])

    def line_id(self, order: str, sku: str) -> str:
        return global_id("OrderLine", self.names.lines[order, sku])

    def one_of(self, hand: Hand, names: Sequence[str], fit: Sequence[str]) -> str:
        """Mostly one that fits, now and then any; of what is hot that mostly."""
        hot = [name for name in names if name in self.hot]
        if hot and not hand.once_in(4):
            return hand.of(hot)
        return hand.of(names if not fit or hand.once_in(8) else fit)

    def order(self, hand: Hand, *statuses: str) -> str:
        """An order, mostly in one of these states."""
        fit = [name for name, one in self.world.orders.items() if one.status in statuses]
        return self.one_of(hand, list(self.world.orders), fit)

    def sku(self, hand: Hand) -> str:
        return self.one_of(hand, list(self.world.skus), [])

    def somebody(self, hand: Hand, order: str, *, staff: Sequence[str] = STAFF) -> str:
        """Who acts on an order: mostly somebody who may."""
        if hand.once_in(12):
            return hand.of([*STAFF, *BUYERS])
        customer = self.world.orders[order].customer
        return hand.of([*staff, *(who for who in ("ann", "bob") if BUYERS[who] == customer)])

    def lines(self, hand: Hand, *, but: Sequence[str] = (), most: int = 3) -> list[tuple[str, int]]:
        """SKUs, each with a quantity."""
        left = [sku for sku in self.world.skus if sku not in but] or list(self.world.skus)
        return [(sku, hand.of((1, 3, 7, 12, 30))) for sku in hand.some(left, most=most)]


def versioned(desk: Desk, hand: Hand, name: str, given: dict[str, Any]) -> bool:
    """Name the row's version now and then; whether it is an old one."""
    if not desk.versions or not hand.once_in(6):
        return False
    stale = hand.once_in(2)
    given["version"] = desk.names.versions[name] - stale
    return stale


def _any(*statuses: str) -> Ready:
    """Whether there is an order in one of these states."""
    return lambda world: any(one.status in statuses for one in world.orders.values())


def _steps(mutation: str, statuses: tuple[str, ...], does: Callable[..., list[str]], managers: bool) -> None:
    """Acts that take an order as a whole from one state to another."""

    @makes(mutation, _any(*statuses))
    def make(desk: Desk, hand: Hand) -> Act:
        order = desk.order(hand, *statuses)
        who = hand.of(("admin", "manager", "admin", "manager", "rep")) if managers else None
        who = who or desk.somebody(hand, order)
        given: dict[str, Any] = {"id": desk.id(order)}
        stale = versioned(desk, hand, order, given)
        predict = partial(does, who=who, order=order)
        return Act(who, mutation, given, predict, "order", stale=stale)


_steps("submitOrder", ("DRAFT",), ordering.submit, managers=False)
_steps("approveOrder", ("PENDING",), ordering.approve, managers=True)
_steps("confirmOrder", ("PENDING",), ordering.confirm, managers=True)
_steps("cancelOrder", ("PENDING", "CONFIRMED", "PARTIALLY_FULFILLED"), ordering.cancel, managers=False)


@makes("createOrder", bool)
def create_order(desk: Desk, hand: Hand) -> Act:
    who = hand.of((*STAFF, "ann", "bob"))
    customer = BUYERS.get(who) or hand.of(list(desk.world.customers))
    if who in BUYERS and hand.once_in(10):
        customer = hand.of(list(desk.world.customers))
    wanted, key = desk.lines(hand), desk.new("o")
    sample = hand.once_in(4 if who in STAFF else 20)
    rep = hand.of(STAFF) if hand.once_in(8) else None
    given: dict[str, Any] = {"lines": _new(desk, wanted), "isSample": sample}
    if rep is not None:
        given["salesRepId"] = global_id("User", desk.names.ids[rep])
    if who in STAFF or BUYERS[who] != customer:
        given["customerId"] = desk.id(customer)
    predict = partial(
        ordering.create, key=key, who=who, customer=customer, wanted=wanted, sample=sample, rep=rep
    )
    return Act(who, "createOrder", given, predict, "order", makes=key)


def _new(desk: Desk, wanted: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"skuId": desk.id(sku), "quantity": count} for sku, count in wanted]


@makes("reorder", _any("FULFILLED", "CANCELLED"))
def reorder(desk: Desk, hand: Hand) -> Act:
    order, key = desk.order(hand, "FULFILLED", "CANCELLED"), desk.new("o")
    who = desk.somebody(hand, order)
    predict = partial(ordering.reorder, key=key, who=who, order=order)
    return Act(who, "reorder", {"id": desk.id(order)}, predict, "order", makes=key)


@makes("updateOrder", _any("DRAFT", "PENDING", "CONFIRMED"))
def update_order(desk: Desk, hand: Hand) -> Act:
    """Notes, whom it counts for, or the order's discount."""
    if hand.once_in(5):
        return _other_rep(desk, hand)
    if hand.once_in(3):
        order = desk.order(hand, "DRAFT", "PENDING", "CONFIRMED")
        who, notes = desk.somebody(hand, order), hand.of(("at noon", "at the back"))
        predict = partial(ordering.set_notes, who=who, order=order, notes=notes)
        return Act(who, "updateOrder", {"id": desk.id(order), "notes": notes}, predict, "order")
    order = desk.order(hand, "DRAFT")
    subtotal = desk.world.orders[order].amounts.subtotal
    cents = hand.of((1, 0, subtotal // 3, subtotal // 7, subtotal, subtotal + 1))
    who = hand.of(("admin", "manager", "rep", "ann") if hand.once_in(6) else ("admin", "manager"))
    predict = partial(ordering.set_discount, who=who, order=order, cents=cents)
    given = {"id": desk.id(order), "discountAmount": money(cents)}
    return Act(who, "updateOrder", given, predict, "order")


def _other_rep(desk: Desk, hand: Hand) -> Act:
    order, rep = desk.order(hand, "DRAFT"), hand.of((*STAFF, None))
    who = desk.somebody(hand, order)
    given = {
        "id": desk.id(order),
        "salesRepId": None if rep is None else global_id("User", desk.names.ids[rep]),
    }
    predict = partial(ordering.set_rep, who=who, order=order, rep=rep)
    return Act(who, "updateOrder", given, predict, "order")


@makes("addOrderLines", _any("DRAFT"))
def add_lines(desk: Desk, hand: Hand) -> Act:
    order = desk.order(hand, "DRAFT")
    there = () if hand.once_in(8) else tuple(desk.world.orders[order].lines)
    who, wanted = desk.somebody(hand, order), desk.lines(hand, but=there, most=2)
    predict = partial(ordering.add_lines, who=who, order=order, wanted=wanted)
    given = {"id": desk.id(order), "lines": _new(desk, wanted)}
    return Act(who, "addOrderLines", given, predict, "order")


@makes("updateOrderLines", _any("DRAFT"))
def change_lines(desk: Desk, hand: Hand) -> Act:
    order = desk.order(hand, "DRAFT")
    who = desk.somebody(hand, order)
    wanted: dict[str, tuple[int | None, int | None]] = {}
    for sku in hand.some(list(desk.world.orders[order].lines), most=2):
        line = desk.world.orders[order].lines[sku]
        quantity = hand.of((None, 2, 5, 11, 12, 13, line.quantity, 200))
        gross = line.price * (quantity or line.quantity)
        gives = who in ("admin", "manager") or hand.once_in(8)
        discount = hand.of((0, 1, gross // 3, gross // 2, gross, gross + 1)) if gives else None
        wanted[sku] = (quantity, discount if hand.once_in(2) else None)
    predict = partial(ordering.change_lines, who=who, order=order, wanted=wanted)
    lines = [_line_change(desk, order, sku, *after) for sku, after in wanted.items()]
    return Act(who, "updateOrderLines", {"id": desk.id(order), "lines": lines}, predict, "order")


def _line_change(
    desk: Desk, order: str, sku: str, quantity: int | None, discount: int | None
) -> dict[str, Any]:
    given: dict[str, Any] = {"lineId": desk.line_id(order, sku)}
    if quantity is not None:
        given["quantity"] = quantity
    if discount is not None:
        given["discountAmount"] = money(discount)
    return given


@makes("removeOrderLines", _any("DRAFT"))
def remove_lines(desk: Desk, hand: Hand) -> Act:
    order = desk.order(hand, "DRAFT")
    lines = desk.world.orders[order].lines
    who, gone = desk.somebody(hand, order), hand.some(list(lines), most=max(1, len(lines) - 1))
    if hand.once_in(10):
        gone = list(lines)
    predict = partial(ordering.remove_lines, who=who, order=order, gone=gone)
    given = {"id": desk.id(order), "lineIds": [desk.line_id(order, sku) for sku in gone]}
    return Act(who, "removeOrderLines", given, predict, "order")


@makes("overrideLinePrice", _any("DRAFT"))
def override(desk: Desk, hand: Hand) -> Act:
    order = desk.order(hand, "DRAFT")
    sku, cents = hand.of(list(desk.world.orders[order].lines)), hand.of((1999, 1, 0, 333, 12_345))
    who = hand.of(("admin", "manager", "rep", "ann") if hand.once_in(8) else ("admin", "manager"))
    predict = partial(ordering.override, who=who, order=order, sku=sku, cents=cents)
    given = {"id": desk.id(order), "lineId": desk.line_id(order, sku), "unitPrice": money(cents)}
    return Act(who, "overrideLinePrice", {**given, "reason": "A good day."}, predict, "order")


@makes("fulfillOrder", _any("CONFIRMED", "PARTIALLY_FULFILLED"))
def fulfil(desk: Desk, hand: Hand) -> Act:
    order = desk.order(hand, "CONFIRMED", "PARTIALLY_FULFILLED")
    who = hand.of(("admin", "manager", "rep")) if hand.once_in(8) else hand.of(("admin", "manager"))
    given: dict[str, Any] = {"id": desk.id(order)}
    parts: Mapping[str, int] | None = None
    if not hand.once_in(3):
        lines = desk.world.orders[order].lines
        parts = {sku: _part(hand, lines[sku].missing) for sku in hand.some(list(lines), most=2)}
        given["lines"] = [
            {"lineId": desk.line_id(order, sku), "quantity": count} for sku, count in parts.items()
        ]
    predict = partial(ordering.fulfil, who=who, order=order, parts=parts)
    return Act(who, "fulfillOrder", given, predict, "order")


def _part(hand: Hand, most: int) -> int:
    """Bottles of so many, now and then one too many."""
    return max(1, most + 1 if hand.once_in(12) else hand.number(1, max(1, most)))


@makes("receiveInventory", bool)
def receive(desk: Desk, hand: Hand) -> Act:
    who, sku, place = hand.of(("admin", "manager", "rep")), desk.sku(hand), hand.of(PLACES)
    count = hand.of((1, 6, 24, 60))
    predict = partial(stocking.receive, sku=sku, warehouse=place, quantity=count)
    given = {"skuId": desk.id(sku), "warehouse": place, "quantity": count}
    return Act(who, "receiveInventory", given, predict, "stock")


@makes("adjustInventory", bool)
def adjust(desk: Desk, hand: Hand) -> Act:
    """Up, down, down to what is reserved, and one below; by the item's id with its version, or by its place."""
    who, sku, place = hand.of(("admin", "manager")), desk.sku(hand), hand.of(PLACES)
    on_hand, reserved = desk.world.stock.get((sku, place), (0, 0))
    delta = hand.of((1, -1, -5, 12, reserved - on_hand, reserved - on_hand - 1)) or 1
    given: dict[str, Any] = {"onHandDelta": delta, "reason": "Counted."}
    stale = False
    if (sku, place) in desk.world.stock and hand.once_in(2):
        item = f"{sku}@{place}"
        given["inventoryItemId"] = global_id("InventoryItem", desk.names.ids[item])
        stale = versioned(desk, hand, item, given)
    else:
        given |= {"skuId": desk.id(sku), "warehouse": place}
    predict = partial(stocking.adjust, sku=sku, warehouse=place, delta=delta)
    return Act(who, "adjustInventory", given, predict, "stock", stale=stale)


@makes("transferInventory", bool)
def transfer(desk: Desk, hand: Hand) -> Act:
    who, sku = hand.of(("admin", "manager", "rep")), desk.sku(hand)
    source, target = hand.of(PLACES), hand.of(PLACES[::-1])
    on_hand, reserved = desk.world.stock.get((sku, source), (0, 0))
    count = max(1, hand.of((1, 5, on_hand - reserved, on_hand - reserved + 1, on_hand)))
    predict = partial(stocking.transfer, sku=sku, source=source, target=target, quantity=count)
    given = {"skuId": desk.id(sku), "fromWarehouse": source, "toWarehouse": target, "quantity": count}
    return Act(who, "transferInventory", given, predict, "stock")
