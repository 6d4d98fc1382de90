"""The keys of our own tokens: read from the settings, each with its id and its one algorithm.

The first key signs; every one verifies. To rotate, put a new one in front and drop the old one when
the tokens made with it have ended. A token's header chooses a key by its id, never an algorithm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from leora_gql.errors import OperatorError
from leora_gql.settings import MINIMUM_KEY_BYTES, decode_key, split_list

if TYPE_CHECKING:
    from leora_gql.auth.key_pairs import PrivateKey, PublicKey


@dataclass(frozen=True, slots=True)
class TokenKey:
    """One key: its id, the only algorithm it is used with, and what signs (None: it only verifies)."""

    kid: str
    algorithm: str
    verifying: bytes | PublicKey
    signing: bytes | PrivateKey | None


class SigningKeys:
    """The keys of `JWT_SIGNING_KEYS` by id."""

    def __init__(self, keys: list[TokenKey]) -> None:
        self._by_kid = {key.kid: key for key in keys}
        if len(self._by_kid) < len(keys):
            raise OperatorError("JWT_SIGNING_KEYS names a key id twice. Give every key its own.")
        if not keys or keys[0].signing is None:
            raise OperatorError(
                "JWT_SIGNING_KEYS needs a key that can sign in front: a secret or a private key."
            )
        self.first = keys[0]

    def get(self, kid: str) -> TokenKey | None:
        """The key of that id."""
        return self._by_kid.get(kid)

    @classmethod
    def parse(cls, secret: SecretStr) -> SigningKeys:
        """Read `kid:algorithm:key,…`; see `.env.example`. Raises `OperatorError` for weak or odd keys.

        An HS256 key is base64 of at least 32 bytes; the others are a PEM file's path, or base64 of its text.
        """
        return cls([_parse_key(item) for item in split_list(secret.get_secret_value())])


def _parse_key(item: str) -> TokenKey:
    kid, algorithm, material = (part.strip() for part in item.split(":", 2))
    if algorithm == "HS256":
        return _symmetric(kid, material)
    from leora_gql.auth import key_pairs  # its library is large, and only for those who have such keys

    name = f"JWT_SIGNING_KEYS: key {kid}"
    signing, verifying = key_pairs.load(material, algorithm, name=name)
    return TokenKey(kid=kid, algorithm=algorithm, verifying=verifying, signing=signing)


def _symmetric(kid: str, material: str) -> TokenKey:
    try:
        key = decode_key(material)
    except ValueError:
        raise OperatorError(f"JWT_SIGNING_KEYS: key {kid} is not base64.") from None
    if len(key) < MINIMUM_KEY_BYTES:
        raise OperatorError(
            f"JWT_SIGNING_KEYS: key {kid} has {len(key)} bytes; HS256 needs {MINIMUM_KEY_BYTES}."
            " Make one with: openssl rand -base64 32"
        )
    return TokenKey(kid=kid, algorithm="HS256", verifying=key, signing=key)


def has_secrets_only(secret: SecretStr) -> bool:
    """Whether no key of `JWT_SIGNING_KEYS` is one of a pair."""
    return all(item.split(":", 2)[1].strip() == "HS256" for item in split_list(secret.get_secret_value()))


def parse_refresh_keys(secret: SecretStr) -> Mapping[str, bytes]:
    """Read `REFRESH_KEYS`, `kid:base64,…`, in their order: the first makes tokens, all are accepted.

    Raises `OperatorError` for a short key, an odd key id or none at all.
    """
    keys: dict[str, bytes] = {}
    for item in split_list(secret.get_secret_value()):
        kid, _, material = item.partition(":")
        key = decode_key(material)
        if not kid.strip().isalnum() or kid.strip() in keys:
            raise OperatorError(
                f"REFRESH_KEYS: the key id {kid!r} is not letters and digits, or is there twice."
            )
        if len(key) < MINIMUM_KEY_BYTES:
            raise OperatorError(f"REFRESH_KEYS: key {kid} is shorter than {MINIMUM_KEY_BYTES} bytes.")
        keys[kid.strip()] = key
    if not keys:
        raise OperatorError("REFRESH_KEYS is not set. Example: REFRESH_KEYS=2026a:<base64 of 32 bytes>")
    return keys
