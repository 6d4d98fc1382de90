"""Integration tokens: `lgi_<tenant>_<row>_<secret>`, of which only a hash is stored.

The secret is 32 random bytes, so a plain SHA-256 is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from uuid import UUID

PREFIX = "lgi_"
_FORM = re.compile(r"lgi_([0-9a-f]{32})_([0-9a-f]{32})_([0-9A-Za-z_-]{43})")
_SHOWN_OF_SECRET = 4


@dataclass(frozen=True, slots=True)
class IntegrationToken:
    """The parts of an integration token as somebody sent it; nothing in it is verified yet."""

    tenant_id: UUID
    token_id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class NewIntegrationToken:
    """A fresh token: the text is shown once, `prefix` and `token_hash` are stored."""

    text: str
    prefix: str
    token_hash: bytes


def make_integration_token(*, tenant_id: UUID, token_id: UUID) -> NewIntegrationToken:
    """A token for the row of `integration_tokens`."""
    secret = secrets.token_urlsafe(32)
    return NewIntegrationToken(
        text=f"{PREFIX}{tenant_id.hex}_{token_id.hex}_{secret}",
        prefix=f"{PREFIX}…{secret[:_SHOWN_OF_SECRET]}",
        token_hash=hash_secret(secret),
    )


def hash_secret(secret: str) -> bytes:
    """What is stored of a token's secret: its SHA-256."""
    return hashlib.sha256(secret.encode()).digest()


def matches(token: IntegrationToken, stored_hash: bytes) -> bool:
    """Whether the token's secret is the one that the stored hash was made of."""
    return hmac.compare_digest(hash_secret(token.secret), stored_hash)


def parse_integration_token(text: str) -> IntegrationToken | None:
    """The parts of an integration token, or None for anything that cannot be one."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    return IntegrationToken(tenant_id=UUID(match[1]), token_id=UUID(match[2]), secret=match[3])
