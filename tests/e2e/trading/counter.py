"""Makes acts about invoices, payments, and the terms of customers, SKUs and the tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tests.domains.noted import global_id
from tests.e2e.trading import billing, stocking
from tests.e2e.trading.acts import Act, Hand
from tests.e2e.trading.desk import MAKERS, Desk, makes, money, versioned
from tests.e2e.trading.model import STAFF, World

__all__ = ["MAKERS"]
OWED = ("SENT", "PARTIALLY_PAID")


def _clerk(hand: Hand) -> str:
    return hand.of(("admin", "manager", "rep", "ann")) if hand.once_in(12) else hand.of(("admin", "manager"))


def _delivered(world: World) -> bool:
    return any(line.fulfilled for one in world.orders.values() for line in one.lines.values())


@makes("createInvoice", _delivered)
def create_invoice(desk: Desk, hand: Hand) -> Act:
    """All that is open, or parts: one bottle, all of a line, one too many."""
    open_ = [name for name in desk.world.orders if any(billing.left(desk.world, name).values())]
    order = desk.one_of(hand, list(desk.world.orders), open_)
    given: dict[str, Any] = {"orderId": desk.id(order)}
    parts: Mapping[str, int] | None = None
    if not hand.once_in(3):
        left = billing.left(desk.world, order)
        skus = hand.some([sku for sku, count in left.items() if count or hand.once_in(8)] or [*left], most=2)
        parts = {sku: max(1, hand.of((1, left[sku] // 2, left[sku]))) for sku in skus}
        if hand.once_in(10):
            parts[skus[0]] = left[skus[0]] + 1
        given["lines"] = [
            {"orderLineId": desk.line_id(order, sku), "quantity": count} for sku, count in parts.items()
        ]
    key = desk.new("i")
    predict = partial(billing.create, key=key, order=order, parts=parts)
    return Act(_clerk(hand), "createInvoice", given, predict, "invoice", makes=key)


def _invoice(desk: Desk, hand: Hand, *statuses: str) -> str:
    fit = [name for name, one in desk.world.invoices.items() if one.status in statuses]
    return desk.one_of(hand, list(desk.world.invoices), fit)


def _on_invoices(mutation: str, statuses: tuple[str, ...], does: Callable[..., list[str]]) -> None:
    @makes(mutation, lambda world: any(one.status in statuses for one in world.invoices.values()))
    def make(desk: Desk, hand: Hand) -> Act:
        invoice = _invoice(desk, hand, *statuses)
        given: dict[str, Any] = {"id": desk.id(invoice)}
        stale = versioned(desk, hand, invoice, given)
        predict = partial(does, invoice=invoice)
        return Act(_clerk(hand), mutation, given, predict, "invoice", stale=stale)


_on_invoices("sendInvoice", ("DRAFT",), billing.send)
_on_invoices("voidInvoice", ("DRAFT", "SENT"), billing.void)


@makes("recordPayment", lambda world: any(one.status in OWED for one in world.invoices.values()))
def record_payment(desk: Desk, hand: Hand) -> Act:
    """For one or several invoices, all or a part of what is left, now and then a cent too much."""
    first = _invoice(desk, hand, *OWED)
    customer = desk.world.invoices[first].customer
    fit = [
        name
        for name, one in desk.world.invoices.items()
        if name != first and one.customer == customer and one.status in OWED
    ]
    others = list(desk.world.invoices) if hand.once_in(20) else fit
    more = hand.some(others, most=2) if others and hand.once_in(2) else []
    shares: dict[str, int] = {}
    for name in (first, *more):
        left = desk.world.invoices[name].amounts.total - billing.promised(desk.world, name)
        shares[name] = max(1, hand.of((left, left, 1, left // 2, left // 3, left + hand.number(0, 1))))
    amount = sum(shares.values()) + hand.once_in(20)
    given = {
        "customerId": desk.id(customer),
        "amount": money(amount),
        "method": hand.of(("CHECK", "ACH", "CASH")),
        "receivedOn": "2024-02-29",
        "allocations": [
            {"invoiceId": desk.id(name), "amount": money(cents)} for name, cents in shares.items()
        ],
    }
    key = desk.new("p")
    predict = partial(billing.record, key=key, customer=customer, amount=amount, shares=shares)
    return Act(_clerk(hand), "recordPayment", given, predict, "payment", makes=key)


def _on_payments(mutation: str, status: str, does: Callable[..., list[str]]) -> None:
    @makes(mutation, lambda world: any(one.status == status for one in world.payments.values()))
    def make(desk: Desk, hand: Hand) -> Act:
        fit = [name for name, one in desk.world.payments.items() if one.status == status]
        payment = desk.one_of(hand, list(desk.world.payments), fit)
        given: dict[str, Any] = {"id": desk.id(payment)}
        stale = versioned(desk, hand, payment, given)
        predict = partial(does, payment=payment)
        return Act(_clerk(hand), mutation, given, predict, "payment", stale=stale)


_on_payments("clearPayment", "PENDING", billing.clear)
_on_payments("failPayment", "PENDING", billing.fail)
_on_payments("refundPayment", "CLEARED", billing.refund)

_CUSTOMER: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "limit": ("creditLimit", (None, 0, 50_000, 200_000)),
    "exempt": ("taxExempt", (False, True)),
    "credit": ("creditStatus", ("GOOD", "GOOD", "HOLD")),
    "status": ("status", ("ACTIVE", "ACTIVE", "PROSPECT", "INACTIVE")),
    "rep": ("salesRepId", (None, *STAFF)),
    "licence": ("licenseExpiresOn", (None, "2199-01-01", "2020-01-01")),
}
_TERMS: Mapping[str, tuple[str, tuple[Any, ...]]] = {
    "tax_rate": ("taxRate", ("0.088750", "0.000000", "0.333330", "0.999990")),
    "shipping": ("shippingFlatRate", (1250, 0, 1)),
    "free_from": ("freeShippingThreshold", (30_000, None, 0)),
    "minimum": ("minimumOrderAmount", (2_000, 0)),
    "warehouse": ("defaultWarehouse", ("MAIN", "ANNEX")),
    "allowance": ("sampleAllowancePerRep", (20, 0, 40)),
}
_IN_CENTS = frozenset({"limit", "shipping", "free_from", "minimum", "base"})


def _told(name: str, value: Any) -> Any:
    return money(value) if name in _IN_CENTS and value is not None else value


@makes("updateCustomer", bool)
def update_customer(desk: Desk, hand: Hand) -> Act:
    """Mostly something that lets trade go on."""
    who = hand.of(("admin", "manager", "rep", "ann"))
    customer, name = hand.of(list(desk.world.customers)), hand.of(list(_CUSTOMER))
    field, values = _CUSTOMER[name]
    value = hand.of(values)
    told = global_id("User", desk.names.ids[value]) if value in STAFF else _told(name, value)
    given = {"id": desk.id(customer), field: told}
    predict = partial(stocking.set_customer, who=who, customer=customer, name=name, value=value)
    return Act(who, "updateCustomer", given, predict, "customer")


@makes("updateTenantSettings", bool)
def update_terms(desk: Desk, hand: Hand) -> Act:
    who, name = hand.of(("admin", "manager", "rep")), hand.of(list(_TERMS))
    field, values = _TERMS[name]
    value = hand.of(values)
    predict = partial(stocking.set_terms, name=name, value=value)
    return Act(who, "updateTenantSettings", {field: _told(name, value)}, predict, "terms")


@makes("updateSku", bool)
def update_sku(desk: Desk, hand: Hand) -> Act:
    """Another price, or sold no more; what is not sold mostly comes back."""
    sold = [sku for sku, one in desk.world.skus.items() if not one.active]
    if sold and not hand.once_in(4):
        return _sku(desk, hand, hand.of(sold), "active", "status", "ACTIVE")
    if hand.once_in(3):
        return _sku(desk, hand, hand.of(list(desk.world.skus)), "active", "status", "INACTIVE")
    cents = hand.of((1000, 1, 0, 777))
    return _sku(desk, hand, hand.of(list(desk.world.skus)), "base", "basePrice", money(cents), cents)


def _sku(desk: Desk, hand: Hand, sku: str, name: str, field: str, told: str, value: int | None = None) -> Act:
    means = told == "ACTIVE" if value is None else value
    predict = partial(stocking.set_sku, sku=sku, name=name, value=means)
    given = {"id": desk.id(sku), field: told}
    who = "rep" if hand.once_in(4) else _clerk(hand)
    return Act(who, "updateSku", given, predict, "sku")
