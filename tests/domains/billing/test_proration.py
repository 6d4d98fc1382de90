"""An order invoiced in parts adds up to the order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.domains.billing.proration import invoice_amounts
from leora_gql.domains.orders.amounts import OrderAmounts


def test_a_third_of_an_order_takes_a_third_of_its_discount_and_tax_and_all_of_its_shipping() -> None:
    order = OrderAmounts(subtotal_cents=30_000, discount_cents=1_000, tax_cents=2_000, shipping_cents=2_500)
    first = invoice_amounts(order, invoiced_before_cents=0, lines_cents=10_000)
    assert first == OrderAmounts(10_000, 333, 667, 2_500)
    rest = invoice_amounts(order, invoiced_before_cents=10_000, lines_cents=20_000)
    assert rest == OrderAmounts(20_000, 667, 1_333, 0)


@pytest.mark.parametrize(("before", "lines"), [(0, 101), (60, 41), (0, -1), (-1, 10)])
def test_more_than_the_order_cannot_be_invoiced(before: int, lines: int) -> None:
    order = OrderAmounts(subtotal_cents=100, discount_cents=0, tax_cents=0, shipping_cents=0)
    with pytest.raises(ValueError, match="subtotal"):
        invoice_amounts(order, invoiced_before_cents=before, lines_cents=lines)


@given(
    st.lists(st.integers(1, 10**6), min_size=1, max_size=8),
    st.integers(0, 10**7),
    st.integers(0, 10**5),
    st.data(),
)
def test_the_invoices_of_a_whole_order_add_up_to_it(
    parts: list[int], tax: int, shipping: int, data: st.DataObject
) -> None:
    discount = data.draw(st.integers(0, sum(parts)))
    order = OrderAmounts(sum(parts), discount, tax, shipping)
    invoices = [
        invoice_amounts(order, invoiced_before_cents=sum(parts[:index]), lines_cents=part)
        for index, part in enumerate(parts)
    ]
    assert sum(invoice.total_cents for invoice in invoices) == order.total_cents
    assert sum(invoice.discount_cents for invoice in invoices) == discount
    assert sum(invoice.tax_cents for invoice in invoices) == tax
    assert all(invoice.discount_cents <= invoice.subtotal_cents for invoice in invoices)
