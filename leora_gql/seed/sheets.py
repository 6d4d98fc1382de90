"""Rows on their way to the database: collected by table, copied to a staging table, inserted from there.

PostgreSQL refuses COPY FROM into a table under row-level security, hence the staging.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final, Protocol, cast
from uuid import UUID

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.model import SCHEMA, Base
from leora_gql.domains.models import metadata

BATCH: Final = 20_000
"""Rows that are collected before they are written."""

PAGES: Final = 2_000
"""Pages of a held staging table that are inserted by one statement."""

_STEPS: Final = 16
"""Calls of `breathe` between two turns for the batch that is being written."""


class _Copies(Protocol):
    async def copy_records_to_table(
        self, table_name: str, *, records: Iterable[Any], columns: Iterable[str], schema_name: str
    ) -> str: ...


class Sheets:
    """The rows of one tenant, written in the order of the foreign keys.

    Tables in `held` are staged only, until `release` inserts them: for rows that refer to rows
    which can be told only at the end. A batch is written while the next one is collected, so nobody
    else may use the connection before `flush` is over.
    """

    def __init__(
        self,
        connection: AsyncConnection,
        tenant: UUID,
        *,
        held: frozenset[str] = frozenset(),
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._connection = connection
        self._tenant = tenant
        self._held = held
        self._rows: dict[str, list[dict[str, object]]] = {}
        self._columns: dict[str, list[str]] = {}
        self._analysed: Counter[str] = Counter()
        self._waiting = 0
        self._steps = 0
        self._writing: asyncio.Task[None] | None = None

    def add(self, model: type[Base], **values: object) -> None:
        """One row; the rows of a table all give the same columns. The tenant is added by itself."""
        self._rows.setdefault(model.__tablename__, []).append(values)
        self._waiting += 1

    async def breathe(self) -> bool:
        """Begin to write what is collected once it is a batch; tells whether it was.

        Call it between rows that belong together: after it, the deferred constraints must hold.
        """
        if self._waiting >= BATCH:
            await self._hand_over()
            return True
        self._steps += 1
        if self._writing and self._steps % _STEPS == 0:
            await asyncio.sleep(0)
        return False

    async def flush(self) -> None:
        """Write what has been collected, and check the constraints that were deferred."""
        await self._hand_over()
        await self._finish()

    async def stop(self) -> None:
        """Give up what is being written, so that the transaction can be rolled back."""
        if self._writing:
            self._writing.cancel()
            await asyncio.wait([self._writing])
            self._writing = None

    async def _hand_over(self) -> None:
        await self._finish()
        rows, self._rows, self._waiting = self._rows, {}, 0
        self._writing = asyncio.create_task(self._write(rows))

    async def _finish(self) -> None:
        if self._writing:
            writing, self._writing = self._writing, None
            await writing

    async def _write(self, batch: dict[str, list[dict[str, object]]]) -> None:
        for table in metadata.sorted_tables:
            rows = batch.pop(table.name, None)
            if not rows:
                continue
            await self._stage(table, rows)
            if table.name not in self._held:
                await self._insert(table)
                await self._connection.execute(text(f"TRUNCATE pg_temp.{_stage(table)}"))
        await self.analyse()
        await self._settle()

    async def release(self, *models: type[Base]) -> None:
        """Insert the held rows of these tables, in this order."""
        for model in models:
            table = cast(Table, model.__table__)
            if table.name not in self._columns:
                continue
            pages = await self._connection.scalar(
                text("SELECT pg_relation_size(CAST(:name AS regclass)) / current_setting('block_size')::int"),
                {"name": f"pg_temp.{_stage(table)}"},
            )
            for first in range(0, int(pages or 0), PAGES):
                where = f"WHERE ctid >= '({first},0)'::tid AND ctid < '({first + PAGES},0)'::tid"
                await self._insert(table, where)
                await self._settle()

    async def analyse(self, *, grown: int = 4) -> None:
        """Tell the planner of every table that has grown so many times since it was last told.

        Without it the plans of triggers and foreign keys, made while the tables were small, would stay.
        """
        for name, rows in self.counts.items():
            if rows > grown * self._analysed[name]:
                self._analysed[name] = rows
                await self._connection.execute(text(f"ANALYZE {SCHEMA}.{name}"))

    async def _settle(self) -> None:
        await self._connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await self._connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))

    async def _stage(self, table: Table, rows: list[dict[str, object]]) -> None:
        columns = list(rows[0])
        if table.name not in self._columns:
            self._columns[table.name] = columns
            names = ", ".join(columns)
            await self._connection.execute(
                text(
                    f"CREATE TEMP TABLE {_stage(table)} ON COMMIT DROP AS"
                    f" SELECT {names} FROM {SCHEMA}.{table.name} WITH NO DATA"
                )
            )
        if self._columns[table.name] != columns:
            raise ValueError(f"the rows of {table.name} give different columns")
        raw = await self._connection.get_raw_connection()
        driver = cast(_Copies, raw.driver_connection)
        values = itemgetter(*columns)
        await driver.copy_records_to_table(
            _stage(table), records=map(values, rows), columns=columns, schema_name="pg_temp"
        )

    async def _insert(self, table: Table, where: str = "") -> None:
        names = ", ".join(self._columns[table.name])
        result = await self._connection.execute(
            text(
                f"INSERT INTO {SCHEMA}.{table.name} (tenant_id, {names})"
                f" SELECT '{self._tenant}'::uuid, {names} FROM pg_temp.{_stage(table)} {where}"
            )
        )
        self.counts[table.name] += result.rowcount


def _stage(table: Table) -> str:
    return f"staged_{table.name}"
