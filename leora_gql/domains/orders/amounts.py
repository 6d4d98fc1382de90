"""The arithmetic of orders, in whole cents: lines, subtotal, tax, shipping, total.

Every rounding is half up. What is split (a discount over lines, an order over invoices) is split
by cumulative rounding, so that the parts add up to the whole exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """The amounts of an order or an invoice, in cents; `total = subtotal - discount + tax + shipping`."""

    subtotal_cents: int
    discount_cents: int
    tax_cents: int
    shipping_cents: int

    @property
    def total_cents(self) -> int:
        """What is to be paid."""
        return self.subtotal_cents - self.discount_cents + self.tax_cents + self.shipping_cents


def divide_half_up(numerator: int, denominator: int) -> int:
    """The quotient rounded to a whole number, halves away from zero as PostgreSQL's `round` does it.

    Raises `ZeroDivisionError` for a zero denominator.
    """
    negative = (numerator < 0) != (denominator < 0)
    quotient = (2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator))
    return -quotient if negative else quotient


def line_total(unit_price_cents: int, quantity: int, *, discount_cents: int = 0) -> int:
    """What a line costs in cents. Raises `ValueError` when the discount is negative or above its value."""
    gross = unit_price_cents * quantity
    if not 0 <= discount_cents <= gross:
        raise ValueError("a line's discount lies between zero and the line's value")
    return gross - discount_cents


def tax(taxable_cents: int, rate: Decimal, *, exempt: bool) -> int:
    """The tax in cents on an amount at a rate given as a fraction (0.08875); none for the exempt."""
    if exempt:
        return 0
    return int((taxable_cents * rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def shipping(net_cents: int, *, flat_rate_cents: int, free_from_cents: int | None) -> int:
    """The flat rate, or nothing from the threshold on; without a threshold it is never free."""
    if free_from_cents is not None and net_cents >= free_from_cents:
        return 0
    return flat_rate_cents


def order_amounts(
    line_totals: Iterable[int],
    *,
    discount_cents: int = 0,
    tax_rate: Decimal = Decimal(0),
    tax_exempt: bool = True,
    shipping_cents: int = 0,
) -> OrderAmounts:
    """The amounts of an order with these lines.

    Raises `ValueError` when the order's discount is negative or above its subtotal.
    """
    subtotal = sum(line_totals)
    if not 0 <= discount_cents <= subtotal:
        raise ValueError("an order's discount lies between zero and its subtotal")
    owed = tax(subtotal - discount_cents, tax_rate, exempt=tax_exempt)
    return OrderAmounts(subtotal, discount_cents, owed, shipping_cents)


def part_of(amount: int, before: int, after: int, *, whole: int) -> int:
    """The part of an amount that falls on the stretch from `before` to `after` of a whole.

    Neighbouring stretches that cover the whole give parts that add up to the amount; a whole of
    zero gives zero.

    >>> [part_of(100, n, n + 1, whole=3) for n in range(3)]
    [33, 34, 33]
    """
    if whole == 0:
        return 0
    return divide_half_up(amount * after, whole) - divide_half_up(amount * before, whole)


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """The amount divided in proportion to the weights; the parts add up to it unless all are zero."""
    whole = sum(weights)
    parts: list[int] = []
    before = 0
    for weight in weights:
        parts.append(part_of(amount, before, before + weight, whole=whole))
        before += weight
    return parts


def delivered_value(
    unit_price_cents: int, quantity: int, *, discount_cents: int, before: int, after: int
) -> int:
    """The value in cents of a line's bottles from number `before` to `after` of its `quantity`.

    Includes their share of the line's own discount, not of the order's.
    """
    discount = part_of(discount_cents, before, after, whole=quantity)
    return unit_price_cents * (after - before) - discount


def cases(quantity: int, units_per_case: int) -> Decimal:
    """Bottles in cases, with two decimals."""
    return (Decimal(quantity) / units_per_case).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def liters(quantity: int, bottle_ml: int) -> Decimal:
    """Bottles in litres, with three decimals."""
    return (Decimal(quantity * bottle_ml) / 1000).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
