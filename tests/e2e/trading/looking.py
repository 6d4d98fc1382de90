"""The tenant's rows past the product: every fact as `World.shape` tells it, under the names that the model uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.trading.model import Fact

_AMOUNTS = (
    "s.subtotal_cents, s.discount_amount_cents, s.tax_amount_cents, s.shipping_amount_cents, s.total_cents"
)
_READ = {
    "terms": (
        (
            "s.tax_rate::text, s.shipping_flat_rate_cents, s.free_shipping_threshold_cents,"
            " s.minimum_order_amount_cents, s.default_warehouse, s.sample_allowance_per_rep"
        ),
        "tenant_settings s",
    ),
    "customer": (
        (
            "s.id, s.version, s.sales_rep_id, s.tax_exempt, s.credit_limit_cents, s.status, s.credit_status,"
            " s.license_expires_on"
        ),
        "customers s",
    ),
    "sku": ("s.id, s.version, s.base_price_cents, s.status", "skus s"),
    "stock": ("s.id, s.version, s.sku_id, s.warehouse, s.on_hand, s.reserved", "inventory s"),
    "order": (
        (
            "s.id, s.version, s.customer_id, coalesce(s.created_by_id, s.portal_user_id), s.sales_rep_id, s.is_sample,"
            f" s.status, {_AMOUNTS}, s.notes, s.approval_reasons, s.approved_by_id"
        ),
        "orders s",
    ),
    "line": (
        (
            "s.id, s.order_id, s.sku_id, s.position, s.quantity, s.unit_price_cents, s.discount_amount_cents,"
            " s.price_override_at IS NOT NULL, s.fulfilled_quantity"
        ),
        "order_lines s",
    ),
    "held": (
        "l.order_id, l.sku_id, i.warehouse, s.reserved, s.fulfilled",
        (
            "order_allocations s JOIN leora.order_lines l ON l.tenant_id = s.tenant_id AND l.id = s.order_line_id"
            " JOIN leora.inventory i ON i.tenant_id = s.tenant_id AND i.id = s.inventory_id"
        ),
    ),
    "invoice": (
        (
            f"s.id, s.version, s.order_id, s.customer_id, s.status, {_AMOUNTS}, s.paid_amount_cents,"
            " substring(s.number FROM '[0-9]+$')::int"
        ),
        "invoices s",
    ),
    "billed": (
        "s.invoice_id, s.sku_id, s.quantity, s.unit_price_cents, s.discount_amount_cents",
        "invoice_lines s",
    ),
    "payment": ("s.id, s.version, s.customer_id, s.amount_cents, s.status", "payments s"),
    "share": ("s.payment_id, s.invoice_id, s.amount_cents", "payment_allocations s"),
}
FACTS = "SELECT json_build_array({})::text".format(
    ", ".join(
        f"(SELECT coalesce(json_agg(json_build_array({columns})), '[]') FROM leora.{source} WHERE s.tenant_id = $1)"
        for columns, source in _READ.values()
    )
)
"""One text of JSON: the rows of each kind, in this order."""


@dataclass
class Names:
    """What the model calls rows, by their ids; and the ids of lines and versions as they were last read."""

    of: dict[str, str] = field(default_factory=dict[str, str])
    ids: dict[str, str] = field(default_factory=dict[str, str])
    lines: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    versions: dict[str, int] = field(default_factory=dict[str, int])

    def bind(self, name: str, key: str) -> None:
        """From now on the row has that name."""
        self.of[key], self.ids[name] = name, key

    def told(self, value: Any) -> Any:
        """A value, with the name for the id of a row."""
        return self.of.get(value, value) if isinstance(value, str) else value


Row = Sequence[Any]


def facts(found: Sequence[Sequence[Row]], names: Names) -> dict[Fact, Fact]:
    """What `FACTS` gave, by what it is about."""
    names.lines.clear()
    seen: dict[Fact, Fact] = {}
    for kind, rows in zip(_READ, found, strict=True):
        for row in rows:
            about, values = _ABOUT[kind](row, names)
            seen[(kind, *about)] = tuple(names.told(value) for value in values)
    return seen


def _terms(row: Row, _: Names) -> tuple[Row, Row]:
    return (), row


def _named(row: Row, names: Names) -> tuple[Row, Row]:
    """A row that has a name, and a version."""
    name = names.told(row[0])
    names.versions[name] = row[1]
    return (name,), row[2:]


def _stock(row: Row, names: Names) -> tuple[Row, Row]:
    sku, warehouse = names.told(row[2]), row[3]
    names.bind(f"{sku}@{warehouse}", row[0])
    names.versions[f"{sku}@{warehouse}"] = row[1]
    return (sku, warehouse), row[4:]


def _line(row: Row, names: Names) -> tuple[Row, Row]:
    about = names.told(row[1]), names.told(row[2])
    names.lines[about] = row[0]
    return about, row[3:]


def _below(depth: int) -> Callable[[Row, Names], tuple[Row, Row]]:
    """A row that is told by those that it belongs to."""
    return lambda row, names: (tuple(names.told(key) for key in row[:depth]), row[depth:])


_ABOUT: dict[str, Callable[[Row, Names], tuple[Row, Row]]] = {
    "terms": _terms,
    **dict.fromkeys(("customer", "sku", "order", "invoice", "payment"), _named),
    "stock": _stock,
    "line": _line,
    "held": _below(3),
    "billed": _below(2),
    "share": _below(2),
}
