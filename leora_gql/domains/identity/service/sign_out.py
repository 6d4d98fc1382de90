"""Ending sessions."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.lookup import SessionRecord
from leora_gql.auth.principal import Principal
from leora_gql.auth.refresh import RefreshToken, parse_refresh_token
from leora_gql.domains.audit import service as audit
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.identity.enums import RevokeReason
from leora_gql.domains.identity.service import rows
from leora_gql.domains.identity.service.record import (
    ENTITY,
    NO_SESSION,
    TOKEN_INVALID,
    Caller,
    owner_of,
    transaction,
    write_entry,
)
from leora_gql.errors import Unauthenticated
from leora_gql.graph.problems import Problem


async def sign_out(
    auth: Authenticator,
    principal: Principal | None,
    *,
    refresh_token: str | None,
    tenant_slug: str | None,
    caller: Caller,
) -> bool | Problem:
    """End the session of the refresh token, or else the caller's own; False when it had ended already.

    Raises `Unauthenticated` when there is neither.
    """
    if refresh_token is not None:
        token = parse_refresh_token(refresh_token)
        record = await session_of(auth, token, tenant_slug) if token else None
        if token is None or record is None:
            return TOKEN_INVALID
        owner = record.standing.principal
    elif principal is None:
        raise Unauthenticated
    else:
        token, owner = None, principal
    if owner.session_id is None:
        return NO_SESSION
    async with transaction(auth, owner) as connection:
        row = await rows.lock_session(connection, owner.tenant_id, session_id=owner.session_id)
        if token and (row is None or not auth.refresh.genuine(token, salt=row.salt)):
            return TOKEN_INVALID
        ended = await revoke_one(
            auth, connection, owner, caller, reason=RevokeReason.SIGN_OUT, now=auth.clock()
        )
    auth.forget_session(owner.session_id)
    return ended


async def sign_out_everywhere(auth: Authenticator, principal: Principal, *, caller: Caller) -> int | Problem:
    """End every session of the caller; gives how many there were."""
    owner = owner_of(principal)
    if owner is None:
        return NO_SESSION
    now = auth.clock()
    async with transaction(auth, principal) as connection:
        await rows.lock_account(connection, owner)
        ended = await rows.revoke_all(connection, owner, reason=RevokeReason.SIGN_OUT_EVERYWHERE, now=now)
        event = audit.AuditEvent(
            action=AuditAction.REVOKE,
            entity_type=ENTITY[owner.kind],
            entity_id=owner.id,
            changes={"sessions": len(ended), "reason": RevokeReason.SIGN_OUT_EVERYWHERE.value},
        )
        await write_entry(auth, connection, principal, caller, event)
    auth.forget_principal(principal.id)
    for session_id in ended:
        auth.forget_session(session_id)
    return len(ended)


async def session_of(
    auth: Authenticator, token: RefreshToken, tenant_slug: str | None
) -> SessionRecord | None:
    """The session that a refresh token names, unless the request says another tenant."""
    record = await auth.lookup.session(token.tenant_id, session_id=token.session_id)
    if record is None or tenant_slug not in {None, record.standing.principal.tenant_slug}:
        return None
    return record


async def revoke_one(
    auth: Authenticator,
    connection: AsyncConnection,
    owner: Principal,
    caller: Caller,
    *,
    reason: RevokeReason,
    now: dt.datetime,
) -> bool:
    """End the session that `owner` came with, and write it down; False when it had ended already."""
    assert owner.session_id is not None
    ended = await rows.revoke(
        connection, owner.tenant_id, session_id=owner.session_id, reason=reason, now=now
    )
    if ended:
        event = audit.AuditEvent(
            action=AuditAction.REVOKE,
            entity_type="Session",
            entity_id=owner.session_id,
            changes={"reason": reason.value},
        )
        await write_entry(auth, connection, owner, caller, event)
    return ended
