"""The GraphQL types of the identity domain."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, FromClause, func, select

from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Rights
from leora_gql.domains.identity import models
from leora_gql.domains.identity.enums import RevokeReason, RoleKind, UserStatus
from leora_gql.domains.identity.viewer import Viewer
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import actor_id, entity
from leora_gql.graph.fields import Through, column, computed, to_many, to_one
from leora_gql.graph.node import Node

if TYPE_CHECKING:
    from leora_gql.domains.customers.types import Customer
    from leora_gql.domains.integrations.types import IntegrationToken
    from leora_gql.domains.intelligence.types import Activity, CallPlan, SamplePull, Task
    from leora_gql.domains.orders.types import Order, OrderLine


def _full_name(table: FromClause) -> ColumnElement[str]:
    return table.c.first_name + " " + table.c.last_name


def _permissions_of_role(table: FromClause) -> ColumnElement[list[str]]:
    held = models.RolePermission.__table__.alias("held")
    keys = select(held.c.permission_key).where(
        held.c.tenant_id == table.c.tenant_id, held.c.role_id == table.c.id
    )
    return func.array(keys.order_by(held.c.permission_key).scalar_subquery())


def _own_unless_managing(table: FromClause, rights: Rights) -> ColumnElement[bool] | None:
    """One's own sessions; for staff who manage users, the whole tenant's."""
    if rights.audience is Audience.PORTAL:
        return table.c.portal_user_id == actor_id()
    return None if rights.can("users.manage") else table.c.user_id == actor_id()


@entity(models.User, view="users.view", plural="users", staff_only=True)
class User(Node, Viewer):
    """A member of the distributor's staff."""

    email: str = column(
        "The e-mail address, unique among the tenant's staff in any case.", search=True, sort=True
    )
    first_name: str = column("The first name.", search=True, sort=True)
    last_name: str = column("The last name.", search=True, sort=True)
    name: str = computed("First and last name.", _full_name, needs=("first_name", "last_name"))
    phone: str | None = column("The telephone number.")
    avatar_url: str | None = column("The address of a picture.")
    status: UserStatus = column("Whether the person can sign in.", where=True)
    territory: str | None = column("The sales territory that is theirs.", where=True, sort=True)
    external_issuer: str | None = column(
        "The identity provider that signs the person in, if not we.", requires="users.manage"
    )
    external_subject: str | None = column("The person's key at that provider.", requires="users.manage")
    failed_sign_ins: int | None = column(
        "Failed attempts to sign in since the last success.", requires="users.manage"
    )
    locked_until: dt.datetime | None = column(
        "Until when no attempt to sign in is heard, after too many failed ones.", requires="users.manage"
    )
    last_sign_in_at: dt.datetime | None = column("When the person last signed in.", where=True, sort=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    manager: User | None = to_one("Whom the person reports to.", by="manager_id", where=True)
    reports: Connection[User] = to_many(
        "Who reports to them.", by="manager_id", order_by="last_name", where=True
    )
    sessions: Connection[Session] = to_many(
        "Where they are signed in, latest first; only one's own without `users.manage`.",
        by="user_id",
        order_by="-last_active_at",
    )
    customers: Connection[Customer] | None = to_many(
        "The customers that they look after.", by="sales_rep_id", order_by="name", where=True
    )
    orders: Connection[Order] | None = to_many(
        "The orders that they are the sales representative of, latest first.",
        by="sales_rep_id",
        order_by="-placed_at",
        where=True,
    )
    created_orders: Connection[Order] | None = to_many(
        "The orders that they wrote, latest first.", by="created_by_id", order_by="-placed_at"
    )
    integration_orders: Connection[Order] | None = to_many(
        "The orders that integrations wrote which they made, latest first.",
        by="integration_maker_id",
        order_by="-placed_at",
    )
    discounted_orders: Connection[Order] | None = to_many(
        "The orders whose discount they gave, latest first.", by="discounted_by_id", order_by="-placed_at"
    )
    approved_orders: Connection[Order] | None = to_many(
        "The orders that they approved, latest first.", by="approved_by_id", order_by="-placed_at"
    )
    line_discounts: Connection[OrderLine] | None = to_many(
        "The order lines whose discount they gave.", by="discounted_by_id"
    )
    price_overrides: Connection[OrderLine] | None = to_many(
        "The order lines whose price they overrode.", by="price_override_by_id"
    )
    activities: Connection[Activity] | None = to_many(
        "Their dealings with customers, latest first.", by="user_id", order_by="-occurred_at", where=True
    )
    call_plans: Connection[CallPlan] | None = to_many(
        "The visits that they planned, latest first.", by="user_id", order_by="-planned_on", where=True
    )
    tasks: Connection[Task] | None = to_many(
        "Their tasks, by due date.", by="user_id", order_by="due_on", where=True
    )
    sample_pulls: Connection[SamplePull] | None = to_many(
        "The samples that they pulled, latest first.", by="user_id", order_by="-requested_at", where=True
    )
    approved_sample_pulls: Connection[SamplePull] | None = to_many(
        "The sample pulls that they decided on, latest first.", by="approved_by_id", order_by="-requested_at"
    )
    integration_tokens: Connection[IntegrationToken] | None = to_many(
        "The integration tokens that they made.", by="created_by_id"
    )


@entity(models.PortalUser, view="portal_users.view", plural="portal_users")
class PortalUser(Node, Viewer):
    """A buyer of one of the customers, in the self-service portal."""

    email: str = column(
        "The e-mail address, unique among the tenant's buyers in any case.", search=True, sort=True
    )
    first_name: str = column("The first name.")
    last_name: str = column("The last name.", search=True, sort=True)
    name: str = computed("First and last name.", _full_name, needs=("first_name", "last_name"))
    phone: str | None = column("The telephone number.")
    avatar_url: str | None = column("The address of a picture.")
    status: UserStatus = column("Whether the person can sign in.", where=True)
    external_issuer: str | None = column(
        "The identity provider that signs the person in, if not we.",
        requires="portal_users.manage",
        staff_only=True,
    )
    external_subject: str | None = column(
        "The person's key at that provider.", requires="portal_users.manage", staff_only=True
    )
    failed_sign_ins: int | None = column(
        "Failed attempts to sign in since the last success.", requires="portal_users.manage", staff_only=True
    )
    locked_until: dt.datetime | None = column(
        "Until when no attempt to sign in is heard, after too many failed ones.",
        requires="portal_users.manage",
        staff_only=True,
    )
    last_sign_in_at: dt.datetime | None = column("When the person last signed in.", where=True, sort=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    customer: Customer | None = to_one("Whom they buy for.", by="customer_id", where=True)
    sessions: Connection[Session] = to_many(
        "Where they are signed in, latest first; only one's own without `users.manage`.",
        by="portal_user_id",
        order_by="-last_active_at",
    )
    orders: Connection[Order] | None = to_many(
        "The orders that they wrote, latest first.", by="portal_user_id", order_by="-placed_at", where=True
    )


@entity(models.Role, view="roles.view", plural="roles")
class Role(Node):
    """A named set of permissions, for staff or for the portal."""

    name: str = column("The role's name, unique in the tenant.", search=True, sort=True)
    description: str | None = column("What the role is for.")
    kind: RoleKind = column("Whom the role is for.", where=True)
    is_system: bool = column("Whether it came with the tenant and cannot be changed.", where=True)
    is_default: bool = column("Whether people who are invited without a role get it.", where=True)
    permissions: list[str] = computed(
        "The permission keys that it holds, as they were given: `area.*` and `*` may be among them.",
        _permissions_of_role,
        needs=("tenant_id", "id"),
    )
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    users: Connection[User] | None = to_many(
        "The members of staff who have it.",
        through=Through(model=models.UserRole, ours="role_id", theirs="user_id"),
        order_by="last_name",
        where=True,
    )
    portal_users: Connection[PortalUser] | None = to_many(
        "The buyers who have it.",
        through=Through(model=models.PortalUserRole, ours="role_id", theirs="portal_user_id"),
        order_by="last_name",
        where=True,
    )


@entity(models.Session, view=None, plural="sessions", visible=_own_unless_managing)
class Session(Node):
    """One sign-in on one device. One's own; for staff with `users.manage`, everyone's."""

    user_agent: str | None = column("What the browser or program called itself.")
    ip_address: str | None = column("The address that it signed in from.")
    last_active_at: dt.datetime = column("When it was last used, to the minute.", where=True, sort=True)
    idle_expires_at: dt.datetime = column("When it ends unless it is used before.")
    expires_at: dt.datetime = column("When it ends in any case.", where=True, sort=True)
    revoked_at: dt.datetime | None = column("When it was ended before its time.")
    revoke_reason: RevokeReason | None = column("Why it was ended.")
    created_at: dt.datetime = column("When the person signed in.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.")

    user: User | None = to_one("The member of staff who signed in.", by="user_id", where=True)
    portal_user: PortalUser | None = to_one("The buyer who signed in.", by="portal_user_id", where=True)
