"""What the demo tenants hold: rows of everything, and figures that add up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import URL

from leora_gql.auth.passwords import Passwords
from leora_gql.demo import PASSWORD
from leora_gql.domains.audit.service import first_broken
from leora_gql.domains.intelligence.enums import PaceStatus
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.seed.plan import PLANS, WELL_CRAFTED
from leora_gql.settings import Settings, decode_key
from tests.seed.reading import BY_REQUESTS_ONLY, read, tenant_tables

NEW_YORK = ZoneInfo("America/New_York")
TENANTS = tuple(PLANS)


@pytest.mark.parametrize("table", [name for name in tenant_tables() if name not in BY_REQUESTS_ONLY])
async def test_both_tenants_have_rows_of_every_table(direct_url: URL, table: str) -> None:
    found = await read(
        direct_url, f"SELECT DISTINCT t.slug FROM leora.{table} r JOIN leora.tenants t ON t.id = r.tenant_id"
    )
    assert {row["slug"] for row in found} == set(TENANTS)


async def test_the_second_tenant_is_smaller(direct_url: URL) -> None:
    counted = await read(
        direct_url,
        "SELECT t.slug, (SELECT count(*) FROM leora.customers c WHERE c.tenant_id = t.id) AS customers,"
        " (SELECT count(*) FROM leora.products p WHERE p.tenant_id = t.id) AS products,"
        " (SELECT count(*) FROM leora.suppliers s WHERE s.tenant_id = t.id) AS suppliers"
        " FROM leora.tenants t ORDER BY t.slug DESC",
    )
    assert [tuple(row.values()) for row in counted] == [
        ("well-crafted", 40, 60, 12),
        ("cellar-door", 10, 14, 4),
    ]


def test_at_scale_100_well_crafted_is_larger_than_the_real_one() -> None:
    size = WELL_CRAFTED.size(100)
    assert (size.customers >= 21_215, size.products >= 1_937, size.buyers >= 4_268 // 12) == (
        True,
        True,
        True,
    )


async def test_stock_is_what_its_movements_add_up_to_and_was_never_oversold(direct_url: URL) -> None:
    wrong = await read(
        direct_url,
        """
        WITH ledger AS (
            SELECT m.tenant_id, m.inventory_id,
                sum(on_hand_delta) OVER history AS on_hand, sum(reserved_delta) OVER history AS reserved,
                row_number() OVER (PARTITION BY m.tenant_id, m.inventory_id ORDER BY occurred_at DESC, id DESC) AS age
            FROM leora.inventory_movements m
            WINDOW history AS (
                PARTITION BY m.tenant_id, m.inventory_id ORDER BY occurred_at, id ROWS UNBOUNDED PRECEDING
            )
        )
        SELECT i.id FROM leora.inventory i
        LEFT JOIN ledger l ON l.tenant_id = i.tenant_id AND l.inventory_id = i.id
        WHERE l.on_hand IS NULL OR l.reserved < 0 OR l.on_hand < l.reserved
            OR (l.age = 1 AND (l.on_hand, l.reserved) <> (i.on_hand, i.reserved))
        """,
    )
    assert wrong == []


async def test_lines_allocations_and_movements_agree_on_what_was_delivered_and_reserved(
    direct_url: URL,
) -> None:
    wrong = await read(
        direct_url,
        """
        SELECT l.id FROM leora.order_lines l
        JOIN leora.orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(fulfilled), 0) AS fulfilled, coalesce(sum(reserved), 0) AS reserved
            FROM leora.order_allocations a WHERE a.tenant_id = l.tenant_id AND a.order_line_id = l.id
        ) a ON true
        LEFT JOIN LATERAL (
            SELECT -coalesce(sum(on_hand_delta), 0) AS fulfilled, coalesce(sum(reserved_delta), 0) AS reserved
            FROM leora.inventory_movements m WHERE m.tenant_id = l.tenant_id AND m.order_line_id = l.id
        ) m ON true
        WHERE a.fulfilled <> l.fulfilled_quantity OR m.fulfilled <> l.fulfilled_quantity
            OR a.reserved <> m.reserved
            OR a.reserved <> CASE WHEN o.status IN ('DRAFT', 'CANCELLED') THEN 0
                ELSE l.quantity - l.fulfilled_quantity END
            OR (o.status = 'FULFILLED') <> (o.fulfilled_at IS NOT NULL)
            OR (o.status = 'FULFILLED' AND l.fulfilled_quantity < l.quantity)
        """,
    )
    assert wrong == []


async def test_orders_and_their_invoices_add_up(direct_url: URL) -> None:
    wrong = await read(
        direct_url,
        """
        SELECT o.number FROM leora.orders o
        JOIN LATERAL (
            SELECT sum(line_total_cents) AS subtotal, sum(quantity) AS bottles, sum(fulfilled_quantity) AS delivered
            FROM leora.order_lines l WHERE l.tenant_id = o.tenant_id AND l.order_id = o.id
        ) l ON true
        JOIN leora.customers c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
        JOIN leora.tenant_settings s ON s.tenant_id = o.tenant_id
        LEFT JOIN LATERAL (
            SELECT sum(subtotal_cents) AS subtotal, sum(total_cents) AS total, sum(b.bottles) AS bottles
            FROM leora.invoices i
            JOIN LATERAL (
                SELECT sum(quantity) AS bottles FROM leora.invoice_lines n
                WHERE n.tenant_id = i.tenant_id AND n.invoice_id = i.id
            ) b ON true
            WHERE i.tenant_id = o.tenant_id AND i.order_id = o.id AND i.status <> 'VOID'
        ) i ON true
        WHERE o.subtotal_cents <> l.subtotal
            OR o.tax_amount_cents <> CASE WHEN c.tax_exempt THEN 0
                ELSE round((o.subtotal_cents - o.discount_amount_cents) * s.tax_rate) END
            OR coalesce(i.bottles, 0) > l.delivered
            OR (i.bottles = l.bottles AND (i.subtotal, i.total) <> (o.subtotal_cents, o.total_cents))
            OR (o.is_sample AND (o.total_cents <> 0 OR i.bottles IS NOT NULL))
        """,
    )
    assert wrong == []


async def test_payments_are_what_they_settle_and_invoices_know_what_is_paid(direct_url: URL) -> None:
    wrong = await read(
        direct_url,
        """
        SELECT i.number FROM leora.invoices i
        WHERE i.paid_amount_cents <> (
            SELECT coalesce(sum(a.amount_cents), 0) FROM leora.payment_allocations a
            JOIN leora.payments p ON p.tenant_id = a.tenant_id AND p.id = a.payment_id AND p.status = 'CLEARED'
            WHERE a.tenant_id = i.tenant_id AND a.invoice_id = i.id
        )
        UNION ALL
        SELECT p.number FROM leora.payments p
        WHERE p.amount_cents <> (
            SELECT coalesce(sum(a.amount_cents), 0) FROM leora.payment_allocations a
            WHERE a.tenant_id = p.tenant_id AND a.payment_id = p.id
        )
        UNION ALL
        SELECT p.number FROM leora.payments p
        JOIN leora.payment_allocations a ON a.tenant_id = p.tenant_id AND a.payment_id = p.id
        JOIN leora.invoices i ON i.tenant_id = a.tenant_id AND i.id = a.invoice_id
        WHERE i.customer_id <> p.customer_id OR i.currency <> p.currency
        """,
    )
    assert wrong == []
    several = await read(
        direct_url, "SELECT payment_id FROM leora.payment_allocations GROUP BY 1 HAVING count(*) > 1"
    )
    assert several


async def test_invoice_numbers_have_no_gap_and_follow_their_dates(direct_url: URL) -> None:
    for slug in TENANTS:
        sent = await read(
            direct_url,
            "SELECT number, issued_on, h.invoice_number AS last FROM leora.invoices i"
            " JOIN leora.tenants t ON t.id = i.tenant_id JOIN leora.tenant_heads h ON h.tenant_id = t.id"
            " WHERE t.slug = :slug AND number IS NOT NULL ORDER BY number",
            slug=slug,
        )
        assert [int(row["number"][-8:]) for row in sent] == list(range(1, sent[0]["last"] + 1))
        dates = [row["issued_on"] for row in sent]
        assert dates == sorted(dates)


async def test_the_next_order_and_payment_get_the_next_numbers(direct_url: URL) -> None:
    for row in await read(
        direct_url,
        "SELECT id, (SELECT max(number) FROM leora.orders WHERE tenant_id = t.id) AS order,"
        " (SELECT max(number) FROM leora.payments WHERE tenant_id = t.id) AS payment FROM leora.tenants t",
    ):
        for kind in ("order", "payment"):
            name = await read(
                direct_url,
                "SELECT leora.number_sequence(:tenant, :kind) AS name",
                tenant=row["id"],
                kind=kind,
            )
            sequence = await read(direct_url, f"SELECT last_value, is_called FROM leora.{name[0]['name']}")
            assert sequence == [{"last_value": int(row[kind][-8:]), "is_called": True}]


async def test_events_are_dense_and_the_audit_chain_is_whole(direct_url: URL, settings: Settings) -> None:
    key = decode_key(settings.audit_key.get_secret_value())
    for tenant in await read(direct_url, "SELECT * FROM leora.tenant_heads"):
        events = await read(
            direct_url,
            "SELECT sequence FROM leora.webhook_events WHERE tenant_id = :id ORDER BY sequence",
            id=tenant["tenant_id"],
        )
        assert [row["sequence"] for row in events] == list(range(1, tenant["event_sequence"] + 1))
        entries = await read(
            direct_url,
            "SELECT sequence, canonical, hash FROM leora.audit_log WHERE tenant_id = :id ORDER BY sequence",
            id=tenant["tenant_id"],
        )
        chain = [(row["sequence"], row["canonical"], row["hash"]) for row in entries]
        assert first_broken(chain, key=key) is None
        assert (chain[-1][0], chain[-1][2]) == (tenant["audit_sequence"], tenant["audit_hash"])


async def test_every_state_of_orders_and_of_pace_is_there(direct_url: URL) -> None:
    statuses = await read(
        direct_url,
        "SELECT DISTINCT o.status FROM leora.orders o JOIN leora.tenants t ON t.id = o.tenant_id"
        " WHERE t.slug = 'well-crafted'",
    )
    assert {row["status"] for row in statuses} == set(OrderStatus)
    paces = await read(
        direct_url,
        "SELECT DISTINCT s.pace_status FROM leora.account_health_snapshots s"
        " JOIN leora.tenants t ON t.id = s.tenant_id WHERE t.slug = 'well-crafted'",
    )
    assert {row["pace_status"] for row in paces} == set(PaceStatus)


async def test_everything_lies_in_the_past_but_what_is_planned(direct_url: URL) -> None:
    today = dt.datetime.now(NEW_YORK).date()
    latest = await read(
        direct_url,
        "SELECT greatest(max(created_at), max(updated_at), max(placed_at)) AS moment FROM leora.orders"
        " UNION ALL SELECT max(occurred_at) FROM leora.inventory_movements"
        " UNION ALL SELECT max(received_on) FROM leora.payments"
        " UNION ALL SELECT max(occurred_at) FROM leora.activities",
    )
    assert all(row["moment"].astimezone(NEW_YORK).date() <= today for row in latest)
    planned = await read(
        direct_url, "SELECT min(planned_on) AS first, max(planned_on) AS last FROM leora.call_plans"
    )
    assert planned[0]["first"] < today <= planned[0]["last"]


async def test_the_demo_accounts_have_the_demo_password_and_their_customers(direct_url: URL) -> None:
    people: list[dict[str, Any]] = await read(
        direct_url,
        "SELECT email, password_hash, status, NULL AS customer FROM leora.users"
        " UNION ALL SELECT p.email, p.password_hash, p.status, c.name FROM leora.portal_users p"
        " JOIN leora.customers c ON c.tenant_id = p.tenant_id AND c.id = p.customer_id",
    )
    by_email = {row["email"]: row for row in people}
    demo = {
        "admin@wellcrafted.test": None,
        "manager@wellcrafted.test": None,
        "rep@wellcrafted.test": None,
        "admin@cellardoor.test": None,
        "buyer@harborview.test": "Harborview Grill",
        "buyer@oldmill.test": "Old Mill Tavern",
    }
    assert {email: by_email[email]["customer"] for email in demo} == demo
    passwords = Passwords()
    for email in demo:
        assert by_email[email]["status"] == "ACTIVE"
        assert await passwords.verify(PASSWORD, by_email[email]["password_hash"])
    passwords.close()


async def test_price_rules_on_lines_name_the_price_that_was_given(direct_url: URL) -> None:
    lines = await read(
        direct_url,
        "SELECT unit_price_cents, price_override_original_cents, applied_pricing_rule FROM leora.order_lines l"
        " JOIN leora.orders o ON o.tenant_id = l.tenant_id AND o.id = l.order_id WHERE NOT o.is_sample",
    )
    for line in lines:
        listed = line["price_override_original_cents"] or line["unit_price_cents"]
        assert line["applied_pricing_rule"]["unitPrice"] == f"{Decimal(listed) / 100:.2f}"
    levels = {level for level, _ in groupby(sorted(line["applied_pricing_rule"]["level"] for line in lines))}
    assert levels == {"CUSTOMER", "TIER", "STANDARD"}
