"""The mutations of roles, of who has them, and of people."""

from __future__ import annotations

from leora_gql.domains.identity.inputs.invitations import InvitePortalUserInput, InviteUserInput
from leora_gql.domains.identity.inputs.people import (
    DisablePortalUserInput,
    DisableUserInput,
    UpdatePortalUserInput,
    UpdateUserInput,
)
from leora_gql.domains.identity.inputs.roles import (
    AssignPortalRolesInput,
    AssignRolesInput,
    CreateRoleInput,
    DeleteRoleInput,
    UpdateRoleInput,
)
from leora_gql.domains.identity.service import assignments, invitations, people, roles
from leora_gql.domains.identity.types import PortalUser, Role, User
from leora_gql.domains.locks import Locks
from leora_gql.graph.mutation import mutation


def _administration(_: object) -> Locks:
    """Nobody else decides meanwhile who may do what."""
    return Locks(administration=True)


class AccessMutations:
    """The mutations of access, for the schema to merge in."""

    create_role = mutation(
        CreateRoleInput,
        roles.create_role,
        creates=Role,
        requires="roles.manage",
        description="Make a role. Nobody can give a permission that it does not hold.",
        locks=_administration,
    )
    update_role = mutation(
        UpdateRoleInput,
        roles.update_role,
        changes=Role,
        requires="roles.manage",
        description="Change a role that did not come with the tenant. It counts within a minute for who has it.",
        locks=_administration,
    )
    delete_role = mutation(
        DeleteRoleInput,
        roles.delete_role,
        removes=Role,
        requires="roles.manage",
        description="Delete a role that nobody has and that did not come with the tenant.",
        locks=_administration,
    )
    assign_roles = mutation(
        AssignRolesInput,
        assignments.assign_roles,
        changes=User,
        requires="users.manage",
        description="Give a member of staff exactly these roles. It counts within a minute. Nobody can give or take"
        " a role that permits more than it may do itself, and somebody must be left who may do everything.",
        locks=_administration,
    )
    assign_portal_roles = mutation(
        AssignPortalRolesInput,
        assignments.assign_portal_roles,
        changes=PortalUser,
        requires="portal_users.manage",
        description="Give a buyer exactly these roles. It counts within a minute. Nobody can give or take a role that"
        " permits more than it may do itself; buyers do it among those of their own customer.",
    )
    update_user = mutation(
        UpdateUserInput,
        people.update_user,
        changes=User,
        requires="users.manage",
        description="Change a member of staff, or let it in again after it was disabled.",
        locks=_administration,
    )
    disable_user = mutation(
        DisableUserInput,
        people.disable_user,
        changes=User,
        requires="users.manage",
        description="Shut a member of staff out: its sessions end at once, its integration tokens within a minute."
        " Nobody can disable itself or who may do more, and somebody must be left who may do everything.",
        locks=_administration,
    )
    update_portal_user = mutation(
        UpdatePortalUserInput,
        people.update_portal_user,
        changes=PortalUser,
        requires="portal_users.manage",
        description="Change a buyer, or let it in again after it was disabled; buyers change those of their own"
        " customer.",
    )
    disable_portal_user = mutation(
        DisablePortalUserInput,
        people.disable_portal_user,
        changes=PortalUser,
        requires="portal_users.manage",
        description="Shut a buyer out: its sessions end at once. Buyers disable those of their own customer who may not"
        " do more than they; nobody can disable itself.",
    )
    invite_user = mutation(
        InviteUserInput,
        invitations.invite_user,
        creates=User,
        requires="users.manage",
        description="Invite a member of staff: a mail brings a link for `acceptInvitation`, good once for a week."
        " Whoever has not come in yet can be invited again: the links before are worthless then, what is given is"
        " changed, and what is left out stays. Nobody can give a role that permits more than it may do itself.",
        locks=_administration,
    )
    invite_portal_user = mutation(
        InvitePortalUserInput,
        invitations.invite_portal_user,
        creates=PortalUser,
        requires="portal_users.manage",
        description="Invite a buyer: a mail brings a link for `acceptInvitation`, good once for a week. Whoever has"
        " not come in yet can be invited again for the same customer: the links before are worthless then, what is"
        " given is changed, and what is left out stays. Buyers invite to their own customer; nobody can give a role"
        " that permits more than it may do itself.",
    )
