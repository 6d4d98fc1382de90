"""One-time tokens, for invitations and new passwords: `lgo_<tenant>_<secret>`, of which only a hash is stored.

The secret is 32 random bytes, so a plain SHA-256 is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from uuid import UUID

PREFIX = "lgo_"
_FORM = re.compile(r"lgo_([0-9a-f]{32})_([0-9A-Za-z_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """A token as somebody holds it, and what is stored of it. Whether it counts, only the database says."""

    tenant_id: UUID
    text: str = field(repr=False)
    token_hash: bytes = field(repr=False)


def make_one_time_token(tenant_id: UUID) -> OneTimeToken:
    """A fresh token of the tenant."""
    secret = secrets.token_urlsafe(32)
    return OneTimeToken(tenant_id, f"{PREFIX}{tenant_id.hex}_{secret}", _hash(secret))


def parse_one_time_token(text: str) -> OneTimeToken | None:
    """The token in a text, or None for anything that cannot be one."""
    match = _FORM.fullmatch(text)
    return OneTimeToken(UUID(match[1]), text, _hash(match[2])) if match else None


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
