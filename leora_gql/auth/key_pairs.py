"""Private and public keys as PEM: read, and held to be of their algorithm and strong enough."""

from __future__ import annotations

import binascii
from pathlib import Path
from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from leora_gql.errors import OperatorError
from leora_gql.settings import decode_key

MINIMUM_RSA_BITS = 2048

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_FAMILY: dict[str, type[rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey]] = {
    "RS256": rsa.RSAPublicKey,
    "ES256": ec.EllipticCurvePublicKey,
    "EdDSA": ed25519.Ed25519PublicKey,
}


def load(material: str, algorithm: str, *, name: str) -> tuple[PrivateKey | None, PublicKey]:
    """The private key, if there is one, and the public one; `material` is a PEM file's path, or base64 of its text.

    Raises `OperatorError`, in which the key is called by the name, for what is not a fitting key.
    """
    if algorithm not in _FAMILY:
        raise OperatorError(f"{name} is for {algorithm!r}; HS256, EdDSA, RS256 and ES256 are known.")
    signing, verifying = _load_pem(_pem(material, name=name), name=name)
    require_fitting(verifying, algorithm, name=name)
    return signing, verifying


def require_fitting(key: object, algorithm: str, *, name: str) -> None:
    """Raise `OperatorError` unless the public key is of the algorithm's family and strong enough."""
    if not isinstance(key, _FAMILY[algorithm]):
        raise OperatorError(f"{name} is not a key for {algorithm}.")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MINIMUM_RSA_BITS:
        raise OperatorError(f"{name} has {key.key_size} bits; RS256 needs {MINIMUM_RSA_BITS}.")
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1):
        raise OperatorError(f"{name} is on {key.curve.name}; ES256 needs P-256.")


def _pem(material: str, *, name: str) -> bytes:
    if material.startswith(("/", "./", "../", "~")):
        try:
            return Path(material).expanduser().read_bytes()
        except OSError as error:
            raise OperatorError(f"{name} is in a file that cannot be read: {error}.") from None
    try:
        return decode_key(material)
    except (ValueError, binascii.Error):
        raise OperatorError(f"{name} is neither the path of a PEM file nor base64 of one.") from None


def _load_pem(pem: bytes, *, name: str) -> tuple[PrivateKey | None, PublicKey]:
    try:
        if b"PRIVATE KEY" in pem:
            private = cast(PrivateKey, serialization.load_pem_private_key(pem, password=None))
            return private, private.public_key()
        return None, cast(PublicKey, serialization.load_pem_public_key(pem))
    except (ValueError, TypeError):
        raise OperatorError(f"{name} is not a PEM key without a passphrase.") from None
