"""Making a tenant: its settings, its counters and sequences, and the roles it starts with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leora_gql.auth.permissions import SYSTEM_ROLES
from leora_gql.db.model import new_id
from leora_gql.domains.identity.enums import RoleKind
from leora_gql.domains.identity.models import Role, RolePermission
from leora_gql.domains.tenancy.enums import SubscriptionTier
from leora_gql.domains.tenancy.models import Tenant, TenantHead, TenantSettings

_MAKE_SEQUENCES: Final = text("SELECT leora.make_number_sequences(:tenant)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenant:
    """A tenant to be made. `settings` are columns of `tenant_settings`; the rest have their defaults.

    `created_at` dates every row; without it, now does.
    """

    slug: str
    name: str
    id: UUID = field(default_factory=new_id)
    domain: str | None = None
    subscription_tier: SubscriptionTier = SubscriptionTier.STARTER
    billing_email: str | None = None
    contact_email: str | None = None
    primary_color: str | None = None
    settings: dict[str, object] = field(default_factory=dict[str, object])
    created_at: dt.datetime | None = None


async def create_tenant(
    session: AsyncSession, new: NewTenant, *, make_id: Callable[[], UUID] = new_id
) -> dict[str, UUID]:
    """Make the tenant in the session's transaction; gives its system roles' ids by name.

    The session must be the owner's and bound to `new.id` (`db.owner.as_owner`): sequences are made.
    A slug that is taken raises SQLAlchemy's `IntegrityError`.
    """
    dated = {"created_at": new.created_at, "updated_at": new.created_at} if new.created_at else {}
    session.add(
        Tenant(
            id=new.id,
            slug=new.slug,
            name=new.name,
            domain=new.domain,
            subscription_tier=new.subscription_tier,
            billing_email=new.billing_email,
            contact_email=new.contact_email,
            primary_color=new.primary_color,
            **dated,
        )
    )
    await session.flush()
    session.add(TenantSettings(tenant_id=new.id, **new.settings, **dated))
    session.add(TenantHead(tenant_id=new.id, **dated))
    await session.execute(_MAKE_SEQUENCES, {"tenant": new.id})
    roles = await _system_roles(session, new, make_id)
    await session.flush()
    return roles


async def _system_roles(
    session: AsyncSession, new: NewTenant, make_id: Callable[[], UUID]
) -> dict[str, UUID]:
    dated = {"created_at": new.created_at, "updated_at": new.created_at} if new.created_at else {}
    assigned = {"assigned_at": new.created_at} if new.created_at else {}
    roles = {role.name: make_id() for role in SYSTEM_ROLES}
    for role in SYSTEM_ROLES:
        session.add(
            Role(
                tenant_id=new.id,
                id=roles[role.name],
                name=role.name,
                description=role.description,
                kind=RoleKind(role.kind.value),
                is_system=True,
                is_default=role.is_default,
                **dated,
            )
        )
    await session.flush()
    session.add_all(
        RolePermission(tenant_id=new.id, role_id=roles[role.name], permission_key=key, **assigned)
        for role in SYSTEM_ROLES
        for key in sorted(role.permissions)
    )
    return roles
