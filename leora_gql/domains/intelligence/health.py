"""The health of an account: pace, revenue and attention in one score, and what it was computed from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from leora_gql.domains.intelligence.days import month_of
from leora_gql.domains.intelligence.enums import PaceStatus, RevenueStatus
from leora_gql.domains.intelligence.pace import WINDOW_DAYS, Pace, PaceRules, pace
from leora_gql.domains.intelligence.revenue import (
    RevenueHealth,
    RevenueRules,
    baseline_months,
    by_month,
    revenue_health,
)

FORMULA_VERSION: Final = 1
"""Raised when a rule changes, so that stored figures say by which rules they were made."""

PACE_COST: Final = {PaceStatus.WARNING: 25, PaceStatus.CRITICAL: 50}
REVENUE_COST: Final = {RevenueStatus.WARNING: 20, RevenueStatus.CRITICAL: 40}
NEGLECT_LIMIT: Final = 10


@dataclass(frozen=True, slots=True)
class HealthRules:
    """What a tenant has set about the health of accounts."""

    pace: PaceRules = field(default_factory=PaceRules)
    revenue: RevenueRules = field(default_factory=RevenueRules)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What of one order (samples apart) counts for health; days are the tenant's.

    `placed_on` is given for a FULFILLED order only. `revenue` is that of `revenue.recognised`.
    """

    id: UUID
    placed_on: dt.date | None
    revenue: Sequence[tuple[dt.date, int]]


@dataclass(frozen=True, slots=True)
class Health:
    """The health of an account on one day, and the orders it follows from (oldest id first)."""

    pace: Pace
    revenue: RevenueHealth
    score: int
    order_ids: tuple[UUID, ...]


def weeks_without_activity(last_activity_on: dt.date | None, today: dt.date) -> int:
    """Whole weeks since the last activity; a customer without any counts as the most neglected."""
    if last_activity_on is None:
        return NEGLECT_LIMIT
    return max(0, (today - last_activity_on).days) // 7


def health_score(pace: PaceStatus, revenue: RevenueStatus, *, weeks_without_activity: int) -> int:
    """0 (lost) to 100 (well): 100 less what pace (0/25/50), revenue (0/20/40) and neglect (≤ 10) cost.

    INSUFFICIENT_DATA costs nothing.
    """
    neglect = min(NEGLECT_LIMIT, max(0, weeks_without_activity))
    return 100 - PACE_COST.get(pace, 0) - REVENUE_COST.get(revenue, 0) - neglect


def assess(
    orders: Sequence[OrderFacts], today: dt.date, *, last_activity_on: dt.date | None, rules: HealthRules
) -> Health:
    """The health on `today` of an account with these orders and this last activity."""
    placed = [order.placed_on for order in orders if order.placed_on is not None]
    months = by_month(entry for order in orders for entry in order.revenue)
    cadence = pace(placed, today, rules=rules.pace)
    revenue = revenue_health(months, today, fulfilled_orders=len(placed), rules=rules.revenue)
    score = health_score(
        cadence.status, revenue.status, weeks_without_activity=weeks_without_activity(last_activity_on, today)
    )
    first_month = min(baseline_months(months, today), default=month_of(today))
    return Health(cadence, revenue, score, _counted(orders, today, first_month))


def _counted(orders: Sequence[OrderFacts], today: dt.date, first_month: dt.date) -> tuple[UUID, ...]:
    last = max((order.placed_on for order in orders if order.placed_on), default=today)
    window_start = last - dt.timedelta(days=WINDOW_DAYS)
    return tuple(
        sorted(
            order.id
            for order in orders
            if (order.placed_on is not None and order.placed_on >= window_start)
            or any(day >= first_month for day, _ in order.revenue)
        )
    )
