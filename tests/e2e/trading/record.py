"""What is told of changes: events say what has become of their rows, and audit entries follow from one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.e2e.trading.desk import money
from tests.e2e.trading.looking import Names
from tests.e2e.trading.model import Amounts, World

EVENTS = """
SELECT json_build_array(event_sequence, audit_sequence, (
    SELECT coalesce(json_agg(json_build_array(type, entity_type, entity_id, payload) ORDER BY sequence), '[]')
    FROM leora.webhook_events WHERE tenant_id = $1 AND sequence > $2
), (
    SELECT coalesce(json_agg(json_build_array(entity_type, entity_id) ORDER BY sequence), '[]')
    FROM leora.audit_log WHERE tenant_id = $1 AND sequence > $3
))::text FROM leora.tenant_heads WHERE tenant_id = $1
"""
"""How far the record is, and the events and entries since."""
STORY = """
SELECT json_agg(json_build_array(entity_type, entity_id, action, changes) ORDER BY sequence)::text
FROM leora.audit_log WHERE tenant_id = $1
"""
DELIVERIES = """
SELECT e.type, count(d.id) FROM leora.webhook_events e
LEFT JOIN leora.webhook_deliveries d ON d.tenant_id = e.tenant_id AND d.event_id = e.id
WHERE e.tenant_id = $1 GROUP BY e.id, e.type
HAVING count(d.id) <> 1 + (e.type LIKE 'order.%')::int + (e.type = 'invoice.paid')::int
"""
"""Events that are not delivered to each of the subscriptions that ask for them."""
SUBSCRIPTIONS = (["*"], ["order.*", "order.submitted"], ["invoice.paid"])
_NUMBERS = ("subtotal", "discountAmount", "taxAmount", "shippingAmount", "total")
_SAID = ("priceOverride",)
"""Why a price was overridden is said of the act, whatever was said of others before."""
Event = Sequence[Any]


def last_said(events: Iterable[Event], names: Names) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The newest event's payload of each row, by its kind and name."""
    return {(kind, names.told(key)): payload for _, kind, key, payload in events}


def untrue(said: Mapping[tuple[str, str], Mapping[str, Any]], world: World) -> list[Any]:
    """What events say of rows that is not so."""
    found: list[Any] = []
    for (kind, name), payload in said.items():
        so = _is(world, kind, name)
        wrong = {
            field: (payload[field], so[field]) for field in so if payload.get(field, so[field]) != so[field]
        }
        found += [(kind, name, wrong)] if wrong else []
    return found


def _is(world: World, kind: str, name: str) -> dict[str, Any]:
    """What is so of a row, by the names of the record."""
    if kind == "Order":
        order = world.orders[name]
        return {"status": order.status, **_amounts(order.amounts)}
    if kind == "Invoice":
        invoice = world.invoices[name]
        return {"status": invoice.status, "paidAmount": money(invoice.paid), **_amounts(invoice.amounts)}
    if kind == "Payment":
        payment = world.payments[name]
        return {"status": payment.status, "amount": money(sum(payment.shares.values()))}
    if kind == "InventoryItem":
        sku, _, place = name.partition("@")
        on_hand, reserved = world.stock[sku, place]
        return {"onHand": on_hand, "reserved": reserved}
    return {}


def _amounts(amounts: Amounts) -> dict[str, str]:
    parts = (amounts.subtotal, amounts.discount, amounts.tax, amounts.shipping, amounts.total)
    return dict(zip(_NUMBERS, map(money, parts), strict=True))


def told_twice(entries: Iterable[Sequence[Any]], world: World, names: Names) -> list[Any]:
    """Audit entries whose `before` is not what the entries before them left; and rows that are not as they say."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    found: list[Any] = []
    for kind, key, action, changes in entries:
        row = known.setdefault((kind, names.told(key)), {})
        for field, one in changes.items():
            if (
                field in _SAID
                or isinstance(one["before"], list | dict)
                or isinstance(one["after"], list | dict)
            ):
                continue
            if action != "CREATE" and row.get(field, one["before"]) != one["before"]:
                found.append((kind, names.told(key), field, row[field], one))
            row[field] = one["after"]
    return found + untrue(known, world)
