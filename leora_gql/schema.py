"""The product's schema: the kit's types of every domain and the fields that domains write by hand."""

from __future__ import annotations

import asyncio
import functools
import importlib
import itertools
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from leora_gql.domains.catalog.queries import CatalogQueries
from leora_gql.domains.identity.mutations import IdentityMutations
from leora_gql.domains.identity.queries import IdentityQueries
from leora_gql.domains.integrations.queries import IntegrationQueries
from leora_gql.domains.tenancy.queries import TenancyQueries
from leora_gql.errors import BadUserInput
from leora_gql.graph.schema import build_schema
from leora_gql.graph.selection import Info

SHORTEST_INTERVAL = 10
DEFAULT_INTERVAL = 1000
"""Milliseconds between two heartbeats."""


class ApiQueries:
    """What is true of the API itself."""

    @strawberry.field(description="The version of this API, a date. Needs no sign-in.")
    def api_version(self) -> str:
        """Raised when something is added; nothing is removed without a deprecation first."""
        return API_VERSION


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


API_VERSION = "2026-11-22"


@functools.cache
def product_schema() -> strawberry.Schema:
    """The one schema of the process."""
    importlib.import_module("leora_gql.domains.types")  # registers every entity
    return build_schema(
        queries=[ApiQueries, TenancyQueries, IdentityQueries, CatalogQueries, IntegrationQueries],
        mutations=[IdentityMutations],
        subscriptions=[ApiSubscriptions],
    )


@functools.cache
def printed_schema() -> str:
    """The schema as SDL, as committed in `schema.graphql`; printed once, since it takes a tenth of a second."""
    return product_schema().as_str() + "\n"
