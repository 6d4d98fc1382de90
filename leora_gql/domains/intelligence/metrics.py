"""Sales metrics: what happened, added up by scope and period of the tenant's calendar.

An order counts on the day it was placed unless it is a draft, a sample or cancelled; revenue and
bottles count on the day of their delivery, samples on the day they were pulled. Money is in the
tenant's currency, with four decimals like every value.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from leora_gql.domains.intelligence.days import month_of, rounded
from leora_gql.domains.intelligence.enums import (
    MetricName,
    MetricPeriod,
    MetricScope,
    PaceStatus,
    RevenueStatus,
)
from leora_gql.domains.intelligence.samples import feedback_rate


def period_start(day: dt.date, period: MetricPeriod) -> dt.date:
    """The first day of the day's period: itself, its Monday, or the first of its month."""
    if period is MetricPeriod.DAY:
        return day
    if period is MetricPeriod.WEEK:
        return day - dt.timedelta(days=day.weekday())
    return month_of(day)


def is_due(pace: PaceStatus) -> bool:
    """Whether a customer counts as due: its next order is late."""
    return pace in {PaceStatus.WARNING, PaceStatus.CRITICAL}


def is_at_risk(pace: PaceStatus, revenue: RevenueStatus) -> bool:
    """Whether a customer counts as at risk: its pace or its revenue is critical."""
    return pace is PaceStatus.CRITICAL or revenue is RevenueStatus.CRITICAL


@dataclass(frozen=True, slots=True)
class Span:
    """One scope (with its id, none for the tenant) over one period."""

    scope: MetricScope
    scope_id: UUID | None
    period: MetricPeriod
    start: dt.date


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one span."""

    span: Span
    metric: MetricName
    value: Decimal


@dataclass(slots=True)
class Subject:
    """Whom something is counted for besides the tenant; what is None does not apply."""

    user: UUID | None = None
    customer: UUID | None = None
    product: UUID | None = None


Windows = Callable[[dt.date], Sequence[tuple[MetricScope, MetricPeriod]]]
"""Which scopes and periods are kept for a day."""


class Tally:
    """Adds up what happened; order and day of the calls do not matter."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._sums: Counter[tuple[Span, MetricName]] = Counter()
        self._feedback: Counter[Span] = Counter()
        self._pulls: Counter[Span] = Counter()
        self._customers: dict[Span, set[UUID]] = {}
        self._first_orders: dict[UUID, tuple[dt.date, UUID | None]] = {}

    def order(self, day: dt.date, customer: UUID, *, rep: UUID | None, total_cents: int) -> None:
        """A placed order that counts."""
        for span in self._spans(day, Subject(user=rep, customer=customer)):
            self._sums[span, MetricName.ORDERS] += 1
            self._sums[span, MetricName.AVERAGE_ORDER_VALUE] += total_cents
            if span.scope is not MetricScope.CUSTOMER:
                self._customers.setdefault(span, set()).add(customer)
        first = self._first_orders.get(customer)
        if first is None or day < first[0]:
            self._first_orders[customer] = (day, rep)

    def delivery(self, day: dt.date, subject: Subject, *, bottles: int, cents: int) -> None:
        """Bottles that left, and the revenue they brought."""
        for span in self._spans(day, subject):
            self._sums[span, MetricName.REVENUE] += cents
            self._sums[span, MetricName.BOTTLES] += bottles

    def samples(self, day: dt.date, subject: Subject, *, bottles: int, with_feedback: bool) -> None:
        """One pull of samples."""
        for span in self._spans(day, subject):
            self._sums[span, MetricName.SAMPLES_PULLED] += bottles
            self._pulls[span] += 1
            self._feedback[span] += with_feedback

    def activity(self, day: dt.date, subject: Subject) -> None:
        """One activity."""
        for span in self._spans(day, subject):
            self._sums[span, MetricName.ACTIVITIES] += 1

    def standing(self, today: dt.date, rep: UUID | None, *, pace: PaceStatus, revenue: RevenueStatus) -> None:
        """How a customer stands today."""
        for span in self._spans(today, Subject(user=rep)):
            self._sums[span, MetricName.CUSTOMERS_DUE] += is_due(pace)
            self._sums[span, MetricName.CUSTOMERS_AT_RISK] += is_at_risk(pace, revenue)

    def figures(self) -> Iterator[Figure]:
        """Every metric of every span in which something happened."""
        for customer, (day, rep) in self._first_orders.items():
            for span in self._spans(day, Subject(user=rep, customer=customer)):
                if span.scope is not MetricScope.CUSTOMER:
                    self._sums[span, MetricName.NEW_CUSTOMERS] += 1
        self._first_orders.clear()
        for (span, metric), amount in self._sums.items():
            yield Figure(span, metric, self._value(span, metric, amount))
        for span, customers in self._customers.items():
            yield Figure(span, MetricName.ACTIVE_CUSTOMERS, rounded(Fraction(len(customers)), 4))
        for span, pulls in self._pulls.items():
            yield Figure(span, MetricName.SAMPLE_FEEDBACK_RATE, feedback_rate(self._feedback[span], pulls))

    def _value(self, span: Span, metric: MetricName, amount: int) -> Decimal:
        if metric is MetricName.REVENUE:
            return rounded(Fraction(amount, 100), 4)
        if metric is MetricName.AVERAGE_ORDER_VALUE:
            return rounded(Fraction(amount, 100 * self._sums[span, MetricName.ORDERS]), 4)
        return rounded(Fraction(amount), 4)

    def _spans(self, day: dt.date, subject: Subject) -> Iterator[Span]:
        for scope, period in self._windows(day):
            if scope is MetricScope.TENANT:
                yield Span(scope, None, period, period_start(day, period))
                continue
            scope_id = _scope_id(scope, subject)
            if scope_id is not None:
                yield Span(scope, scope_id, period, period_start(day, period))


def _scope_id(scope: MetricScope, subject: Subject) -> UUID | None:
    if scope is MetricScope.USER:
        return subject.user
    return subject.customer if scope is MetricScope.CUSTOMER else subject.product
