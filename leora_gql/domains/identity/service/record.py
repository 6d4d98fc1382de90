"""What the session mutations share: who calls from where, their transaction, and its audit entry."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.logins import Login
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant
from leora_gql.domains import outbox
from leora_gql.domains.audit import service as audit
from leora_gql.domains.identity.service.rows import Owner
from leora_gql.domains.outbox import Event
from leora_gql.graph.problems import Problem, UserErrorCode

ENTITY = {ActorKind.USER: "User", ActorKind.PORTAL_USER: "PortalUser"}
"""The type of an account, as audit entries name it."""

ACCOUNT_LOCKED = Problem(
    UserErrorCode.ACCOUNT_LOCKED, "There were too many failed attempts. Try again later."
)
NO_SESSION = Problem(UserErrorCode.NOT_ALLOWED, "This credential has no session of its own to end.")
TOKEN_INVALID = Problem(
    UserErrorCode.TOKEN_INVALID,
    "The refresh token is not valid or no longer counts. Sign in again.",
    ("refreshToken",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a session mutation comes from, for the record."""

    operation: str
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


def owner_of(principal: Principal) -> Owner | None:
    """The account of a principal; None for integrations, which have none."""
    if principal.kind not in ENTITY:
        return None
    return Owner(principal.tenant_id, principal.kind, principal.id)


@asynccontextmanager
async def transaction(auth: Authenticator, who: Principal | UUID) -> AsyncGenerator[AsyncConnection]:
    """A writing transaction of the sign-in login, for a principal or (nobody known yet) a tenant."""
    scope = (
        TenantScope(who)
        if isinstance(who, UUID)
        else TenantScope(who.tenant_id, who.kind.value, who.id, who.customer_id)
    )
    async with with_tenant(auth.pools, scope, login=Login.AUTH) as connection:
        yield connection


async def write_entry(
    auth: Authenticator,
    connection: AsyncConnection,
    who: Principal | UUID,
    caller: Caller,
    event: audit.AuditEvent,
    *,
    told: Event | None = None,
) -> None:
    """Write the audit entry, and with it the event that is told: last, since it takes the tenant's head row."""
    known = None if isinstance(who, UUID) else who
    context = audit.AuditContext(
        tenant_id=who if isinstance(who, UUID) else who.tenant_id,
        actor_kind=known.kind if known else ActorKind.SYSTEM,
        actor_id=known.id if known else None,
        operation=caller.operation,
        request_id=caller.request_id,
        ip_address=caller.address,
    )
    entries, events = [(context, event)], [told] if told else []
    await outbox.write(connection, context.tenant_id, events, entries, key=auth.audit_key, now=auth.clock())
