"""Access tokens: short-lived JWTs that say which session calls, and nothing about what it may do."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

import jwt
from jwt.exceptions import InvalidTokenError

from leora_gql.auth.cache import ExpiringCache
from leora_gql.auth.clock import Clock
from leora_gql.auth.keys import SigningKeys
from leora_gql.errors import Unauthenticated

REFUSAL = "The credential is not valid or no longer counts. Sign in again."
"""The one answer to every bad credential: it never says which part is wrong."""

MAXIMUM_LENGTH = 8192
"""Characters; a longer token is refused unread."""

TOKEN_TYPE = "access"  # noqa: S105  a name, not a secret
_HEADER_TYPE = "at+jwt"
_FUTURE_LEEWAY = dt.timedelta(seconds=30)
_CACHED_TOKENS = 8192
_REQUIRED = ["iss", "aud", "typ", "sub", "tid", "sid", "iat", "exp", "jti"]


def refuse() -> Unauthenticated:
    """The error for every credential that does not count."""
    return Unauthenticated(REFUSAL)


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says."""

    tenant_id: UUID
    subject: UUID
    session_id: UUID
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A fresh access token and when it ends."""

    token: str
    expires_at: dt.datetime


class AccessTokens:
    """Makes and verifies our own access tokens; a signature is checked once per token."""

    def __init__(
        self, keys: SigningKeys, *, issuer: str, audience: str, lifetime: dt.timedelta, clock: Clock
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._lifetime = lifetime
        self._clock = clock
        self._verified: ExpiringCache[str, AccessClaims] = ExpiringCache(_CACHED_TOKENS, clock=clock)

    def issue(self, *, tenant_id: UUID, subject: UUID, session_id: UUID) -> IssuedToken:
        """A token for the session, signed with the first key."""
        now = self._clock().replace(microsecond=0)
        expires_at = now + self._lifetime
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "typ": TOKEN_TYPE,
            "sub": str(subject),
            "tid": str(tenant_id),
            "sid": str(session_id),
            "iat": int(now.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": uuid4().hex,
        }
        key = self._keys.first
        token = jwt.encode(
            claims,
            cast(bytes, key.signing),
            algorithm=key.algorithm,
            headers={"kid": key.kid, "typ": _HEADER_TYPE},
        )
        return IssuedToken(token=token, expires_at=expires_at)

    def known(self, token: str) -> AccessClaims | None:
        """What a token says that was verified before and is still live; None for all others."""
        return self._verified.get(token)

    def verify(self, token: str) -> AccessClaims:
        """What the token says. Raises `Unauthenticated` for anything but a live token of ours."""
        known = self.known(token)
        if known is not None:
            return known
        claims = self._verify(token)
        self._verified.put(token, claims, until=claims.expires_at)
        return claims

    def forget_session(self, session_id: UUID) -> None:
        """Drop the remembered tokens of a session."""
        self._verified.discard_where(lambda claims: claims.session_id == session_id)

    def _verify(self, token: str) -> AccessClaims:
        header = read_header(token)
        kid = header.get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None or header.get("typ") != _HEADER_TYPE:
            raise refuse()
        claims = decode(
            token,
            key=key.verifying,
            algorithm=key.algorithm,
            issuer=self._issuer,
            audience=self._audience,
            required=_REQUIRED,
        )
        if claims["typ"] != TOKEN_TYPE:
            raise refuse()
        require_live(claims, now=self._clock())
        return AccessClaims(
            tenant_id=_uuid(claims["tid"]),
            subject=_uuid(claims["sub"]),
            session_id=_uuid(claims["sid"]),
            expires_at=moment(claims["exp"]),
        )


def read_header(token: str) -> Mapping[str, Any]:
    """The unverified header: only good for choosing the key."""
    if len(token) > MAXIMUM_LENGTH:
        raise refuse()
    try:
        return cast("Mapping[str, Any]", jwt.get_unverified_header(token))
    except (InvalidTokenError, ValueError, RecursionError):
        raise refuse() from None


def read_issuer(token: str) -> str | None:
    """The issuer that a token claims, unverified: only good for choosing who verifies it."""
    try:
        payload = token.split(".")[1]
        claims: object = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, RecursionError):
        return None
    issuer = cast("dict[str, object]", claims).get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else None


def decode(
    token: str, *, key: Any, algorithm: str, issuer: str, audience: str, required: list[str]
) -> dict[str, Any]:
    """The claims of a token whose signature, issuer and audience are right; times are the caller's to judge.

    Raises `Unauthenticated`.
    """
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            options={"require": required, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (InvalidTokenError, ValueError, TypeError, RecursionError):
        raise refuse() from None


def require_live(claims: Mapping[str, Any], *, now: dt.datetime) -> None:
    """Raise `Unauthenticated` unless `exp` is ahead, and `iat` and `nbf` (if given) are not."""
    if moment(claims["exp"]) <= now:
        raise refuse()
    if any(name in claims and moment(claims[name]) > now + _FUTURE_LEEWAY for name in ("iat", "nbf")):
        raise refuse()


def moment(value: object) -> dt.datetime:
    """A NumericDate as a moment. Raises `Unauthenticated` for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse()
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise refuse() from None


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise refuse() from None
