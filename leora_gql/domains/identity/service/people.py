"""Members of staff and buyers: changing them, shutting them out, letting them in again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept
from leora_gql.db.model import SCHEMA
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, read_for_edit, write_edit
from leora_gql.domains.events import EventType
from leora_gql.domains.identity.enums import RevokeReason, UserStatus
from leora_gql.domains.identity.models import PortalUser, Session, User
from leora_gql.domains.identity.service.admins import admins, last_admin
from leora_gql.domains.identity.service.assignments import BUYERS, STAFF, People, outranks, permissions_of
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

_USERS, _SESSIONS = cast(Table, User.__table__), cast(Table, Session.__table__)
_ONESELF = Problem(UserErrorCode.NOT_ALLOWED, "Nobody can disable itself.", ("id",))
_OUT_OF_REACH = "This person may do more than you."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Whom to disable; with a `version` only if the person is still that one."""

    id: UUID
    version: int | None


async def update_user(change: Change, new: Edit) -> UUID | Problem | Sequence[Problem]:
    """Change a member of staff; gives its key. Needs `Locks(administration=True)`: managers form no circle."""
    manager = cast("UUID | None", new.values.get("manager_id"))
    problem = await _manager_problem(change.connection, new.id, manager) if manager else None
    return problem or await _update(change, User, new, STAFF, EventType.USER_UPDATED)


async def update_portal_user(change: Change, new: Edit) -> UUID | Problem | Sequence[Problem]:
    """Change a buyer; gives its key. For buyers: only of their own customer."""
    return await _update(change, PortalUser, new, BUYERS, EventType.PORTAL_USER_UPDATED)


async def disable_user(change: Change, new: Exit) -> UUID | Problem:
    """Shut a member of staff out and end its sessions; gives its key. Needs `Locks(administration=True)`.

    It counts at once in this process, elsewhere within a minute.
    """
    if new.id != change.actor.id and await admins(change.connection) == frozenset({new.id}):
        return last_admin("id")
    return await _disable(change, User, new, STAFF, EventType.USER_DISABLED)


async def disable_portal_user(change: Change, new: Exit) -> UUID | Problem:
    """Shut a buyer out and end its sessions; gives its key. For buyers: only of their own customer.

    It counts at once in this process, elsewhere within a minute.
    """
    return await _disable(change, PortalUser, new, BUYERS, EventType.PORTAL_USER_DISABLED)


def status_problem(current: UserStatus, wanted: UserStatus | None) -> Problem | None:
    """Why an update cannot lead from one status to the other: it only lets the disabled in again."""
    if wanted is None or wanted is current or (current, wanted) == (UserStatus.DISABLED, UserStatus.ACTIVE):
        return None
    allowed = "ACTIVE only" if current is UserStatus.DISABLED else "no other by an update"
    message = f"The status is {current.value}, which leads to {allowed}."
    return Problem(UserErrorCode.INVALID_TRANSITION, message, ("status",))


async def _update(
    change: Change, model: type[Any], new: Edit, people: People, event: EventType
) -> UUID | Problem:
    row = await read_for_edit(change, model, new, entity=people.entity)
    if isinstance(row, Problem):
        return row
    wanted = cast("UserStatus | None", new.values.get("status"))
    refused = status_problem(row["status"], wanted) if wanted else None
    if refused is not None:
        return refused
    returns = wanted is not None and row["status"] is not wanted
    if returns and outranks(await permissions_of(change.connection, new.id, people), change.actor, people):
        return Problem(UserErrorCode.NOT_ALLOWED, _OUT_OF_REACH, ("status",))
    key = await write_edit(change, model, new, row, entity=people.entity, event=event)
    if returns:
        _forget(change, ())
    return key


async def _disable(
    change: Change, model: type[Any], new: Exit, people: People, event: EventType
) -> UUID | Problem:
    if new.id == change.actor.id:
        return _ONESELF
    edit = Edit(id=new.id, version=new.version, values={"status": UserStatus.DISABLED})
    row = await read_for_edit(change, model, edit, entity=people.entity)
    if isinstance(row, Problem):
        return row
    if row["status"] is UserStatus.DISABLED:
        return Problem(UserErrorCode.INVALID_TRANSITION, "The status is DISABLED already.", ("id",))
    if outranks(await permissions_of(change.connection, new.id, people), change.actor, people):
        return Problem(UserErrorCode.NOT_ALLOWED, _OUT_OF_REACH, ("id",))
    await write_edit(change, model, edit, row, entity=people.entity, event=event)
    await _USE_UP_TOKENS.rows(change.connection, key=new.id)
    reason = RevokeReason.DISABLED
    ended = await _END[people.entity].rows(
        change.connection, key=new.id, new_revoked_at=change.now, new_revoke_reason=reason
    )
    if ended:
        changes = {"sessions": len(ended), "reason": reason.value}
        change.note(AuditAction.REVOKE, people.entity, new.id, changes)
    _forget(change, [session["id"] for session in ended])
    return new.id


def _forget(change: Change, sessions: Sequence[UUID]) -> None:
    """Ask again who anybody is: what integrations may do follows from their makers."""
    tenant = change.tenant_id

    change.afterwards(lambda auth: auth.forget_tenant(tenant))
    for session in sessions:
        change.afterwards(lambda auth, ended=session: auth.forget_session(ended))


async def _manager_problem(connection: AsyncConnection, user: UUID, manager: UUID) -> Problem | None:
    above = {row["id"] for row in await _ABOVE.rows(connection, key=manager)}
    if not above:
        return no_such("User", "managerId")
    if user in above:
        return Problem(
            UserErrorCode.NOT_ALLOWED, "This person reports to the one you change.", ("managerId",)
        )
    return None


def _above() -> Any:
    """Somebody and all whom that person reports to."""
    first = select(_USERS.c.id, _USERS.c.manager_id).where(_USERS.c.id == bindparam("key", type_=Uuid()))
    line = first.cte("line", recursive=True)
    next_ = select(_USERS.c.id, _USERS.c.manager_id).join(line, _USERS.c.id == line.c.manager_id)
    return select(line.union(next_).c.id)


def _end(people: People) -> Kept:
    c = _SESSIONS.c
    values = {name: bindparam(f"new_{name}", type_=c[name].type) for name in ("revoked_at", "revoke_reason")}
    owner = c[people.owner] == bindparam("key", type_=Uuid())
    return Kept(update(_SESSIONS).where(owner, c.revoked_at.is_(None)).values(values).returning(c.id))


def _use_up_tokens() -> Kept:
    functions: Any = getattr(func, SCHEMA)
    return Kept(select(functions.use_up_one_time_tokens(bindparam("key", type_=Uuid()))))


_ABOVE = Kept(_above())
_USE_UP_TOKENS = _use_up_tokens()
_END = {people.entity: _end(people) for people in (STAFF, BUYERS)}
