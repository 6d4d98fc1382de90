"""The statement of a plan: its SQL text, and in which order it takes the plan's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import asyncpg

from leora_gql.compiler.constants import require_declared
from leora_gql.db.one_trip import Expression
from leora_gql.graph.inputs import numbers


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """The expression whose value is the answer's text, and where its parameters come from.

    `order` holds for each of them the number of the plan's parameter, or the index of one of the `constants`.
    """

    expression: Expression
    order: tuple[tuple[int, bool], ...]
    constants: tuple[object, ...]

    @property
    def size(self) -> int:
        """What it takes to keep, in characters: its SQL, and what stands beside that."""
        return len(self.expression.sql) + 1000

    def arguments(self, values: list[object]) -> list[object]:
        """The parameters' values in the order of the statement, of the plan's values."""
        constants = self.constants
        return [values[number] if given else constants[number] for number, given in self.order]


def express(text: ColumnElement[str], *, server_version: int) -> Statement:
    """The SQL of a text for PostgreSQL of that major version.

    Raises `RuntimeError` where it holds a value that is neither a parameter nor a constant of a declaration.
    """
    dialect = asyncpg.dialect()
    dialect.server_version_info = (server_version,)
    compiled: Any = select(text).compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names: list[str] = list(compiled.positiontup or ())
    constants: list[object] = []
    order: list[tuple[int, bool]] = []
    for name, number in zip(names, numbers(names), strict=True):
        if number is None:
            order.append((len(constants), False))
            constants.append(_constant(compiled, name))
        else:
            order.append((number, True))
    return Statement(Expression(f"({compiled})", len(order)), tuple(order), tuple(constants))


def _constant(compiled: Any, name: str) -> object:
    """A value that a declaration compares with, as the driver takes it: it is the same for everybody."""
    processor = compiled._bind_processors.get(name)  # noqa: SLF001  how the dialect itself readies values
    value = compiled.params[name]
    require_declared(value)
    return processor(value) if callable(processor) else value
