"""Whom an order counts for: a representative who can be named, and whose samples may be used up."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.customers.service.rules import unfit_sales_rep
from leora_gql.domains.orders.service.existing import Standing
from leora_gql.graph.problems import Problem, UserErrorCode

_CUSTOMERS = cast(Table, Customer.__table__)
_OWN = Kept(select(_CUSTOMERS.c.sales_rep_id).where(_CUSTOMERS.c.id == bindparam("customer")))


async def unfit_rep(change: Change, rep: UUID, *, own: UUID | None, is_sample: bool) -> Problem | None:
    """Why a new order cannot count for this user; `own` is the customer's own representative."""
    return await unfit_sales_rep(change, rep) or (_not_theirs(change, rep, own) if is_sample else None)


async def unfit_other_rep(change: Change, order: Standing, rep: UUID | None) -> Problem | None:
    """Why an order cannot count for this user instead; None: for whoever wrote it."""
    unfit = await unfit_sales_rep(change, rep)
    if unfit is not None or not order.is_sample:
        return unfit
    own: UUID | None = await _OWN.value(change.connection, customer=order.customer_id)
    return _not_theirs(change, rep or order.created_by_id, own)


def _not_theirs(change: Change, rep: UUID | None, own: UUID | None) -> Problem | None:
    """Samples use up an allowance: who does not manage orders uses that of the customer's own, or their own."""
    if rep in (None, own, change.actor.id) or change.actor.can("orders.manage"):
        return None
    message = (
        "Samples count for the customer's own representative or for you; who manages orders names others."
    )
    return Problem(UserErrorCode.NOT_ALLOWED, message, ("salesRepId",))
