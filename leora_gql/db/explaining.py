"""PostgreSQL's plan for an expression, as the server would run it for one caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.driver import DriverConnection
from leora_gql.db.one_trip import Expression
from leora_gql.db.pool import connection_of

_ESTIMATED = "EXPLAIN (SUMMARY)"
_MEASURED = "EXPLAIN (ANALYZE, BUFFERS)"


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The lines of a plan, and PostgreSQL's names of the types of `$1` … `$n`."""

    lines: tuple[str, ...]
    types: tuple[str, ...]


async def query_plan(
    core: AsyncConnection, expression: Expression, arguments: Sequence[object], *, analyze: bool = False
) -> QueryPlan:
    """How the expression is evaluated inside the open transaction of `with_tenant`: its policies are in the plan.

    With `analyze` it is evaluated, so do that in a read-only transaction. The arguments can stand in the
    lines: give none that is secret. Raises as `one_trip.text_in` does.
    """
    connection = connection_of(core)
    explained = f"{_MEASURED if analyze else _ESTIMATED} {expression.bare}"
    return await connection.done(_explained(connection.driver, explained, arguments))


async def _explained(driver: DriverConnection, statement: str, arguments: Sequence[object]) -> QueryPlan:
    # Without a name, so that nothing stays behind on the server, whichever pooler is between.
    prepared = await driver.prepare(statement, name="")
    types = tuple(_name(one.name) for one in prepared.get_parameters())
    rows = await prepared.fetch(*arguments)
    return QueryPlan(tuple(str(row[0]) for row in rows), types)


def _name(catalogued: str) -> str:
    """A type's name; arrays are catalogued with an underscore before their items' name."""
    return f"{catalogued[1:]}[]" if catalogued.startswith("_") else catalogued
