"""Statements that services run for every request: compiled once in a process, prepared once on each connection.

    _FIND = Kept(select(table.c.id, table.c.status).where(table.c.slug == bindparam("slug")))
    row = await _FIND.row(connection, slug="champagne")

SQLAlchemy writes their text and converts their values; running them takes the driver's own way, which costs a
third of SQLAlchemy's. A statement that is made anew for each request gains nothing here: execute that on the
connection itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import BindParameter, Executable
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import CompileError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Numeric, TypeEngine

from leora_gql.db.pool import connection_of

Convert = Callable[[Any], Any]
_DIALECT: Dialect = asyncpg.dialect()


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter of the statement: its name, how the driver takes it, and the value of who gives none."""

    name: str
    convert: Convert | None
    required: bool
    value: object


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as the driver takes it. `columns` are the names of what it gives, each with its conversion."""

    sql: str
    parameters: tuple[_Parameter, ...]
    columns: tuple[tuple[str, Convert | None], ...]

    def arguments(self, values: Mapping[str, object]) -> list[object]:
        """The parameters in their order. Raises `KeyError` for one that is missing."""
        found: list[object] = []
        for one in self.parameters:
            value = values[one.name] if one.required else values.get(one.name, one.value)
            found.append(one.convert(value) if one.convert else value)
        return found


class Kept:
    """A statement that is kept. For an INSERT without values `names` are the columns that it is given.

    Values are given by the names of its parameters. Every way of running it needs a connection of `with_tenant`
    and raises `RuntimeError` outside its transaction, `Unavailable` when the connection is lost, the driver's
    `PostgresError` for what the server refuses.
    """

    def __init__(self, statement: Executable, *, names: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._names = names

    @functools.cached_property
    def _text(self) -> _Text:
        statement: Any = self._statement
        compiled = cast(
            SQLCompiler,
            statement.compile(
                dialect=_DIALECT, column_keys=None if self._names is None else list(self._names)
            ),
        )
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise CompileError(
                "A kept statement makes no values by itself: give all that Python has defaults for."
            )
        binds = compiled.binds
        return _Text(
            sql=str(compiled),
            parameters=tuple(_parameter(name, binds[name]) for name in compiled.positiontup or ()),
            columns=tuple((column.key, _reader(column.type)) for column in _columns(statement)),
        )

    async def rows(self, connection: AsyncConnection, **values: object) -> list[dict[str, Any]]:
        """The rows that it gives, each by the names of its columns."""
        text = self._text
        found = await connection_of(connection).rows(text.sql, text.arguments(values))
        return [
            {
                name: convert(value) if convert else value
                for (name, convert), value in zip(text.columns, row.values(), strict=True)
            }
            for row in found
        ]

    async def row(self, connection: AsyncConnection, **values: object) -> dict[str, Any] | None:
        """The first row that it gives, if any."""
        rows = await self.rows(connection, **values)
        return rows[0] if rows else None

    async def value(self, connection: AsyncConnection, **values: object) -> Any:
        """The first column of its first row; None when there is no row."""
        row = await self.row(connection, **values)
        return next(iter(row.values())) if row else None

    async def run(self, connection: AsyncConnection, **values: object) -> int:
        """How many rows it wrote."""
        text = self._text
        return await connection_of(connection).count(text.sql, text.arguments(values))


def _parameter(name: str, bind: BindParameter[Any]) -> _Parameter:
    kind = bind.type.dialect_impl(_DIALECT)
    return _Parameter(name, kind.bind_processor(_DIALECT), bind.required, bind.effective_value)


def _columns(statement: Any) -> Sequence[Any]:
    """What a statement gives: a SELECT's columns, or what is RETURNING."""
    return tuple(statement.exported_columns) if hasattr(statement, "exported_columns") else ()


def _reader(kind: TypeEngine[Any]) -> Convert | None:
    """How a value of the driver becomes the type's; the driver itself gives decimals."""
    if isinstance(kind, Numeric):
        return None
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
