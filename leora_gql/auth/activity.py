"""When somebody was last here: kept in memory and written at most once a minute, beside the requests."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.exc import SQLAlchemyError

from leora_gql.auth.clock import Clock
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant
from leora_gql.errors import Unavailable

FLUSH_SECONDS = 60.0
_MAXIMUM_BUFFERED = 100_000

_log = structlog.get_logger(__name__)


class Seen(StrEnum):
    """The columns that are written here, as `table.column`."""

    SESSION = "sessions.last_active_at"
    USER = "users.last_sign_in_at"
    PORTAL_USER = "portal_users.last_sign_in_at"
    INTEGRATION = "integration_tokens.last_used_at"


def _statement(seen: Seen) -> TextClause:
    table, _, column = seen.value.partition(".")
    return text(
        f"UPDATE leora.{table} AS t SET {column} = s.at"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:moments AS timestamptz[])) AS s (id, at)"
        f" WHERE t.tenant_id = :tenant AND t.id = s.id AND (t.{column} IS NULL OR t.{column} < s.at)"
    )


_STATEMENTS = {seen: _statement(seen) for seen in Seen}


class Activity:
    """The buffer. `flush` writes it; `run` does so once a minute until it is cancelled."""

    def __init__(self, pools: Pools, *, clock: Clock) -> None:
        self._pools = pools
        self._clock = clock
        self._buffer: dict[tuple[UUID, Seen, UUID], dt.datetime] = {}

    def note(self, seen: Seen, *, tenant_id: UUID, row_id: UUID) -> None:
        """Remember that the row was used now. Beyond the buffer's size, new rows are not remembered."""
        key = (tenant_id, seen, row_id)
        if len(self._buffer) < _MAXIMUM_BUFFERED or key in self._buffer:
            self._buffer[key] = self._clock()

    async def flush(self) -> None:
        """Write what was noted, a short transaction per tenant; what cannot be written waits for the next."""
        taken, self._buffer = self._buffer, {}
        by_tenant: defaultdict[UUID, dict[tuple[UUID, Seen, UUID], dt.datetime]] = defaultdict(dict)
        for key, at in taken.items():
            by_tenant[key[0]][key] = at
        for tenant_id, noted in by_tenant.items():
            try:
                await self._write(tenant_id, noted)
            except (SQLAlchemyError, Unavailable, OSError) as error:
                _log.warning("activity_not_written", rows=len(noted), error=type(error).__name__)
                self._buffer = {**noted, **self._buffer}

    async def run(self) -> None:
        """Flush once a minute, for ever."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def _write(self, tenant_id: UUID, noted: Mapping[tuple[UUID, Seen, UUID], dt.datetime]) -> None:
        async with with_tenant(self._pools, TenantScope(tenant_id), login=Login.AUTH) as connection:
            for seen, statement in _STATEMENTS.items():
                # Sorted, so that two processes lock the rows in the same order.
                rows = sorted((row_id, at) for (_, kind, row_id), at in noted.items() if kind is seen)
                if rows:
                    ids, moments = zip(*rows, strict=True)
                    await connection.execute(
                        statement, {"tenant": tenant_id, "ids": list(ids), "moments": list(moments)}
                    )
