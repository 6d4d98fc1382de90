"""What people read of it: all that is theirs, as the model has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from tests.domains.noted import global_id, key_of
from tests.e2e.trading.desk import money
from tests.e2e.trading.looking import Names
from tests.e2e.trading.model import BUYERS, World

LOOK = """
query ($customer: ID!, $from: Date!, $to: Date!, $skus: [ID!]!) {
  orders(first: 100) { nodes {
    id status total discountAmount lines(first: 10) { nodes { quantity fulfilledQuantity lineTotal } }
  } }
  invoices(first: 100) { nodes { id status total balanceDue } }
  payments(first: 100) { nodes { id status amount } }
  customer(id: $customer) { statement(from: $from, to: $to) { closingBalance } }
  availability(skuIds: $skus) { total }
}
"""
Told = dict[str, Any]


def asked(names: Names, world: World, customer: str) -> dict[str, Any]:
    """The variables: of all that was ever done today, wherever that is."""
    today = dt.datetime.now(dt.UTC).date()
    return {
        "customer": global_id("Customer", names.ids[customer]),
        "from": (today - dt.timedelta(days=100)).isoformat(),
        "to": (today + dt.timedelta(days=100)).isoformat(),
        "skus": [global_id("Sku", names.ids[sku]) for sku in world.skus],
    }


def named(data: Mapping[str, Any], names: Names) -> Told:
    """An answer to `LOOK`, by the names of rows."""
    return {
        **{
            kind: {names.told(key_of(row.pop("id"))): row for row in data[kind]["nodes"]}
            for kind in ("orders", "invoices", "payments")
        },
        "owed": data["customer"]["statement"]["closingBalance"],
        "free": [one and one["total"] for one in data["availability"]],
    }


def looked(world: World, who: str, customer: str) -> Told:
    """What somebody sees, and what that customer owes."""
    buyer = BUYERS.get(who)
    sent = [one for one in world.invoices.values() if one.customer == customer and one.number is not None]
    return {
        "orders": {
            name: {
                "status": one.status,
                "total": money(one.amounts.total),
                "discountAmount": money(one.amounts.discount),
                "lines": {
                    "nodes": [
                        {
                            "quantity": line.quantity,
                            "fulfilledQuantity": line.fulfilled,
                            "lineTotal": money(line.total),
                        }
                        for line in one.lines.values()
                    ]
                },
            }
            for name, one in world.orders.items()
            if buyer in (None, one.customer)
        },
        "invoices": {
            name: {
                "status": one.status,
                "total": money(one.amounts.total),
                "balanceDue": money(0 if one.status == "VOID" else one.amounts.total - one.paid),
            }
            for name, one in world.invoices.items()
            if buyer is None or (buyer == one.customer and one.number is not None)
        },
        "payments": {
            name: {"status": one.status, "amount": money(sum(one.shares.values()))}
            for name, one in world.payments.items()
            if buyer in (None, one.customer)
        },
        "owed": money(sum(one.amounts.total - one.paid for one in sent if one.status != "VOID")),
        "free": [
            sum(on_hand - reserved for (sku, _), (on_hand, reserved) in world.stock.items() if sku == name)
            if one.active or buyer is None
            else None
            for name, one in world.skus.items()
        ],
    }
