"""An order invoiced in parts: what of its discount, tax and shipping falls on each part."""

from __future__ import annotations

from leora_gql.domains.orders.amounts import OrderAmounts, part_of


def invoice_amounts(order: OrderAmounts, *, invoiced_before_cents: int, lines_cents: int) -> OrderAmounts:
    """The amounts of an invoice for `lines_cents` of an order's lines, in cents.

    `invoiced_before_cents` is what earlier invoices (void ones apart) took of the order's subtotal.
    Discount and tax are prorated by cumulative rounding and shipping goes on the first, so that
    the invoices of a wholly invoiced order add up to it exactly. Raises `ValueError` when more
    than the order would be invoiced.
    """
    after = invoiced_before_cents + lines_cents
    if lines_cents < 0 or invoiced_before_cents < 0 or after > order.subtotal_cents:
        raise ValueError("an order's invoices cannot exceed its subtotal")
    whole = order.subtotal_cents
    return OrderAmounts(
        subtotal_cents=lines_cents,
        discount_cents=part_of(order.discount_cents, invoiced_before_cents, after, whole=whole),
        tax_cents=part_of(order.tax_cents, invoiced_before_cents, after, whole=whole),
        shipping_cents=order.shipping_cents if invoiced_before_cents == 0 else 0,
    )
