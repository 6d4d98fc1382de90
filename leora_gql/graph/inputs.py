"""What callers give, on its way into a statement: as a part of the statement's shape, or as a value bound to it.

Filters, orderings and pages are read in one place for both ways of answering. The resolved way reads them at
each request (`Given`). The compiled way reads them once per shape and later binds other values to the same
statement; so whatever steers the reading must go through `observe`, and whatever is compared with through `bind`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, bindparam, literal
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    from leora_gql.graph.cursors import Cursors

Reader = Callable[[Any, "Cursors"], Any]
"""Makes a value of the API into one of the database. Raises `BadUserInput` when it cannot."""

Bind = Callable[[int, TypeEngine[Any]], ColumnElement[Any]]
"""The SQL of the parameter with that number."""


class Inputs(Protocol):
    """Where lowering gets at what the caller gave."""

    def observe(self, given: Any, look: Reader) -> Any:
        """What `look` sees in a given value; the statement's shape may depend on it."""
        ...

    def parameter(self, given: Any, read: Reader) -> int:
        """The number of the parameter that holds what `read` makes of a given value."""
        ...


class Given:
    """The inputs of one request, as they are."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors
        self._values: list[Any] = []

    def observe(self, given: Any, look: Reader) -> Any:
        """What `look` sees."""
        return look(given, self._cursors)

    def parameter(self, given: Any, read: Reader) -> int:
        """Read the value now."""
        self._values.append(read(given, self._cursors))
        return len(self._values) - 1

    def bind(self, number: int, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        """The value itself, bound."""
        return literal(self._values[number], kind)


def placeholder(number: int, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """The parameter as a name, for a statement that is kept and given values later."""
    return bindparam(f"p{number}", None, type_=kind)


def itself(value: Any, _: Cursors) -> Any:
    """The value as it is."""
    return value


def numbers(names: Sequence[str]) -> list[int | None]:
    """The numbers of placeholders by their names, None for what is none, in the order of the statement."""
    return [int(name[1:]) if name[0] == "p" and name[1:].isdigit() else None for name in names]
