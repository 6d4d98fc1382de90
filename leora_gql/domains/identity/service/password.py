"""Changing one's own password."""

from __future__ import annotations

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.passwords import MAXIMUM_BYTES, password_weakness
from leora_gql.auth.principal import Principal
from leora_gql.domains.audit import service as audit
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.identity.enums import RevokeReason
from leora_gql.domains.identity.service import rows
from leora_gql.domains.identity.service.record import (
    ACCOUNT_LOCKED,
    ENTITY,
    Caller,
    owner_of,
    transaction,
    write_entry,
)
from leora_gql.domains.identity.service.rows import Owner
from leora_gql.graph.problems import Problem, UserErrorCode

NO_PASSWORD = Problem(UserErrorCode.NOT_ALLOWED, "This account does not sign in with a password.")
WRONG_PASSWORD = Problem(
    UserErrorCode.WRONG_CREDENTIALS, "That is not the current password.", ("currentPassword",)
)
SAME_PASSWORD = Problem(UserErrorCode.INVALID, "The new password is the current one.", ("newPassword",))


async def change_password(
    auth: Authenticator, principal: Principal, *, current: str, new: str, caller: Caller
) -> int | Problem:
    """Set a new password, which the current one must be given for; gives how many other sessions ended."""
    owner = owner_of(principal)
    if owner is None:
        return NO_PASSWORD
    key = f"{owner.tenant_id}\n{owner.id}"
    async with auth.limiter.attempt(key, address=caller.address) as heard:
        if not heard:
            return ACCOUNT_LOCKED
        async with transaction(auth, principal) as session:
            stored = await rows.password_of(session, owner)
            email = await rows.email_of(session, owner)
        if stored is None:
            return NO_PASSWORD
        weakness = weakness_of(new, "newPassword", email=email)
        if weakness is not None:
            return weakness
        if not await auth.passwords.verify(current, stored):
            auth.limiter.failed(key, address=caller.address)
            await _refuse_change(auth, principal, owner, caller=caller)
            return WRONG_PASSWORD
        auth.limiter.succeeded(key)
        if current == new:
            return SAME_PASSWORD
        new_hash = await auth.passwords.hash(new)
        return await _set_password(auth, principal, owner, old=stored, new=new_hash, caller=caller)


def weakness_of(password: str, field: str, *, email: str) -> Problem | None:
    """Why a new password, given in that field, is not good enough."""
    weakness = password_weakness(password, email=email)
    if weakness is None:
        return None
    too_long = len(password.encode("utf-8", "surrogatepass")) > MAXIMUM_BYTES
    return Problem(UserErrorCode.TOO_LONG if too_long else UserErrorCode.INVALID, weakness, (field,))


async def _refuse_change(auth: Authenticator, principal: Principal, owner: Owner, *, caller: Caller) -> None:
    event = audit.AuditEvent(
        action=AuditAction.SIGN_IN_FAILED, entity_type=ENTITY[owner.kind], entity_id=owner.id
    )
    async with transaction(auth, principal) as session:
        await rows.record_failure(session, owner, limits=auth.limiter.limits, now=auth.clock())
        await write_entry(auth, session, principal, caller, event)


async def _set_password(
    auth: Authenticator, principal: Principal, owner: Owner, *, old: str, new: str, caller: Caller
) -> int | Problem:
    async with transaction(auth, principal) as session:
        account = await rows.lock_account(session, owner)
        if account is None or await rows.password_of(session, owner) != old:
            return WRONG_PASSWORD
        now = auth.clock()
        await rows.record_success(session, owner, account=account, password_hash=new)
        await rows.use_up_tokens(session, owner, now=now)
        ended = await rows.revoke_all(
            session,
            owner,
            reason=RevokeReason.PASSWORD_CHANGED,
            now=now,
            but=principal.session_id,
        )
        event = audit.AuditEvent(
            action=AuditAction.UPDATE,
            entity_type=ENTITY[owner.kind],
            entity_id=owner.id,
            changes={"password": {"before": old, "after": new}, "sessions": len(ended)},
        )
        await write_entry(auth, session, principal, caller, event)
    for session_id in ended:
        auth.forget_session(session_id)
    return len(ended)
