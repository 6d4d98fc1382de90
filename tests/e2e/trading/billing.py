"""What becomes of invoices and payments: each function checks first, and gives the types of the events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.e2e.trading.model import Amounts, Billed, Invoice, Malformed, Order, Payment, Refused, World, share


class _Taken(NamedTuple):
    quantity: int
    discount: int


def _standing(world: World, order: str) -> list[Invoice]:
    return [one for one in world.invoices.values() if one.order == order and one.status != "VOID"]


def left(world: World, order: str) -> dict[str, int]:
    """Bottles by SKU that are delivered and on no invoice."""
    lines = world.orders[order].lines.items()
    return {sku: line.fulfilled - _taken(world, order, sku).quantity for sku, line in lines}


def _taken(world: World, order: str, sku: str) -> _Taken:
    lines = [one.lines[sku] for one in _standing(world, order) if sku in one.lines]
    return _Taken(sum(line.quantity for line in lines), sum(line.discount for line in lines))


def create(world: World, key: str, order: str, parts: Mapping[str, int] | None) -> list[str]:
    """What is delivered and on no invoice is invoiced, or a part of it."""
    found, open_ = world.orders[order], left(world, order)
    if found.sample or not any(open_.values()):
        raise Refused("NOT_ALLOWED")
    wanted = {sku: count for sku, count in open_.items() if count} if parts is None else parts
    codes = [_of_part(open_, sku, count) for sku, count in wanted.items() if count > open_.get(sku, 0)]
    if codes:
        raise Refused(*codes)
    lines = {sku: _line(world, order, sku, count) for sku, count in wanted.items()}
    amounts = _amounts(found, _standing(world, order), lines)
    world.invoices[key] = Invoice(order, found.customer, amounts, lines)
    return ["invoice.created"]


def _of_part(open_: Mapping[str, int], sku: str, count: int) -> str:
    if sku not in open_:
        return "NOT_FOUND"
    return "OUT_OF_RANGE" if open_[sku] else "NOT_ALLOWED"


def _line(world: World, order: str, sku: str, count: int) -> Billed:
    line, taken = world.orders[order].lines[sku], _taken(world, order, sku)
    after = taken.quantity + count
    discount = _fair(
        line.discount,
        taken.discount,
        share(line.discount, after, line.quantity),
        worth=line.price * count,
        rest=line.price * (line.quantity - after),
    )
    return Billed(count, line.price, discount)


def _amounts(order: Order, others: list[Invoice], lines: Mapping[str, Billed]) -> Amounts:
    """The order's discount and tax by cumulative rounding; shipping on the first."""
    whole = order.amounts
    value = sum(one.price * one.quantity - one.discount for one in lines.values())
    after = sum(one.amounts.subtotal for one in others) + value
    discount = _fair(
        whole.discount,
        sum(one.amounts.discount for one in others),
        share(whole.discount, after, whole.subtotal),
        worth=value,
        rest=whole.subtotal - after,
    )
    tax = max(0, share(whole.tax, after, whole.subtotal) - sum(one.amounts.tax for one in others))
    return Amounts(value, discount, tax, whole.shipping - sum(one.amounts.shipping for one in others))


def _fair(amount: int, taken: int, due: int, *, worth: int, rest: int) -> int:
    """What is due of a discount and not taken; no more than the goods bear, and no less than the others cannot."""
    open_ = amount - taken
    return min(max(due - taken, open_ - rest, 0), worth, open_)


def send(world: World, invoice: str) -> list[str]:
    """A draft gets the next number."""
    found = world.invoices[invoice]
    if found.status != "DRAFT":
        raise Refused("INVALID_TRANSITION")
    world.sent += 1
    found.status, found.number = "SENT" if found.amounts.total else "PAID", world.sent
    return ["invoice.sent", *(["invoice.paid"] if found.status == "PAID" else [])]


def void(world: World, invoice: str) -> list[str]:
    """An invoice is taken back, unless somebody pays it; one of nothing is paid by nobody."""
    found = world.invoices[invoice]
    if found.status not in ("DRAFT", "SENT") and not (found.status == "PAID" and not found.amounts.total):
        raise Refused("INVALID_TRANSITION")
    if promised(world, invoice):
        raise Refused("NOT_ALLOWED")
    found.status = "VOID"
    return ["invoice.voided"]


def promised(world: World, invoice: str) -> int:
    """What pending and cleared payments bring an invoice."""
    return sum(
        one.shares.get(invoice, 0) for one in world.payments.values() if one.status in ("PENDING", "CLEARED")
    )


def record(world: World, key: str, customer: str, amount: int, shares: Mapping[str, int]) -> list[str]:
    """A payment comes; it counts once it is cleared."""
    if sum(shares.values()) != amount:
        raise Malformed("INVALID")
    codes: list[str] = []
    for name, cents in shares.items():
        invoice = world.invoices[name]
        if invoice.customer != customer:
            codes.append("NOT_FOUND")
        elif invoice.status in ("DRAFT", "VOID"):
            codes.append("NOT_ALLOWED")
        elif cents > invoice.amounts.total - promised(world, name):
            codes.append("OVERPAYMENT")
    if codes:
        raise Refused(*codes)
    world.payments[key] = Payment(customer, dict(shares))
    return ["payment.recorded"]


def clear(world: World, payment: str) -> list[str]:
    """The money is there."""
    found = _in(world, payment, "PENDING")
    found.status = "CLEARED"
    events = ["payment.cleared"]
    for name, cents in found.shares.items():
        invoice = world.invoices[name]
        invoice.paid += cents
        invoice.status = "PAID" if invoice.paid == invoice.amounts.total else "PARTIALLY_PAID"
        events.append(f"invoice.{invoice.status.lower()}")
    return events


def fail(world: World, payment: str) -> list[str]:
    """The money does not come."""
    _in(world, payment, "PENDING").status = "FAILED"
    return ["payment.failed"]


def refund(world: World, payment: str) -> list[str]:
    """The money goes back, and its invoices are owed again."""
    found = _in(world, payment, "CLEARED")
    found.status = "REFUNDED"
    for name, cents in found.shares.items():
        invoice = world.invoices[name]
        invoice.paid -= cents
        invoice.status = "PARTIALLY_PAID" if invoice.paid else "SENT"
    return ["payment.refunded", *("invoice.reopened" for _ in found.shares)]


def _in(world: World, payment: str, status: str) -> Payment:
    found = world.payments[payment]
    if found.status != status:
        raise Refused("INVALID_TRANSITION")
    return found
