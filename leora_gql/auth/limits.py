"""How often somebody may try to sign in: per account and per address, counted in this process.

Accounts are counted by what was typed, whether or not they exist, so that being locked says nothing
about that, and remembered by a digest: whoever types a megabyte must not have us keep it. The lock that
outlives the process is in the database (`users.locked_until`), follows the same steps, and is never
told apart from a wrong password.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import ipaddress
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from leora_gql.auth.clock import Clock
from leora_gql.errors import RateLimited

_REMEMBERED_ACCOUNTS = 20_000
_REMEMBERED_ADDRESSES = 20_000
_IPV6_NETWORK_BITS = 64

K = TypeVar("K", bound=Hashable)
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """The numbers; an IPv6 address counts as its /64."""

    failures_before_lock: int = 5
    first_lock: dt.timedelta = dt.timedelta(minutes=1)
    longest_lock: dt.timedelta = dt.timedelta(hours=1)
    forgotten_after: dt.timedelta = dt.timedelta(hours=24)
    window: dt.timedelta = dt.timedelta(minutes=5)
    attempts_per_address: int = 600
    failures_per_address: int = 60
    waiting_per_account: int = 50

    def lock_after(self, failures: int) -> dt.timedelta | None:
        """How long the account is locked by its n-th failure in a row; each lock doubles the last."""
        beyond = failures - self.failures_before_lock
        if beyond < 0:
            return None
        return min(self.first_lock * 2 ** min(beyond, 30), self.longest_lock)


@dataclass(slots=True)
class _Account:
    failures: int = 0
    last_failure: dt.datetime | None = None
    locked_until: dt.datetime | None = None
    holder: UUID | None = None
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def afresh(self) -> None:
        """Forget the failures, and with them the lock."""
        self.failures, self.last_failure, self.locked_until = 0, None, None


@dataclass(slots=True)
class _Address:
    attempts: deque[dt.datetime] = field(default_factory=deque[dt.datetime])
    failures: deque[dt.datetime] = field(default_factory=deque[dt.datetime])


class SignInLimiter:
    """Counts attempts. One attempt: `async with attempt(…) as allowed`, then `failed` or `succeeded`."""

    def __init__(self, limits: SignInLimits, *, clock: Clock) -> None:
        self.limits = limits
        self._clock = clock
        self._accounts: OrderedDict[bytes, _Account] = OrderedDict()
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    @asynccontextmanager
    async def attempt(self, account: str, *, address: str | None) -> AsyncGenerator[bool]:
        """Take the account's turn: attempts on one account run one after another.

        Gives whether the account is open (not locked). Raises `RateLimited` when the address, or the
        queue of the account, has had enough.
        """
        self._count(network_of(address))
        entry = self._account(account)
        if entry.waiting >= self.limits.waiting_per_account:
            raise RateLimited("Too many attempts for this account. Try again shortly.", retry_after=10)
        entry.waiting += 1
        try:
            async with entry.turn:
                yield entry.locked_until is None or entry.locked_until <= self._clock()
        finally:
            entry.waiting -= 1

    def failed(self, account: str, *, address: str | None, holder: UUID | None = None) -> None:
        """The attempt was wrong: nearer to the lock, for the account (its row is the `holder`) and the address."""
        now = self._clock()
        self._address(network_of(address)).failures.append(now)
        entry = self._account(account)
        if entry.last_failure and now - entry.last_failure > self.limits.forgotten_after:
            entry.failures = 0
        entry.failures += 1
        entry.holder = holder
        entry.last_failure = now
        lock = self.limits.lock_after(entry.failures)
        entry.locked_until = now + lock if lock else None

    def succeeded(self, account: str) -> None:
        """The attempt was right: the account starts afresh."""
        self._account(account).afresh()

    def freed(self, holder: UUID) -> None:
        """Somebody proved by a mailed token whose account it is: it starts afresh."""
        for entry in self._accounts.values():
            if entry.holder == holder:
                entry.afresh()

    def _count(self, network: str) -> None:
        now = self._clock()
        entry = self._address(network)
        for moments, limit in (
            (entry.attempts, self.limits.attempts_per_address),
            (entry.failures, self.limits.failures_per_address),
        ):
            while moments and moments[0] <= now - self.limits.window:
                moments.popleft()
            if len(moments) >= limit:
                wait = moments[0] + self.limits.window - now
                raise RateLimited(
                    "Too many attempts from your network. Try again later.",
                    retry_after=max(1, int(wait.total_seconds())),
                )
        entry.attempts.append(now)

    def _account(self, key: str) -> _Account:
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
        return _recent(self._accounts, digest, _Account, size=_REMEMBERED_ACCOUNTS)

    def _address(self, key: str) -> _Address:
        return _recent(self._addresses, key, _Address, size=_REMEMBERED_ADDRESSES)


def _recent(entries: OrderedDict[K, E], key: K, make: Callable[[], E], *, size: int) -> E:
    """The entry of the key, made when there is none; the one unused for longest goes beyond `size`."""
    entry = entries.get(key)
    if entry is None:
        entry = entries[key] = make()
    entries.move_to_end(key)
    if len(entries) > size:
        entries.popitem(last=False)
    return entry


def spelled_alike(email: str) -> str:
    """The same text for all spellings of an e-mail that the database finds one account by.

    Its `lower` makes one letter of each, as `İ` shows, of which Python makes two; `casefold` besides
    brings together what other collations do (final sigma). That it is the same for more does no harm.
    """
    return "".join(letter.lower()[0] for letter in email).casefold()


def network_of(address: str | None) -> str:
    """What an address is counted as: itself, or its network for IPv6, where everybody has many."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_NETWORK_BITS), strict=False))
