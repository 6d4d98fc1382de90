"""What follows a submitted order: approval, confirmation, cancelling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, or_, select

from leora_gql.auth.principal import ActorKind
from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import Order, OrderLine
from leora_gql.domains.orders.service.bottles import release
from leora_gql.domains.orders.service.existing import OrderStep, Standing, read_order, write_order
from leora_gql.domains.orders.transitions import refused_approval, refused_transition
from leora_gql.graph.problems import Problem, UserErrorCode


async def approve_order(change: Change, new: OrderStep) -> UUID | Problem:
    """Clear the way for a PENDING order that needs approval; gives its key. Locks the order.

    Two people look at it: whoever wrote it, gave a price or gave a discount does not approve it, nor who made the
    integration that did, and no integration does.
    """
    order = await read_order(change, new.id, version=new.version)
    if isinstance(order, Problem):
        return order
    refused = refused_approval(order.status) or await _no_approval(change, order)
    if refused is not None:
        return refused
    values = {"approved_by_id": change.actor.id, "approved_at": change.now}
    return await _take_step(change, order, EventType.ORDER_APPROVED, values, {"approved_by_id": None})


async def confirm_order(change: Change, new: OrderStep) -> UUID | Problem:
    """Make a PENDING order CONFIRMED, once it is approved where it needs that; gives its key. Locks the order."""
    order = await _for_step(change, new, OrderStatus.CONFIRMED)
    if isinstance(order, Problem):
        return order
    if order.requires_approval and order.approved_at is None:
        return _not_allowed("It needs approval before it can be confirmed.")
    return await _take_step(change, order, EventType.ORDER_CONFIRMED, {"status": OrderStatus.CONFIRMED})


async def cancel_order(change: Change, new: OrderStep) -> UUID | Problem:
    """Call an order off and make free what is still reserved for it; gives its key.

    What was delivered stays delivered. Locks the order and the stock of its SKUs.
    """
    order = await _for_step(change, new, OrderStatus.CANCELLED)
    if isinstance(order, Problem):
        return order
    released = await release(change, order.id)
    values = {"status": OrderStatus.CANCELLED, "cancelled_at": change.now}
    return await _take_step(change, order, EventType.ORDER_CANCELLED, values, told={"released": released})


async def _for_step(change: Change, new: OrderStep, to: OrderStatus) -> Standing | Problem:
    order = await read_order(change, new.id, version=new.version)
    if isinstance(order, Problem):
        return order
    return refused_transition(order.status, to, audience=change.actor.audience) or order


async def _no_approval(change: Change, order: Standing) -> Problem | None:
    """Why the actor cannot approve the order, or need not."""
    if not order.requires_approval:
        return _not_allowed("It needs no approval.")
    if order.approved_at is not None:
        return _not_allowed("It is approved already.")
    if change.actor.kind is not ActorKind.USER:
        return _not_allowed("A person has to approve it.")
    if await _INVOLVED.value(change.connection, order=order.id, person=change.actor.id):
        return _not_allowed(
            "Somebody else than who wrote it or gave its prices or discounts has to approve it."
        )
    return None


def _not_allowed(message: str) -> Problem:
    return Problem(UserErrorCode.NOT_ALLOWED, message, ("id",))


async def _take_step(
    change: Change,
    order: Standing,
    event: EventType,
    values: Mapping[str, object],
    before: Mapping[str, object] | None = None,
    *,
    told: Mapping[str, object] | None = None,
) -> UUID:
    """Write the values and note them. `before` are those that `order` does not have."""
    await write_order(change, order.id, values)
    known = {name: getattr(order, name) for name in values if name not in (before or {})}
    change.edited(
        event,
        "Order",
        order.id,
        before={**known, **(before or {})},
        after=values,
        payload=order.told(**values, **(told or {})),
    )
    return order.id


def _involved() -> Any:
    """Whether a member of staff answers for what an order says: as its writer, or for a price or discount of it."""
    order, line = cast(Table, Order.__table__), cast(Table, OrderLine.__table__)
    person = bindparam("person", type_=Uuid())
    of_a_line = select(line.c.id).where(
        line.c.tenant_id == order.c.tenant_id,
        line.c.order_id == order.c.id,
        or_(line.c.price_override_by_id == person, line.c.discounted_by_id == person),
    )
    return select(
        or_(
            order.c.created_by_id == person,
            order.c.integration_maker_id == person,
            order.c.discounted_by_id == person,
            of_a_line.exists(),
        )
    ).where(order.c.id == bindparam("order", type_=Uuid()))


_INVOLVED = Kept(_involved())
