"""Choosing a password with a one-time token: accepting an invitation, or after forgetting the old one.

Every statement runs on the sign-in login. The account is locked before its tokens, so that of two that are used
at once one counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Table, Text, TextClause, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.limits import spelled_alike
from leora_gql.auth.lookup import RecoveryRecord
from leora_gql.auth.one_time import OneTimeToken, make_one_time_token, parse_one_time_token
from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.model import new_id
from leora_gql.domains.audit import service as audit
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.events import EventType
from leora_gql.domains.identity.enums import OneTimePurpose, RevokeReason, UserStatus
from leora_gql.domains.identity.models import OneTimeToken as OneTimeTokenRow
from leora_gql.domains.identity.service import rows
from leora_gql.domains.identity.service.letters import recovery
from leora_gql.domains.identity.service.password import weakness_of
from leora_gql.domains.identity.service.record import ACCOUNT_LOCKED, ENTITY, Caller, transaction, write_entry
from leora_gql.domains.identity.service.rows import Owner
from leora_gql.domains.outbox import Event
from leora_gql.graph.problems import Problem, UserErrorCode

VALID_FOR = dt.timedelta(hours=1)
TOKEN_INVALID = Problem(
    UserErrorCode.TOKEN_INVALID,
    "The link is not valid, was used, or is too old. Ask for another.",
    ("token",),
)
_TOKENS = cast(Table, OneTimeTokenRow.__table__)
_FROM = {OneTimePurpose.INVITATION: UserStatus.INVITED, OneTimePurpose.PASSWORD_RESET: UserStatus.ACTIVE}
"""The status that an account has whose token of that purpose counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """A token as it was sent, the password chosen with it, and the tenant that the request says, if it says one."""

    token: str
    password: str
    tenant_slug: str | None


async def accept_invitation(auth: Authenticator, new: NewPassword, *, caller: Caller) -> int | Problem:
    """Open the account of somebody who was invited. Raises `RateLimited` for an address that tries too often."""
    return await _choose(auth, new, OneTimePurpose.INVITATION, caller)


async def reset_password(auth: Authenticator, new: NewPassword, *, caller: Caller) -> int | Problem:
    """Set a new password and end all sessions; gives how many there were.

    Raises `RateLimited` for an address that tries too often.
    """
    return await _choose(auth, new, OneTimePurpose.PASSWORD_RESET, caller)


async def request_password_reset(
    auth: Authenticator, *, tenant_slug: str, audience: Audience, email: str, caller: Caller
) -> Problem | None:
    """Write to the account of that e-mail, if there is one that may choose a new password.

    What it answers, and what it does before that, is the same for nobody. Raises `RateLimited` for an address
    that asks too often; ACCOUNT_LOCKED says only that too many have asked for that e-mail.
    """
    email = email.strip()
    key = f"recovery\n{tenant_slug}\n{audience}\n{spelled_alike(email)}"
    async with auth.limiter.attempt(key, address=caller.address) as heard:
        if not heard:
            return ACCOUNT_LOCKED
        auth.limiter.failed(key, address=caller.address)
        tenant = await auth.lookup.tenant(tenant_slug)
        if tenant is None:
            return None
        record = await auth.lookup.recovery(tenant.id, email=email, audience=audience)
        token = make_one_time_token(tenant.id)
        await _issue(auth, token, record, audience=audience, caller=caller)
    if record is not None:
        link = auth.mailer.link("reset-password", token.text)
        auth.mailer.post(recovery(to=record.email, link=link))
    return None


async def _issue(
    auth: Authenticator,
    token: OneTimeToken,
    record: RecoveryRecord | None,
    *,
    audience: Audience,
    caller: Caller,
) -> None:
    """Store the token. One for nobody takes the same statements as one for somebody."""
    kind = ActorKind.USER if audience is Audience.STAFF else ActorKind.PORTAL_USER
    event = audit.AuditEvent(
        action=AuditAction.CREATE,
        entity_type=ENTITY[kind],
        entity_id=record.id if record else None,
        changes={"recovery": "requested"},
    )
    async with transaction(auth, token.tenant_id) as connection:
        values = {
            "tenant": token.tenant_id,
            "id": new_id(),
            "kind": kind.value,
            "subject": record.id if record else uuid4(),
            "hash": token.token_hash,
            "expires": auth.clock() + VALID_FOR,
        }
        await connection.execute(_ISSUE[kind], values)
        await write_entry(auth, connection, token.tenant_id, caller, event)


async def _choose(
    auth: Authenticator, new: NewPassword, purpose: OneTimePurpose, caller: Caller
) -> int | Problem:
    token = parse_one_time_token(new.token.strip())
    key = f"token\n{token.token_hash.hex() if token else ''}"
    async with auth.limiter.attempt(key, address=caller.address) as heard:
        if not heard:
            return ACCOUNT_LOCKED
        holder = await _holder(auth, token, new.tenant_slug, purpose) if token else None
        if token is None or holder is None:
            auth.limiter.failed(key, address=caller.address)
            return TOKEN_INVALID
        weakness = weakness_of(new.password, "password", email=await _email_of(auth, holder))
        if weakness is not None:
            return weakness
        hashed = await auth.passwords.hash(new.password)
        ended = await _spend(auth, token, holder, purpose, password_hash=hashed, caller=caller)
    if ended is None:
        return TOKEN_INVALID
    auth.limiter.freed(holder.id)
    auth.forget_principal(holder.id)
    for session in ended:
        auth.forget_session(session)
    return len(ended)


async def _holder(
    auth: Authenticator, token: OneTimeToken, tenant_slug: str | None, purpose: OneTimePurpose
) -> Principal | None:
    """Whose token it is, if it counts and its tenant is active."""
    async with transaction(auth, token.tenant_id) as connection:
        found = await connection.execute(
            select(_TOKENS.c.subject_kind, _TOKENS.c.subject_id).where(*_counts(token, purpose, auth.clock()))
        )
        row = found.one_or_none()
    if row is None:
        return None
    kind = ActorKind(row.subject_kind.value)
    standing = await auth.lookup.standing(token.tenant_id, kind=kind, principal_id=row.subject_id)
    slug = standing.principal.tenant_slug if standing else ""
    tenant = await auth.lookup.tenant(slug)
    if standing is None or tenant is None or not tenant.active or tenant_slug not in {None, slug}:
        return None
    return standing.principal


async def _email_of(auth: Authenticator, holder: Principal) -> str:
    async with transaction(auth, holder) as connection:
        return await rows.email_of(connection, Owner(holder.tenant_id, holder.kind, holder.id))


async def _spend(
    auth: Authenticator,
    token: OneTimeToken,
    holder: Principal,
    purpose: OneTimePurpose,
    *,
    password_hash: str,
    caller: Caller,
) -> Sequence[UUID] | None:
    """Use the token up and set the password; gives the sessions that ended, None when it counts no more."""
    owner, now = Owner(holder.tenant_id, holder.kind, holder.id), auth.clock()
    async with transaction(auth, holder) as connection:
        account = await rows.lock_account(connection, owner)
        if account is None or account.status is not _FROM[purpose]:
            return None
        if not await _use_up(connection, token, purpose, owner, now=now):
            return None
        if purpose is OneTimePurpose.INVITATION:
            await rows.open_account(connection, owner, password_hash=password_hash)
        else:
            await rows.record_success(connection, owner, account=account, password_hash=password_hash)
        ended = await rows.revoke_all(connection, owner, reason=RevokeReason.PASSWORD_CHANGED, now=now)
        event = audit.AuditEvent(
            action=AuditAction.UPDATE,
            entity_type=ENTITY[owner.kind],
            entity_id=owner.id,
            changes=_changes(purpose, password_hash, sessions=len(ended)),
        )
        told = _told(owner, now=now) if purpose is OneTimePurpose.INVITATION else None
        await write_entry(auth, connection, holder, caller, event, told=told)
    return ended


def _told(owner: Owner, *, now: dt.datetime) -> Event:
    """The account is open. That it has another password is told to nobody."""
    kind = EventType.USER_UPDATED if owner.kind is ActorKind.USER else EventType.PORTAL_USER_UPDATED
    return Event(kind, ENTITY[owner.kind], owner.id, {"status": UserStatus.ACTIVE.value}, now)


def _changes(purpose: OneTimePurpose, password_hash: str, *, sessions: int) -> dict[str, object]:
    """What the audit log says; it masks the password."""
    changes: dict[str, object] = {"password": {"before": None, "after": password_hash}, "sessions": sessions}
    if purpose is OneTimePurpose.INVITATION:
        status = {"before": UserStatus.INVITED.value, "after": UserStatus.ACTIVE.value}
        return {"status": status, **changes}
    return changes


async def _use_up(
    connection: AsyncConnection,
    token: OneTimeToken,
    purpose: OneTimePurpose,
    owner: Owner,
    *,
    now: dt.datetime,
) -> bool:
    """Use up the token, and with it all others of the account; False when it counts no more."""
    used = update(_TOKENS).where(*_counts(token, purpose, now)).values(used_at=now).returning(_TOKENS.c.id)
    if not (await connection.scalars(used)).all():
        return False
    await rows.use_up_tokens(connection, owner, now=now)
    return True


def _counts(
    token: OneTimeToken, purpose: OneTimePurpose, now: dt.datetime
) -> tuple[ColumnElement[bool], ...]:
    c = _TOKENS.c
    found = (
        c.tenant_id == token.tenant_id,
        c.token_hash == token.token_hash,
        c.purpose == purpose,
        c.used_at.is_(None),
        c.expires_at > now,
    )
    return (*found, ~_LATER) if purpose is OneTimePurpose.INVITATION else found


def _later() -> ColumnElement[bool]:
    """Whether its account was invited again: ids are in the order of their making, under the lock of the account."""
    later, c = _TOKENS.alias("later"), _TOKENS.c
    same = [later.c[name] == c[name] for name in ("tenant_id", "subject_id", "purpose")]
    return select(later.c.id).where(*same, later.c.id > c.id).exists()


_LATER = _later()


def _issue_to(accounts: str) -> TextClause:
    c = _TOKENS.c
    return text(
        "INSERT INTO leora.one_time_tokens"
        " (tenant_id, id, purpose, subject_kind, subject_id, token_hash, expires_at)"
        " SELECT a.tenant_id, CAST(:id AS uuid), 'PASSWORD_RESET', CAST(:kind AS text), a.id,"
        " CAST(:hash AS bytea), CAST(:expires AS timestamptz)"
        f" FROM leora.{accounts} a WHERE a.tenant_id = :tenant AND a.id = :subject AND a.status = 'ACTIVE' FOR SHARE"
    ).bindparams(
        bindparam("tenant", type_=c.tenant_id.type),
        bindparam("id", type_=c.id.type),
        bindparam("kind", type_=Text()),
        bindparam("subject", type_=c.subject_id.type),
        bindparam("hash", type_=c.token_hash.type),
        bindparam("expires", type_=c.expires_at.type),
    )


_ISSUE = {ActorKind.USER: _issue_to("users"), ActorKind.PORTAL_USER: _issue_to("portal_users")}
