"""Tokens of an external issuer (Supabase Auth, for one): verified by its JWKS, matched by subject."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leora_gql.auth.cache import ExpiringCache
from leora_gql.auth.clock import Clock
from leora_gql.auth.tokens import decode, moment, read_header, refuse, require_live

if TYPE_CHECKING:
    from leora_gql.auth.jwks import JwksKeys

_REQUIRED = ["iss", "aud", "sub", "exp"]
_CACHED_TOKENS = 8192
_LONGEST_MEMORY = dt.timedelta(minutes=10)
_MAXIMUM_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class ExternalClaims:
    """Whom the issuer vouches for. An e-mail in the token is never looked at."""

    issuer: str
    subject: str
    expires_at: dt.datetime


class ExternalTokens:
    """Verifies the tokens of one issuer for one audience."""

    def __init__(self, keys: JwksKeys, *, issuer: str, audience: str, clock: Clock) -> None:
        self.issuer = issuer
        self._keys = keys
        self._audience = audience
        self._clock = clock
        self._verified: ExpiringCache[str, ExternalClaims] = ExpiringCache(_CACHED_TOKENS, clock=clock)

    async def verify(self, token: str) -> ExternalClaims:
        """Whom the token is about.

        Raises `Unauthenticated`, or `Unavailable` when the issuer's keys cannot be had.
        """
        known = self._verified.get(token)
        if known is not None:
            return known
        claims = await self._verify(token)
        # Not for the token's whole life: a key that the issuer withdraws must stop counting.
        until = min(claims.expires_at, self._clock() + _LONGEST_MEMORY)
        self._verified.put(token, claims, until=until)
        return claims

    async def close(self) -> None:
        """Close the connections to the issuer."""
        await self._keys.close()

    async def _verify(self, token: str) -> ExternalClaims:
        kid = read_header(token).get("kid")
        key = await self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise refuse()
        claims = decode(
            token,
            key=key.verifying,
            algorithm=key.algorithm,
            issuer=self.issuer,
            audience=self._audience,
            required=_REQUIRED,
        )
        require_live(claims, now=self._clock())
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _MAXIMUM_SUBJECT or "\0" in subject:
            raise refuse()
        return ExternalClaims(issuer=self.issuer, subject=subject, expires_at=moment(claims["exp"]))
