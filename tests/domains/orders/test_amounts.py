"""The arithmetic of orders: half up, and parts that add up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.domains.orders.amounts import (
    cases,
    delivered_value,
    divide_half_up,
    line_total,
    liters,
    order_amounts,
    shipping,
    spread,
    tax,
)


def test_an_order_adds_up() -> None:
    lines = [line_total(1_899, 12), line_total(2_450, 6, discount_cents=300)]
    amounts = order_amounts(
        lines, discount_cents=1_000, tax_rate=Decimal("0.08875"), tax_exempt=False, shipping_cents=2_500
    )
    assert amounts.subtotal_cents == 22_788 + 14_400
    assert amounts.tax_cents == 3_212  # 36,188 × 0.08875 = 3,211.685
    assert amounts.total_cents == 37_188 - 1_000 + 3_212 + 2_500


@pytest.mark.parametrize(
    ("cents", "rate", "owed"), [(100, "0.005", 1), (100, "0.004999", 0), (300, "0.005", 2), (0, "0.2", 0)]
)
def test_tax_rounds_half_up(cents: int, rate: str, owed: int) -> None:
    assert tax(cents, Decimal(rate), exempt=False) == owed


def test_the_exempt_owe_no_tax() -> None:
    assert tax(10_000, Decimal("0.1"), exempt=True) == 0


def test_shipping_is_free_from_the_threshold_on() -> None:
    assert shipping(49_999, flat_rate_cents=2_500, free_from_cents=50_000) == 2_500
    assert shipping(50_000, flat_rate_cents=2_500, free_from_cents=50_000) == 0
    assert shipping(10**9, flat_rate_cents=2_500, free_from_cents=None) == 2_500


def test_a_discount_above_the_value_is_refused() -> None:
    with pytest.raises(ValueError, match="discount"):
        line_total(100, 2, discount_cents=201)
    with pytest.raises(ValueError, match="discount"):
        order_amounts([100], discount_cents=101)
    with pytest.raises(ValueError, match="discount"):
        order_amounts([100], discount_cents=-1)


def test_bottles_in_cases_and_litres() -> None:
    assert cases(18, 12) == Decimal("1.50")
    assert cases(1, 6) == Decimal("0.17")
    assert liters(7, 375) == Decimal("2.625")


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_division_rounds_as_the_database_does(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    assert divide_half_up(numerator, denominator) == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_what_is_spread_adds_up_and_no_part_is_off_by_a_cent(amount: int, weights: list[int]) -> None:
    parts = spread(amount, weights)
    whole = sum(weights)
    assert sum(parts) == (amount if whole else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert part >= 0
        assert whole == 0 or abs(part * whole - amount * weight) <= whole


@given(st.integers(1, 10**6), st.integers(1, 200), st.data())
def test_the_values_of_a_lines_deliveries_add_up_to_the_line(
    price: int, quantity: int, data: st.DataObject
) -> None:
    discount = data.draw(st.integers(0, price * quantity))
    cuts = sorted(data.draw(st.lists(st.integers(0, quantity), max_size=5)))
    parts = [
        delivered_value(price, quantity, discount_cents=discount, before=start, after=end)
        for start, end in zip([0, *cuts], [*cuts, quantity], strict=True)
    ]
    assert sum(parts) == line_total(price, quantity, discount_cents=discount)
