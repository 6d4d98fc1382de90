"""Signing keys: one algorithm each, none of them weak."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import SecretStr

from leora_gql.auth.key_pairs import PrivateKey
from leora_gql.auth.keys import SigningKeys, parse_refresh_keys
from leora_gql.errors import OperatorError

SECRET = base64.b64encode(bytes(range(32))).decode()


def private_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def parse(text: str) -> SigningKeys:
    return SigningKeys.parse(SecretStr(text))


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("EdDSA", ed25519.Ed25519PrivateKey.generate()),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
        ("RS256", rsa.generate_private_key(65537, 2048)),
    ],
)
def test_private_keys_come_from_a_file_or_as_base64(algorithm: str, key: PrivateKey, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(private_pem(key))
    for material in (str(path), base64.b64encode(private_pem(key)).decode()):
        found = parse(f"a:{algorithm}:{material}").first
        assert (found.kid, found.algorithm) == ("a", algorithm)
        assert found.signing is not None


def test_the_first_signs_and_all_verify() -> None:
    old = base64.b64encode(public_pem(ed25519.Ed25519PrivateKey.generate())).decode()
    keys = parse(f"new:HS256:{SECRET},old:EdDSA:{old}")
    assert keys.first.kid == "new"
    retired = keys.get("old")
    assert retired is not None
    assert retired.signing is None
    assert keys.get("other") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:HS256:c2hvcnQ=", "needs 32"),
        ("a:HS256:%%%", "not base64"),
        (f"a:none:{SECRET}", "'none'"),
        (f"a:HS512:{SECRET}", "'HS512'"),
        (f"a:HS256:{SECRET},a:HS256:{SECRET}", "twice"),
        ("a:EdDSA:/nowhere/key.pem", "cannot be read"),
        (f"a:EdDSA:{SECRET}", "not a PEM key"),
        ("", "in front"),
    ],
)
def test_a_key_that_is_unfit_is_named(text: str, words: str) -> None:
    with pytest.raises(OperatorError, match=words) as caught:
        parse(text)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("algorithm", "key", "words"),
    [
        ("RS256", rsa.generate_private_key(65537, 1024), "1024 bits"),
        ("ES256", ec.generate_private_key(ec.SECP384R1()), "needs P-256"),
        ("EdDSA", ec.generate_private_key(ec.SECP256R1()), "not a key for EdDSA"),
    ],
)
def test_weak_keys_and_keys_of_another_family_are_refused(
    algorithm: str, key: PrivateKey, words: str
) -> None:
    with pytest.raises(OperatorError, match=words):
        parse(f"a:{algorithm}:{base64.b64encode(private_pem(key)).decode()}")


def test_a_key_that_only_verifies_cannot_be_first() -> None:
    public = base64.b64encode(public_pem(ed25519.Ed25519PrivateKey.generate())).decode()
    with pytest.raises(OperatorError, match="in front"):
        parse(f"a:EdDSA:{public}")


def test_refresh_keys_keep_their_order() -> None:
    keys = parse_refresh_keys(SecretStr(f"b:{SECRET}, a:{SECRET}"))
    assert list(keys) == ["b", "a"]


@pytest.mark.parametrize("text", ["", "a:c2hvcnQ=", f"a.b:{SECRET}", f"a:{SECRET},a:{SECRET}"])
def test_unfit_refresh_keys_are_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="REFRESH_KEYS"):
        parse_refresh_keys(SecretStr(text))
