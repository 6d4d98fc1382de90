"""Revenue and revenue health: what was delivered, and how this month compares with the usual one.

Revenue is the fulfilled bottles at their net price less their share of the order's discount, by
the tenant's day of their FULFILMENT movements. Samples are never revenue, and neither are tax and
shipping.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from leora_gql.domains.intelligence.days import (
    elapsed_part_of_month,
    month_of,
    months_back,
    months_between,
    rounded,
)
from leora_gql.domains.intelligence.enums import RevenueStatus
from leora_gql.domains.orders.amounts import delivered_value, part_of

BASELINE_MONTHS: Final = 12
"""The most full months that a baseline is the mean of."""

WARNING_CHANGE: Final = Decimal(-10)
"""The change in percent from which on revenue is a WARNING."""


@dataclass(frozen=True, slots=True)
class RevenueRules:
    """What a tenant has set about revenue health."""

    minimum_orders: int = 3
    drop_percent: Decimal = Decimal(15)


@dataclass(frozen=True, slots=True)
class LineTerms:
    """What an order line sells: bottles at a price, less the line's own discount (cents)."""

    quantity: int
    unit_price_cents: int
    discount_cents: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A FULFILMENT movement: bottles of the line at index `line` that left on `day`."""

    day: dt.date
    line: int
    bottles: int


@dataclass(frozen=True, slots=True)
class RevenueHealth:
    """A customer's revenue this month against its baseline, in cents.

    `baseline_cents` is scaled to the elapsed part of the month. `change_percent` has two decimals
    and is what the status is decided by.
    """

    status: RevenueStatus
    current_month_cents: int
    baseline_cents: int
    change_percent: Decimal


def recognised(
    lines: Sequence[LineTerms], deliveries: Iterable[Delivery], *, order_discount_cents: int = 0
) -> list[tuple[Delivery, int]]:
    """The deliveries of an order, oldest first, each with the revenue in cents that it brings.

    `deliveries` of one day keep their order. A wholly delivered order brings exactly its subtotal
    less its discount. Raises `ValueError` when more bottles left than were ordered.
    """
    subtotal = sum(line.unit_price_cents * line.quantity - line.discount_cents for line in lines)
    bottles_out: Counter[int] = Counter()
    value_out = 0
    revenue: list[tuple[Delivery, int]] = []
    for delivery in sorted(deliveries, key=lambda delivery: delivery.day):
        line, before = lines[delivery.line], bottles_out[delivery.line]
        after = before + delivery.bottles
        if after > line.quantity:
            raise ValueError("more bottles delivered than ordered")
        value = delivered_value(
            line.unit_price_cents,
            line.quantity,
            discount_cents=line.discount_cents,
            before=before,
            after=after,
        )
        discount = part_of(order_discount_cents, value_out, value_out + value, whole=subtotal)
        revenue.append((delivery, value - discount))
        bottles_out[delivery.line], value_out = after, value_out + value
    return revenue


def by_month(revenue: Iterable[tuple[dt.date, int]]) -> Counter[dt.date]:
    """Revenue in cents by the first day of its month; a month of free bottles is there with 0."""
    months: Counter[dt.date] = Counter()
    for day, cents in revenue:
        months[month_of(day)] += cents
    return months


def baseline_months(months: Mapping[dt.date, int], today: dt.date) -> list[dt.date]:
    """The full months of the baseline, oldest first: from the first fulfilled one, at most twelve."""
    past = [month for month in months if month < month_of(today)]
    if not past:
        return []
    first = max(min(past), months_back(month_of(today), BASELINE_MONTHS))
    return list(months_between(first, today))


def revenue_health(
    months: Mapping[dt.date, int], today: dt.date, *, fulfilled_orders: int, rules: RevenueRules
) -> RevenueHealth:
    """The revenue health on `today` of a customer with this revenue by month (as of `by_month`).

    `fulfilled_orders` counts its FULFILLED orders other than samples. Fewer than the tenant's minimum,
    or no full month since the first fulfilled one, are INSUFFICIENT_DATA.
    """
    current = months.get(month_of(today), 0)
    full_months = baseline_months(months, today)
    mean = Fraction(sum(months.get(month, 0) for month in full_months), len(full_months) or 1)
    baseline = mean * elapsed_part_of_month(today)
    change = rounded((current - baseline) / baseline * 100, 2) if baseline else Decimal("0.00")
    status = (
        _judged(change, rules)
        if full_months and fulfilled_orders >= rules.minimum_orders
        else RevenueStatus.INSUFFICIENT_DATA
    )
    return RevenueHealth(status, current, int(rounded(baseline)), change)


def _judged(change: Decimal, rules: RevenueRules) -> RevenueStatus:
    if change <= -rules.drop_percent:
        return RevenueStatus.CRITICAL
    return RevenueStatus.WARNING if change <= WARNING_CHANGE else RevenueStatus.HEALTHY
