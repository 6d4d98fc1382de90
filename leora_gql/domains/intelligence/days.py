"""Days and months as the tenant counts them: in its time zone, by the calendar."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo


def day_of(moment: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The tenant's date at a moment. Raises `ValueError` for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(zone).date()


def month_of(day: dt.date) -> dt.date:
    """The first day of the day's month."""
    return day.replace(day=1)


def months_back(month: dt.date, count: int) -> dt.date:
    """The first day of the month that lies `count` months before."""
    index = month.year * 12 + month.month - 1 - count
    return dt.date(index // 12, index % 12 + 1, 1)


def months_between(first: dt.date, end: dt.date) -> Iterator[dt.date]:
    """The first days of the months from `first`'s to the one before `end`'s."""
    month = month_of(first)
    while month < month_of(end):
        yield month
        month = months_back(month, -1)


def days_in_month(day: dt.date) -> int:
    """How many days the day's month has."""
    return calendar.monthrange(day.year, day.month)[1]


def elapsed_part_of_month(today: dt.date) -> Fraction:
    """The part of the month that has passed, today included: 1 on its last day."""
    return Fraction(today.day, days_in_month(today))


def rounded(value: Fraction, places: int = 0) -> Decimal:
    """A fraction as a decimal with so many places, halves away from zero."""
    scaled = value * 10**places
    whole = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
    signed = -whole if scaled < 0 else whole
    return Decimal(signed).scaleb(-places).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
