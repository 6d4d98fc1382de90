"""How much cost callers may have per span of time: of a tenant, a principal and an address.

Windows are fixed: a key's first operation begins one, and when it ends the whole limit is there again. A
process spends from a lease on each window, in memory. Where counts are not shared the lease is the whole
window. Where they are (`rate_storage.py`) it is drawn a hundredth of the limit at a time, so that most
operations wait for nobody; what a process has drawn and not spent when the window ends is lost. While the
shared counts do not answer, each process counts alone, up to the whole limit.
"""

from __future__ import annotations

import asyncio
import functools
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from leora_gql.auth.limits import network_of
from leora_gql.errors import RateLimited, TooExpensive
from leora_gql.graph.allowance import Allowance
from leora_gql.server.caller import Caller
from leora_gql.settings import Settings
from leora_gql.settings_traffic import MEMORY, OFF, Window

MAX_KEYS = 20_000
"""Windows that run at a time, of each kind; the oldest is forgotten beyond."""
LEASES_PER_WINDOW = 100

_LONGEST_ADDRESS = 64
"""Characters: what is longer is none, and would be remembered if a proxy passed it on."""

_known_network = functools.lru_cache(maxsize=10_000)(network_of)


class Counts(Protocol):
    """Counts that processes share; None for what does not answer."""

    async def add(self, key: str, amount: int, *, seconds: int) -> int | None:
        """The count after adding to it; a new one ends after so many seconds."""
        ...

    async def ends(self, key: str) -> float | None:
        """When the count ends, in seconds since 1970."""
        ...

    async def close(self) -> None:
        """End the connections."""
        ...


@dataclass(slots=True, eq=False)
class _Lease:
    """What this process may still spend of one key's window."""

    limit: _Limit
    key: Hashable
    ends: float
    available: int
    drawn: int
    elsewhere: int
    """What can still be drawn, as far as is known."""
    turn: asyncio.Lock | None
    """Held while drawing; None where everything is here already."""


class _Limit:
    """One of the limits, and the leases on its running windows, those that began first in front."""

    def __init__(self, name: str, noun: str, setting: str, *, shared: bool) -> None:
        window = Window.parse(setting)
        self.name = name
        self.noun = noun
        self.amount = window.amount
        self.seconds = window.seconds
        self.chunk = max(1, self.amount // LEASES_PER_WINDOW)
        self._shared = shared
        self._leases: OrderedDict[Hashable, _Lease] = OrderedDict()

    def __len__(self) -> int:
        return len(self._leases)

    def lease(self, key: Hashable, now: float) -> _Lease:
        """The lease on the key's running window."""
        lease = self._leases.get(key)
        return self._begin(key, now) if lease is None or lease.ends <= now else lease

    def _begin(self, key: Hashable, now: float) -> _Lease:
        leases = self._leases
        leases.pop(key, None)
        while leases and (len(leases) >= MAX_KEYS or next(iter(leases.values())).ends <= now):
            leases.popitem(last=False)
        here = 0 if self._shared else self.amount
        turn = asyncio.Lock() if self._shared else None
        lease = _Lease(self, key, now + self.seconds, here, here, self.amount - here, turn)
        leases[key] = lease
        return lease


_Leases = Sequence[_Lease]


class RateLimiter:
    """Charges callers for operations, before they run.

    Signed-in callers are charged to their tenant, themselves and their address; others to their address
    alone, by a limit of its own.
    """

    def __init__(self, settings: Settings, *, shared: Counts | None = None) -> None:
        storage = settings.rate_limit_storage.get_secret_value()
        self._shared = shared if storage == MEMORY else _shared_counts(storage)
        self._tenant = self._limit("tenant", "Your company", settings.rate_limit_tenant)
        self._principal = self._limit("principal", "Your account", settings.rate_limit_principal)
        self._address = self._limit("address", "Your network", settings.rate_limit_address)
        self._anonymous = self._limit("anonymous", "Your network", settings.rate_limit_anonymous)

    def charge(self, caller: Caller, cost: int) -> Allowance | Awaitable[Allowance | None] | None:
        """Charge an operation to its caller: all of its windows, or none.

        Gives the window that leaves least, or None where nothing limits the caller. What has to be awaited
        asks the shared counts first. Raises `RateLimited`, and `TooExpensive` for what no window has room for.
        """
        leases = self._leases(caller, time.time())
        for lease in leases:
            if lease.available < cost and lease.elsewhere:
                return self._draw_and_spend(leases, cost)
        return _spend(leases, cost)

    async def close(self) -> None:
        """End the connections to the shared counts."""
        if self._shared is not None:
            await self._shared.close()

    def _limit(self, name: str, noun: str, setting: str) -> _Limit | None:
        return None if setting == OFF else _Limit(name, noun, setting, shared=self._shared is not None)

    def _leases(self, caller: Caller, now: float) -> _Leases:
        principal, address = caller.principal, _network(caller.address)
        if principal is None:
            return [] if self._anonymous is None else [self._anonymous.lease(address, now)]
        leases: list[_Lease] = []
        if self._tenant is not None:
            leases.append(self._tenant.lease(principal.tenant_id, now))
        if self._principal is not None:
            leases.append(self._principal.lease(principal.id, now))
        if self._address is not None:
            leases.append(self._address.lease(address, now))
        return leases

    async def _draw_and_spend(self, leases: _Leases, cost: int) -> Allowance | None:
        """Draw until all leases are large enough at once: others spend from them meanwhile."""
        while lacking := [lease for lease in leases if lease.available < cost and lease.elsewhere]:
            if cost > lacking[0].limit.amount:
                raise _refusal(lacking[0], cost)
            await self._draw(lacking[0], cost)
        return _spend(leases, cost)

    async def _draw(self, lease: _Lease, cost: int) -> None:
        """Make the lease larger, by enough for the cost where there is so much; one at a time."""
        assert lease.turn is not None
        assert self._shared is not None
        async with lease.turn:
            asked = max(cost - lease.available, lease.limit.chunk)
            if lease.available >= cost or not lease.elsewhere:
                return
            limit, key = lease.limit, f"{lease.limit.name}/{lease.key}"
            total = await self._shared.add(key, asked, seconds=limit.seconds)
            if total is not None and not lease.drawn:
                lease.ends = await self._shared.ends(key) or lease.ends
            granted = (
                limit.amount - lease.drawn if total is None else min(asked, limit.amount - total + asked)
            )
            lease.available += max(0, granted)
            lease.drawn += max(0, granted)
            lease.elsewhere = 0 if total is None else max(0, limit.amount - total)


def _network(address: str | None) -> str:
    return _known_network(address if address is None or len(address) <= _LONGEST_ADDRESS else None)


def _spend(leases: _Leases, cost: int) -> Allowance | None:
    """Take the cost from every lease, or from none when one has too little."""
    for lease in leases:
        if lease.available < cost:
            raise _refusal(lease, cost)
    least: _Lease | None = None
    fewest = 0
    for lease in leases:
        lease.available -= cost
        remaining = lease.available + lease.elsewhere
        if least is None or remaining < fewest:
            least, fewest = lease, remaining
    return None if least is None else Allowance(least.limit.amount, fewest, least.ends, cost)


def _refusal(lease: _Lease, cost: int) -> RateLimited | TooExpensive:
    limit = lease.limit
    if cost > limit.amount:
        return TooExpensive(
            f"The operation costs {cost:,}; in {limit.seconds:,} seconds {limit.amount:,} may be spent."
        )
    wait = max(1, math.ceil(lease.ends - time.time()))
    return RateLimited(
        f"{limit.noun} has {lease.available + lease.elsewhere:,} left of the {limit.amount:,} that it may spend in"
        f" {limit.seconds:,} seconds; the operation costs {cost:,}. Try again in {wait:,} seconds.",
        retry_after=wait,
    )


def _shared_counts(url: str) -> Counts:
    """Imported late: the library loads the drivers of every storage that it knows."""
    from leora_gql.server.rate_storage import SharedCounts

    return SharedCounts(url)
