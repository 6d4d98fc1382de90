"""The seeded database as generated operations need it: one event loop and one pool for thousands of them."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import URL

from leora_gql.auth.principal import Principal
from leora_gql.db.connect import open_pools
from leora_gql.settings import Settings
from tests.api import ADMIN, BUYER, OTHER_ADMIN, REP, tenant_of
from tests.compiler.operations import Operation
from tests.compiler.values import Values, collect
from tests.graph.principals import Runner

FEW = frozenset({"orders.view", "customers.view", "catalog.view", "invoices.view", "tasks.view"})
PEOPLE = {ADMIN: None, REP: FEW, BUYER: None, OTHER_ADMIN: None}
"""Who asks: with all permissions that their kind can hold, or with these."""


@dataclass
class Seeded:
    """Runs operations one after another, each for one of `PEOPLE`."""

    loop: asyncio.Runner
    runner: Runner
    _values: dict[str, Values] = field(default_factory=dict)

    def values(self, who: str) -> Values:
        """What is known of the rows that they see; read once."""
        if who not in self._values:
            self._values[who] = self.loop.run(self._collect(who))
        return self._values[who]

    async def _collect(self, who: str) -> Values:
        return await collect(
            self.runner, await self.runner.principal(who, PEOPLE[who], tenant=tenant_of(who))
        )

    def resolved(self, operation: Operation, who: str) -> bytes:
        """The answer that the resolved way gives."""
        return self.loop.run(self.runner.answer(*self._request(operation, who), compiler="off"))

    def compiled(self, operation: Operation, who: str) -> bytes | None:
        """The answer that the compiled way gives; None where it leaves the operation to the resolved way."""
        counts = self.runner.operations().counts
        before = counts.compiled
        answer = self.loop.run(self.runner.answer(*self._request(operation, who)))
        return answer if counts.compiled > before else None

    def _request(self, operation: Operation, who: str) -> tuple[str, Principal, dict[str, Any], str | None]:
        principal = self.values(who).principal
        return operation.query, principal, operation.variables, operation.operation_name


@pytest.fixture(scope="session")
def seeded(direct_url: URL, settings: Settings) -> Generator[Seeded]:
    """The seeded database of this process."""
    with asyncio.Runner() as loop:
        pools = loop.run(_opened(settings))
        yield Seeded(loop, Runner(direct_url, pools, settings))
        loop.run(pools.close())


async def _opened(settings: Settings) -> Any:
    return open_pools(settings)
