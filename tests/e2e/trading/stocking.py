"""What becomes of stock, and of the terms on which it is sold."""

from __future__ import annotations

from typing import cast

from tests.e2e.trading.model import Malformed, Refused, World


def receive(world: World, sku: str, warehouse: str, quantity: int) -> list[str]:
    """Bottles come in."""
    world.stock.setdefault((sku, warehouse), [0, 0])[0] += quantity
    return ["inventory.received"]


def adjust(world: World, sku: str, warehouse: str, delta: int) -> list[str]:
    """A count found more or fewer: never fewer than are reserved."""
    item = world.stock.get((sku, warehouse))
    if item is None:
        raise Refused("NOT_FOUND")
    if item[0] + delta < item[1]:
        raise Refused("INSUFFICIENT_STOCK")
    item[0] += delta
    return ["inventory.adjusted"]


def transfer(world: World, sku: str, source: str, target: str, quantity: int) -> list[str]:
    """Bottles that nobody has reserved go elsewhere."""
    if source == target:
        raise Malformed("INVALID")
    item = world.stock.get((sku, source))
    if item is None:
        raise Refused("NOT_FOUND")
    if item[0] - item[1] < quantity:
        raise Refused("INSUFFICIENT_STOCK")
    item[0] -= quantity
    world.stock.setdefault((sku, target), [0, 0])[0] += quantity
    return ["inventory.transferred"] * 2


def set_terms(world: World, name: str, value: object) -> list[str]:
    """One of the tenant's terms is another."""
    return _set(world.terms, name, value, "settings.updated")


def set_customer(world: World, who: str, customer: str, name: str, value: object) -> list[str]:
    """Something of a customer is different; who approves no orders gives no more credit than there is."""
    now = world.customers[customer]
    raised = name == "limit" and now.limit is not None and (value is None or cast(int, value) > now.limit)
    if who == "rep" and (raised or (name == "credit" and now.credit == "HOLD" and value != "HOLD")):
        raise Refused("NOT_ALLOWED")
    events = _set(world.customers[customer], name, value, "customer.updated")
    return [*events, "customer.assigned"] if events and name == "rep" else events


def set_sku(world: World, sku: str, name: str, value: object) -> list[str]:
    """A SKU is sold or not, or for another price."""
    return _set(world.skus[sku], name, value, "sku.updated")


def _set(of: object, name: str, value: object, event: str) -> list[str]:
    if getattr(of, name) == value:
        return []
    setattr(of, name, value)
    return [event]
