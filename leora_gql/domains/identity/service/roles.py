"""Roles: making, changing and deleting them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, Table, Text, any_, bindparam, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.db.rows import insert_rows
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, moved_on
from leora_gql.domains.events import EventType
from leora_gql.domains.identity.enums import RoleKind
from leora_gql.domains.identity.models import PortalUserRole, Role, RolePermission, UserRole
from leora_gql.domains.identity.service.admins import admins, last_admin
from leora_gql.domains.identity.service.rights import EVERYTHING, beyond, key_problems
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

_ROLES = cast(Table, Role.__table__)
_HELD = cast(Table, RolePermission.__table__)
_IS_SYSTEM = Problem(
    UserErrorCode.NOT_ALLOWED, "A role that came with the tenant cannot be changed.", ("id",)
)
_BEYOND = Problem(
    UserErrorCode.NOT_ALLOWED, "You cannot take away a permission that you do not hold.", ("permissions",)
)
_ASSIGNED = Problem(
    UserErrorCode.NOT_ALLOWED, "Somebody has this role: take it from everybody first.", ("id",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRole:
    """A role to make."""

    name: str
    kind: RoleKind
    description: str | None
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEdit:
    """What is to be changed of a role; with `permissions`, they are all that it holds then."""

    edit: Edit
    permissions: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A role to delete; with a `version` only if it is still that one."""

    id: UUID
    version: int | None


async def create_role(change: Change, new: NewRole) -> UUID | Sequence[Problem]:
    """Make a role; gives its key. It holds nothing that the actor does not hold."""
    problems = key_problems(new.permissions, change.actor, kind=new.kind)
    if problems:
        return problems
    key, permissions = new_id(), sorted(set(new.permissions))
    row = {"name": new.name, "kind": new.kind, "description": new.description}
    await _INSERT.run(change.connection, tenant_id=change.tenant_id, id=key, **row)
    await _grant(change, key, permissions)
    change.made(EventType.ROLE_CREATED, "Role", key, {**row, "permissions": permissions})
    return key


async def update_role(change: Change, new: RoleEdit) -> UUID | Problem | Sequence[Problem]:
    """Change a role; gives its key. What is added or taken away the actor holds; what it holds already may stay.

    Needs `Locks(administration=True)`. It counts at once in this process, elsewhere within a minute.
    """
    connection, key = change.connection, new.edit.id
    role = await _changeable(connection, key, new.edit.version)
    if isinstance(role, Problem):
        return role
    held = frozenset(row["permission_key"] for row in await _KEYS.rows(connection, key=key))
    wanted = held if new.permissions is None else frozenset(new.permissions)
    problems = key_problems(new.permissions or (), change.actor, kind=role["kind"], held=held)
    if _outranks(held - wanted, change.actor, role["kind"]):
        problems.append(_BEYOND)
    if problems:
        return problems
    before = {"name": role["name"], "description": role["description"], "permissions": sorted(held)}
    after = {**before, **new.edit.values, "permissions": sorted(wanted)}
    if after == before:
        return key
    had = await admins(connection)
    await _UPDATE.run(connection, key=key, new_name=after["name"], new_description=after["description"])
    await _revoke(change, key, sorted(held - wanted))
    await _grant(change, key, sorted(wanted - held))
    if EVERYTHING in held - wanted and had and not await admins(connection):
        return last_admin("permissions")
    change.edited(EventType.ROLE_UPDATED, "Role", key, before=before, after=after)
    _forget_tenant(change)
    return key


async def delete_role(change: Change, new: Deletion) -> UUID | Problem:
    """Delete a role that nobody has; gives the key that it had."""
    role = await _changeable(change.connection, new.id, new.version)
    if isinstance(role, Problem):
        return role
    if await _IN_USE.value(change.connection, key=new.id):
        return _ASSIGNED
    permissions = sorted(row["permission_key"] for row in await _KEYS.rows(change.connection, key=new.id))
    if _outranks(permissions, change.actor, role["kind"]):
        return replace(_BEYOND, field=("id",))
    await _revoke(change, new.id, permissions)
    await _DELETE.run(change.connection, key=new.id)
    gone = {name: role[name] for name in ("name", "kind", "description")}
    change.removed(EventType.ROLE_DELETED, "Role", new.id, {**gone, "permissions": permissions})
    return new.id


def assigned_by(actor: Principal) -> UUID | None:
    """The member of staff that something is assigned by, if one it is."""
    return actor.id if actor.kind is ActorKind.USER else None


async def _changeable(
    connection: AsyncConnection, key: UUID, version: int | None
) -> dict[str, Any] | Problem:
    """The role, locked so that nobody gets it meanwhile; or why it cannot be changed."""
    role = await _READ.row(connection, key=key)
    if role is None:
        return no_such("Role", "id")
    if version is not None and role["version"] != version:
        return moved_on()
    return _IS_SYSTEM if role["is_system"] else role


def _outranks(keys: Iterable[str], actor: Principal, kind: RoleKind) -> bool:
    """Whether keys of a role are not the actor's to take away. Staff stands above buyers."""
    return kind is RoleKind.STAFF and beyond(keys, actor)


async def _grant(change: Change, role: UUID, keys: Sequence[str]) -> None:
    if not keys:
        return
    row = {"tenant_id": change.tenant_id, "role_id": role, "assigned_by_id": assigned_by(change.actor)}
    await insert_rows(change.connection, _HELD, [{**row, "permission_key": key} for key in keys])
    change.note(AuditAction.GRANT, "Role", role, {"permissions": list(keys)})


async def _revoke(change: Change, role: UUID, keys: Sequence[str]) -> None:
    if not keys:
        return
    await _TAKE.run(change.connection, key=role, keys=list(keys))
    change.note(AuditAction.REVOKE, "Role", role, {"permissions": list(keys)})


def _forget_tenant(change: Change) -> None:
    tenant = change.tenant_id
    change.afterwards(lambda auth: auth.forget_tenant(tenant))


def _in_use() -> Any:
    links = [cast(Table, model.__table__) for model in (UserRole, PortalUserRole)]
    either = [exists().where(link.c.role_id == bindparam("key")) for link in links]
    return select((either[0] | either[1]).label("in_use"))


_READ = Kept(
    select(
        *(_ROLES.c[name] for name in ("name", "kind", "description", "is_system", "version")),
    )
    .where(_ROLES.c.id == bindparam("key"))
    .with_for_update()
)
_KEYS = Kept(select(_HELD.c.permission_key).where(_HELD.c.role_id == bindparam("key")))
_INSERT = Kept(insert(_ROLES), names=("tenant_id", "id", "name", "kind", "description"))
_UPDATE = Kept(
    update(_ROLES)
    .where(_ROLES.c.id == bindparam("key"))
    .values(
        name=bindparam("new_name", type_=_ROLES.c.name.type),
        description=bindparam("new_description", type_=_ROLES.c.description.type),
    )
)
_TAKE = Kept(
    delete(_HELD).where(
        _HELD.c.role_id == bindparam("key"),
        _HELD.c.permission_key == any_(bindparam("keys", type_=ARRAY(Text()))),
    )
)
_DELETE = Kept(delete(_ROLES).where(_ROLES.c.id == bindparam("key")))
_IN_USE = Kept(_in_use())
