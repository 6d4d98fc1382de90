"""Inviting members of staff and buyers: a row, its roles, and a mail with a token once all of it is committed.

Whoever was invited and has not come in yet can be invited again: the row is kept, what is given is taken over under the
rules of changing a person and its roles, and of its tokens only the newest counts (`one_time.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Column, DateTime, Table, Text, Uuid, bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from leora_gql.auth.one_time import make_one_time_token
from leora_gql.auth.permissions import Audience
from leora_gql.db.kept import Kept
from leora_gql.db.model import SCHEMA, new_id
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit
from leora_gql.domains.events import EventType
from leora_gql.domains.identity.enums import OneTimePurpose, SubjectKind, UserStatus
from leora_gql.domains.identity.models import OneTimeToken as OneTimeTokenRow
from leora_gql.domains.identity.service.assignments import (
    BUYERS,
    STAFF,
    Assignment,
    GivenRole,
    People,
    assign_portal_roles,
    assign_roles,
    default_roles,
    find_roles,
    give,
    role_problems,
    roles_of,
)
from leora_gql.domains.identity.service.letters import invitation
from leora_gql.domains.identity.service.people import update_portal_user, update_user
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

VALID_FOR = dt.timedelta(days=7)
MOST_AN_HOUR = {Audience.STAFF: 500, Audience.PORTAL: 20}
"""Invitations by a distributor's staff, and by the buyers of one customer: each is a mail in the distributor's name."""
_TAKEN = Problem(UserErrorCode.DUPLICATE, "Somebody has that e-mail address already.", ("email",))
_CLOSED = Problem(UserErrorCode.CUSTOMER_INACTIVE, "The customer is closed.", ("customerId",))
_SUBJECTS = {STAFF.entity: SubjectKind.USER, BUYERS.entity: SubjectKind.PORTAL_USER}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Whom to invite: `values` by column. Without roles the person gets the default ones of its kind.

    For somebody who is invited again, what is None and roles that are not given stay as they are.
    """

    values: Mapping[str, object]
    role_ids: tuple[UUID, ...]


async def invite_user(change: Change, new: NewPerson) -> UUID | Problem | Sequence[Problem]:
    """Invite a member of staff, or again whoever has not come in yet; gives its key.

    Needs `Locks(administration=True)`.
    """
    return await _invite(change, new, STAFF, EventType.USER_INVITED)


async def invite_portal_user(change: Change, new: NewPerson) -> UUID | Problem | Sequence[Problem]:
    """Invite a buyer, or again whoever has not come in yet; gives its key. Buyers invite to their own customer."""
    status = await _CUSTOMER.value(change.connection, key=new.values["customer_id"])
    if status is None:
        return no_such("Customer", "customerId")
    if status == "CLOSED":
        return _CLOSED
    return await _invite(change, new, BUYERS, EventType.PORTAL_USER_INVITED)


async def _invite(
    change: Change, new: NewPerson, people: People, event: EventType
) -> UUID | Problem | Sequence[Problem]:
    lately = change.now + VALID_FOR - dt.timedelta(hours=1)
    most = MOST_AN_HOUR[change.actor.audience]
    if await _LATELY.value(change.connection, moment=lately) >= most:
        message = f"At most {most} invitations are sent in an hour. Try again later."
        return Problem(UserErrorCode.NOT_ALLOWED, message, ("email",))
    known = await _KNOWN[people.entity].row(change.connection, email=new.values["email"])
    if known is not None:
        return await _invite_again(change, new, people, event, known=known)
    roles = await _roles(change, new.role_ids, people)
    if not isinstance(roles, dict):
        return roles
    key, status = new_id(), UserStatus.INVITED
    row = {**new.values, "status": status}
    statement = _INSERT[people.entity]
    if await statement.value(change.connection, tenant_id=change.tenant_id, id=key, **row) is None:
        return _TAKEN
    refused = await give(change, key, list(roles.values()), people)
    if refused is not None:
        return refused
    names = sorted(role.name for role in roles.values())
    change.made(event, people.entity, key, {**row, "roles": names})
    await _send(change, key, people, to=str(row["email"]), name=str(row["first_name"]))
    return key


async def _invite_again(
    change: Change, new: NewPerson, people: People, event: EventType, *, known: Mapping[str, object]
) -> UUID | Problem | Sequence[Problem]:
    """Write once more to somebody who has not come in yet, to the address that is stored. The row is locked."""
    key = cast(UUID, known["id"])
    if known["status"] is not UserStatus.INVITED or known.get("customer_id") != new.values.get("customer_id"):
        return _TAKEN
    taken_over = {name: value for name, value in new.values.items() if name != "email" and value is not None}
    refused = await _change(change, key, taken_over, new.role_ids, people)
    if refused is not None:
        return refused
    row = {name: value for name, value in {**known, **taken_over}.items() if name != "id"}
    names = sorted(role.name for role in (await roles_of(change.connection, key, people)).values())
    change.note(AuditAction.UPDATE, people.entity, key, {"invitation": "sent again"})
    change.told(event, people.entity, key, {**row, "roles": names})
    await _send(change, key, people, to=str(row["email"]), name=str(row["first_name"]))
    return key


async def _change(
    change: Change, key: UUID, values: Mapping[str, object], role_ids: tuple[UUID, ...], people: People
) -> Problem | Sequence[Problem] | None:
    """Change a person and, where some are given, its roles; or why the actor may not."""
    edit = Edit(id=key, version=None, values=values)
    wanted = Assignment(id=key, version=None, role_ids=role_ids)
    if people is STAFF:
        done = await update_user(change, edit)
        if role_ids and isinstance(done, UUID):
            done = await assign_roles(change, wanted)
    else:
        done = await update_portal_user(change, edit)
        if role_ids and isinstance(done, UUID):
            done = await assign_portal_roles(change, wanted)
    return None if isinstance(done, UUID) else done


async def _roles(
    change: Change, wanted: tuple[UUID, ...], people: People
) -> dict[UUID, GivenRole] | Sequence[Problem]:
    """The roles that the person gets; or why the actor may not give them."""
    if wanted:
        roles = await find_roles(change.connection, set(wanted))
        return role_problems(wanted, roles, change.actor, kind=people.kind) or roles
    roles = await default_roles(change.connection, people.kind)
    if role_problems(list(roles), roles, change.actor, kind=people.kind):
        message = "The default role permits more than you may do: say which roles the person gets."
        return [Problem(UserErrorCode.NOT_ALLOWED, message, ("roleIds",))]
    return roles


async def _send(change: Change, key: UUID, people: People, *, to: str, name: str) -> None:
    """Keep a new token of the person, and write to it after the commit."""
    token = make_one_time_token(change.tenant_id)
    await _KEEP.run(
        change.connection,
        tenant_id=change.tenant_id,
        id=new_id(),
        purpose=OneTimePurpose.INVITATION,
        subject_kind=_SUBJECTS[people.entity],
        subject_id=key,
        token_hash=token.token_hash,
        expires_at=change.now + VALID_FOR,
    )
    tenant = str(await _TENANT.value(change.connection, key=change.tenant_id))
    change.afterwards(
        lambda auth: auth.mailer.post(
            invitation(
                to=to, name=name, tenant=tenant, link=auth.mailer.link("accept-invitation", token.text)
            )
        )
    )


def _insert(people: People, *columns: str) -> Kept:
    """Gives nothing when the e-mail address is taken."""
    table = people.accounts
    names = ("tenant_id", "id", "email", "first_name", "last_name", "phone", "status", *columns)
    return Kept(upsert(table).on_conflict_do_nothing().returning(table.c.id), names=names)


def _known(people: People, *columns: str) -> Kept:
    """The person who has an e-mail address, locked; for a buyer only one of its own customer."""
    c = people.accounts.c
    names = ("id", "email", "first_name", "last_name", "phone", "status", *columns)
    email = func.lower(bindparam("email", type_=Text()))
    return Kept(
        select(*(c[name] for name in names)).where(c.email_lower == email).with_for_update(key_share=True)
    )


_INSERT = {
    STAFF.entity: _insert(STAFF, "territory", "manager_id"),
    BUYERS.entity: _insert(BUYERS, "customer_id"),
}
_KNOWN = {
    STAFF.entity: _known(STAFF, "territory", "manager_id"),
    BUYERS.entity: _known(BUYERS, "customer_id"),
}
_TOKENS = cast(Table, OneTimeTokenRow.__table__)
_LATELY = Kept(
    select(getattr(func, SCHEMA).invitations_ending_after(bindparam("moment", type_=DateTime(timezone=True))))
)
"""How many invitations end after a moment: the distributor's, for a buyer those to its own customer's."""
_KEEP = Kept(
    insert(_TOKENS).inline(),
    names=("tenant_id", "id", "purpose", "subject_kind", "subject_id", "token_hash", "expires_at"),
)
_KEY = bindparam("key", type_=Uuid())
_TENANT = Kept(
    text("SELECT name FROM leora.tenants WHERE id = :key").bindparams(_KEY).columns(Column("name", Text()))
)
_CUSTOMER = Kept(
    text("SELECT status FROM leora.customers WHERE id = :key")
    .bindparams(_KEY)
    .columns(Column("status", Text()))
)
