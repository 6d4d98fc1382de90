"""Passwords: Argon2id, the same work whoever asks."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from leora_gql.auth.passwords import Passwords, default_hasher, password_weakness

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class CountingHasher(PasswordHasher):
    """Remembers what it was asked to verify against."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified: list[str | bytes] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002  the library's name
        self.verified.append(hash)
        return super().verify(hash, password)


async def test_a_password_matches_its_own_hash_only() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("cork-and-cask")
    assert await passwords.verify("cork-and-cask", stored)
    assert not await passwords.verify("cork-and-casq", stored)
    assert not await passwords.verify("", stored)
    assert await passwords.hash("cork-and-cask") != stored


async def test_hashes_are_argon2id_with_the_recommended_cost() -> None:
    stored = await Passwords(default_hasher()).hash("cork-and-cask")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_letters_typed_on_another_system_are_the_same_password() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("ch\u00e2teau-margaux")
    assert await passwords.verify("cha\u0302teau-margaux", stored)


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$broken"])
async def test_nobody_gets_in_without_a_hash(stored: str | None) -> None:
    assert not await Passwords(CHEAP).verify("cork-and-cask", stored)


async def test_an_unknown_account_costs_one_verification_like_a_wrong_password() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    stored = await passwords.hash("cork-and-cask")
    await passwords.verify("wrong-password", stored)
    await passwords.verify("wrong-password", None)
    known, unknown = hasher.verified
    assert known == stored
    # The stand-in has the same parameters, so verifying against it takes the same work.
    assert str(unknown).split("$")[:4] == stored.split("$")[:4]


async def test_a_password_of_more_than_1000_bytes_is_never_hashed() -> None:
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    stored = await passwords.hash("x" * 1000)
    assert await passwords.verify("x" * 1000, stored)
    assert not await passwords.verify("x" * 1001, stored)
    assert hasher.verified[1] != stored


async def test_a_lone_surrogate_is_a_wrong_password_and_no_crash() -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.verify("\ud800", await passwords.hash("cork-and-cask"))


def test_hashes_of_other_parameters_are_outdated() -> None:
    passwords = Passwords(CHEAP)
    assert passwords.outdated(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("x"))
    assert not passwords.outdated(CHEAP.hash("x"))
    assert not passwords.outdated("no hash at all")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("eleven-char", "at least 12 characters"),
        ("aaaaaaaaaaaaaaaa", "different characters"),
        ("é1a2" * 300, "at most 1000 bytes"),
        ("123-ADA@X.test", "the e-mail address"),
    ],
)
def test_a_weak_password_is_told_why(password: str, words: str) -> None:
    assert words in str(password_weakness(password, email="ada@x.test"))


def test_the_demo_password_is_good_enough() -> None:
    assert password_weakness("cork-and-cask", email="ada@x.test") is None
