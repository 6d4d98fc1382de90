"""A rendered plan: its SQL text, and in which order it takes its parameters. Rendered once per shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import asyncpg

from leora_gql.graph.inputs import numbers


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """An SQL expression of type text with the parameters `$1`, `$2`, …

    `order` holds for each of them the number of the plan's parameter, or the index of one of the `constants`.
    """

    sql: str
    order: tuple[tuple[int, bool], ...]
    constants: tuple[object, ...]

    @property
    def parameters(self) -> int:
        """How many parameters it takes."""
        return len(self.order)

    def arguments(self, values: list[object]) -> list[object]:
        """The parameters' values in the order of the statement, of the plan's values."""
        constants = self.constants
        return [values[number] if given else constants[number] for number, given in self.order]


def express(text: ColumnElement[str], *, server_version: int) -> Expression:
    """The SQL of a text for PostgreSQL of that major version."""
    dialect = asyncpg.dialect()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]  not typed
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
    return Expression(str(compiled), tuple(order), tuple(constants))


def _constant(compiled: Any, name: str) -> object:
    """A value that a declaration compares with, as the driver takes it: it is the same for everybody."""
    processor = compiled._bind_processors.get(name)  # noqa: SLF001  how the dialect itself readies values
    value = compiled.params[name]
    return processor(value) if callable(processor) else value
