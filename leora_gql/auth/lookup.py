"""What the database knows of a caller, read through the definer functions of `policies/50_sign_in.sql`.

The sign-in login has no tenant yet and could read none of these rows itself; each function gives
one row's worth, for one question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from leora_gql.auth.permissions import PORTAL_KEYS, Audience, expand
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login

MAXIMUM_EMAIL = 320
MAXIMUM_SLUG = 63

_TENANT = text("SELECT tenant_id, active FROM leora.auth_tenant(:slug)")
_LOGIN = text(
    "SELECT kind, id, active, password_hash, locked_until FROM leora.auth_login(:tenant, :email, :kind)"
)
_RECOVERY = text("SELECT id, email FROM leora.auth_recovery(:tenant, :email, :kind)")
_STANDING = text(
    "SELECT kind, id, customer_id, tenant_slug, active, permissions"
    " FROM leora.auth_standing(:tenant, :kind, :id)"
)
_EXTERNAL = text(
    "SELECT kind, id, customer_id, tenant_slug, active, permissions"
    " FROM leora.auth_external(:tenant, :issuer, :subject)"
)
_SESSION = text(
    "SELECT kind, id, customer_id, tenant_slug, active, permissions,"
    " revoked_at, idle_expires_at, expires_at FROM leora.auth_session(:tenant, :session)"
)
_INTEGRATION = text(
    "SELECT tenant_slug, active, token_hash, scopes, maker_id, maker_permissions, expires_at, revoked_at"
    " FROM leora.auth_integration(:tenant, :token)"
)


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """A tenant found by its slug."""

    id: UUID
    active: bool


@dataclass(frozen=True, slots=True)
class LoginRecord:
    """An account found by its e-mail; `active` needs its tenant (and portal) to be open as well."""

    kind: ActorKind
    id: UUID
    active: bool
    password_hash: str | None = field(repr=False)
    locked_until: dt.datetime | None

    def open(self, now: dt.datetime) -> bool:
        """Whether the account can sign in at that moment, given the right password."""
        return self.active and (self.locked_until is None or self.locked_until <= now)


@dataclass(frozen=True, slots=True)
class RecoveryRecord:
    """An account that may choose a new password, and the address that a mail to it goes to."""

    kind: ActorKind
    id: UUID
    email: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A principal, and whether it and its tenant are active."""

    principal: Principal
    active: bool


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session with the standing of whose it is."""

    standing: Standing
    revoked_at: dt.datetime | None
    ends_at: dt.datetime

    def live(self, now: dt.datetime) -> bool:
        """Whether the session counts at that moment."""
        return self.standing.active and self.revoked_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class IntegrationRecord:
    """An inbound integration token; its principal has what scopes and maker both give."""

    principal: Principal
    active: bool
    token_hash: bytes
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def live(self, now: dt.datetime) -> bool:
        """Whether the token counts at that moment."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.active and self.revoked_at is None and not expired


class Lookup:
    """The questions, each a statement of its own on the sign-in login. Raises `Unavailable`.

    They wait for a connection as long as who writes does: of a crowd that comes to buy, nobody may be known yet.
    """

    def __init__(self, pools: Pools) -> None:
        self._pools = pools

    async def tenant(self, slug: str) -> TenantRecord | None:
        """The tenant of that slug."""
        if len(slug) > MAXIMUM_SLUG or not _storable(slug):
            return None
        row = await self._one(_TENANT, {"slug": slug})
        return TenantRecord(id=row["tenant_id"], active=row["active"]) if row else None

    async def login(self, tenant_id: UUID, *, email: str, audience: Audience) -> LoginRecord | None:
        """The account of that e-mail (in any case) among staff or portal users."""
        if len(email) > MAXIMUM_EMAIL or not _storable(email):
            return None
        kind = ActorKind.USER if audience is Audience.STAFF else ActorKind.PORTAL_USER
        row = await self._one(_LOGIN, {"tenant": tenant_id, "email": email, "kind": kind.value})
        if row is None:
            return None
        return LoginRecord(
            kind=kind,
            id=row["id"],
            active=row["active"],
            password_hash=row["password_hash"],
            locked_until=row["locked_until"],
        )

    async def recovery(self, tenant_id: UUID, *, email: str, audience: Audience) -> RecoveryRecord | None:
        """The active account of that e-mail (in any case) that has, or may have, a password of ours."""
        if len(email) > MAXIMUM_EMAIL or not _storable(email):
            return None
        kind = ActorKind.USER if audience is Audience.STAFF else ActorKind.PORTAL_USER
        row = await self._one(_RECOVERY, {"tenant": tenant_id, "email": email, "kind": kind.value})
        return RecoveryRecord(kind, row["id"], row["email"]) if row else None

    async def standing(self, tenant_id: UUID, *, kind: ActorKind, principal_id: UUID) -> Standing | None:
        """A user or portal user by id."""
        row = await self._one(_STANDING, {"tenant": tenant_id, "kind": kind.value, "id": principal_id})
        return standing_of(row, tenant_id=tenant_id) if row else None

    async def external(self, tenant_id: UUID, *, issuer: str, subject: str) -> Standing | None:
        """The account that an external sign-in belongs to; None also when two claim it."""
        rows = await self._all(_EXTERNAL, {"tenant": tenant_id, "issuer": issuer, "subject": subject})
        return standing_of(rows[0], tenant_id=tenant_id) if len(rows) == 1 else None

    async def session(self, tenant_id: UUID, *, session_id: UUID) -> SessionRecord | None:
        """A session by id."""
        row = await self._one(_SESSION, {"tenant": tenant_id, "session": session_id})
        if row is None:
            return None
        return SessionRecord(
            standing=standing_of(row, tenant_id=tenant_id, session_id=session_id),
            revoked_at=row["revoked_at"],
            ends_at=min(row["idle_expires_at"], row["expires_at"]),
        )

    async def integration(self, tenant_id: UUID, *, token_id: UUID) -> IntegrationRecord | None:
        """An inbound integration token by id."""
        row = await self._one(_INTEGRATION, {"tenant": tenant_id, "token": token_id})
        if row is None:
            return None
        principal = Principal(
            kind=ActorKind.INTEGRATION,
            id=token_id,
            tenant_id=tenant_id,
            tenant_slug=row["tenant_slug"],
            permissions=expand(row["scopes"]) & expand(row["maker_permissions"]),
            maker_id=row["maker_id"],
        )
        return IntegrationRecord(
            principal=principal,
            active=row["active"],
            token_hash=row["token_hash"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
        )

    async def _one(self, statement: TextClause, parameters: Mapping[str, object]) -> Mapping[str, Any] | None:
        rows = await self._all(statement, parameters)
        return rows[0] if rows else None

    async def _all(
        self, statement: TextClause, parameters: Mapping[str, object]
    ) -> Sequence[Mapping[str, Any]]:
        async with self._pools.connect(Login.AUTH, read_only=True, patient=True) as connection:
            result = await connection.execute(statement, parameters)
            return [dict(row) for row in result.mappings()]


def standing_of(row: Mapping[str, Any], *, tenant_id: UUID, session_id: UUID | None = None) -> Standing:
    """The standing in a row of the definer functions; a buyer holds portal permissions whatever it says."""
    kind = ActorKind(row["kind"])
    permissions = expand(row["permissions"])
    principal = Principal(
        kind=kind,
        id=row["id"],
        tenant_id=tenant_id,
        tenant_slug=row["tenant_slug"],
        permissions=permissions & PORTAL_KEYS if kind is ActorKind.PORTAL_USER else permissions,
        customer_id=row["customer_id"],
        session_id=session_id,
    )
    return Standing(principal=principal, active=row["active"])


def _storable(value: str) -> bool:
    """Whether PostgreSQL takes the text: no NUL, no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
