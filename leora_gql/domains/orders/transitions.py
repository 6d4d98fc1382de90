"""The states of an order: which leads to which, and for whom."""

from __future__ import annotations

from collections.abc import Mapping

from leora_gql.auth.permissions import Audience
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.graph.problems import Problem, UserErrorCode

Transitions = Mapping[OrderStatus, tuple[OrderStatus, ...]]

FOR_STAFF: Transitions = {
    OrderStatus.DRAFT: (OrderStatus.PENDING, OrderStatus.CANCELLED),
    OrderStatus.PENDING: (OrderStatus.CONFIRMED, OrderStatus.CANCELLED),
    OrderStatus.CONFIRMED: (
        OrderStatus.PARTIALLY_FULFILLED,
        OrderStatus.FULFILLED,
        OrderStatus.CANCELLED,
    ),
    OrderStatus.PARTIALLY_FULFILLED: (
        OrderStatus.PARTIALLY_FULFILLED,
        OrderStatus.FULFILLED,
        OrderStatus.CANCELLED,
    ),
    OrderStatus.FULFILLED: (),
    OrderStatus.CANCELLED: (),
}
"""Every state and those that follow it. A part that is delivered can be followed by another part."""

FOR_BUYERS: Transitions = {
    OrderStatus.DRAFT: (OrderStatus.PENDING, OrderStatus.CANCELLED),
    OrderStatus.PENDING: (OrderStatus.CANCELLED,),
    OrderStatus.CONFIRMED: (),
    OrderStatus.PARTIALLY_FULFILLED: (),
    OrderStatus.FULFILLED: (),
    OrderStatus.CANCELLED: (),
}
"""The same for a customer's buyers: they submit drafts, and cancel what is not confirmed."""


def transitions(audience: Audience) -> Transitions:
    """What an audience can make of orders."""
    return FOR_BUYERS if audience is Audience.PORTAL else FOR_STAFF


def refused_transition(status: OrderStatus, to: OrderStatus, *, audience: Audience) -> Problem | None:
    """Why an order cannot go from its status to another for the audience, naming where it can go; None if it can."""
    allowed = transitions(audience)[status]
    if to in allowed:
        return None
    return _refused(f"It cannot become {to.value}", status, allowed)


def refused_approval(status: OrderStatus) -> Problem | None:
    """Why an order of a status cannot be approved, which it is only while it waits; None if it can."""
    if status is OrderStatus.PENDING:
        return None
    return _refused("It is approved only while it is PENDING", status, FOR_STAFF[status])


def _refused(what: str, status: OrderStatus, allowed: tuple[OrderStatus, ...]) -> Problem:
    names = " or ".join(one.value for one in allowed)
    end = (
        "only the distributor takes it further" if FOR_STAFF[status] else "from there it becomes nothing else"
    )
    ways = f"from there it can become {names}" if names else end
    return Problem(UserErrorCode.INVALID_TRANSITION, f"{what}. The order is {status.value}; {ways}.", ("id",))
