"""Metrics: what counts, for whom, and in which period."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

import pytest

from leora_gql.domains.intelligence.enums import (
    MetricName,
    MetricPeriod,
    MetricScope,
    PaceStatus,
    RevenueStatus,
)
from leora_gql.domains.intelligence.metrics import Subject, Tally, is_at_risk, is_due, period_start

REP, OTHER_REP, BISTRO, HOTEL, RIOJA = (UUID(int=number) for number in range(1, 6))
MAY_30, JUNE_2 = dt.date(2025, 5, 30), dt.date(2025, 6, 2)
EVERY_SCOPE = [(scope, MetricPeriod.MONTH) for scope in MetricScope]

Found = dict[tuple[MetricName, UUID | None, dt.date], Decimal]


def found(tally: Tally) -> Found:
    return {
        (figure.metric, figure.span.scope_id, figure.span.start): figure.value for figure in tally.figures()
    }


def monthly() -> Tally:
    return Tally(lambda day: EVERY_SCOPE)


@pytest.mark.parametrize(
    ("day", "period", "start"),
    [
        (dt.date(2024, 2, 29), MetricPeriod.DAY, dt.date(2024, 2, 29)),
        (dt.date(2024, 2, 29), MetricPeriod.MONTH, dt.date(2024, 2, 1)),
        (dt.date(2025, 1, 1), MetricPeriod.WEEK, dt.date(2024, 12, 30)),
        (dt.date(2025, 1, 5), MetricPeriod.WEEK, dt.date(2024, 12, 30)),
        (dt.date(2025, 1, 6), MetricPeriod.WEEK, dt.date(2025, 1, 6)),
    ],
)
def test_a_period_begins_with_its_day_its_monday_or_its_first(
    day: dt.date, period: MetricPeriod, start: dt.date
) -> None:
    assert period_start(day, period) == start


def test_orders_count_for_tenant_rep_and_customer_with_their_mean_value() -> None:
    tally = monthly()
    tally.order(MAY_30, BISTRO, rep=REP, total_cents=10_000)
    tally.order(MAY_30, BISTRO, rep=REP, total_cents=10_001)
    tally.order(JUNE_2, HOTEL, rep=OTHER_REP, total_cents=500)
    figures = found(tally)
    may, june = dt.date(2025, 5, 1), dt.date(2025, 6, 1)
    assert figures[MetricName.ORDERS, None, may] == 2
    assert figures[MetricName.ORDERS, REP, may] == figures[MetricName.ORDERS, BISTRO, may] == 2
    assert figures[MetricName.AVERAGE_ORDER_VALUE, None, may] == Decimal("100.0050")
    assert figures[MetricName.ACTIVE_CUSTOMERS, None, may] == 1
    assert figures[MetricName.ORDERS, OTHER_REP, june] == 1
    assert (MetricName.ACTIVE_CUSTOMERS, BISTRO, may) not in figures


def test_a_customer_is_new_in_the_month_of_its_first_order_only() -> None:
    tally = monthly()
    tally.order(JUNE_2, BISTRO, rep=OTHER_REP, total_cents=1)
    tally.order(MAY_30, BISTRO, rep=REP, total_cents=1)
    figures = found(tally)
    new = {key[1:]: value for key, value in figures.items() if key[0] is MetricName.NEW_CUSTOMERS}
    assert new == {(None, dt.date(2025, 5, 1)): 1, (REP, dt.date(2025, 5, 1)): 1}


def test_deliveries_bring_revenue_and_bottles_to_their_product_too() -> None:
    tally = monthly()
    tally.delivery(MAY_30, Subject(REP, BISTRO, RIOJA), bottles=12, cents=23_988)
    tally.delivery(MAY_30, Subject(REP, HOTEL, RIOJA), bottles=6, cents=1)
    figures = found(tally)
    may = dt.date(2025, 5, 1)
    for scope_id in (None, REP, RIOJA):
        assert figures[MetricName.REVENUE, scope_id, may] == Decimal("239.8900")
        assert figures[MetricName.BOTTLES, scope_id, may] == 18
    assert figures[MetricName.REVENUE, HOTEL, may] == Decimal("0.0100")


def test_samples_activities_and_standing_are_counted() -> None:
    tally = monthly()
    subject = Subject(user=REP, customer=BISTRO)
    for with_feedback in (True, False, False):
        tally.samples(MAY_30, subject, bottles=2, with_feedback=with_feedback)
    tally.activity(MAY_30, subject)
    tally.standing(MAY_30, REP, pace=PaceStatus.CRITICAL, revenue=RevenueStatus.HEALTHY)
    tally.standing(MAY_30, REP, pace=PaceStatus.WARNING, revenue=RevenueStatus.WARNING)
    figures = found(tally)
    may = dt.date(2025, 5, 1)
    assert figures[MetricName.SAMPLES_PULLED, REP, may] == 6
    assert figures[MetricName.SAMPLE_FEEDBACK_RATE, BISTRO, may] == Decimal("0.3333")
    assert figures[MetricName.ACTIVITIES, None, may] == 1
    assert figures[MetricName.CUSTOMERS_DUE, REP, may] == 2
    assert figures[MetricName.CUSTOMERS_AT_RISK, None, may] == 1


def test_only_what_is_asked_for_is_kept() -> None:
    tally = Tally(lambda day: [(MetricScope.TENANT, MetricPeriod.DAY)] if day == JUNE_2 else [])
    tally.activity(MAY_30, Subject(user=REP))
    tally.activity(JUNE_2, Subject(user=REP))
    assert found(tally) == {(MetricName.ACTIVITIES, None, JUNE_2): Decimal("1.0000")}


def test_late_customers_are_due_and_critical_ones_at_risk() -> None:
    assert [is_due(pace) for pace in PaceStatus] == [False, True, True, False]
    assert is_at_risk(PaceStatus.ON_TRACK, RevenueStatus.CRITICAL)
    assert is_at_risk(PaceStatus.CRITICAL, RevenueStatus.INSUFFICIENT_DATA)
    assert not is_at_risk(PaceStatus.WARNING, RevenueStatus.WARNING)
