"""Who has which roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from asyncpg import ForeignKeyViolationError
from sqlalchemy import ARRAY, Table, Text, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.kept import Kept
from leora_gql.db.rows import insert_rows
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.change import Change
from leora_gql.domains.editing import moved_on
from leora_gql.domains.events import EventType
from leora_gql.domains.identity.enums import RoleKind
from leora_gql.domains.identity.models import PortalUser, PortalUserRole, Role, RolePermission, User, UserRole
from leora_gql.domains.identity.service.admins import admins, last_admin
from leora_gql.domains.identity.service.rights import beyond
from leora_gql.graph.problems import Problem, UserErrorCode, no_such


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """All the roles that somebody is to have; with a `version` only if the person is still that one."""

    id: UUID
    version: int | None
    role_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A role as far as giving it is concerned."""

    id: UUID
    name: str
    kind: RoleKind
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class People:
    """The accounts of one kind: their tables, their name in the schema, and the input's field that names one."""

    entity: str
    field: str
    accounts: Table
    links: Table
    owner: str
    kind: RoleKind
    assigners: frozenset[ActorKind]


STAFF = People(
    entity="User",
    field="userId",
    accounts=cast(Table, User.__table__),
    links=cast(Table, UserRole.__table__),
    owner="user_id",
    kind=RoleKind.STAFF,
    assigners=frozenset({ActorKind.USER}),
)
BUYERS = People(
    entity="PortalUser",
    field="portalUserId",
    accounts=cast(Table, PortalUser.__table__),
    links=cast(Table, PortalUserRole.__table__),
    owner="portal_user_id",
    kind=RoleKind.PORTAL,
    assigners=frozenset({ActorKind.USER, ActorKind.PORTAL_USER}),
)


async def assign_roles(change: Change, new: Assignment) -> UUID | Problem | Sequence[Problem]:
    """Give a member of staff these roles and take all others; gives the person's key.

    Needs `Locks(administration=True)`. It counts at once in this process, elsewhere within a minute.
    """
    had = await admins(change.connection)
    done = await _assign(change, new, STAFF)
    if new.id in had and not await admins(change.connection):
        return last_admin("roleIds")
    return done


async def assign_portal_roles(change: Change, new: Assignment) -> UUID | Problem | Sequence[Problem]:
    """Give a buyer these roles and take all others; gives the buyer's key. For buyers: only of their own customer."""
    return await _assign(change, new, BUYERS)


async def _assign(change: Change, new: Assignment, people: People) -> UUID | Problem | Sequence[Problem]:
    statements = _STATEMENTS[people.entity]
    version = await statements.lock.value(change.connection, key=new.id)
    if version is None:
        return no_such(people.entity, people.field)
    if new.version is not None and version != new.version:
        return moved_on()
    held = [row["role_id"] for row in await statements.held.rows(change.connection, key=new.id)]
    roles = await find_roles(change.connection, {*held, *new.role_ids})
    problems = role_problems(new.role_ids, roles, change.actor, kind=people.kind, held=held)
    gone = [roles[key] for key in held if key in roles and key not in new.role_ids]
    if any(outranks(role.permissions, change.actor, people) for role in gone):
        message = "You cannot take a role that permits more than you may do."
        problems.append(Problem(UserErrorCode.NOT_ALLOWED, message, ("roleIds",)))
    if problems:
        return problems
    come = [roles[key] for key in dict.fromkeys(new.role_ids) if key not in held]
    if come or gone:
        await statements.touch.run(change.connection, key=new.id)
        await _take(change, new.id, gone, people)
        refused = await give(change, new.id, come, people)
        if refused is not None:
            return refused
        _note(change, new, people, before=[roles[key] for key in held if key in roles], roles=roles)
    return new.id


async def find_roles(connection: AsyncConnection, keys: set[UUID]) -> dict[UUID, GivenRole]:
    """The roles of those keys, as far as the caller may know them."""
    return _by_key(await _ROLES.rows(connection, keys=list(keys)) if keys else ())


async def permissions_of(connection: AsyncConnection, key: UUID, people: People) -> frozenset[str]:
    """The permission keys that somebody's roles hold, wildcards among them."""
    roles = await roles_of(connection, key, people)
    return frozenset[str]().union(*(role.permissions for role in roles.values()))


async def roles_of(connection: AsyncConnection, key: UUID, people: People) -> dict[UUID, GivenRole]:
    """Somebody's roles, as far as the caller may know them."""
    held = {row["role_id"] for row in await _STATEMENTS[people.entity].held.rows(connection, key=key)}
    return await find_roles(connection, held)


async def default_roles(connection: AsyncConnection, kind: RoleKind) -> dict[UUID, GivenRole]:
    """The roles of who is invited without one."""
    return _by_key(await _DEFAULTS.rows(connection, kind=kind))


def outranks(keys: frozenset[str], actor: Principal, people: People) -> bool:
    """Whether keys permit more than the actor may do, so that they are not its to take. Staff stands above buyers."""
    return (people is STAFF or actor.audience is Audience.PORTAL) and beyond(keys, actor)


def role_problems(
    wanted: Sequence[UUID],
    roles: Mapping[UUID, GivenRole],
    actor: Principal,
    *,
    kind: RoleKind,
    held: Sequence[UUID] = (),
) -> list[Problem]:
    """Why the actor may not give those roles, each at its place. Those that are `held` already may stay."""
    problems: list[Problem] = []
    for index, key in enumerate(wanted):
        role, field = roles.get(key), ("roleIds", str(index))
        if role is None:
            problems.append(no_such("Role", *field))
        elif key in held:
            continue
        elif role.kind is not kind:
            message = f"{role.name} is not a role for {'staff' if kind is RoleKind.STAFF else 'the portal'}."
            problems.append(Problem(UserErrorCode.NOT_ALLOWED, message, field))
        elif beyond(role.permissions, actor):
            message = f"{role.name} permits more than you may do."
            problems.append(Problem(UserErrorCode.NOT_ALLOWED, message, field))
    return problems


async def give(change: Change, key: UUID, roles: Sequence[GivenRole], people: People) -> Problem | None:
    """Give somebody roles, and note it in the audit log; NOT_FOUND when one was deleted meanwhile."""
    if not roles:
        return None
    row = {"tenant_id": change.tenant_id, people.owner: key, "assigned_by_id": _assigned_by(change, people)}
    try:
        await insert_rows(change.connection, people.links, [{**row, "role_id": role.id} for role in roles])
    except ForeignKeyViolationError:
        return no_such("Role", "roleIds")
    change.note(AuditAction.GRANT, people.entity, key, {"roles": [role.name for role in roles]})
    return None


async def _take(change: Change, key: UUID, roles: Sequence[GivenRole], people: People) -> None:
    if roles:
        keys = [role.id for role in roles]
        await _STATEMENTS[people.entity].take.run(change.connection, key=key, keys=keys)
        change.note(AuditAction.REVOKE, people.entity, key, {"roles": [role.name for role in roles]})


def _note(
    change: Change,
    new: Assignment,
    people: People,
    *,
    before: Sequence[GivenRole],
    roles: Mapping[UUID, GivenRole],
) -> None:
    payload = {
        "roles": sorted(roles[key].name for key in set(new.role_ids)),
        "roles_before": sorted(role.name for role in before),
    }
    change.told(EventType.ROLE_ASSIGNED, people.entity, new.id, payload)
    tenant = change.tenant_id  # all of it: integrations may do only what their makers may
    change.afterwards(lambda auth: auth.forget_tenant(tenant))


def _assigned_by(change: Change, people: People) -> UUID | None:
    """Who gives the roles, if it is a person; those of staff are given by members of staff."""
    return change.actor.id if change.actor.kind in people.assigners else None


def _by_key(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, GivenRole]:
    return {
        row["id"]: GivenRole(row["id"], row["name"], row["kind"], frozenset(row["permissions"]))
        for row in rows
    }


class _Statements:
    """The statements of one kind of people."""

    def __init__(self, people: People) -> None:
        account, link = people.accounts, people.links
        owner, key = link.c[people.owner], bindparam("key", type_=Uuid())
        self.lock = Kept(select(account.c.version).where(account.c.id == key).with_for_update(key_share=True))
        self.held = Kept(select(link.c.role_id).where(owner == key).order_by(link.c.role_id))
        self.touch = Kept(update(account).where(account.c.id == key).values(status=account.c.status))
        keys = bindparam("keys", type_=ARRAY(Uuid()))
        self.take = Kept(delete(link).where(owner == key, link.c.role_id == any_(keys)))


def _roles() -> Any:
    role, held = cast(Table, Role.__table__), cast(Table, RolePermission.__table__)
    permissions = (
        select(func.array_agg(held.c.permission_key, type_=ARRAY(Text())))
        .where(held.c.tenant_id == role.c.tenant_id, held.c.role_id == role.c.id)
        .scalar_subquery()
    )
    empty: list[str] = []
    return role, select(
        role.c.id,
        role.c.name,
        role.c.kind,
        func.coalesce(permissions, empty, type_=ARRAY(Text())).label("permissions"),
    )


_ROLE, _SELECTED = _roles()
_ROLES = Kept(_SELECTED.where(_ROLE.c.id == any_(bindparam("keys", type_=ARRAY(Uuid())))))
_DEFAULTS = Kept(
    _SELECTED.where(_ROLE.c.is_default, _ROLE.c.kind == bindparam("kind", type_=_ROLE.c.kind.type))
)
_STATEMENTS = {people.entity: _Statements(people) for people in (STAFF, BUYERS)}
