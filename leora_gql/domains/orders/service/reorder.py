"""Ordering the same again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.orders.models import Order
from leora_gql.domains.orders.service.create import NewOrder, create_order
from leora_gql.domains.orders.service.existing import Line, OrderStep, ours_alone, read_lines, read_order
from leora_gql.domains.orders.service.lines import NewLine, not_sold
from leora_gql.graph.problems import Problem, UserErrorCode

_ORDERS = cast(Table, Order.__table__)


async def reorder(change: Change, new: OrderStep) -> UUID | Problem | Sequence[Problem]:
    """Write a draft with the lines of an order, whatever became of that, at today's prices; gives the draft's key.

    It goes to the same addresses, and counts for the customer's representative of today. Lines that cannot be sold now
    are refused, each at `lines` and its index. Locks nothing.
    """
    order = await read_order(change, new.id, version=new.version)
    if isinstance(order, Problem):
        return order
    refused = ours_alone(change, order)
    if refused is not None:
        return refused
    lines = await read_lines(change, order.id)
    addresses = await _ADDRESSES.row(change.connection, key=order.id) or {}
    made = await create_order(
        change,
        NewOrder(
            customer_id=order.customer_id,
            lines=tuple(NewLine(line.sku_id, line.quantity) for line in lines),
            billing_address=addresses.get("billing_address"),
            shipping_address=addresses.get("shipping_address"),
            po_number=None,
            notes=None,
            internal_notes=None,
            requested_delivery_on=None,
            is_sample=order.is_sample,
            sales_rep_id=None,
        ),
    )
    return made if isinstance(made, UUID) else [_of_old(problem, lines) for problem in made]


def _of_old(problem: Problem, lines: Sequence[Line]) -> Problem:
    """The problem, told of the old order: its SKUs exist, whether or not the caller still sees them."""
    if problem.field is None or problem.field[0] != "lines":
        return replace(problem, field=("id",))
    path = problem.field[:2]
    if problem.code is UserErrorCode.NOT_FOUND:
        return not_sold(lines[int(path[1])].sku_code, *path)
    return replace(problem, field=path)


_ADDRESSES = Kept(
    select(_ORDERS.c.billing_address, _ORDERS.c.shipping_address).where(_ORDERS.c.id == bindparam("key"))
)
