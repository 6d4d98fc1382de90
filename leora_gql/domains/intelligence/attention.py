"""Whom to call next: the score that orders the attention list."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Final

from leora_gql.domains.intelligence.days import rounded
from leora_gql.domains.intelligence.enums import PaceStatus, RevenueStatus

PACE_LEVEL: Final = {PaceStatus.WARNING: 1, PaceStatus.CRITICAL: 2}
REVENUE_LEVEL: Final = {RevenueStatus.WARNING: 1, RevenueStatus.CRITICAL: 2}
NEGLECT_LIMIT: Final = 5


def attention_score(
    pace: PaceStatus, revenue: RevenueStatus, *, last_activity_on: dt.date | None, today: dt.date
) -> Decimal:
    """Pace level × 10 + revenue level × 5 + weeks since the last activity (≤ 5), with two decimals.

    Levels are 0, 1 (WARNING) and 2 (CRITICAL). A customer without any activity counts as 5 weeks.
    """
    neglect = Fraction(NEGLECT_LIMIT)
    if last_activity_on is not None:
        neglect = min(neglect, Fraction(max(0, (today - last_activity_on).days), 7))
    levels = PACE_LEVEL.get(pace, 0) * 10 + REVENUE_LEVEL.get(revenue, 0) * 5
    return rounded(levels + neglect, 2)
