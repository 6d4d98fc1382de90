"""The inputs of the mutations of roles and of who has them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import strawberry
from strawberry import UNSET

from leora_gql.domains.editing import Edit
from leora_gql.domains.identity.enums import RoleKind
from leora_gql.domains.identity.service.assignments import Assignment
from leora_gql.domains.identity.service.roles import Deletion, NewRole, RoleEdit
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck, given, is_given
from leora_gql.graph.problems import UserErrorCode

describe_enum(RoleKind)

MOST_ROLES = 100
_MOST_PERMISSIONS = 200
_DESCRIPTION = 2_000


@strawberry.input(description="A role to make.")
class CreateRoleInput:
    """A name, whom it is for, and what it permits."""

    name: str = strawberry.field(description="The name, unique in the tenant, at most 100 characters.")
    kind: RoleKind = strawberry.field(description="Whom it is for; this never changes.")
    description: str | None = strawberry.field(
        default=UNSET, description="What it is for, at most 2,000 characters."
    )
    permissions: list[str] = strawberry.field(
        description="The permission keys that it holds, `area.*` and `*` among them; none that you do not hold."
    )

    def checked(self, check: InputCheck) -> NewRole:
        """The role as the service takes it."""
        return NewRole(
            name=check.required_text(self.name, "name", limit=100),
            kind=self.kind,
            description=check.prose(self.description, "description", limit=_DESCRIPTION),
            permissions=_permissions(self.permissions, check),
        )


@strawberry.input(description="What to change of a role. What is left out stays as it is.")
class UpdateRoleInput:
    """A role that did not come with the tenant."""

    id: strawberry.ID = strawberry.field(description="The role.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that you read; another one is a CONFLICT."
    )
    name: str | None = strawberry.field(default=UNSET, description="The name, at most 100 characters.")
    description: str | None = strawberry.field(
        default=UNSET, description="What it is for, at most 2,000 characters."
    )
    permissions: list[str] | None = strawberry.field(
        default=UNSET,
        description="All the permission keys that it holds from now on; none is added that you do not hold.",
    )

    def checked(self, check: InputCheck) -> RoleEdit:
        """The change as the service takes it."""
        values = check.patch(
            self,
            name=lambda value, field: check.required_text(value, field, limit=100),
            description=lambda value, field: check.prose(value, field, limit=_DESCRIPTION),
        )
        permissions = None
        if self.permissions is None:
            check.refuse(UserErrorCode.REQUIRED, "Give a list; an empty one takes all away.", "permissions")
        elif is_given(self.permissions):
            permissions = _permissions(self.permissions, check)
        key = check.required_key(self.id, "id", of="Role")
        return RoleEdit(
            edit=Edit(id=key, version=given(self.version), values=values), permissions=permissions
        )


@strawberry.input(description="The role to delete.")
class DeleteRoleInput:
    """A role that nobody has."""

    id: strawberry.ID = strawberry.field(description="The role.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that you read; another one is a CONFLICT."
    )

    def checked(self, check: InputCheck) -> Deletion:
        """The deletion as the service takes it."""
        return Deletion(id=check.required_key(self.id, "id", of="Role"), version=given(self.version))


@strawberry.input(description="The roles of a member of staff.")
class AssignRolesInput:
    """Who has which roles from now on."""

    user_id: strawberry.ID = strawberry.field(description="The member of staff.")
    version: int | None = strawberry.field(
        default=UNSET, description="The person's version that you read; another one is a CONFLICT."
    )
    role_ids: list[strawberry.ID] = strawberry.field(
        description="All the roles that the person has from now on, at most 100, each for staff."
    )

    def checked(self, check: InputCheck) -> Assignment:
        """The assignment as the service takes it."""
        return Assignment(
            id=check.required_key(self.user_id, "userId", of="User"),
            version=given(self.version),
            role_ids=role_keys(self.role_ids, check),
        )


@strawberry.input(description="The roles of a buyer.")
class AssignPortalRolesInput:
    """Which buyer has which roles from now on."""

    portal_user_id: strawberry.ID = strawberry.field(description="The buyer.")
    version: int | None = strawberry.field(
        default=UNSET, description="The buyer's version that you read; another one is a CONFLICT."
    )
    role_ids: list[strawberry.ID] = strawberry.field(
        description="All the roles that the buyer has from now on, at most 100, each for the portal."
    )

    def checked(self, check: InputCheck) -> Assignment:
        """The assignment as the service takes it."""
        return Assignment(
            id=check.required_key(self.portal_user_id, "portalUserId", of="PortalUser"),
            version=given(self.version),
            role_ids=role_keys(self.role_ids, check),
        )


def role_keys(ids: Sequence[strawberry.ID], check: InputCheck) -> tuple[UUID, ...]:
    """The keys of roles in the order given; more than may be given at once are refused."""
    if len(ids) > MOST_ROLES:
        check.refuse(UserErrorCode.OUT_OF_RANGE, f"At most {MOST_ROLES} roles.", "roleIds")
        return ()
    below = check.below("roleIds")
    return tuple(below.required_key(one, str(index), of="Role") for index, one in enumerate(ids))


def _permissions(keys: Sequence[str], check: InputCheck) -> tuple[str, ...]:
    if len(keys) > _MOST_PERMISSIONS:
        check.refuse(UserErrorCode.OUT_OF_RANGE, f"At most {_MOST_PERMISSIONS} keys.", "permissions")
        return ()
    return tuple(keys)
