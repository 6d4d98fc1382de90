"""Passwords: Argon2id hashes, made and checked in threads, with the same work whoever asks.

A sign-in for an account that does not exist is checked against a hash that nobody's password has,
so that its time says nothing.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM_LENGTH = 12
MAXIMUM_BYTES = 1000
_MINIMUM_DIFFERENT = 5

R = TypeVar("R")


def default_hasher() -> PasswordHasher:
    """Argon2id with OWASP's parameters: 19 MiB, two passes, one lane."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)


def password_weakness(password: str, *, email: str) -> str | None:
    """Why a new password of that account is not good enough, as a sentence for its owner; None when it is."""
    if len(password) < MINIMUM_LENGTH:
        return f"A password has at least {MINIMUM_LENGTH} characters."
    if len(_encoded(password)) > MAXIMUM_BYTES:
        return f"A password has at most {MAXIMUM_BYTES} bytes."
    if len(set(password)) < _MINIMUM_DIFFERENT:
        return f"A password has at least {_MINIMUM_DIFFERENT} different characters."
    if email.casefold() in password.casefold():
        return "A password does not contain the e-mail address."
    return None


def _encoded(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


class Passwords:
    """Hashes and checks passwords beside the event loop, a few at a time: each takes 19 MiB."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or default_hasher()
        self._nobodys = self._hasher.hash(secrets.token_bytes(16))
        self._threads = ThreadPoolExecutor(
            max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="leora-passwords"
        )

    async def hash(self, password: str) -> str:
        """The hash to store, in PHC format with its own salt."""
        return await self._in_thread(lambda: self._hasher.hash(_encoded(password)))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is the one that `stored` was made of.

        Without a stored hash the answer is no, after the same work as for a wrong password.
        """
        given = _encoded(password)
        if len(given) > MAXIMUM_BYTES:
            given, stored = b"", None
        matches = await self._in_thread(lambda: self._matches(given, stored or self._nobodys))
        return matches and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's and should be made anew."""
        try:
            return self._hasher.check_needs_rehash(stored)
        except InvalidHashError:
            return False

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, given: bytes, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, given)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
