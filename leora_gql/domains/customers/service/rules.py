"""What holds for every change of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.customers.enums import CustomerStatus
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
