"""Inserting or changing many rows with one statement, whose text is the same for any number of them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, Table, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept


async def insert_rows(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows that all give the same columns: one array for each, and triggers per statement fire once."""
    if not rows:
        return
    names = tuple(rows[0])
    columns = {name: [row[name] for row in rows] for name in names}
    await _from_arrays(table, names).run(connection, **columns)


@functools.cache
def _from_arrays(table: Table, names: tuple[str, ...]) -> Kept:
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in names]
    rows = func.unnest(*arrays).table_valued(*names).render_derived(name="row")
    return Kept(insert(table).from_select(names, select(*(rows.c[name] for name in names))))


async def update_rows(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Change rows by their `id` with one statement; all give the same columns.

    Raises `LookupError` when one is missing, or may not be changed.
    """
    if not rows:
        return
    names = tuple(rows[0])
    columns = {name: [row[name] for row in rows] for name in names}
    if await _by_id(table, names).run(connection, **columns) != len(rows):
        raise LookupError(f"Rows of {table.name} that were to be changed are missing, or may not be changed.")


@functools.cache
def _by_id(table: Table, names: tuple[str, ...]) -> Kept:
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in names]
    rows = func.unnest(*arrays).table_valued(*names).render_derived(name="row")
    values = {name: rows.c[name] for name in names if name != "id"}
    return Kept(update(table).where(table.c.id == rows.c.id).values(values))
