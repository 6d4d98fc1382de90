"""The rows of `sessions` and the lock-out columns of accounts, as connection mutations change them.

Every statement runs on the sign-in login in a transaction bound to the tenant, and names exactly the
columns that the login may touch.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import CursorResult, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.limits import SignInLimits
from leora_gql.auth.principal import ActorKind
from leora_gql.db.model import new_id
from leora_gql.domains.identity.enums import RevokeReason, UserStatus
from leora_gql.domains.identity.models import OneTimeToken, PortalUser, Session, User

IDLE_LIFETIME = dt.timedelta(days=14)
LIFETIME = dt.timedelta(days=90)
FIRST_GENERATION = 1
_SALT_BYTES = 32
_MAXIMUM_USER_AGENT = 1000
_MAXIMUM_ADDRESS = 45

_SESSIONS = cast(Table, Session.__table__)
_TOKENS = cast(Table, OneTimeToken.__table__)
_ACCOUNTS = {
    ActorKind.USER: cast(Table, User.__table__),
    ActorKind.PORTAL_USER: cast(Table, PortalUser.__table__),
}
_OWNER_COLUMN = {ActorKind.USER: _SESSIONS.c.user_id, ActorKind.PORTAL_USER: _SESSIONS.c.portal_user_id}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose session or account it is: a user or a portal user of a tenant."""

    tenant_id: UUID
    kind: ActorKind
    id: UUID


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What refreshing needs of a session."""

    id: UUID
    generation: int
    rotated_at: dt.datetime
    salt: bytes
    idle_expires_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None

    def live(self, now: dt.datetime) -> bool:
        """Whether the session can still be used."""
        return self.revoked_at is None and now < min(self.idle_expires_at, self.expires_at)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """The lock-out state of an account, locked by this transaction."""

    status: UserStatus | None
    failed_sign_ins: int
    locked_until: dt.datetime | None

    @property
    def active(self) -> bool:
        """Whether the account is open."""
        return self.status is UserStatus.ACTIVE

    def locked(self, now: dt.datetime) -> bool:
        """Whether attempts are not heard at that moment."""
        return self.locked_until is not None and self.locked_until > now


async def open_session(
    connection: AsyncConnection,
    owner: Owner,
    *,
    user_agent: str | None,
    ip_address: str | None,
    now: dt.datetime,
) -> SessionRow:
    """A new session of the owner: 14 days without use, 90 in all."""
    row = SessionRow(
        id=new_id(),
        generation=FIRST_GENERATION,
        rotated_at=now,
        salt=secrets.token_bytes(_SALT_BYTES),
        idle_expires_at=now + IDLE_LIFETIME,
        expires_at=now + LIFETIME,
        revoked_at=None,
    )
    await connection.execute(
        insert(_SESSIONS).inline(),
        [
            {
                "tenant_id": owner.tenant_id,
                "id": row.id,
                _OWNER_COLUMN[owner.kind].name: owner.id,
                "generation": row.generation,
                "rotated_at": row.rotated_at,
                "salt": row.salt,
                "user_agent": user_agent and user_agent[:_MAXIMUM_USER_AGENT],
                "ip_address": ip_address and ip_address[:_MAXIMUM_ADDRESS],
                "idle_expires_at": row.idle_expires_at,
                "expires_at": row.expires_at,
                "last_active_at": now,
            }
        ],
    )
    return row


async def lock_session(
    connection: AsyncConnection, tenant_id: UUID, *, session_id: UUID
) -> SessionRow | None:
    """The session's row, held until the transaction ends."""
    c = _SESSIONS.c
    found = await connection.execute(
        select(c.id, c.generation, c.rotated_at, c.salt, c.idle_expires_at, c.expires_at, c.revoked_at)
        .where(c.tenant_id == tenant_id, c.id == session_id)
        .with_for_update(key_share=True)
    )
    row = found.one_or_none()
    return SessionRow(*row) if row is not None else None


async def rotate(connection: AsyncConnection, tenant_id: UUID, *, row: SessionRow, now: dt.datetime) -> int:
    """Move a locked session to its next generation, which is returned, and put off its idle end."""
    c = _SESSIONS.c
    generation = row.generation + 1
    await connection.execute(
        update(_SESSIONS)
        .where(c.tenant_id == tenant_id, c.id == row.id)
        .values(
            generation=generation,
            rotated_at=now,
            idle_expires_at=min(now + IDLE_LIFETIME, row.expires_at),
            last_active_at=now,
        )
    )
    return generation


async def revoke(
    connection: AsyncConnection, tenant_id: UUID, *, session_id: UUID, reason: RevokeReason, now: dt.datetime
) -> bool:
    """End one session; False when it had ended already."""
    c = _SESSIONS.c
    result = await connection.execute(
        update(_SESSIONS)
        .where(c.tenant_id == tenant_id, c.id == session_id, c.revoked_at.is_(None))
        .values(revoked_at=now, revoke_reason=reason)
    )
    return cast("CursorResult[object]", result).rowcount > 0


async def revoke_all(
    connection: AsyncConnection,
    owner: Owner,
    *,
    reason: RevokeReason,
    now: dt.datetime,
    but: UUID | None = None,
) -> Sequence[UUID]:
    """End every live session of the owner (except `but`) and give their ids. Lock the account first."""
    c = _SESSIONS.c
    statement = (
        update(_SESSIONS)
        .where(c.tenant_id == owner.tenant_id, _OWNER_COLUMN[owner.kind] == owner.id)
        .where(c.revoked_at.is_(None), c.expires_at > now)
        .values(revoked_at=now, revoke_reason=reason)
        .returning(c.id)
    )
    if but is not None:
        statement = statement.where(c.id != but)
    return (await connection.scalars(statement)).all()


async def use_up_tokens(connection: AsyncConnection, owner: Owner, *, now: dt.datetime) -> None:
    """No one-time token of the account counts any more. Lock the account first."""
    c = _TOKENS.c
    await connection.execute(
        update(_TOKENS)
        .where(c.tenant_id == owner.tenant_id, c.subject_id == owner.id, c.used_at.is_(None))
        .values(used_at=now)
    )


async def lock_account(connection: AsyncConnection, owner: Owner) -> AccountRow | None:
    """The account's lock-out state, held until the transaction ends."""
    accounts = _ACCOUNTS[owner.kind]
    c = accounts.c
    found = await connection.execute(
        select(c.status, c.failed_sign_ins, c.locked_until)
        .where(c.tenant_id == owner.tenant_id, c.id == owner.id)
        .with_for_update(key_share=True)
    )
    row = found.one_or_none()
    if row is None:
        return None
    return AccountRow(row.status, row.failed_sign_ins, row.locked_until)


async def email_of(connection: AsyncConnection, owner: Owner) -> str:
    """The account's e-mail address; empty where there is no such account."""
    function = func.leora.auth_email(owner.tenant_id, owner.kind.value, owner.id)
    return await connection.scalar(select(function)) or ""


async def password_of(connection: AsyncConnection, owner: Owner) -> str | None:
    """The stored password hash; ask while the account is locked to be sure that it stays."""
    function = func.leora.auth_password(owner.tenant_id, owner.kind.value, owner.id)
    return await connection.scalar(select(function))


async def record_failure(
    connection: AsyncConnection, owner: Owner, *, limits: SignInLimits, now: dt.datetime
) -> None:
    """Count a failed attempt and lock the account when it is one too many.

    Attempts during a lock are not counted, or anybody could make it last for ever. An account that
    does not exist takes the same statements.
    """
    account = await lock_account(connection, owner) or AccountRow(None, 0, None)
    failures, locked_until = account.failed_sign_ins, account.locked_until
    if not account.locked(now):
        if locked_until is not None and now - locked_until > limits.forgotten_after:
            failures = 0
        failures += 1
        lock = limits.lock_after(failures)
        locked_until = now + lock if lock else None
    await _set_account(connection, owner, failed_sign_ins=failures, locked_until=locked_until)


async def record_success(
    connection: AsyncConnection, owner: Owner, *, account: AccountRow, password_hash: str | None = None
) -> None:
    """Forget failed attempts and keep the new hash, where there is something to change."""
    values: dict[str, object] = {}
    if account.failed_sign_ins or account.locked_until:
        values = {"failed_sign_ins": 0, "locked_until": None}
    if password_hash is not None:
        values["password_hash"] = password_hash
    if values:
        await _set_account(connection, owner, **values)


async def open_account(connection: AsyncConnection, owner: Owner, *, password_hash: str) -> None:
    """Whoever was invited can sign in from now on, with that password."""
    await _set_account(connection, owner, status=UserStatus.ACTIVE, password_hash=password_hash)


async def _set_account(connection: AsyncConnection, owner: Owner, **values: object) -> None:
    accounts = _ACCOUNTS[owner.kind]
    c = accounts.c
    await connection.execute(
        update(accounts).where(c.tenant_id == owner.tenant_id, c.id == owner.id).values(values)
    )
