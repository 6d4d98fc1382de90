"""Values of rows as the rest of the world is told them: in events, in the audit log, and in JSON that rows keep."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast
from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from leora_gql.graph.node import encode_id

Facts = Mapping[str, object]
"""Values by the names of their columns."""

REFERRED: Mapping[str, str] = {
    "approved_by_id": "User",
    "assigned_by_id": "User",
    "created_by_id": "User",
    "customer_id": "Customer",
    "delivery_id": "WebhookDelivery",
    "discounted_by_id": "User",
    "event_id": "WebhookEvent",
    "feedback_activity_id": "Activity",
    "integration_maker_id": "User",
    "inventory_id": "InventoryItem",
    "invoice_id": "Invoice",
    "manager_id": "User",
    "order_id": "Order",
    "order_line_id": "OrderLine",
    "payment_id": "Payment",
    "portal_user_id": "PortalUser",
    "price_override_by_id": "User",
    "product_id": "Product",
    "role_id": "Role",
    "sales_rep_id": "User",
    "sku_id": "Sku",
    "subscription_id": "WebhookSubscription",
    "supplier_id": "Supplier",
    "user_id": "User",
}
"""The types that columns refer to. What is told names rows by their global ids, as the API does."""


def facts(values: Facts) -> dict[str, object]:
    """Values as JSON has them, by the API's names; amounts of money as decimals in text, references as global ids.

    >>> facts({"unit_price_cents": 1250, "sku_code": "W1"})
    {'unitPrice': '12.50', 'skuCode': 'W1'}
    """
    return {to_camel_case(name.removesuffix("_cents")): _fact(name, value) for name, value in values.items()}


def _fact(name: str, value: object) -> object:
    if name.endswith("_cents"):
        return money(value)
    if isinstance(value, UUID):
        return encode_id(REFERRED[name], value)
    if name.endswith("_address") and isinstance(value, Mapping):
        return {to_camel_case(part): held for part, held in cast("Mapping[str, object]", value).items()}
    return plain(value)


def money(cents: object) -> str | None:
    """Minor units as the API shows them."""
    return None if cents is None else str(Decimal(str(cents)).scaleb(-2).quantize(Decimal("0.01")))


def plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.date | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in cast("Sequence[object]", value)]
    return value
