"""Continuing a session with its refresh token."""

from __future__ import annotations

import dataclasses

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.refresh import Use, judge, parse_refresh_token
from leora_gql.domains.identity.enums import RevokeReason
from leora_gql.domains.identity.service import rows
from leora_gql.domains.identity.service.record import TOKEN_INVALID, Caller, transaction
from leora_gql.domains.identity.service.sign_out import revoke_one, session_of
from leora_gql.domains.identity.service.signed_in import SignedIn, signed_in
from leora_gql.graph.problems import Problem


async def refresh_session(
    auth: Authenticator, text: str, *, tenant_slug: str | None, caller: Caller
) -> SignedIn | Problem:
    """The next tokens of a session, for its current refresh token.

    The token before it still gives the current one for 10 s. An older one revokes the session:
    somebody kept a copy. `tenant_slug` is what the request says, if it says one.
    """
    token = parse_refresh_token(text)
    record = await session_of(auth, token, tenant_slug) if token else None
    if token is None or record is None:
        return TOKEN_INVALID
    owner = record.standing.principal
    async with transaction(auth, owner) as session:
        row = await rows.lock_session(session, token.tenant_id, session_id=token.session_id)
        now = auth.clock()
        if row is None or not auth.refresh.genuine(token, salt=row.salt) or not row.live(now):
            return TOKEN_INVALID
        use = judge(token.generation, current=row.generation, rotated_at=row.rotated_at, now=now)
        if use is Use.REPLAY:
            await revoke_one(auth, session, owner, caller, reason=RevokeReason.TOKEN_REUSED, now=now)
        elif use is Use.ROTATE and record.standing.active:
            generation = await rows.rotate(session, token.tenant_id, row=row, now=now)
            row = dataclasses.replace(row, generation=generation)
    if use is Use.REPLAY:
        auth.forget_session(token.session_id)
    if use in {None, Use.REPLAY} or not record.standing.active:
        return TOKEN_INVALID
    return signed_in(auth, owner, row)
