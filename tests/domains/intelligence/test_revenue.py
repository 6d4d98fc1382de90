"""Revenue by delivery, and the health of a month's revenue."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.domains.intelligence.days import elapsed_part_of_month, months_back, months_between
from leora_gql.domains.intelligence.enums import RevenueStatus
from leora_gql.domains.intelligence.revenue import (
    Delivery,
    LineTerms,
    RevenueHealth,
    RevenueRules,
    baseline_months,
    by_month,
    recognised,
    revenue_health,
)

RULES = RevenueRules()
JUNE_30 = dt.date(2025, 6, 30)


def month(number: int, year: int = 2025) -> dt.date:
    return dt.date(year, number, 1)


def health(months: dict[dt.date, int], today: dt.date = JUNE_30, *, orders: int = 5) -> RevenueHealth:
    return revenue_health(months, today, fulfilled_orders=orders, rules=RULES)


@pytest.mark.parametrize(
    ("current", "change", "status"),
    [
        (10_000, "0.00", RevenueStatus.HEALTHY),
        (20_000, "100.00", RevenueStatus.HEALTHY),
        (9_001, "-9.99", RevenueStatus.HEALTHY),
        (9_000, "-10.00", RevenueStatus.WARNING),
        (8_501, "-14.99", RevenueStatus.WARNING),
        (8_500, "-15.00", RevenueStatus.CRITICAL),
        (0, "-100.00", RevenueStatus.CRITICAL),
    ],
)
def test_the_change_against_the_usual_month_decides(current: int, change: str, status: RevenueStatus) -> None:
    answer = health({month(4): 10_000, month(5): 10_000, month(6): current})
    assert answer == RevenueHealth(status, current, 10_000, Decimal(change))


def test_the_baseline_is_scaled_to_the_elapsed_part_of_the_month() -> None:
    answer = health({month(5): 30_000, month(6): 10_000}, dt.date(2025, 6, 10))
    assert (answer.baseline_cents, answer.change_percent) == (10_000, Decimal("0.00"))


def test_months_without_revenue_count_as_zero() -> None:
    answer = health({month(3): 30_000, month(6): 10_000})
    assert (answer.baseline_cents, answer.status) == (10_000, RevenueStatus.HEALTHY)


def test_at_most_the_last_twelve_full_months_count() -> None:
    months = {months_back(month(6), back): 1_200 for back in range(1, 13)} | {month(5, 2024): 999_999}
    assert health(months | {month(6): 1_200}).baseline_cents == 1_200
    assert len(baseline_months(months, JUNE_30)) == 12
    assert baseline_months(months, JUNE_30)[0] == month(6, 2024)


def test_a_customer_lost_long_ago_has_a_zero_baseline_and_no_change() -> None:
    answer = health({month(1, 2020): 10_000})
    assert answer == RevenueHealth(RevenueStatus.HEALTHY, 0, 0, Decimal("0.00"))


def test_the_first_month_is_not_a_full_month_before_it_is_over() -> None:
    assert health({month(6): 10_000}).status is RevenueStatus.INSUFFICIENT_DATA
    assert health({month(6): 10_000}, dt.date(2025, 7, 1)).status is RevenueStatus.CRITICAL


def test_fewer_orders_than_the_minimum_are_insufficient() -> None:
    months = {month(5): 10_000}
    assert health(months, orders=2).status is RevenueStatus.INSUFFICIENT_DATA
    assert health(months, orders=3).status is RevenueStatus.CRITICAL
    assert health({}, orders=0) == RevenueHealth(RevenueStatus.INSUFFICIENT_DATA, 0, 0, Decimal("0.00"))


def test_the_tenants_own_drop_counts() -> None:
    rules = RevenueRules(drop_percent=Decimal(40))
    months = {month(5): 10_000, month(6): 7_000}
    assert revenue_health(months, JUNE_30, fulfilled_orders=3, rules=rules).status is RevenueStatus.WARNING


def test_a_leap_february_has_29_parts() -> None:
    assert elapsed_part_of_month(dt.date(2024, 2, 29)) == 1
    assert elapsed_part_of_month(dt.date(2024, 2, 28)).denominator == 29
    assert elapsed_part_of_month(dt.date(2025, 2, 28)) == 1


def test_months_are_counted_by_the_calendar_over_the_turn_of_the_year() -> None:
    assert months_back(month(1), 1) == month(12, 2024)
    assert months_back(month(12, 2024), -1) == month(1)
    assert list(months_between(dt.date(2024, 11, 30), dt.date(2025, 1, 31))) == [
        month(11, 2024),
        month(12, 2024),
    ]


def test_a_delivery_brings_its_bottles_at_net_price_less_the_orders_discount() -> None:
    lines = [LineTerms(12, 1_000, discount_cents=600), LineTerms(6, 2_000)]
    deliveries = [Delivery(month(5), 0, 12), Delivery(month(6), 1, 6)]
    assert recognised(lines, deliveries, order_discount_cents=2_340) == [
        (deliveries[0], 11_400 - 1_140),
        (deliveries[1], 12_000 - 1_200),
    ]


def test_what_is_not_delivered_is_no_revenue() -> None:
    lines = [LineTerms(12, 1_000)]
    assert recognised(lines, []) == []
    part = Delivery(month(5), 0, 5)
    assert recognised(lines, [part]) == [(part, 5_000)]


def test_more_bottles_than_ordered_are_refused() -> None:
    with pytest.raises(ValueError, match="more bottles"):
        recognised([LineTerms(2, 100)], [Delivery(month(5), 0, 2), Delivery(month(6), 0, 1)])


@st.composite
def delivered_orders(draw: st.DrawFn) -> tuple[list[LineTerms], list[Delivery], int]:
    """An order delivered whole, in any number of parts on any days, with discounts."""
    lines: list[LineTerms] = []
    deliveries: list[Delivery] = []
    for index in range(draw(st.integers(1, 4))):
        price, quantity = draw(st.integers(0, 50_000)), draw(st.integers(1, 60))
        lines.append(LineTerms(quantity, price, discount_cents=draw(st.integers(0, price * quantity))))
        cuts = sorted(draw(st.lists(st.integers(0, quantity), max_size=3)))
        for start, end in zip([0, *cuts], [*cuts, quantity], strict=True):
            deliveries.append(Delivery(draw(st.dates(month(1), month(12))), index, end - start))
    subtotal = sum(line.unit_price_cents * line.quantity - line.discount_cents for line in lines)
    return lines, draw(st.permutations(deliveries)), draw(st.integers(0, subtotal))


@given(delivered_orders())
def test_a_wholly_delivered_order_brings_exactly_its_subtotal_less_its_discount(
    order: tuple[list[LineTerms], list[Delivery], int],
) -> None:
    lines, deliveries, discount = order
    revenue = recognised(lines, deliveries, order_discount_cents=discount)
    subtotal = sum(line.unit_price_cents * line.quantity - line.discount_cents for line in lines)
    assert sum(cents for _, cents in revenue) == subtotal - discount
    days = [(delivery.day, cents) for delivery, cents in revenue]
    assert sum(by_month(days).values()) == subtotal - discount
    assert [day for day, _ in days] == sorted(delivery.day for delivery in deliveries)


@given(
    st.dictionaries(
        st.dates(month(1, 2022), JUNE_30).map(lambda day: day.replace(day=1)), st.integers(0, 10**9)
    ),
    st.integers(0, 10),
    st.integers(1, 10**6),
)
def test_more_revenue_this_month_is_never_worse(months: dict[dt.date, int], orders: int, more: int) -> None:
    worse = [
        RevenueStatus.HEALTHY,
        RevenueStatus.WARNING,
        RevenueStatus.CRITICAL,
        RevenueStatus.INSUFFICIENT_DATA,
    ]
    before = health(months, orders=orders)
    after = health(months | {month(6): months.get(month(6), 0) + more}, orders=orders)
    assert after.change_percent >= before.change_percent
    assert worse.index(after.status) <= worse.index(before.status)
    assert after.baseline_cents == before.baseline_cents
