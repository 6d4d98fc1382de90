"""Who may have a connection: so many at once, so many of one tenant, and the others in turn."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from uuid import UUID

from leora_gql.errors import Unavailable

_Turns = OrderedDict[asyncio.Future[None], None]


class _Tenant:
    """Of one tenant: how many are inside, of how many that may be, and who waits."""

    __slots__ = ("inside", "limit", "waiting")

    def __init__(self, limit: int) -> None:
        self.inside = 0
        self.limit = limit
        self.waiting: _Turns = OrderedDict()


class Admission:
    """At most `limit` inside at once, and one place always left to other tenants when there are several.

    Waiting tenants take turns, and within a tenant it is first come, first served: however many of one
    tenant wait, another one waits for a single place only.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tenant_limit = max(1, min(limit - 1, -(-limit * 3 // 4)))
        self.inside = 0
        self._tenants: dict[UUID | None, _Tenant] = {}
        self._queue: OrderedDict[_Tenant, None] = OrderedDict()

    def admit(self, tenant: UUID | None) -> bool:
        """Take a place if there is one; who enters must leave. No tenant counts as no tenant's.

        Who waits while there is room has a tenant that is at its limit: nobody is overtaken.
        """
        found = self._tenant(tenant)
        if self.inside >= self.limit or found.inside >= found.limit:
            return False
        self.inside += 1
        found.inside += 1
        return True

    async def wait(self, tenant: UUID | None, *, seconds: float) -> None:
        """Wait for a place, at most so long, after `admit` had none. Raises `Unavailable` when the time is over."""
        found = self._tenant(tenant)
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        found.waiting[turn] = None
        self._queue[found] = None
        expiry = loop.call_later(seconds, _expire, turn)
        try:
            await turn
        except BaseException:
            self._give_up(tenant, found, turn)
            raise
        finally:
            expiry.cancel()

    async def enter(self, tenant: UUID | None, *, seconds: float) -> None:
        """Take a place, waiting at most so long. Raises `Unavailable` when the time is over."""
        if not self.admit(tenant):
            await self.wait(tenant, seconds=seconds)

    def leave(self, tenant: UUID | None) -> None:
        """Give the place back; who waits for it comes in."""
        found = self._tenants[tenant]
        self.inside -= 1
        found.inside -= 1
        if self._queue:
            self._call_in()
        self._forget(tenant, found)

    def _tenant(self, tenant: UUID | None) -> _Tenant:
        found = self._tenants.get(tenant)
        if found is None:
            found = self._tenants[tenant] = _Tenant(self.limit if tenant is None else self.tenant_limit)
        return found

    def _call_in(self) -> None:
        while self.inside < self.limit:
            ready = next((each for each in self._queue if each.inside < each.limit), None)
            if ready is None:
                return
            turn, _ = ready.waiting.popitem(last=False)
            if ready.waiting:
                self._queue.move_to_end(ready)
            else:
                del self._queue[ready]
            if not turn.done():
                self.inside += 1
                ready.inside += 1
                turn.set_result(None)

    def _give_up(self, tenant: UUID | None, found: _Tenant, turn: asyncio.Future[None]) -> None:
        """Stop waiting; a place that was given in the same moment goes to the next."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self.leave(tenant)
            return
        if turn in found.waiting:
            del found.waiting[turn]
            if not found.waiting:
                del self._queue[found]
        self._forget(tenant, found)

    def _forget(self, tenant: UUID | None, found: _Tenant) -> None:
        """Keep nothing of a tenant that is neither inside nor waiting; another may be known by its name since."""
        if not found.inside and not found.waiting and self._tenants.get(tenant) is found:
            del self._tenants[tenant]


def _expire(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(Unavailable("Too many requests at once. Try again shortly."))
