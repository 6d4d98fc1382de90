"""Snapshots and metrics, computed by the product's own rules from what was sold and done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from leora_gql.domains.intelligence.days import month_of, months_back
from leora_gql.domains.intelligence.enums import MetricPeriod, MetricScope
from leora_gql.domains.intelligence.health import FORMULA_VERSION, Health, HealthRules, OrderFacts, assess
from leora_gql.domains.intelligence.metrics import Subject, Tally
from leora_gql.domains.intelligence.models import AccountHealthSnapshot, SalesMetric
from leora_gql.domains.intelligence.revenue import Delivery, LineTerms, recognised
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.seed.fieldwork import Fieldwork
from leora_gql.seed.plan import World
from leora_gql.seed.selling import Sale
from leora_gql.seed.sheets import Sheets

WEEKS_OF_SNAPSHOTS: Final = 3
"""Snapshots are made for today and for so many weeks back, a week apart."""


def windows(world: World) -> dict[dt.date, tuple[tuple[MetricScope, MetricPeriod], ...]]:
    """Which metrics are kept for a day: months throughout, weeks and days lately, accounts for a quarter."""
    today = world.calendar.today
    quarter = months_back(month_of(today), 2)
    kept: dict[dt.date, tuple[tuple[MetricScope, MetricPeriod], ...]] = {}
    day = world.calendar.first
    while day <= today:
        spans = [(MetricScope.TENANT, MetricPeriod.MONTH), (MetricScope.USER, MetricPeriod.MONTH)]
        if day >= quarter:
            spans += [(MetricScope.CUSTOMER, MetricPeriod.MONTH), (MetricScope.PRODUCT, MetricPeriod.MONTH)]
        if day >= _monday(today) - dt.timedelta(weeks=11):
            spans += [(MetricScope.TENANT, MetricPeriod.WEEK), (MetricScope.USER, MetricPeriod.WEEK)]
        if day >= today - dt.timedelta(days=30):
            spans.append((MetricScope.TENANT, MetricPeriod.DAY))
        kept[day] = tuple(spans)
        day += dt.timedelta(days=1)
    return kept


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


class Figures:
    """Remembers of each sale what counts, and computes from it at the end."""

    def __init__(self, sheets: Sheets, world: World, *, tally: Tally) -> None:
        self._sheets = sheets
        self._world = world
        self._tally = tally
        self._dice = world.dice("figures")
        self._facts: dict[UUID, list[tuple[dt.date, OrderFacts]]] = {}

    def count(self, sale: Sale) -> None:
        """Take a sale into account; drafts and samples count for nothing."""
        if sale.is_sample or sale.status is OrderStatus.DRAFT:
            return
        if sale.status is not OrderStatus.CANCELLED:
            self._tally.order(
                sale.entry.day, sale.account.id, rep=sale.account.rep, total_cents=sale.amounts.total_cents
            )
        revenue = self._revenue(sale)
        whole = sale.status is OrderStatus.FULFILLED
        if revenue:
            facts = OrderFacts(sale.id, sale.entry.day if whole else None, revenue)
            last = sale.deliveries[-1][0]
            self._facts.setdefault(sale.account.id, []).append((last, facts))

    def _revenue(self, sale: Sale) -> list[tuple[dt.date, int]]:
        lines = [LineTerms(line.quantity, line.unit_price_cents, line.discount_cents) for line in sale.lines]
        deliveries = [
            Delivery(day, index, line.delivered[number])
            for number, (day, _) in enumerate(sale.deliveries)
            for index, line in enumerate(sale.lines)
            if line.delivered[number]
        ]
        days: dict[dt.date, int] = {}
        discount = sale.amounts.discount_cents
        for delivery, cents in recognised(lines, deliveries, order_discount_cents=discount):
            days[delivery.day] = days.get(delivery.day, 0) + cents
            subject = Subject(sale.account.rep, sale.account.id, sale.lines[delivery.line].item.product)
            self._tally.delivery(delivery.day, subject, bottles=delivery.bottles, cents=cents)
        return list(days.items())

    def snapshot(self, customer: UUID, rep: UUID, fieldwork: Fieldwork) -> None:
        """Write how the account stands today; of one that has orders, also how it stood lately."""
        facts = self._facts.get(customer, ())
        for week in range(WEEKS_OF_SNAPSHOTS if facts else 0, -1, -1):
            day = self._world.calendar.ago(7 * week)
            health = self._assess(facts, day, activity_days=fieldwork.activity_days.get(customer, ()))
            month = month_of(day)
            samples = sum(
                bottles
                for pulled, bottles in fieldwork.sample_days.get(customer, ())
                if month <= pulled < day
            )
            self._write(customer, day, health, samples)
            if week == 0:
                self._tally.standing(day, rep, pace=health.pace.status, revenue=health.revenue.status)

    def _assess(
        self, facts: Sequence[tuple[dt.date, OrderFacts]], day: dt.date, *, activity_days: Sequence[dt.date]
    ) -> Health:
        """The health as it was seen at the beginning of a day."""
        known = [_known(last, order, day) for last, order in facts]
        return assess(
            [order for order in known if order.placed_on or order.revenue],
            day,
            last_activity_on=max((done for done in activity_days if done < day), default=None),
            rules=HealthRules(),
        )

    def _write(self, customer: UUID, day: dt.date, health: Health, samples: int) -> None:
        at = self._world.calendar.at(day)
        self._sheets.add(
            AccountHealthSnapshot,
            id=self._dice.id(at),
            customer_id=customer,
            snapshot_on=day,
            current_month_revenue_cents=health.revenue.current_month_cents,
            baseline_revenue_cents=health.revenue.baseline_cents,
            revenue_change_percent=health.revenue.change_percent,
            revenue_status=health.revenue.status,
            pace_days=health.pace.pace_days,
            days_since_last_order=health.pace.days_since_last_order,
            pace_status=health.pace.status,
            samples_this_month=samples,
            health_score=health.score,
            formula_version=FORMULA_VERSION,
            computed_at=at,
            order_ids=list(health.order_ids),
            created_at=at,
            updated_at=at,
        )

    def write_metrics(self) -> None:
        """Write every metric that something was counted for."""
        at = self._world.calendar.now
        for figure in self._tally.figures():
            self._sheets.add(
                SalesMetric,
                id=self._dice.id(at),
                metric=figure.metric,
                scope=figure.span.scope,
                scope_id=figure.span.scope_id,
                period=figure.span.period,
                period_start=figure.span.start,
                value=figure.value,
                computed_at=at,
                formula_version=FORMULA_VERSION,
                created_at=at,
                updated_at=at,
            )


def _known(last_delivery: dt.date, order: OrderFacts, day: dt.date) -> OrderFacts:
    """What was known of an order when the day began."""
    if last_delivery < day:
        return order
    return OrderFacts(order.id, None, [(on, cents) for on, cents in order.revenue if on < day])
