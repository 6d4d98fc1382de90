"""The tables of the identity domain: people, roles, permissions, sessions, one-time tokens."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.db.model import (
    SCHEMA,
    Base,
    TenantBound,
    TenantModel,
    Versioned,
    at_least,
    bounded,
    check,
    choice,
    flag,
    indexed,
    lowered,
    named,
    one_of,
    refers,
    searchable,
    to_tenant,
    unique,
)
from leora_gql.domains.identity.enums import OneTimePurpose, RevokeReason, RoleKind, SubjectKind, UserStatus


class SignsIn(Versioned):
    """The columns of somebody who can sign in; `person_rules` are their CHECKs."""

    email: Mapped[str]
    email_lower: Mapped[str] = lowered("email")
    first_name: Mapped[str]
    last_name: Mapped[str]
    last_name_lower: Mapped[str] = lowered("last_name")
    phone: Mapped[str | None]
    avatar_url: Mapped[str | None]
    status: Mapped[UserStatus] = choice(UserStatus, default=UserStatus.INVITED)
    password_hash: Mapped[str | None]
    external_issuer: Mapped[str | None]
    external_subject: Mapped[str | None]
    failed_sign_ins: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[dt.datetime | None]
    last_sign_in_at: Mapped[dt.datetime | None]


def person_rules() -> tuple[CheckConstraint, ...]:
    """The CHECKs of the columns in `SignsIn`."""
    return (
        one_of("status", UserStatus),
        check("email", "char_length(email) <= 254 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+$'"),
        check("external_both", "(external_issuer IS NULL) = (external_subject IS NULL)"),
        named("first_name", limit=100),
        named("last_name", limit=100),
        bounded("phone", limit=40),
        bounded("avatar_url", limit=2000),
        bounded("password_hash", limit=500),
        bounded("external_issuer", limit=500),
        bounded("external_subject", limit=500),
        *at_least(0, "failed_sign_ins"),
    )


class User(SignsIn, TenantModel):
    """A member of the distributor's staff. `password_hash` is Argon2id."""

    __tablename__ = "users"
    __table_args__ = (
        to_tenant(),
        refers("manager_id", "users"),
        unique("email_lower"),
        unique("external_issuer", "external_subject"),
        *person_rules(),
        bounded("territory", limit=100),
        check("manager_other", "manager_id <> id"),
        *searchable("users", "email"),
        *searchable("users", "first_name"),
        *searchable("users", "last_name"),
        indexed("manager_id"),
        indexed("status"),
        indexed("territory"),
        indexed("last_sign_in_at"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    first_name_lower: Mapped[str] = lowered("first_name")
    manager_id: Mapped[UUID | None]
    territory: Mapped[str | None]


class PortalUser(SignsIn, TenantModel):
    """A buyer of one of the customers, in the self-service portal."""

    __tablename__ = "portal_users"
    __table_args__ = (
        refers("customer_id", "customers"),
        unique("email_lower"),
        unique("external_issuer", "external_subject"),
        *person_rules(),
        *searchable("portal_users", "email"),
        *searchable("portal_users", "last_name"),
        indexed("customer_id"),
        indexed("status"),
        indexed("last_sign_in_at"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    customer_id: Mapped[UUID]


class Role(Versioned, TenantModel):
    """A named set of permissions, for staff or for the portal."""

    __tablename__ = "roles"
    __table_args__ = (
        to_tenant(),
        unique("name"),
        one_of("kind", RoleKind),
        named("name", limit=100),
        bounded("description", limit=2000),
        *searchable("roles", "name"),
        indexed("is_default"),
        indexed("is_system"),
        indexed("kind"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    name: Mapped[str]
    name_lower: Mapped[str] = lowered("name")
    description: Mapped[str | None]
    kind: Mapped[RoleKind] = choice(RoleKind)
    is_system: Mapped[bool] = flag(default=False)
    is_default: Mapped[bool] = flag(default=False)


class Permission(Base):
    """A key of the global catalogue; wildcards `area.*` and `*` are rows of it."""

    __tablename__ = "permissions"
    __table_args__ = (
        check("key", r"key ~ '^([a-z_]+\.([a-z_]+|\*)|\*)$'"),
        named("category", limit=100),
        named("description", limit=500),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str]
    description: Mapped[str]
    portal_allowed: Mapped[bool] = flag(default=False)


class RolePermission(TenantBound):
    """A permission that a role holds."""

    __tablename__ = "role_permissions"
    __table_args__ = (
        refers("role_id", "roles", on_delete="CASCADE"),
        ForeignKeyConstraint(["permission_key"], [f"{SCHEMA}.permissions.key"]),
        refers("assigned_by_id", "users"),
        Index(None, "tenant_id", "permission_key", "role_id"),
        Index(None, "tenant_id", "assigned_by_id"),
    )

    role_id: Mapped[UUID] = mapped_column(primary_key=True)
    permission_key: Mapped[str] = mapped_column(primary_key=True)
    assigned_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    assigned_by_id: Mapped[UUID | None]


class UserRole(TenantBound):
    """A role of a member of staff."""

    __tablename__ = "user_roles"
    __table_args__ = (
        refers("user_id", "users"),
        refers("role_id", "roles"),
        refers("assigned_by_id", "users"),
        Index(None, "tenant_id", "role_id", "user_id"),
        Index(None, "tenant_id", "assigned_by_id"),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role_id: Mapped[UUID] = mapped_column(primary_key=True)
    assigned_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    assigned_by_id: Mapped[UUID | None]


class PortalUserRole(TenantBound):
    """A role of a portal user. `assigned_by_id` is a user or a portal user, so no foreign key holds it."""

    __tablename__ = "portal_user_roles"
    __table_args__ = (
        refers("portal_user_id", "portal_users"),
        refers("role_id", "roles"),
        Index(None, "tenant_id", "role_id", "portal_user_id"),
    )

    portal_user_id: Mapped[UUID] = mapped_column(primary_key=True)
    role_id: Mapped[UUID] = mapped_column(primary_key=True)
    assigned_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    assigned_by_id: Mapped[UUID | None]


class Session(TenantModel):
    """One sign-in of a user or a portal user, kept alive by rotating refresh tokens.

    A refresh token of the row's `generation` is genuine; `salt` goes into its HMAC. It ends at
    `idle_expires_at` without use and at `expires_at` in any case.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        refers("user_id", "users"),
        refers("portal_user_id", "portal_users"),
        check("one_owner", "num_nonnulls(user_id, portal_user_id) = 1"),
        check("revoked_both", "(revoked_at IS NULL) = (revoke_reason IS NULL)"),
        check("expiry_order", "idle_expires_at <= expires_at"),
        check("salt_length", "octet_length(salt) BETWEEN 16 AND 64"),
        one_of("revoke_reason", RevokeReason),
        *at_least(1, "generation"),
        bounded("user_agent", limit=1000),
        bounded("ip_address", limit=45),
        indexed("user_id", "last_active_at"),
        indexed("portal_user_id", "last_active_at"),
        indexed("last_active_at"),
        indexed("created_at"),
        indexed("expires_at"),
    )

    user_id: Mapped[UUID | None]
    portal_user_id: Mapped[UUID | None]
    generation: Mapped[int] = mapped_column(server_default=text("1"))
    rotated_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    salt: Mapped[bytes]
    user_agent: Mapped[str | None]
    ip_address: Mapped[str | None]
    idle_expires_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    last_active_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    revoked_at: Mapped[dt.datetime | None]
    revoke_reason: Mapped[RevokeReason | None] = choice(RevokeReason)


class OneTimeToken(TenantModel):
    """An invitation or a password reset; only the hash of its token is kept."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        to_tenant(),
        unique("token_hash"),
        one_of("purpose", OneTimePurpose),
        one_of("subject_kind", SubjectKind),
        check("token_hash_length", "octet_length(token_hash) = 32"),
        indexed("subject_id"),
        indexed("expires_at"),
    )

    purpose: Mapped[OneTimePurpose] = choice(OneTimePurpose)
    subject_kind: Mapped[SubjectKind] = choice(SubjectKind)
    subject_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
