"""Ten thousand orders, written and changed through the product, and added up again from their rows."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from sqlalchemy import URL

from leora_gql.db.connect import open_pools
from tests import postgres
from tests.api import ADMIN, BUYER
from tests.domains.noted import global_id
from tests.domains.orders.generated import BATCH, Shopping, Terms, cents
from tests.graph.principals import Runner

SEED = 20_261_125
ORDERS = 10_000
KINDS = (
    "by a buyer",
    "a sample",
    "an overridden price",
    "a line for nothing",
    "all of it",
    "just free",
    "just not free",
)
"""What there must be enough of for the test to say something."""
VARIED = """
UPDATE leora.customers SET tax_exempt = (hashtext(account_number) % 3 = 0);
UPDATE leora.skus SET base_price_cents = base_price_cents + abs(hashtext(code)) % 97;
"""
ROWS = """
SELECT o.number, o.is_sample, c.tax_exempt, o.subtotal_cents, o.discount_amount_cents, o.tax_amount_cents,
    o.shipping_amount_cents, o.total_cents, l.lines
FROM leora.orders o JOIN leora.customers c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_array(quantity, unit_price_cents, discount_amount_cents, line_total_cents)
        ORDER BY position) AS lines
    FROM leora.order_lines WHERE tenant_id = o.tenant_id AND order_id = o.id
) l WHERE o.tenant_id = :tenant AND o.number = ANY (:numbers)
"""
DO_NOT_ADD_UP = """
SELECT o.number FROM leora.orders o LEFT JOIN leora.order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
GROUP BY o.tenant_id, o.id
HAVING o.total_cents <> coalesce(sum(l.unit_price_cents * l.quantity - l.discount_amount_cents), 0)
    + o.tax_amount_cents + o.shipping_amount_cents - o.discount_amount_cents
    OR o.subtotal_cents <> coalesce(sum(l.line_total_cents), 0)
"""
AMOUNTS = ("subtotal", "discountAmount", "taxAmount", "shippingAmount", "total")


@pytest.fixture
async def shop_floor(own_url: URL) -> AsyncGenerator[Runner]:
    """A runner on a database of its own, since the orders and settings of this test are in everybody's way."""
    settings = postgres.settings_for(own_url, data_dir=postgres.run_folder())
    settings = settings.model_copy(update={"max_mutations": BATCH})
    pools = open_pools(settings)
    yield Runner(own_url, pools, settings)
    await pools.close()


async def shopping(runner: Runner) -> Shopping:
    tenant = await runner.tenant()
    for statement in VARIED.strip().split("\n"):
        await runner.write(statement)
    customers = await runner.sql(
        "SELECT id FROM leora.customers WHERE tenant_id = :tenant AND status = 'ACTIVE' ORDER BY id",
        tenant=tenant,
    )
    skus = await runner.sql(
        "SELECT s.id FROM leora.skus s JOIN leora.products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"
        " WHERE s.tenant_id = :tenant AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND NOT p.is_sample_only"
        " ORDER BY s.code",
        tenant=tenant,
    )
    return Shopping(
        runner,
        random.Random(SEED),
        [global_id("Customer", row["id"]) for row in customers],
        [global_id("Sku", row["id"]) for row in skus],
    )


def expected(row: dict[str, Any], terms: Terms) -> tuple[int, ...]:
    """The amounts that an order's lines and the terms come to, reckoned another way than the product does."""
    subtotal = sum(quantity * price - off for quantity, price, off, _ in row["lines"])
    net = subtotal - row["discount_amount_cents"]
    dollars = Decimal(net) / 100 * (0 if row["tax_exempt"] else terms.tax_rate)
    tax = dollars.quantize(Decimal("0.01"), ROUND_HALF_UP)
    free = row["is_sample"] or (terms.free_from_cents is not None and terms.free_from_cents <= net)
    freight = 0 if free else terms.shipping_cents
    return subtotal, row["discount_amount_cents"], int(tax * 100), freight, net + int(tax * 100) + freight


def stored(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(
        row[f"{name}_cents"]
        for name in ("subtotal", "discount_amount", "tax_amount", "shipping_amount", "total")
    )


def told(order: dict[str, Any]) -> tuple[tuple[int, ...], list[list[int]]]:
    """What the product said of an order, in cents."""
    lines = [
        [line["quantity"], *(cents(line[name]) for name in ("unitPrice", "discountAmount", "lineTotal"))]
        for line in order["lines"]["nodes"]
    ]
    return tuple(cents(order[name]) for name in AMOUNTS), lines


async def test_ten_thousand_orders_add_up(shop_floor: Runner) -> None:
    shop = await shopping(shop_floor)
    staff, buyer = await shop_floor.principal(ADMIN), await shop_floor.principal(BUYER)
    began = time.monotonic()
    while len(shop.told) < ORDERS:
        await shop.batch(staff, buyer)
    print(f"\nseed {SEED}: {len(shop.told):,} orders in {time.monotonic() - began:.0f} s, {dict(shop.kinds)}")  # noqa: T201  how it came about, where it fails

    rows = await shop_floor.sql(ROWS, tenant=staff.tenant_id, numbers=list(shop.told))
    assert len(rows) == len(shop.told) == len(shop.in_force) >= ORDERS
    for row in rows:
        assert all(total == quantity * price - off >= 0 for quantity, price, off, total in row["lines"]), row
        assert stored(row) == expected(row, shop.in_force[row["number"]]), (SEED, row)
        assert (stored(row), row["lines"]) == told(shop.told[row["number"]]), (SEED, row)
    assert await shop_floor.sql(DO_NOT_ADD_UP) == []
    assert {kind: shop.kinds[kind] for kind in KINDS if shop.kinds[kind] < BATCH} == {}
    assert {row["tax_exempt"] for row in rows} == {True, False}
