"""A small distributor in plain Python, by the words of the design and none of the product's code.

Everything has a short name of its own (`o3`, `i1`, `W2`), money is whole cents, and what an act does to the world is
a function in `ordering.py`, `stocking.py` or `billing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

STAFF = ("admin", "manager", "rep")
BUYERS = {"ann": "c1", "bob": "c2", "vic": "c1"}
"""Buyers by their customers; the last may only look."""
_BUYERS_DO = frozenset(
    {"createOrder", "updateOrder", "addOrderLines", "updateOrderLines", "removeOrderLines", "submitOrder"}
    | {"cancelOrder", "reorder"}
)
_REPS_DO = _BUYERS_DO | {"updateCustomer"}
OPEN = ("PENDING", "CONFIRMED", "PARTIALLY_FULFILLED")
Fact = tuple[object, ...]


class Refused(Exception):
    """The act is not done, for all of these reasons."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = tuple(sorted(codes))


class Malformed(Refused):
    """What is wrong with it can be told from the input alone, before anything is looked at."""


@dataclass
class Line:
    """Bottles of a SKU; `held` are those set aside and those gone out, by warehouse."""

    quantity: int
    price: int
    discount: int = 0
    overridden: bool = False
    priced_by: str | None = None
    discounted_by: str | None = None
    fulfilled: int = 0
    held: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    @property
    def total(self) -> int:
        return self.price * self.quantity - self.discount

    @property
    def missing(self) -> int:
        return self.quantity - self.fulfilled


@dataclass
class Amounts:
    """What an order or an invoice comes to."""

    subtotal: int = 0
    discount: int = 0
    tax: int = 0
    shipping: int = 0

    @property
    def total(self) -> int:
        return self.subtotal - self.discount + self.tax + self.shipping


@dataclass
class Order:
    """An order with its lines by SKU, in their order."""

    customer: str
    creator: str
    rep: str | None
    sample: bool
    lines: dict[str, Line]
    status: str = "DRAFT"
    amounts: Amounts = field(default_factory=Amounts)
    notes: str | None = None
    discounted_by: str | None = None
    reasons: tuple[str, ...] = ()
    approver: str | None = None


@dataclass
class Billed:
    """Bottles of an invoice's line."""

    quantity: int
    price: int
    discount: int


@dataclass
class Invoice:
    """An invoice with its lines by SKU; `number` once it is sent."""

    order: str
    customer: str
    amounts: Amounts
    lines: dict[str, Billed]
    status: str = "DRAFT"
    paid: int = 0
    number: int | None = None


@dataclass
class Payment:
    """A payment, and what of it goes to which invoice."""

    customer: str
    shares: dict[str, int]
    status: str = "PENDING"


@dataclass
class Customer:
    """Who buys, on which terms."""

    tier: str | None
    rep: str | None
    exempt: bool = True
    limit: int | None = None
    status: str = "ACTIVE"
    credit: str = "GOOD"
    licence: str | None = None


@dataclass
class Listed:
    """A price of a list: for a customer, for a tier, or for all."""

    price: int
    customer: str | None = None
    tier: str | None = None
    least: int = 1
    most: int | None = None


@dataclass
class Sku:
    """What is sold, and its prices."""

    base: int
    listed: tuple[Listed, ...] = ()
    active: bool = True


@dataclass
class Terms:
    """How the tenant sells."""

    tax_rate: str = "0.088750"
    shipping: int = 1250
    free_from: int | None = 30_000
    minimum: int = 2_000
    warehouse: str = "MAIN"
    allowance: int = 20


@dataclass
class World:
    """All of it."""

    terms: Terms
    customers: dict[str, Customer]
    skus: dict[str, Sku]
    stock: dict[tuple[str, str], list[int]]
    orders: dict[str, Order] = field(default_factory=dict[str, Order])
    invoices: dict[str, Invoice] = field(default_factory=dict[str, Invoice])
    payments: dict[str, Payment] = field(default_factory=dict[str, Payment])
    sent: int = 0

    def shape(self) -> dict[Fact, Fact]:
        """Every fact by what it is about, as `looking.py` reads them from the database."""
        return dict(self._facts())

    def _facts(self) -> Iterator[tuple[Fact, Fact]]:
        terms = self.terms
        limit = terms.free_from
        yield (
            ("terms",),
            (terms.tax_rate, terms.shipping, limit, terms.minimum, terms.warehouse, terms.allowance),
        )
        for name, one in self.customers.items():
            yield ("customer", name), (one.rep, one.exempt, one.limit, one.status, one.credit, one.licence)
        for name, sku in self.skus.items():
            yield ("sku", name), (sku.base, "ACTIVE" if sku.active else "INACTIVE")
        for (sku_name, warehouse), (on_hand, reserved) in self.stock.items():
            yield ("stock", sku_name, warehouse), (on_hand, reserved)
        yield from self._of_orders()
        yield from self._of_money()

    def _of_orders(self) -> Iterator[tuple[Fact, Fact]]:
        for name, order in self.orders.items():
            yield (
                ("order", name),
                (
                    *(order.customer, order.creator, order.rep, order.sample, order.status),
                    *_told(order.amounts),
                    *(order.notes, list(order.reasons), order.approver),
                ),
            )
            for position, (sku, line) in enumerate(order.lines.items(), 1):
                yield (
                    ("line", name, sku),
                    (position, line.quantity, line.price, line.discount, line.overridden, line.fulfilled),
                )
                for warehouse, held in line.held.items():
                    yield ("held", name, sku, warehouse), tuple(held)

    def _of_money(self) -> Iterator[tuple[Fact, Fact]]:
        for name, invoice in self.invoices.items():
            yield (
                ("invoice", name),
                (
                    *(invoice.order, invoice.customer, invoice.status),
                    *_told(invoice.amounts),
                    *(invoice.paid, invoice.number),
                ),
            )
            for sku, line in invoice.lines.items():
                yield ("billed", name, sku), (line.quantity, line.price, line.discount)
        for name, payment in self.payments.items():
            yield ("payment", name), (payment.customer, sum(payment.shares.values()), payment.status)
            for invoice_name, amount in payment.shares.items():
                yield ("share", name, invoice_name), (amount,)


def _told(amounts: Amounts) -> Fact:
    return (amounts.subtotal, amounts.discount, amounts.tax, amounts.shipping, amounts.total)


def may(who: str, mutation: str) -> bool:
    """Whether somebody holds the permission of a mutation."""
    if who == "vic":
        return False
    if who in BUYERS:
        return mutation in _BUYERS_DO
    return who != "rep" or mutation in _REPS_DO


def seen(world: World, who: str, order: str) -> Order:
    """An order that somebody may see."""
    found = world.orders.get(order)
    if found is None or (who in BUYERS and found.customer != BUYERS[who]):
        raise Refused("NOT_FOUND")
    return found


def half_up(value: Fraction | int) -> int:
    """A whole number, halves upwards; of nothing negative."""
    return int(value + Fraction(1, 2))


def share(amount: int, part: int, whole: int) -> int:
    """The part of an amount that falls on a part of a whole."""
    return half_up(Fraction(amount * part, whole)) if whole else 0


def price(world: World, sku: str, customer: str, quantity: int) -> int:
    """The customer's own price, else its tier's, else everybody's, else the base price; of the largest quantity."""
    tier = world.customers[customer].tier
    mine: tuple[Callable[[Listed], bool], ...] = (
        lambda one: one.customer == customer,
        lambda one: one.tier is not None and one.tier == tier,
        lambda one: one.customer is None and one.tier is None,
    )
    for level in mine:
        found = [
            one
            for one in world.skus[sku].listed
            if level(one) and one.least <= quantity <= (one.most or quantity)
        ]
        if found:
            return max(found, key=lambda one: one.least).price
    return world.skus[sku].base


def added_up(world: World, order: Order, lines: dict[str, Line], discount: int) -> Amounts:
    """What an order of these lines comes to on the terms of the moment."""
    subtotal, terms = sum(line.total for line in lines.values()), world.terms
    if discount > subtotal:
        raise Refused("OUT_OF_RANGE")
    net = subtotal - discount
    free = order.sample or (terms.free_from is not None and net >= terms.free_from)
    exempt = world.customers[order.customer].exempt
    tax = 0 if exempt else half_up(net * Fraction(terms.tax_rate))
    return Amounts(subtotal, discount, tax, 0 if free else terms.shipping)


def exposure(world: World, customer: str) -> int:
    """What a customer owes: open invoices, drafts too, and what is ordered or delivered and on no invoice."""
    invoices = [one for one in world.invoices.values() if one.customer == customer and one.status != "VOID"]
    owed = sum(one.amounts.total - one.paid for one in invoices)
    for name, order in world.orders.items():
        if order.customer == customer and order.status != "DRAFT":
            billed = sum(one.amounts.total for one in invoices if one.order == name)
            owed += max(0, _worth(order) - billed)
    return owed


def _worth(order: Order) -> int:
    """What is to be paid for an order; of a cancelled one what of it was delivered."""
    whole = order.amounts
    if order.status != "CANCELLED":
        return whole.total
    if not any(line.fulfilled for line in order.lines.values()):
        return 0
    value = sum(
        line.price * line.fulfilled - share(line.discount, line.fulfilled, line.quantity)
        for line in order.lines.values()
    )
    discount = share(whole.discount, value, whole.subtotal)
    return value - discount + share(whole.tax, value, whole.subtotal) + whole.shipping
