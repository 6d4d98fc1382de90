"""What holds for every change of a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.customers.enums import CreditStatus, CustomerStatus
from leora_gql.domains.identity.enums import UserStatus
from leora_gql.domains.identity.models import User
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

UNTOLD: Final = frozenset({"credit_limit_cents", "credit_status", "notes"})
"""Who hears of events need not be allowed to see these."""

_USERS = cast(Table, User.__table__)
_STATUS_OF_USER = Kept(select(_USERS.c.status).where(_USERS.c.id == bindparam("key")))


def closed(row: Mapping[str, object], *field: str) -> Problem | None:
    """A closed customer is never changed again."""
    if row["status"] is not CustomerStatus.CLOSED:
        return None
    return Problem(UserErrorCode.INVALID_TRANSITION, "The customer is closed for good.", field)


def closing(values: Mapping[str, object]) -> Problem | None:
    """No other way leads to CLOSED than `closeCustomer`."""
    if values.get("status") is not CustomerStatus.CLOSED:
        return None
    return Problem(
        UserErrorCode.INVALID_TRANSITION, "A customer is closed by closeCustomer alone.", ("status",)
    )


def eased_credit(change: Change, values: Mapping[str, object], row: Mapping[str, Any]) -> Sequence[Problem]:
    """What gives a customer more credit than its row says: that is for those who approve orders.

    Whoever else may change its credit could get around the approval and the refusal that the credit calls for.
    """
    if change.actor.can("orders.approve"):
        return []
    message = "Only who may approve orders gives a customer more credit."
    return [
        Problem(UserErrorCode.NOT_ALLOWED, message, (field,))
        for column, field, eases in (
            ("credit_limit_cents", "creditLimit", _raises),
            ("credit_status", "creditStatus", _releases),
        )
        if column in values and eases(row[column], values[column])
    ]


def _raises(before: Any, after: Any) -> bool:
    return before is not None and (after is None or after > before)


def _releases(before: Any, after: Any) -> bool:
    return before is CreditStatus.HOLD and after is not before


async def unfit_sales_rep(change: Change, key: object) -> Problem | None:
    """Why this user (None: nobody) cannot be a customer's sales representative: only active staff can."""
    if key is None:
        return None
    status = await _STATUS_OF_USER.value(change.connection, key=cast(UUID, key))
    if status is None:
        return no_such("User", "salesRepId")
    if status is not UserStatus.ACTIVE:
        return Problem(UserErrorCode.NOT_ALLOWED, "That member of staff is not active.", ("salesRepId",))
    return None
