"""An order invoiced in parts: what of its lines, discount, tax and shipping falls on each part.

Each part is what the parts up to and with it should have by cumulative rounding, less what those before it took. So
the parts add up to the order exactly, whichever of them were made void and made again in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leora_gql.domains.orders.amounts import OrderAmounts, part_of

NOTHING = OrderAmounts(subtotal_cents=0, discount_cents=0, tax_cents=0, shipping_cents=0)
"""What invoices took of an order that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAmounts:
    """A line of an order, in bottles and cents, and what its invoices (void ones apart) took of it."""

    quantity: int
    unit_price_cents: int
    discount_cents: int
    taken_quantity: int = 0
    taken_discount_cents: int = 0


def together(amounts: Iterable[OrderAmounts]) -> OrderAmounts:
    """The sums of each of the amounts."""
    rows = list(amounts)
    return OrderAmounts(
        subtotal_cents=sum(one.subtotal_cents for one in rows),
        discount_cents=sum(one.discount_cents for one in rows),
        tax_cents=sum(one.tax_cents for one in rows),
        shipping_cents=sum(one.shipping_cents for one in rows),
    )


def line_discount(line: LineAmounts, *, quantity: int) -> int:
    """What of the line's discount falls on its next `quantity` bottles, in cents.

    Raises `ValueError` when more than the line would be invoiced.
    """
    after = line.taken_quantity + quantity
    if quantity < 0 or after > line.quantity:
        raise ValueError("a line's invoices cannot exceed its quantity")
    return _discount(
        line.discount_cents,
        taken=line.taken_discount_cents,
        due=part_of(line.discount_cents, 0, after, whole=line.quantity),
        worth=line.unit_price_cents * quantity,
        worth_after=line.unit_price_cents * (line.quantity - after),
    )


def invoice_amounts(order: OrderAmounts, *, taken: OrderAmounts, lines_cents: int) -> OrderAmounts:
    """The amounts of an invoice for `lines_cents` of an order's lines, in cents.

    `taken` is what its other invoices (void ones apart) took. Discount and tax are prorated, and shipping goes on
    the first, so that the invoices of a wholly invoiced order add up to it exactly. Raises `ValueError` when more
    than the order would be invoiced.
    """
    whole, after = order.subtotal_cents, taken.subtotal_cents + lines_cents
    if lines_cents < 0 or taken.subtotal_cents < 0 or after > whole:
        raise ValueError("an order's invoices cannot exceed its subtotal")
    return OrderAmounts(
        subtotal_cents=lines_cents,
        discount_cents=_discount(
            order.discount_cents,
            taken=taken.discount_cents,
            due=part_of(order.discount_cents, 0, after, whole=whole),
            worth=lines_cents,
            worth_after=whole - after,
        ),
        tax_cents=max(0, part_of(order.tax_cents, 0, after, whole=whole) - taken.tax_cents),
        shipping_cents=order.shipping_cents - taken.shipping_cents,
    )


def _discount(amount: int, *, taken: int, due: int, worth: int, worth_after: int) -> int:
    """What is due less what is taken, no more than the goods are worth, and so that the rest can bear the rest."""
    most = min(amount - taken, worth)
    least = max(0, amount - taken - worth_after)
    return min(max(due - taken, least), most)
