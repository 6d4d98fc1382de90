"""Pace: how often a customer orders, and whether the next order is late.

ARPDD, the average recent purchase-day distance, is the mean of the whole days between
neighbouring orders of the 180 days that end at the last one. Orders are the FULFILLED ones other
than samples, by the tenant's day on which they were placed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from leora_gql.domains.intelligence.enums import PaceStatus
from leora_gql.domains.orders.amounts import divide_half_up

WINDOW_DAYS: Final = 180
"""An order placed exactly this many days before the last one still counts."""


@dataclass(frozen=True, slots=True)
class PaceRules:
    """What a tenant has set about pace."""

    minimum_orders: int = 3
    warning_multiplier: Decimal = Decimal("1.2")
    critical_multiplier: Decimal = Decimal("1.5")


@dataclass(frozen=True, slots=True)
class Pace:
    """A customer's pace on one day; `pace_days` is None with too few orders to tell."""

    status: PaceStatus
    pace_days: int | None
    days_since_last_order: int | None
    orders_in_window: int


def recent(days: Iterable[dt.date]) -> list[dt.date]:
    """The order days that count, oldest first: the last one and those of the 180 days before it."""
    ordered = sorted(days)
    if not ordered:
        return []
    first = ordered[-1] - dt.timedelta(days=WINDOW_DAYS)
    return [day for day in ordered if day >= first]


def arpdd(days: Iterable[dt.date]) -> int | None:
    """The mean of the whole days between neighbouring recent orders, half up; None below two orders.

    Orders of one day are zero days apart; no outlier is removed.
    """
    gaps = [(later - earlier).days for earlier, later in pairwise(recent(days))]
    return divide_half_up(sum(gaps), len(gaps)) if gaps else None


def lateness(days_since: int, pace_days: int, rules: PaceRules) -> PaceStatus:
    """How late an order is after so many days at such a pace; a pace of 0 is taken for 1."""
    distance = max(pace_days, 1)
    if days_since >= rules.critical_multiplier * distance:
        return PaceStatus.CRITICAL
    if days_since >= rules.warning_multiplier * distance:
        return PaceStatus.WARNING
    return PaceStatus.ON_TRACK


def pace(order_days: Iterable[dt.date], today: dt.date, *, rules: PaceRules) -> Pace:
    """The pace of a customer with orders on these days, seen from `today` (all in the tenant's zone).

    An order of a later day than `today` counts as today's. Fewer orders in the window than the
    tenant's minimum (and fewer than two in any case) are INSUFFICIENT_DATA.
    """
    counted = recent(min(day, today) for day in order_days)
    since = (today - counted[-1]).days if counted else None
    mean = arpdd(counted)
    if since is None or mean is None or len(counted) < rules.minimum_orders:
        return Pace(PaceStatus.INSUFFICIENT_DATA, None, since, len(counted))
    return Pace(lateness(since, mean, rules), mean, since, len(counted))
