"""What is true of the API itself, whatever domains there are: its version, what callers may still ask, a heartbeat."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from leora_gql.errors import BadUserInput
from leora_gql.graph.node import as_graphql
from leora_gql.graph.selection import Info

API_VERSION = "2026-11-22"

SHORTEST_INTERVAL = 10
DEFAULT_INTERVAL = 1000
"""Milliseconds between two heartbeats."""


@strawberry.type(description="How much more the caller may ask for: the limit that is nearest.")
class RateLimit:
    """Read from the operation's `Allowance`."""

    limit: int = strawberry.field(description="The cost that operations may have together until the reset.")
    remaining: int = strawberry.field(description="What is left of the limit after this operation.")
    reset_at: dt.datetime = strawberry.field(description="When the whole limit is there again.")
    cost: int = strawberry.field(description="What this operation was charged.")


class ApiQueries:
    """What is true of the API itself."""

    @strawberry.field(description="The version of this API, a date. Needs no sign-in.")
    def api_version(self) -> str:
        """Raised when something is added; nothing is removed without a deprecation first."""
        return API_VERSION

    @strawberry.field(
        description="How much more the caller may ask for, by the limit that is nearest; null where there is"
        " none. Needs a sign-in."
    )
    def rate_limit(self, info: Info) -> RateLimit | None:
        """What the operation was charged to, as it stood afterwards."""
        info.context.require_principal()
        return as_graphql(info.context.allowance)


class ApiSubscriptions:
    """What tells of the connection itself."""

    @strawberry.subscription(
        description="1, 2, 3 … at even intervals, the first at once: for clients and monitors to test the live"
        " connection. Needs a sign-in, but no permission."
    )
    def heartbeat(
        self,
        info: Info,
        count: Annotated[
            int | None, strawberry.argument(description="How many, 1 or more; without it, for ever.")
        ] = strawberry.UNSET,
        interval_ms: Annotated[
            int | None, strawberry.argument(description="Milliseconds between two of them, 10 or more.")
        ] = DEFAULT_INTERVAL,
    ) -> AsyncGenerator[int]:
        """Refused before it begins, or a stream of numbers; asks nothing of the database."""
        info.context.require_principal()
        interval = DEFAULT_INTERVAL if interval_ms is None else interval_ms
        if interval < SHORTEST_INTERVAL or (isinstance(count, int) and count < 1):
            raise BadUserInput(f"intervalMs is {SHORTEST_INTERVAL} or more, count 1 or more.")
        return _beats(count or None, interval / 1000)


async def _beats(count: int | None, interval: float) -> AsyncGenerator[int]:
    for beat in itertools.count(1):
        yield beat
        if beat == count:
            return
        await asyncio.sleep(interval)
