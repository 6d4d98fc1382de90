"""`Viewer`: what every kind of caller has in common, and who the caller is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import Table, select

from leora_gql.auth.permissions import KEYS, PORTAL_KEYS, expand
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.domains.identity import models
from leora_gql.domains.tenancy.queries import own_tenant
from leora_gql.domains.tenancy.types import Tenant
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_directives
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.fields import Access
from leora_gql.graph.node import Record, as_graphql, concrete_type, id_field
from leora_gql.graph.reading import projection, rows_of, rows_table
from leora_gql.graph.resolvers import load_by_id
from leora_gql.graph.selection import Info

if TYPE_CHECKING:
    from leora_gql.domains.identity.types import Role

TYPE_OF = {
    ActorKind.USER: "User",
    ActorKind.PORTAL_USER: "PortalUser",
    ActorKind.INTEGRATION: "IntegrationToken",
}
_OTHERS = Access("roles.view")
_LINKS: dict[str, tuple[Table, str]] = {
    "User": (models.UserRole.__table__, "user_id"),  # pyright: ignore[reportAssignmentType]  a Table at run time
    "PortalUser": (models.PortalUserRole.__table__, "portal_user_id"),
}


@strawberry.type(description="Whether somebody holds a permission.")
class PermissionCheck:
    """The answer of `can`."""

    allowed: bool = strawberry.field(description="Whether it is held.")
    reason: str | None = strawberry.field(description="Why it is not held; null when it is.")


def _is_caller(root: Record, principal: Principal) -> bool:
    return root.key == principal.id and root.entity.name == TYPE_OF.get(principal.kind)


async def _permissions(root: Record, info: Info) -> frozenset[str]:
    principal = info.context.require_principal()
    if _is_caller(root, principal):
        return principal.permissions
    principal.require("roles.view")
    if root.entity.name == "IntegrationToken":
        maker, scopes = root.values["created_by_id"], root.values["scopes"]
        return expand(scopes) & (await _granted("User", maker, info) if maker else frozenset())
    held = await _granted(root.entity.name, root.key, info)
    return held & PORTAL_KEYS if root.entity.name == "PortalUser" else held


async def _granted(type_name: str, key: UUID, info: Info) -> frozenset[str]:
    link, owner = _LINKS[type_name]
    keys = models.RolePermission.__table__

    async def load(owners: list[UUID]) -> Sequence[frozenset[str]]:
        found: dict[UUID, set[str]] = {one: set() for one in owners}
        joined = (keys.c.tenant_id == link.c.tenant_id) & (keys.c.role_id == link.c.role_id)
        statement = select(link.c[owner], keys.c.permission_key).select_from(link.join(keys, joined))
        for row in await info.context.rows(statement.where(link.c[owner].in_(owners))):
            found[row[owner]].add(row["permission_key"])
        return [expand(found[one]) for one in owners]

    return await info.context.loader(f"permissions_by_{owner}", load).load(key)


async def _roles(root: Record, info: Info) -> list[Record]:
    principal = info.context.require_principal()
    if not _is_caller(root, principal):
        principal.require("roles.view")
    if root.entity.name not in _LINKS:
        return []
    link, owner = _LINKS[root.entity.name]
    role = Registry.require("Role")
    shape = projection(role, info.selection("Role").names(), principal=principal)

    async def load(owners: list[UUID]) -> Sequence[list[Record]]:
        table = rows_table(role)
        joined = (link.c.tenant_id == table.c.tenant_id) & (link.c.role_id == table.c.id)
        statement = rows_of(role, table, shape=shape, principal=principal).join(link, joined)
        statement = statement.add_columns(link.c[owner].label("holder")).where(link.c[owner].in_(owners))
        found: dict[UUID, list[Record]] = {one: [] for one in owners}
        for row in await info.context.rows(statement.order_by(table.c.id)):
            found[row["holder"]].append(shape.record(row))
        return [found[one] for one in owners]

    key = (f"roles_by_{owner}", shape.names)
    return await info.context.loader(key, load).load(root.key)


@strawberry.interface(
    description="Whoever can call this API: a member of staff, a portal buyer or an integration."
)
class Viewer:
    """What the three kinds of callers have in common."""

    id: strawberry.ID = id_field()

    @classmethod
    def resolve_type(cls, value: Record, *_: Any) -> str:
        """The kind of caller."""
        return concrete_type(value)

    @strawberry.field(description="The distributor that this account belongs to.")
    async def tenant(self, info: Info) -> Tenant:
        """The caller's tenant, of which it sees no other."""
        return as_graphql(await own_tenant(info))

    @strawberry.field(
        description="The roles that it holds; one's own are always open, others' need `roles.view`.",
        directives=access_directives(_OTHERS),
    )
    async def roles(
        self: Any, info: Info
    ) -> list[Annotated[Role, strawberry.lazy("leora_gql.domains.identity.types")]] | None:
        """Roles, in the order of their making."""
        return as_graphql(await _roles(self, info))

    @strawberry.field(
        description="The permission keys that its roles amount to; others' need `roles.view`.",
        directives=access_directives(_OTHERS),
    )
    async def permissions(self: Any, info: Info) -> list[str] | None:
        """Plain keys, sorted."""
        return sorted(await _permissions(self, info))

    @strawberry.field(
        description="Whether it holds a permission, and why not; others' need `roles.view`.",
        directives=access_directives(_OTHERS),
    )
    async def can(
        self: Any,
        info: Info,
        permission: Annotated[str, strawberry.argument(description="A plain key such as `orders.view`.")],
    ) -> PermissionCheck | None:
        """Raises `BadUserInput` for a key that does not exist."""
        if permission not in KEYS:
            raise BadUserInput("There is no such permission.")
        if permission in await _permissions(self, info):
            return PermissionCheck(allowed=True, reason=None)
        portal = self.entity.name == "PortalUser" and permission not in PORTAL_KEYS
        reason = "No portal role can hold it." if portal else "None of its roles permits it."
        return PermissionCheck(allowed=False, reason=reason)


def viewer_entity(principal: Principal) -> Entity:
    """The entity of the caller's own row."""
    return Registry.require(TYPE_OF[principal.kind])


async def load_viewer(info: Info) -> Record | None:
    """The caller's own row, whatever its permissions."""
    principal = info.context.require_principal()
    return await load_by_id(viewer_entity(principal), principal.id, info=info)
