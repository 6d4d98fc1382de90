"""The health score, what an assessment counts, samples and the attention score."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.domains.intelligence.attention import attention_score
from leora_gql.domains.intelligence.enums import PaceStatus, RevenueStatus
from leora_gql.domains.intelligence.health import (
    HealthRules,
    OrderFacts,
    assess,
    health_score,
    weeks_without_activity,
)
from leora_gql.domains.intelligence.samples import SampleAllowance, feedback_rate

TODAY = dt.date(2025, 6, 30)
RULES = HealthRules()


@pytest.mark.parametrize(
    ("pace", "revenue", "weeks", "score"),
    [
        (PaceStatus.ON_TRACK, RevenueStatus.HEALTHY, 0, 100),
        (PaceStatus.WARNING, RevenueStatus.HEALTHY, 0, 75),
        (PaceStatus.CRITICAL, RevenueStatus.HEALTHY, 3, 47),
        (PaceStatus.ON_TRACK, RevenueStatus.WARNING, 0, 80),
        (PaceStatus.ON_TRACK, RevenueStatus.CRITICAL, 0, 60),
        (PaceStatus.CRITICAL, RevenueStatus.CRITICAL, 10, 0),
        (PaceStatus.CRITICAL, RevenueStatus.CRITICAL, 500, 0),
        (PaceStatus.INSUFFICIENT_DATA, RevenueStatus.INSUFFICIENT_DATA, 0, 100),
    ],
)
def test_the_score_is_what_pace_revenue_and_neglect_leave_of_a_hundred(
    pace: PaceStatus, revenue: RevenueStatus, weeks: int, score: int
) -> None:
    assert health_score(pace, revenue, weeks_without_activity=weeks) == score


@given(st.sampled_from(PaceStatus), st.sampled_from(RevenueStatus), st.integers(-5, 10_000))
def test_every_score_lies_between_nothing_and_a_hundred(
    pace: PaceStatus, revenue: RevenueStatus, weeks: int
) -> None:
    assert 0 <= health_score(pace, revenue, weeks_without_activity=weeks) <= 100


@pytest.mark.parametrize(("days", "weeks"), [(0, 0), (6, 0), (7, 1), (20, 2), (400, 57), (-3, 0)])
def test_weeks_without_activity_are_whole(days: int, weeks: int) -> None:
    assert weeks_without_activity(TODAY - dt.timedelta(days=days), TODAY) == weeks


def test_a_customer_nobody_ever_spoke_to_counts_as_the_most_neglected() -> None:
    assert weeks_without_activity(None, TODAY) == 10


def facts(number: int, placed_on: dt.date | None, *revenue: tuple[dt.date, int]) -> OrderFacts:
    return OrderFacts(UUID(int=number), placed_on, revenue)


def test_an_assessment_puts_the_rules_together_and_names_its_orders() -> None:
    orders = [
        facts(1, dt.date(2023, 1, 1), (dt.date(2023, 1, 2), 50_000)),
        facts(2, dt.date(2025, 3, 1), (dt.date(2025, 3, 3), 9_000)),
        facts(3, dt.date(2025, 4, 1), (dt.date(2025, 4, 3), 9_000)),
        facts(4, dt.date(2025, 5, 1), (dt.date(2025, 5, 3), 9_000)),
        facts(5, None, (dt.date(2025, 6, 20), 1_000)),
    ]
    health = assess(orders, TODAY, last_activity_on=TODAY - dt.timedelta(days=15), rules=RULES)
    assert (health.pace.status, health.pace.pace_days) == (PaceStatus.CRITICAL, 31)
    assert health.pace.days_since_last_order == 60
    assert (health.revenue.current_month_cents, health.revenue.baseline_cents) == (1_000, 2_250)
    assert health.revenue.status is RevenueStatus.CRITICAL
    assert health.score == 100 - 50 - 40 - 2
    assert health.order_ids == tuple(UUID(int=number) for number in (2, 3, 4, 5))


def test_an_account_without_orders_is_judged_by_attention_alone() -> None:
    health = assess([], TODAY, last_activity_on=None, rules=RULES)
    assert (health.score, health.order_ids) == (90, ())


def test_samples_of_the_month_count_against_the_allowance() -> None:
    month = SampleAllowance(allowance=60, approval_above=48, pulled=40)
    assert (month.remaining, month.exceeded_by) == (20, 0)
    assert not month.exceeds(20)
    assert month.exceeds(21)
    assert not month.needs_approval(8)
    assert month.needs_approval(9)


def test_an_exceeded_allowance_has_nothing_left() -> None:
    month = SampleAllowance(allowance=60, approval_above=60, pulled=72)
    assert (month.remaining, month.exceeded_by) == (0, 12)


@pytest.mark.parametrize(
    ("given_back", "pulls", "rate"), [(0, 0, "0.0000"), (0, 4, "0.0000"), (2, 3, "0.6667"), (3, 3, "1.0000")]
)
def test_the_feedback_rate_is_a_part_of_one(given_back: int, pulls: int, rate: str) -> None:
    assert feedback_rate(given_back, pulls) == Decimal(rate)


def test_feedback_without_a_pull_is_impossible() -> None:
    with pytest.raises(ValueError, match="pulls"):
        feedback_rate(1, 0)


@pytest.mark.parametrize(
    ("pace", "revenue", "days", "score"),
    [
        (PaceStatus.CRITICAL, RevenueStatus.CRITICAL, 700, "35.00"),
        (PaceStatus.WARNING, RevenueStatus.HEALTHY, 7, "11.00"),
        (PaceStatus.ON_TRACK, RevenueStatus.WARNING, 10, "6.43"),
        (PaceStatus.INSUFFICIENT_DATA, RevenueStatus.INSUFFICIENT_DATA, 0, "0.00"),
    ],
)
def test_the_attention_score_adds_levels_and_neglect(
    pace: PaceStatus, revenue: RevenueStatus, days: int, score: str
) -> None:
    last = TODAY - dt.timedelta(days=days)
    assert attention_score(pace, revenue, last_activity_on=last, today=TODAY) == Decimal(score)
