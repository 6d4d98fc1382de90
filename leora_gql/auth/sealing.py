"""Secrets at rest: AES-256-GCM under `ENCRYPTION_KEY`, bound to the tenant that they belong to."""

from __future__ import annotations

import hashlib
import os
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12


def seal(plain: bytes, *, key: bytes, tenant: UUID, nonce: bytes | None = None) -> bytes:
    """The secret as it is stored. A nonce is given only where the same bytes must come out again."""
    nonce = nonce or os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + _cipher(key).encrypt(nonce, plain, tenant.bytes)


def unseal(sealed: bytes, *, key: bytes, tenant: UUID) -> bytes:
    """The secret again. Raises `ValueError` for another key, another tenant or a changed byte."""
    nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    if not sealed.startswith(_FORMAT) or len(nonce) < _NONCE_BYTES:
        raise ValueError("this is not a sealed secret")
    try:
        return _cipher(key).decrypt(nonce, rest, tenant.bytes)
    except InvalidTag:
        raise ValueError("this secret was sealed with another key, or for another tenant") from None


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(hashlib.sha256(b"leora sealing\0" + key).digest())
