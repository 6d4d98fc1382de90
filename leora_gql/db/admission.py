"""Who may have a connection: so many at once, so many of one tenant, and the others in turn."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from uuid import UUID

from leora_gql.errors import Unavailable

_Turns = OrderedDict[asyncio.Future[None], None]


class Admission:
    """At most `limit` inside at once, and one place always left to other tenants when there are several.

    Waiting tenants take turns, and within a tenant it is first come, first served: however many of one
    tenant wait, another one waits for a single place only.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tenant_limit = max(1, min(limit - 1, -(-limit * 3 // 4)))
        self.inside = 0
        self._inside_of: Counter[UUID | None] = Counter()
        self._waiting: OrderedDict[UUID | None, _Turns] = OrderedDict()

    async def enter(self, tenant: UUID | None, *, seconds: float) -> None:
        """Take a place, waiting at most so long; who enters must leave. No tenant counts as no tenant's.

        Raises `Unavailable` when the time is over.
        """
        if self._has_room(tenant):
            self._let_in(tenant)
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.setdefault(tenant, OrderedDict())[turn] = None
        expiry = loop.call_later(seconds, _expire, turn)
        try:
            await turn
        except BaseException:
            self._give_up(tenant, turn)
            raise
        finally:
            expiry.cancel()

    def leave(self, tenant: UUID | None) -> None:
        """Give the place back; who waits for it comes in."""
        self.inside -= 1
        self._inside_of[tenant] -= 1
        if not self._inside_of[tenant]:
            del self._inside_of[tenant]
        self._call_in()

    def _has_room(self, tenant: UUID | None) -> bool:
        """Whether one more may enter. Who waits while there is room has a tenant that is at its limit."""
        return self.inside < self.limit and (tenant is None or self._inside_of[tenant] < self.tenant_limit)

    def _let_in(self, tenant: UUID | None) -> None:
        self.inside += 1
        self._inside_of[tenant] += 1

    def _call_in(self) -> None:
        while self._waiting and self.inside < self.limit:
            ready = [tenant for tenant in self._waiting if self._has_room(tenant)]
            if not ready:
                return
            tenant = ready[0]
            turn, _ = self._waiting[tenant].popitem(last=False)
            self._forget_empty(tenant)
            if tenant in self._waiting:
                self._waiting.move_to_end(tenant)
            if not turn.done():
                self._let_in(tenant)
                turn.set_result(None)

    def _give_up(self, tenant: UUID | None, turn: asyncio.Future[None]) -> None:
        """Stop waiting; a place that was given in the same moment goes to the next."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self.leave(tenant)
        elif tenant in self._waiting:
            self._waiting[tenant].pop(turn, None)
            self._forget_empty(tenant)

    def _forget_empty(self, tenant: UUID | None) -> None:
        if not self._waiting[tenant]:
            del self._waiting[tenant]


def _expire(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(Unavailable("Too many requests at once. Try again shortly."))
