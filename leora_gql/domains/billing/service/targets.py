"""The invoice or payment whose status is to change: found, of the version that its reader saw, in a status for it."""

from __future__ import annotations

import enum
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_

from leora_gql.db.kept import Kept
from leora_gql.domains.billing.enums import PaymentStatus
from leora_gql.domains.change import Change
from leora_gql.domains.editing import moved_on
from leora_gql.graph.problems import Problem, UserErrorCode, no_such


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which row; with a `version` only if it is still that one."""

    id: UUID
    version: int | None


async def read_target(
    change: Change,
    statement: Kept,
    target: Target,
    *,
    entity: str,
    allowed: Container[enum.Enum],
    verb: str,
) -> dict[str, Any] | Problem:
    """The row that the statement reads by `key`, when its status is one of `allowed`; or why `verb` cannot be.

    Whoever calls it has locked the row (`Locks`).
    """
    await change.catch_up({target.id})
    row = await statement.row(change.connection, key=target.id)
    if row is None:
        return no_such(entity, "id")
    if target.version is not None and row["version"] != target.version:
        return moved_on()
    if row["status"] not in allowed:
        return wrong_status(row, entity=entity, verb=verb)
    return row


def wrong_status(row: Mapping[str, Any], *, entity: str, verb: str) -> Problem:
    """The status of a row does not lead there."""
    message = f"The {entity.lower()} is {row['status'].value}: it cannot be {verb}."
    return Problem(UserErrorCode.INVALID_TRANSITION, message, ("id",))


def still_counts(status: ColumnElement[Any]) -> ColumnElement[bool]:
    """A payment of that status is one that an invoice must reckon with: the money is there, or may come."""
    return or_(status == PaymentStatus.PENDING, status == PaymentStatus.CLEARED)
