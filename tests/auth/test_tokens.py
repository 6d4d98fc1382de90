"""Access tokens: what is not exactly ours is refused, with one message."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from leora_gql.auth.keys import SigningKeys, TokenKey
from leora_gql.auth.tokens import REFUSAL, AccessTokens
from leora_gql.errors import Unauthenticated
from tests.accounts import Clock

SECRET = hashlib.sha256(b"one").digest()
OTHER = hashlib.sha256(b"two").digest()
EDWARDS = ed25519.Ed25519PrivateKey.generate()
EDWARDS_PEM = EDWARDS.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
HMAC_KEY = TokenKey(kid="h", algorithm="HS256", verifying=SECRET, signing=SECRET)
EDWARDS_KEY = TokenKey(kid="e", algorithm="EdDSA", verifying=EDWARDS.public_key(), signing=EDWARDS)
WHO = {"tenant_id": uuid4(), "subject": uuid4(), "session_id": uuid4()}


def make(clock: Clock, *keys: TokenKey, **changed: Any) -> AccessTokens:
    given = {"issuer": "leora", "audience": "leora-gql", "lifetime": dt.timedelta(minutes=15), **changed}
    return AccessTokens(SigningKeys(list(keys) or [HMAC_KEY, EDWARDS_KEY]), clock=clock, **given)


def claims(clock: Clock, **changed: Any) -> dict[str, Any]:
    now = int(clock().timestamp())
    standard = {
        "iss": "leora",
        "aud": "leora-gql",
        "typ": "access",
        "sub": str(WHO["subject"]),
        "tid": str(WHO["tenant_id"]),
        "sid": str(WHO["session_id"]),
        "iat": now,
        "exp": now + 60,
        "jti": "1",
    }
    return {name: value for name, value in {**standard, **changed}.items() if value is not None}


def signed(body: dict[str, Any], *, key: Any = SECRET, algorithm: str = "HS256", **header: Any) -> str:
    return jwt.encode(body, key, algorithm=algorithm, headers={"kid": "h", "typ": "at+jwt", **header})


def hand_made(header: dict[str, Any], body: dict[str, Any], key: bytes | None) -> str:
    """A token that the library would refuse to make."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, body)]
    mac = hmac.digest(key, b".".join(parts), "sha256") if key is not None else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def refused(tokens: AccessTokens, token: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        tokens.verify(token)
    assert caught.value.message == REFUSAL


@pytest.mark.parametrize("key", [HMAC_KEY, EDWARDS_KEY])
def test_what_was_issued_is_verified(clock: Clock, key: TokenKey) -> None:
    tokens = make(clock, key)
    issued = tokens.issue(**WHO)
    found = tokens.verify(issued.token)
    assert (found.tenant_id, found.subject, found.session_id) == tuple(WHO.values())
    assert found.expires_at == issued.expires_at
    header = jwt.get_unverified_header(issued.token)
    assert (header["alg"], header["kid"], header["typ"]) == (key.algorithm, key.kid, "at+jwt")


def test_it_ends_after_its_lifetime_even_when_it_was_seen_before(clock: Clock) -> None:
    tokens = make(clock)
    token = tokens.issue(**WHO).token
    clock.advance(minutes=14, seconds=58)
    tokens.verify(token)
    clock.advance(seconds=2)
    refused(tokens, token)


def test_the_control_is_accepted(clock: Clock) -> None:
    assert make(clock).verify(signed(claims(clock))).subject == WHO["subject"]


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "another-api"},
        {"aud": None},
        {"typ": "refresh"},
        {"typ": None},
        {"sub": None},
        {"sub": "not a uuid"},
        {"tid": None},
        {"sid": None},
        {"jti": None},
        {"iat": None},
        {"exp": None},
        {"exp": 1},
        {"exp": True},
        {"exp": "soon"},
        {"exp": 10**30},
        {"iat": 10**11},
        {"nbf": 10**11},
    ],
    ids=str,
)
def test_any_wrong_claim_refuses_it(clock: Clock, changed: dict[str, Any]) -> None:
    refused(make(clock), signed(claims(clock, **changed)))


def test_a_key_of_another_id_does_not_verify(clock: Clock) -> None:
    tokens = make(clock)
    refused(tokens, signed(claims(clock), kid="unknown"))
    refused(tokens, hand_made({"alg": "HS256", "typ": "at+jwt"}, claims(clock), SECRET))
    refused(tokens, signed(claims(clock), kid="e"))
    refused(tokens, signed(claims(clock), key=OTHER))


def test_another_header_type_is_refused(clock: Clock) -> None:
    refused(make(clock), signed(claims(clock), typ="JWT"))


def test_no_algorithm_is_no_signature(clock: Clock) -> None:
    tokens = make(clock)
    for algorithm in ("none", "None", "NONE", ""):
        header = {"alg": algorithm, "kid": "h", "typ": "at+jwt"}
        refused(tokens, hand_made(header, claims(clock), None))


def test_a_public_key_is_no_hmac_secret(clock: Clock) -> None:
    raw = EDWARDS.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    for public in (EDWARDS_PEM, raw):
        header = {"alg": "HS256", "kid": "e", "typ": "at+jwt"}
        refused(make(clock), hand_made(header, claims(clock), public))


def test_a_header_cannot_choose_another_algorithm_for_the_key(clock: Clock) -> None:
    refused(make(clock), signed(claims(clock), algorithm="HS512", key=SECRET * 2))
    refused(make(clock), signed(claims(clock), algorithm="EdDSA", key=EDWARDS))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "é.é.é", "a" * 9000, "e30.e30.e30"])
def test_what_is_no_token_is_refused(clock: Clock, token: str) -> None:
    refused(make(clock), token)


def test_a_changed_byte_is_noticed(clock: Clock) -> None:
    tokens = make(clock)
    head, body, mac = tokens.issue(**WHO).token.split(".")
    refused(tokens, f"{head}.{body}.{mac[:-2]}{'AA' if mac[-2:] != 'AA' else 'BB'}")


def test_rotation_accepts_the_old_key_until_it_is_taken_away(clock: Clock) -> None:
    token = make(clock, HMAC_KEY).issue(**WHO).token
    assert make(clock, EDWARDS_KEY, HMAC_KEY).verify(token).subject == WHO["subject"]
    refused(make(clock, EDWARDS_KEY), token)
