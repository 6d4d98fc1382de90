"""Refresh tokens: their form, their MAC, and what each generation amounts to."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.auth.refresh import RefreshTokens, Use, judge, parse_refresh_token

KEYS = {"a": hashlib.sha256(b"a").digest(), "b": hashlib.sha256(b"b").digest()}
SALT = bytes(32)
TENANT, SESSION = uuid4(), uuid4()
NOW = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def make(generation: int = 7, *, keys: dict[str, bytes] = KEYS) -> str:
    return RefreshTokens(keys).make(tenant_id=TENANT, session_id=SESSION, generation=generation, salt=SALT)


def test_it_says_its_tenant_session_and_generation() -> None:
    token = parse_refresh_token(make())
    assert token is not None
    assert (token.kid, token.tenant_id, token.session_id, token.generation) == ("a", TENANT, SESSION, 7)
    assert RefreshTokens(KEYS).genuine(token, salt=SALT)


def test_any_other_part_makes_another_mac() -> None:
    token = parse_refresh_token(make())
    assert token is not None
    others = [
        replace(token, tenant_id=uuid4()),
        replace(token, session_id=uuid4()),
        replace(token, generation=8),
        replace(token, kid="b"),
        replace(token, kid="c"),
        replace(token, mac="A" * 43),
    ]
    assert not any(RefreshTokens(KEYS).genuine(other, salt=SALT) for other in others)
    assert not RefreshTokens(KEYS).genuine(token, salt=bytes(31) + b"1")


def test_keys_rotate() -> None:
    old = parse_refresh_token(make(keys={"a": KEYS["a"]}))
    assert old is not None
    assert RefreshTokens({"b": KEYS["b"], "a": KEYS["a"]}).genuine(old, salt=SALT)
    assert not RefreshTokens({"b": KEYS["b"]}).genuine(old, salt=SALT)


@given(st.text(max_size=200))
def test_what_is_no_token_is_none(text: str) -> None:
    assert parse_refresh_token(text) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts[:4],
        lambda parts: [*parts, "x"],
        lambda parts: [*parts[:3], "-1", parts[4]],
        lambda parts: [*parts[:3], "07", parts[4]],
        lambda parts: [*parts[:3], "9999999999", parts[4]],
        lambda parts: [*parts[:3], "٧", parts[4]],
        lambda parts: [*parts[:4], parts[4] + "="],
        lambda parts: [*parts[:4], parts[4] + "\n"],
        lambda parts: [parts[0], parts[1].upper() + "X", *parts[2:]],
    ],
)
def test_almost_a_token_is_none(change) -> None:
    assert parse_refresh_token(".".join(change(make().split(".")))) is None


@pytest.mark.parametrize(
    ("generation", "seconds", "use"),
    [
        (7, 0, Use.ROTATE),
        (7, 10**6, Use.ROTATE),
        (6, 0, Use.REPEAT),
        (6, 10, Use.REPEAT),
        (6, 10.001, Use.REPLAY),
        (5, 0, Use.REPLAY),
        (1, 0, Use.REPLAY),
        (8, 0, None),
    ],
)
def test_what_a_generation_amounts_to(generation: int, seconds: float, use: Use | None) -> None:
    rotated_at = NOW - dt.timedelta(seconds=seconds)
    assert judge(generation, current=7, rotated_at=rotated_at, now=NOW) is use
