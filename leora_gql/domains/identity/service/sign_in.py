"""Signing in with e-mail and password."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from leora_gql.auth.activity import Seen
from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.limits import spelled_alike
from leora_gql.auth.lookup import LoginRecord, TenantRecord
from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import ActorKind
from leora_gql.domains.audit import service as audit
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.identity.service import rows
from leora_gql.domains.identity.service.record import ACCOUNT_LOCKED, ENTITY, Caller, transaction, write_entry
from leora_gql.domains.identity.service.rows import Owner
from leora_gql.domains.identity.service.signed_in import SignedIn, signed_in
from leora_gql.graph.node import encode_id
from leora_gql.graph.problems import Problem, UserErrorCode

WRONG_CREDENTIALS = Problem(
    UserErrorCode.WRONG_CREDENTIALS,
    "E-mail and password do not belong to an account that can sign in now.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What was typed, and where: the tenant's slug and the audience."""

    tenant_slug: str
    audience: Audience
    email: str
    password: str = field(repr=False)


async def sign_in(auth: Authenticator, credentials: Credentials, *, caller: Caller) -> SignedIn | Problem:
    """Start a session. Raises `RateLimited` for an address that tries too often.

    The answer to a wrong password, an unknown e-mail, a disabled account and a suspended tenant is the
    same, after the same work. ACCOUNT_LOCKED says only that this process has heard too many attempts
    with that e-mail, whether or not an account has it.
    """
    email = credentials.email.strip()
    key = f"{credentials.tenant_slug}\n{credentials.audience}\n{spelled_alike(email)}"
    async with auth.limiter.attempt(key, address=caller.address) as heard:
        if not heard:
            return ACCOUNT_LOCKED
        tenant = await auth.lookup.tenant(credentials.tenant_slug)
        record = (
            await auth.lookup.login(tenant.id, email=email, audience=credentials.audience) if tenant else None
        )
        stored = record.password_hash if record else None
        correct = await auth.passwords.verify(credentials.password, stored)
        admitted = None
        if tenant and record and correct and record.open(auth.clock()):
            admitted = await _admit(auth, tenant, record, password=credentials.password, caller=caller)
        if admitted is not None:
            auth.limiter.succeeded(key)
            return admitted
        auth.limiter.failed(key, address=caller.address, holder=record.id if record else None)
        if tenant:
            await _refuse(auth, tenant, record, audience=credentials.audience, caller=caller)
        return WRONG_CREDENTIALS


async def _admit(
    auth: Authenticator, tenant: TenantRecord, record: LoginRecord, *, password: str, caller: Caller
) -> SignedIn | None:
    """Open the session of an account whose password was right; None when it may not have one after all."""
    owner = Owner(tenant.id, record.kind, record.id)
    stored = record.password_hash
    renewed = await auth.passwords.hash(password) if stored and auth.passwords.outdated(stored) else None
    standing = await auth.lookup.standing(tenant.id, kind=record.kind, principal_id=record.id)
    if standing is None or not standing.active:
        return None
    now = auth.clock()
    async with transaction(auth, standing.principal) as session:
        account = await rows.lock_account(session, owner)
        if account is None or not account.active or account.locked(now):
            return None
        if await rows.password_of(session, owner) != stored:
            return None
        await rows.record_success(session, owner, account=account, password_hash=renewed)
        row = await rows.open_session(
            session, owner, user_agent=caller.user_agent, ip_address=caller.address, now=now
        )
        event = audit.AuditEvent(
            action=AuditAction.SIGN_IN,
            entity_type=ENTITY[owner.kind],
            entity_id=owner.id,
            changes={"session": encode_id("Session", row.id)},
        )
        await write_entry(auth, session, standing.principal, caller, event)
    seen = Seen.USER if owner.kind is ActorKind.USER else Seen.PORTAL_USER
    auth.activity.note(seen, tenant_id=tenant.id, row_id=owner.id)
    return signed_in(auth, standing.principal, row)


async def _refuse(
    auth: Authenticator,
    tenant: TenantRecord,
    record: LoginRecord | None,
    *,
    audience: Audience,
    caller: Caller,
) -> None:
    """Record a failed attempt. One for nobody takes the same statements as one for somebody."""
    kind = ActorKind.USER if audience is Audience.STAFF else ActorKind.PORTAL_USER
    owner = Owner(tenant.id, kind, record.id if record else uuid4())
    event = audit.AuditEvent(
        action=AuditAction.SIGN_IN_FAILED,
        entity_type=ENTITY[kind],
        entity_id=record.id if record else None,
    )
    now = auth.clock()
    async with transaction(auth, tenant.id) as session:
        await rows.record_failure(session, owner, limits=auth.limiter.limits, now=now)
        await write_entry(auth, session, tenant.id, caller, event)
