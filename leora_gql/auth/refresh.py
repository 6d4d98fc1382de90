"""Refresh tokens: `kid.tenant.session.generation.mac`, made from the session's row alone.

Nothing of a token is stored: its MAC is computed again from the row's salt and generation, so that
the same generation always gives the same token, and a stolen database gives none without the key.
"""

from __future__ import annotations

import base64
import datetime as dt
import enum
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

GRACE = dt.timedelta(seconds=10)
"""How long after a rotation the token before it still gets the current one: parallel tabs do that."""

MAXIMUM_GENERATION = 2**31 - 1
_FORM = re.compile(
    r"([0-9A-Za-z]{1,32})\.([0-9a-f]{32})\.([0-9a-f]{32})\.([1-9][0-9]{0,9}|0)\.([0-9A-Za-z_-]{43})"
)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The parts of a refresh token as somebody sent it; nothing in it is verified yet."""

    kid: str
    tenant_id: UUID
    session_id: UUID
    generation: int
    mac: str


class Use(enum.Enum):
    """What a genuine refresh token of a live session amounts to."""

    ROTATE = "rotate"
    """It is the current one: make the next."""
    REPEAT = "repeat"
    """It is the one before, seconds after the rotation: answer with the current one."""
    REPLAY = "replay"
    """It is older: somebody kept a copy. The session must end."""


class RefreshTokens:
    """Makes and checks refresh tokens; the first of `keys` makes, all of them are accepted."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        self._kid = next(iter(keys))

    def make(self, *, tenant_id: UUID, session_id: UUID, generation: int, salt: bytes) -> str:
        """The token of a session's generation."""
        mac = self._mac(
            self._kid, tenant_id=tenant_id, session_id=session_id, generation=generation, salt=salt
        )
        return f"{self._kid}.{tenant_id.hex}.{session_id.hex}.{generation}.{mac}"

    def genuine(self, token: RefreshToken, *, salt: bytes) -> bool:
        """Whether we made the token for the session that has this salt."""
        if token.kid not in self._keys:
            return False
        expected = self._mac(
            token.kid,
            tenant_id=token.tenant_id,
            session_id=token.session_id,
            generation=token.generation,
            salt=salt,
        )
        return hmac.compare_digest(expected, token.mac)

    def _mac(self, kid: str, *, tenant_id: UUID, session_id: UUID, generation: int, salt: bytes) -> str:
        message = tenant_id.bytes + session_id.bytes + generation.to_bytes(8, "big") + salt
        digest = hmac.digest(self._keys[kid], message, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def parse_refresh_token(text: str) -> RefreshToken | None:
    """The parts of a refresh token, or None for anything that cannot be one."""
    match = _FORM.fullmatch(text)
    if match is None or int(match[4]) > MAXIMUM_GENERATION:
        return None
    return RefreshToken(
        kid=match[1],
        tenant_id=UUID(match[2]),
        session_id=UUID(match[3]),
        generation=int(match[4]),
        mac=match[5],
    )


def judge(generation: int, *, current: int, rotated_at: dt.datetime | None, now: dt.datetime) -> Use | None:
    """What a genuine token of `generation` amounts to; None for one from the future (a restored database)."""
    if generation > current:
        return None
    if generation == current:
        return Use.ROTATE
    fresh = rotated_at is not None and now - rotated_at <= GRACE
    return Use.REPEAT if fresh and generation == current - 1 else Use.REPLAY
