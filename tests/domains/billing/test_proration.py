"""An order invoiced in parts adds up to the order, also when parts are made void and made again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.domains.billing.proration import (
    NOTHING,
    LineAmounts,
    invoice_amounts,
    line_discount,
    together,
)
from leora_gql.domains.orders.amounts import OrderAmounts


def test_a_third_of_an_order_takes_a_third_of_its_discount_and_tax_and_all_of_its_shipping() -> None:
    order = OrderAmounts(subtotal_cents=30_000, discount_cents=1_000, tax_cents=2_000, shipping_cents=2_500)
    first = invoice_amounts(order, taken=NOTHING, lines_cents=10_000)
    assert first == OrderAmounts(10_000, 333, 667, 2_500)
    rest = invoice_amounts(order, taken=first, lines_cents=20_000)
    assert rest == OrderAmounts(20_000, 667, 1_333, 0)


def test_the_shipping_of_a_void_invoice_goes_on_the_next() -> None:
    order = OrderAmounts(subtotal_cents=300, discount_cents=0, tax_cents=0, shipping_cents=25)
    first = invoice_amounts(order, taken=NOTHING, lines_cents=100)
    second = invoice_amounts(order, taken=first, lines_cents=200)
    assert (first.shipping_cents, second.shipping_cents) == (25, 0)
    assert invoice_amounts(order, taken=second, lines_cents=100).shipping_cents == 25


def test_bottles_that_cost_nothing_bear_the_shipping_once() -> None:
    order = OrderAmounts(subtotal_cents=0, discount_cents=0, tax_cents=0, shipping_cents=25)
    first = invoice_amounts(order, taken=NOTHING, lines_cents=0)
    second = invoice_amounts(order, taken=first, lines_cents=0)
    assert (first.total_cents, second.total_cents) == (25, 0)


@pytest.mark.parametrize(("before", "lines"), [(0, 101), (60, 41), (0, -1), (-1, 10)])
def test_more_than_the_order_cannot_be_invoiced(before: int, lines: int) -> None:
    order = OrderAmounts(subtotal_cents=100, discount_cents=0, tax_cents=0, shipping_cents=0)
    with pytest.raises(ValueError, match="subtotal"):
        invoice_amounts(order, taken=OrderAmounts(before, 0, 0, 0), lines_cents=lines)


@pytest.mark.parametrize("quantity", [-1, 3])
def test_more_than_a_line_cannot_be_invoiced(quantity: int) -> None:
    line = LineAmounts(quantity=6, unit_price_cents=100, discount_cents=0, taken_quantity=4)
    with pytest.raises(ValueError, match="quantity"):
        line_discount(line, quantity=quantity)


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=8),
    st.integers(0, 10**5),
    st.data(),
)
def test_the_invoices_of_a_whole_order_add_up_to_it_whichever_were_void(
    parts: list[int], shipping: int, data: st.DataObject
) -> None:
    discount = data.draw(st.integers(0, sum(parts)))
    tax = data.draw(st.integers(0, sum(parts)))
    order = OrderAmounts(sum(parts), discount, tax, shipping)
    waiting, standing = list(parts), list[OrderAmounts]()
    voids = data.draw(st.lists(st.integers(0, 7), max_size=6))
    while waiting:
        made = invoice_amounts(order, taken=together(standing), lines_cents=waiting.pop())
        assert 0 <= made.discount_cents <= made.subtotal_cents
        assert made.tax_cents >= 0
        standing.append(made)
        if voids:
            waiting.insert(0, standing.pop(voids.pop() % len(standing)).subtotal_cents)
    assert together(standing) == order


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=8), st.integers(0, 10**5), st.data())
def test_the_parts_of_a_line_take_all_of_its_discount_whichever_were_void(
    parts: list[int], price: int, data: st.DataObject
) -> None:
    discount = data.draw(st.integers(0, price * sum(parts)))
    waiting, standing = list(parts), list[tuple[int, int]]()
    voids = data.draw(st.lists(st.integers(0, 7), max_size=6))
    while waiting:
        quantity = waiting.pop()
        line = LineAmounts(
            quantity=sum(parts),
            unit_price_cents=price,
            discount_cents=discount,
            taken_quantity=sum(bottles for bottles, _ in standing),
            taken_discount_cents=sum(cents for _, cents in standing),
        )
        share = line_discount(line, quantity=quantity)
        assert 0 <= share <= price * quantity
        standing.append((quantity, share))
        if voids:
            waiting.insert(0, standing.pop(voids.pop() % len(standing))[0])
    assert sum(cents for _, cents in standing) == discount
