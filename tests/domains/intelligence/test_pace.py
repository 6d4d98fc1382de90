"""Pace as the specification's known cases say it, at its edges, and as properties."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.domains.intelligence.days import day_of
from leora_gql.domains.intelligence.enums import PaceStatus
from leora_gql.domains.intelligence.pace import PaceRules, arpdd, lateness, pace, recent

START = dt.date(2025, 1, 6)
RULES = PaceRules()

order_days = st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31)), max_size=40)


def days(*offsets: int) -> list[dt.date]:
    return [START + dt.timedelta(days=offset) for offset in offsets]


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ((0, 30, 60, 90), 30),
        ((0, 0, 30), 15),
        ((0, 7, 21, 81), 27),
        ((0, 0, 0), 0),
        ((0, 1, 2, 3, 5), 1),
        ((0, 1, 3), 2),
        ((0, 1, 2), 1),
        ((0, 180), 180),
        ((0, 181), None),
        ((0, 1, 181, 191), 10),
        ((5,), None),
        ((), None),
    ],
)
def test_arpdd_is_the_rounded_mean_of_the_days_between_recent_orders(
    offsets: tuple[int, ...], expected: int | None
) -> None:
    assert arpdd(days(*offsets)) == expected


def test_half_a_day_rounds_up() -> None:
    assert arpdd(days(0, 1, 3)) == 2
    assert arpdd(days(0, 0, 1)) == 1


def test_forty_days_after_a_monthly_customers_last_order_is_a_warning() -> None:
    answer = pace(days(0, 30, 60, 90), START + dt.timedelta(days=130), rules=RULES)
    assert (answer.status, answer.pace_days, answer.days_since_last_order) == (PaceStatus.WARNING, 30, 40)


@pytest.mark.parametrize(
    ("since", "status"),
    [
        (0, PaceStatus.ON_TRACK),
        (35, PaceStatus.ON_TRACK),
        (36, PaceStatus.WARNING),
        (44, PaceStatus.WARNING),
        (45, PaceStatus.CRITICAL),
        (4000, PaceStatus.CRITICAL),
    ],
)
def test_the_multipliers_are_reached_exactly(since: int, status: PaceStatus) -> None:
    assert lateness(since, 30, RULES) is status


def test_a_pace_of_zero_counts_as_one_day() -> None:
    same_day = days(0, 0, 0)
    assert pace(same_day, START, rules=RULES).status is PaceStatus.ON_TRACK
    assert pace(same_day, START + dt.timedelta(days=1), rules=RULES).status is PaceStatus.ON_TRACK
    assert pace(same_day, START + dt.timedelta(days=2), rules=RULES).status is PaceStatus.CRITICAL


def test_too_few_orders_in_the_window_are_insufficient_however_many_came_before() -> None:
    answer = pace(days(0, 10, 20, 300, 310), START + dt.timedelta(days=311), rules=RULES)
    assert answer.status is PaceStatus.INSUFFICIENT_DATA
    assert (answer.pace_days, answer.days_since_last_order, answer.orders_in_window) == (None, 1, 2)


def test_a_customer_without_orders_has_no_pace_and_no_last_order() -> None:
    answer = pace([], START, rules=RULES)
    assert answer.status is PaceStatus.INSUFFICIENT_DATA
    assert (answer.pace_days, answer.days_since_last_order) == (None, None)


def test_a_minimum_of_one_still_needs_two_orders_for_a_distance() -> None:
    rules = PaceRules(minimum_orders=1)
    assert pace(days(0), START, rules=rules).status is PaceStatus.INSUFFICIENT_DATA
    assert pace(days(0, 9), START + dt.timedelta(days=9), rules=rules).pace_days == 9


def test_the_tenants_own_multipliers_count() -> None:
    rules = PaceRules(warning_multiplier=Decimal(2), critical_multiplier=Decimal("2.05"))
    assert lateness(40, 20, rules) is PaceStatus.WARNING
    assert lateness(41, 20, rules) is PaceStatus.CRITICAL


def test_days_are_the_tenants_across_the_change_to_summer_time() -> None:
    new_york = ZoneInfo("America/New_York")
    late_evening = dt.datetime(2025, 3, 9, 3, 30, tzinfo=dt.UTC)
    next_night = dt.datetime(2025, 3, 10, 3, 30, tzinfo=dt.UTC)
    assert day_of(late_evening, new_york) == dt.date(2025, 3, 8)
    assert day_of(next_night, new_york) == dt.date(2025, 3, 9)
    assert arpdd([day_of(late_evening, new_york), day_of(next_night, new_york)]) == 1


def test_a_moment_without_a_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        day_of(dt.datetime(2025, 1, 1, 12), ZoneInfo("UTC"))  # noqa: DTZ001 - the mistake that is tested


def test_a_leap_day_is_a_day() -> None:
    assert arpdd([dt.date(2024, 2, 28), dt.date(2024, 3, 1)]) == 2
    assert arpdd([dt.date(2025, 2, 28), dt.date(2025, 3, 1)]) == 1


@given(order_days)
def test_the_mean_lies_between_the_shortest_and_the_longest_gap(dates: list[dt.date]) -> None:
    counted = recent(dates)
    gaps = [(later - earlier).days for earlier, later in pairwise(counted)]
    mean = arpdd(dates)
    if mean is None:
        assert not gaps
    else:
        assert min(gaps) <= mean <= max(gaps)
        assert abs(mean * len(gaps) - (counted[-1] - counted[0]).days) * 2 <= len(gaps)


@given(order_days.flatmap(lambda dates: st.tuples(st.just(dates), st.permutations(dates))))
def test_the_order_of_the_orders_does_not_matter(orders: tuple[list[dt.date], list[dt.date]]) -> None:
    dates, shuffled = orders
    today = dt.date(2031, 1, 1)
    assert pace(dates, today, rules=RULES) == pace(shuffled, today, rules=RULES)


@given(order_days, st.integers(0, 400), st.integers(0, 400))
def test_waiting_longer_never_makes_it_better(dates: list[dt.date], first: int, second: int) -> None:
    worse = [PaceStatus.ON_TRACK, PaceStatus.WARNING, PaceStatus.CRITICAL]
    last = max(dates, default=START)
    sooner, later = (
        pace(dates, last + dt.timedelta(days=wait), rules=RULES).status for wait in sorted((first, second))
    )
    if sooner is PaceStatus.INSUFFICIENT_DATA:
        assert later is PaceStatus.INSUFFICIENT_DATA
    else:
        assert worse.index(sooner) <= worse.index(later)


@given(order_days, st.integers(-3000, 3000))
def test_moving_everything_by_some_days_changes_nothing(dates: list[dt.date], shift: int) -> None:
    today = dt.date(2031, 1, 1)
    moved = [day + dt.timedelta(days=shift) for day in dates]
    assert pace(moved, today + dt.timedelta(days=shift), rules=RULES) == pace(dates, today, rules=RULES)
