"""The arguments of a list, read: what to list, in which order, which part of it, all in plain data."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leora_gql.auth.principal import Rights
from leora_gql.errors import BadUserInput
from leora_gql.graph.conditions import AllOf, Condition
from leora_gql.graph.cursors import Cursors
from leora_gql.graph.entity import Entity
from leora_gql.graph.inputs import Inputs, Reader, itself
from leora_gql.graph.keyset import Page
from leora_gql.graph.ordering import Ordering, default_ordering, ordering
from leora_gql.graph.where import WhereReader

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_OFFSET = 10_000
LISTED = "listed"
"""In a field's metadata: how many objects its list holds at most, where that is not `DEFAULT_PAGE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of an entity's rows. Equal for equal shapes, whatever the values."""

    entity: Entity
    ordering: Ordering
    page: Page
    condition: Condition


def read_listing(
    entity: Entity,
    arguments: Mapping[str, Any],
    *,
    inputs: Inputs,
    rights: Rights,
    default_order: Sequence[str] = (),
) -> Listing:
    """What the arguments (by their GraphQL names) of a connection field ask for.

    Raises `BadUserInput` for what cannot be meant and `Forbidden` for fields that the caller may not read.
    """
    keys, where = arguments.get("orderBy"), arguments.get("where")
    asked = ordering(entity, keys, inputs=inputs, rights=rights) if keys else None
    chosen = asked or default_ordering(entity, default_order)
    page = _PageReader(entity, chosen, arguments, inputs).read()
    condition = AllOf(()) if where is None else WhereReader(inputs, rights).read(entity, where)
    return Listing(entity=entity, ordering=chosen, page=page, condition=condition)


@dataclass(frozen=True, slots=True)
class _PageReader:
    entity: Entity
    ordering: Ordering
    arguments: Mapping[str, Any]
    inputs: Inputs

    def read(self) -> Page:
        """The part of the list that the paging arguments ask for."""
        first, last = self._size("first"), self._size("last")
        if first is not None and last is not None:
            raise BadUserInput("Give either first or last, not both.")
        after, before = self.arguments.get("after"), self.arguments.get("before")
        backward = last is not None or (before is not None and first is None)
        if (after if backward else before) is not None:
            raise BadUserInput("after goes with first, before goes with last.")
        cursor = before if backward else after
        offset = self._offset(alone=not backward and cursor is None)
        size = last if last is not None else first
        return Page(
            size=DEFAULT_PAGE if size is None else size,
            cursor=None if cursor is None else self._cursor(cursor),
            offset=offset,
            backward=backward,
        )

    def _size(self, name: str) -> int | None:
        size = self.inputs.observe(self.arguments.get(name), itself)
        if size is not None and not 1 <= size <= MAX_PAGE:
            raise BadUserInput(f"{name} is a whole number from 1 to {MAX_PAGE}.")
        return size

    def _offset(self, *, alone: bool) -> int | None:
        given = self.arguments.get("offset")
        if given is None:
            return None
        skips = self.inputs.observe(given, _skips)
        if not alone:
            raise BadUserInput("offset goes with first only, not with a cursor.")
        return self.inputs.parameter(given, itself) if skips else None

    def _cursor(self, given: Any) -> tuple[int | None, ...]:
        missing: Sequence[bool] = self.inputs.observe(given, _missing(self.entity, self.ordering))
        return tuple(
            None if absent else self.inputs.parameter(given, _value(self.entity, self.ordering, index))
            for index, absent in enumerate(missing)
        )


def _skips(offset: int, _: Cursors) -> bool:
    if not 0 <= offset <= MAX_OFFSET:
        raise BadUserInput(f"offset is a whole number from 0 to {MAX_OFFSET}; use cursors to go further.")
    return offset > 0


@functools.lru_cache(maxsize=1024)
def _missing(entity: Entity, order: Ordering) -> Reader:
    """Which of a cursor's values are missing: the page's arms depend on it."""
    return lambda cursor, cursors: tuple(v is None for v in cursors.codec(entity, order).decode(cursor))


def _value(entity: Entity, order: Ordering, index: int) -> Reader:
    return lambda cursor, cursors: cursors.codec(entity, order).decode(cursor)[index]
