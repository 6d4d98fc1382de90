"""Changing what an order says besides its lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import select

from leora_gql.auth.permissions import Audience
from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, read_for_edit
from leora_gql.domains.events import EventType
from leora_gql.domains.facts import facts
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import Order
from leora_gql.domains.orders.service.draft import amount_columns, basis_of, totals
from leora_gql.domains.orders.service.existing import (
    Standing,
    ours_alone,
    read_lines,
    read_order,
    write_order,
)
from leora_gql.domains.orders.service.rep import unfit_other_rep
from leora_gql.domains.tenancy.clock import today
from leora_gql.graph.problems import Problem, UserErrorCode

_ALWAYS = frozenset({"notes", "internal_notes"})
"""What can change of an order that is submitted."""
_OURS = frozenset({"internal_notes", "discounted_by_id"})
"""What no event says."""
_OPEN_TO_BUYERS = frozenset({OrderStatus.DRAFT, OrderStatus.PENDING})


async def update_order(change: Change, new: Edit) -> UUID | Problem | Sequence[Problem]:
    """Change an order's details; gives its key. A discount changes its amounts, and has its giver. Locks the order.

    Once it is submitted only the notes can change, and for buyers nothing once it is confirmed. Samples are ours alone.
    """
    order = await read_order(change, new.id, version=new.version)
    if isinstance(order, Problem):
        return order
    refused = ours_alone(change, order) or _refused(order, new, audience=change.actor.audience)
    if refused:
        return refused
    giver = ("discounted_by_id",) if "discount_amount_cents" in new.values else ()
    row = await read_for_edit(change, Order, new, entity="Order", also=giver)
    if isinstance(row, Problem):
        return row
    values = {name: value for name, value in new.values.items() if row[name] != value}
    if not values:
        return order.id
    unfit = await _unfit(change, order, values)
    if unfit is not None:
        return unfit
    amounts = await _amounts(change, order, values)
    if isinstance(amounts, Problem):
        return amounts
    if "discount_amount_cents" in values:
        values["discounted_by_id"] = change.actor.answerable_id if values["discount_amount_cents"] else None
    before = {**order.before(amounts), **{name: row[name] for name in values}}
    await write_order(change, order.id, {**values, **amounts})
    told = {name: value for name, value in {**values, **amounts}.items() if name not in _OURS}
    change.edited(
        EventType.ORDER_UPDATED,
        "Order",
        order.id,
        before=before,
        after={**values, **amounts},
        payload=order.told(**told),
    )
    return order.id


def _refused(order: Standing, new: Edit, *, audience: Audience) -> Sequence[Problem]:
    if order.status is OrderStatus.DRAFT:
        return ()
    if audience is Audience.PORTAL and order.status not in _OPEN_TO_BUYERS:
        message = f"You can change an order until it is confirmed. It is {order.status.value}."
        return (Problem(UserErrorCode.NOT_ALLOWED, message, ("id",)),)
    message = f"This changes only while the order is DRAFT. It is {order.status.value}."
    fixed = {name: None for name in new.values if name not in _ALWAYS}
    return [Problem(UserErrorCode.NOT_ALLOWED, message, (field,)) for field in facts(fixed)]


async def _unfit(change: Change, order: Standing, values: dict[str, object]) -> Problem | None:
    """Why the goods cannot come on the day that is asked for, or the order count for that user."""
    day = values.get("requested_delivery_on")
    if isinstance(day, dt.date) and day < await _TODAY.value(change.connection):
        return Problem(UserErrorCode.OUT_OF_RANGE, "That day has passed.", ("requestedDeliveryOn",))
    if "sales_rep_id" not in values:
        return None
    return await unfit_other_rep(change, order, cast(UUID | None, values["sales_rep_id"]))


async def _amounts(change: Change, order: Standing, values: dict[str, object]) -> dict[str, object] | Problem:
    """The amounts that follow from a new discount; none where it stays."""
    discount = values.get("discount_amount_cents")
    if not isinstance(discount, int):
        return {}
    lines = await read_lines(change, order.id)
    found = await basis_of(change, order, [line.sku_id for line in lines])
    if isinstance(found, Problem):
        return found
    basis, buyer = found
    amounts = totals(order, lines, basis, buyer, discount_cents=discount, path=("discountAmount",))
    return amounts if isinstance(amounts, Problem) else amount_columns(order, amounts)


_TODAY = Kept(select(today()))
