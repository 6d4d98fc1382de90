"""What the tests of writing orders share: the mutation, and what the demo tenant has and should charge."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import text

from leora_gql.db.addresses import connected
from tests.api import ADMIN, Api
from tests.domains.noted import global_id
from tests.graph.principals import Runner

CREATE = """
mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) {
    order {
      id number status poNumber placedAt requestedDeliveryOn notes isSample currency version
      subtotal discountAmount taxAmount shippingAmount total
      billingAddress { line1 city postalCode } shippingAddress { line1 city postalCode }
      customer { id name salesRepContact { name } }
      lines(first: 100) { nodes {
        position skuCode description quantity cases liters unitPrice discountAmount lineTotal
        fulfilledQuantity sku { id code }
      } }
    }
    orderEdge { cursor node { id } }
    userErrors { code message field }
  }
}
"""
COUNTS = """
SELECT (SELECT count(*) FROM leora.orders) AS orders, (SELECT count(*) FROM leora.order_lines) AS lines
"""
PRICE = """
SELECT unit_price_cents FROM (
    SELECT CASE WHEN customer_id IS NOT NULL THEN 0 WHEN customer_tier IS NOT NULL THEN 1 ELSE 2 END AS level,
        min_quantity, valid_from, unit_price_cents
    FROM leora.price_list_entries e JOIN leora.customers c ON c.id = :customer
    WHERE e.sku_id = :sku AND e.tenant_id = c.tenant_id AND e.currency = 'USD'
        AND (e.customer_id = c.id OR e.customer_id IS NULL AND (e.customer_tier IS NULL OR e.customer_tier = c.tier))
        AND :quantity BETWEEN min_quantity AND coalesce(max_quantity, :quantity)
        AND now() >= valid_from AND (valid_until IS NULL OR now() < valid_until)
    UNION ALL
    SELECT 3, 1, '-infinity', base_price_cents FROM leora.skus WHERE id = :sku
) candidate ORDER BY level, min_quantity DESC, valid_from DESC, unit_price_cents LIMIT 1
"""


class Shop:
    """What the demo tenant has, as the database says."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    async def one(self, statement: str, **values: Any) -> dict[str, Any]:
        rows = await self.runner.sql(statement, **values)
        return rows[0]

    async def customer(
        self, where: str = "c.status = 'ACTIVE'", tenant: str = "well-crafted"
    ) -> dict[str, Any]:
        """A customer of the tenant that the condition (about `c`) fits."""
        return await self.one(
            f"SELECT c.* FROM leora.customers c JOIN leora.tenants t ON t.id = c.tenant_id"
            f" WHERE t.slug = :tenant AND ({where}) ORDER BY c.id LIMIT 1",
            tenant=tenant,
        )

    async def own_customer(self, buyer: str) -> dict[str, Any]:
        return await self.customer(
            f"c.id = (SELECT customer_id FROM leora.portal_users WHERE email = '{buyer}')"
        )

    async def skus(self, count: int, tenant: str = "well-crafted") -> list[dict[str, Any]]:
        """SKUs that are sold, for dollars, of which any order can hold some."""
        return await self.runner.sql(
            "SELECT s.* FROM leora.skus s JOIN leora.products p ON p.id = s.product_id"
            " JOIN leora.tenants t ON t.id = s.tenant_id WHERE t.slug = :tenant"
            " AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND NOT p.is_sample_only AND s.currency = 'USD'"
            " AND s.base_price_cents < 1000000"
            " ORDER BY s.id LIMIT :count",
            tenant=tenant,
            count=count,
        )

    async def counts(self) -> dict[str, Any]:
        return await self.one(COUNTS)


def line(sku: dict[str, Any], quantity: int = 1) -> dict[str, Any]:
    return {"skuId": global_id("Sku", sku["id"]), "quantity": quantity}


async def create(api: Api, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
    """The payload of an answer without errors."""
    return (await api.data(CREATE, {"input": given}, as_=as_))["createOrder"]


def refusals(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """The problems of a payload that has nothing else."""
    assert (payload["order"], payload["orderEdge"]) == (None, None)
    assert all(error["message"] for error in payload["userErrors"])
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def dollars(cents: int | Decimal) -> str:
    return f"{Decimal(cents) / 100:.2f}"


async def expected_lines(
    shop: Shop, customer: dict[str, Any], wanted: list[tuple[dict[str, Any], int]]
) -> tuple[list[dict[str, Any]], int]:
    """The lines as the rules say, worked out in SQL and by hand; and their sum in cents."""
    lines, subtotal = [], 0
    for position, (sku, quantity) in enumerate(wanted, 1):
        found = await shop.one(PRICE, customer=customer["id"], sku=sku["id"], quantity=quantity)
        cents = found["unit_price_cents"]
        subtotal += cents * quantity
        in_cases = (Decimal(quantity) / sku["units_per_case"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
        lines.append(
            {
                "position": position,
                "skuCode": sku["code"],
                "description": sku["name"],
                "quantity": quantity,
                "cases": str(in_cases),
                "liters": f"{Decimal(quantity * sku['bottle_ml']) / 1000:.3f}",
                "unitPrice": dollars(cents),
                "discountAmount": "0.00",
                "lineTotal": dollars(cents * quantity),
                "fulfilledQuantity": 0,
                "sku": {"id": global_id("Sku", sku["id"]), "code": sku["code"]},
            }
        )
    return lines, subtotal


async def change(shop: Shop, statement: str, **values: Any) -> None:
    """Change the demo data behind the product's back; whoever does it puts it back."""
    async with connected(shop.runner.direct_url, autocommit=True) as connection:
        await connection.execute(text(statement), values)
