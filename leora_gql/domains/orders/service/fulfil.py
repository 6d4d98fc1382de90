"""Delivering an order: whole, or some bottles of some lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from sqlalchemy import Table

from leora_gql.db.rows import update_rows
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import OrderLine
from leora_gql.domains.orders.service.bottles import Reserved, read_reserved, take_out
from leora_gql.domains.orders.service.existing import (
    Line,
    OrderStep,
    Standing,
    read_lines,
    read_order,
    write_order,
)
from leora_gql.domains.orders.transitions import refused_transition
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

_LINES = cast(Table, OrderLine.__table__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """Bottles of a line that go out."""

    line_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(OrderStep):
    """What goes out; all that is missing where no lines are given."""

    lines: tuple[Delivered, ...] | None


async def fulfill_order(change: Change, new: Delivery) -> UUID | Problem | Sequence[Problem]:
    """Take an order's bottles out of the warehouses that they are reserved in; gives its key.

    It is FULFILLED with the last bottle, PARTIALLY_FULFILLED before. Locks the order and the stock of its SKUs.
    """
    order = await read_order(change, new.id, version=new.version)
    if isinstance(order, Problem):
        return order
    refused = refused_transition(order.status, OrderStatus.FULFILLED, audience=change.actor.audience)
    if refused is not None:
        return refused
    lines = await read_lines(change, order.id)
    reserved = await read_reserved(change, order.id)
    going = (
        {line.id: line.missing for line in lines if line.missing}
        if new.lines is None
        else {one.line_id: one.quantity for one in new.lines}
    )
    problems = _refused(new, going, lines, reserved)
    if problems:
        return problems
    await take_out(change, going, reserved)
    after = [
        replace(line, fulfilled_quantity=line.fulfilled_quantity + going.get(line.id, 0)) for line in lines
    ]
    await _write(change, order, after, going)
    return order.id


def _refused(
    new: Delivery, going: dict[UUID, int], lines: Sequence[Line], reserved: Sequence[Reserved]
) -> Sequence[Problem]:
    there = {line.id: line for line in lines}
    problems: list[Problem] = []
    for index, (key, quantity) in enumerate(going.items()):
        path = ("id",) if new.lines is None else ("lines", str(index))
        line = there.get(key)
        if line is None:
            problems.append(no_such("OrderLine", *path, "lineId"))
        elif quantity > line.missing:
            message = f"Of {line.sku_code} only {line.missing:,} bottles are still to be delivered."
            problems.append(Problem(UserErrorCode.OUT_OF_RANGE, message, (*path, "quantity")))
        elif quantity > sum(one.reserved for one in reserved if one.order_line_id == key):
            message = f"Not that many bottles of {line.sku_code} are reserved for the order."
            problems.append(Problem(UserErrorCode.INSUFFICIENT_STOCK, message, path))
    return problems


async def _write(change: Change, order: Standing, lines: Sequence[Line], going: dict[UUID, int]) -> None:
    whole = not any(line.missing for line in lines)
    values = {
        "status": OrderStatus.FULFILLED if whole else OrderStatus.PARTIALLY_FULFILLED,
        "fulfilled_at": change.now if whole else None,
    }
    await write_order(change, order.id, values)
    gone = [line for line in lines if line.id in going]
    await update_rows(
        change.connection,
        _LINES,
        [{"id": line.id, "fulfilled_quantity": line.fulfilled_quantity} for line in gone],
    )
    delivered = {
        line.sku_code: {
            "before": line.fulfilled_quantity - going[line.id],
            "after": line.fulfilled_quantity,
        }
        for line in gone
    }
    told = [{"skuCode": line.sku_code, "quantity": going[line.id]} for line in gone]
    change.edited(
        EventType.ORDER_FULFILLED if whole else EventType.ORDER_PARTIALLY_FULFILLED,
        "Order",
        order.id,
        before={
            **order.before(values),
            "fulfilled_quantity": {code: one["before"] for code, one in delivered.items()},
        },
        after={**values, "fulfilled_quantity": {code: one["after"] for code, one in delivered.items()}},
        payload=order.told(**values, delivered=told),
    )
