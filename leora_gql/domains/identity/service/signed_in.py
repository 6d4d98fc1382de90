"""A live session as the caller gets it: its two tokens."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.principal import Principal
from leora_gql.domains.identity.service.rows import SessionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A live session: its tokens, when the access token ends, and who it is."""

    principal: Principal
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: dt.datetime


def signed_in(auth: Authenticator, principal: Principal, row: SessionRow) -> SignedIn:
    """The tokens of a session as it stands now."""
    issued = auth.tokens.issue(tenant_id=principal.tenant_id, subject=principal.id, session_id=row.id)
    refresh = auth.refresh.make(
        tenant_id=principal.tenant_id, session_id=row.id, generation=row.generation, salt=row.salt
    )
    return SignedIn(
        principal=dataclasses.replace(principal, session_id=row.id),
        access_token=issued.token,
        refresh_token=refresh,
        expires_at=issued.expires_at,
    )
