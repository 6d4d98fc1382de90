"""Snapshots and metrics of the seed are what the rules make of its rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import URL

from leora_gql.domains.intelligence.health import HealthRules, OrderFacts, assess
from leora_gql.domains.intelligence.revenue import Delivery, LineTerms, recognised
from tests.seed.reading import read

NEW_YORK = ZoneInfo("America/New_York")
Key = tuple[UUID, UUID]


def day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(NEW_YORK).date()


async def order_facts(url: URL) -> dict[Key, list[OrderFacts]]:
    """What the database says of every customer's orders, read line by line and movement by movement."""
    lines: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for row in await read(url, "SELECT * FROM leora.order_lines ORDER BY order_id, position"):
        lines[row["tenant_id"], row["order_id"]].append(row)
    out: dict[Key, list[tuple[dt.date, int]]] = defaultdict(list)
    for row in await read(
        url, "SELECT * FROM leora.inventory_movements WHERE kind = 'FULFILMENT' ORDER BY occurred_at, id"
    ):
        out[row["tenant_id"], row["order_line_id"]].append((day(row["occurred_at"]), -row["on_hand_delta"]))
    facts: dict[Key, list[OrderFacts]] = defaultdict(list)
    for order in await read(url, "SELECT * FROM leora.orders WHERE NOT is_sample ORDER BY id"):
        tenant, own = order["tenant_id"], lines[order["tenant_id"], order["id"]]
        deliveries = [
            Delivery(when, index, bottles)
            for index, line in enumerate(own)
            for when, bottles in out[tenant, line["id"]]
        ]
        terms = [
            LineTerms(line["quantity"], line["unit_price_cents"], line["discount_amount_cents"])
            for line in own
        ]
        revenue = recognised(terms, deliveries, order_discount_cents=order["discount_amount_cents"])
        placed = day(order["placed_at"]) if order["status"] == "FULFILLED" else None
        if placed or revenue:
            days = [(delivery.day, cents) for delivery, cents in revenue]
            facts[tenant, order["customer_id"]].append(OrderFacts(order["id"], placed, days))
    return facts


async def test_todays_snapshots_are_what_the_rules_make_of_the_rows(direct_url: URL) -> None:
    facts = await order_facts(direct_url)
    activities = {
        (row["tenant_id"], row["customer_id"]): day(row["last"])
        for row in await read(
            direct_url,
            "SELECT tenant_id, customer_id, max(occurred_at) AS last FROM leora.activities GROUP BY 1, 2",
        )
    }
    snapshots = await read(
        direct_url,
        "SELECT * FROM leora.account_health_snapshots"
        " WHERE snapshot_on = (SELECT max(snapshot_on) FROM leora.account_health_snapshots)",
    )
    assert len(snapshots) == 50
    for snapshot in snapshots:
        key = snapshot["tenant_id"], snapshot["customer_id"]
        health = assess(
            facts[key],
            snapshot["snapshot_on"],
            last_activity_on=activities.get(key),
            rules=HealthRules(),
        )
        assert {
            "pace_status": snapshot["pace_status"],
            "pace_days": snapshot["pace_days"],
            "days_since_last_order": snapshot["days_since_last_order"],
            "revenue_status": snapshot["revenue_status"],
            "current_month_revenue_cents": snapshot["current_month_revenue_cents"],
            "baseline_revenue_cents": snapshot["baseline_revenue_cents"],
            "revenue_change_percent": snapshot["revenue_change_percent"],
            "health_score": snapshot["health_score"],
            "order_ids": set(snapshot["order_ids"]),
        } == {
            "pace_status": health.pace.status.value,
            "pace_days": health.pace.pace_days,
            "days_since_last_order": health.pace.days_since_last_order,
            "revenue_status": health.revenue.status.value,
            "current_month_revenue_cents": health.revenue.current_month_cents,
            "baseline_revenue_cents": health.revenue.baseline_cents,
            "revenue_change_percent": health.revenue.change_percent,
            "health_score": health.score,
            "order_ids": set(health.order_ids),
        }


async def test_monthly_revenue_is_what_was_delivered_in_the_month(direct_url: URL) -> None:
    months: dict[tuple[UUID, dt.date], int] = defaultdict(int)
    for (tenant, _), orders in (await order_facts(direct_url)).items():
        for order in orders:
            for when, cents in order.revenue:
                months[tenant, when.replace(day=1)] += cents
    stored = await read(
        direct_url,
        "SELECT tenant_id, period_start, value FROM leora.sales_metrics"
        " WHERE metric = 'REVENUE' AND scope = 'TENANT' AND period = 'MONTH'",
    )
    assert {(row["tenant_id"], row["period_start"]): row["value"] for row in stored} == {
        key: Decimal(cents).scaleb(-2).quantize(Decimal("0.0001")) for key, cents in months.items()
    }


async def test_monthly_orders_samples_and_activities_are_what_the_rows_count(direct_url: URL) -> None:
    counted = await read(
        direct_url,
        """
        SELECT 'ORDERS' AS metric, tenant_id,
            date_trunc('month', placed_at AT TIME ZONE 'America/New_York')::date AS month, count(*) AS value
        FROM leora.orders WHERE NOT is_sample AND status NOT IN ('DRAFT', 'CANCELLED') GROUP BY 2, 3
        UNION ALL
        SELECT 'SAMPLES_PULLED', tenant_id,
            date_trunc('month', pulled_at AT TIME ZONE 'America/New_York')::date, sum(quantity)
        FROM leora.sample_pulls WHERE status = 'PULLED' GROUP BY 2, 3
        UNION ALL
        SELECT 'ACTIVITIES', tenant_id,
            date_trunc('month', occurred_at AT TIME ZONE 'America/New_York')::date, count(*)
        FROM leora.activities GROUP BY 2, 3
        """,
    )
    stored = await read(
        direct_url,
        "SELECT metric, tenant_id, period_start AS month, value FROM leora.sales_metrics"
        " WHERE metric IN ('ORDERS', 'SAMPLES_PULLED', 'ACTIVITIES') AND scope = 'TENANT' AND period = 'MONTH'",
    )
    assert sorted(map(_plain, counted)) == sorted(map(_plain, stored))


def _plain(row: dict[str, Any]) -> tuple[str, UUID, dt.date, int]:
    return row["metric"], row["tenant_id"], row["month"], int(row["value"])
