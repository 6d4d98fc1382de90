"""Keyset pages: the rows after (or before) a cursor, read in index order.

Rows without a value come last in both directions. Where a key is nullable, one statement cannot
both follow the index and do that, so the page is made of arms, one per pattern of present and
missing values, each limited and in index order, joined by UNION ALL and sorted once more: page
10,000 costs what page 1 costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    asc,
    desc,
    false,
    literal_column,
    nulls_first,
    nulls_last,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from leora_gql.graph.inputs import Bind
from leora_gql.graph.ordering import Ordering, SortKey

Statement = Select[*tuple[Any, ...]]
"""A SELECT of any columns."""

Pattern = tuple[bool, ...]
"""For each key of an ordering, whether its value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What part of a list to read: `size` rows, beyond a cursor or after some rows, in plain data.

    `cursor` holds, for each key of the ordering, the number of the parameter with the cursor's value, None where
    that is missing; `offset` is the number of the parameter that says how many rows to skip. `backward` reads from
    the end of the list towards its start.
    """

    size: int
    cursor: tuple[int | None, ...] | None = None
    offset: int | None = None
    backward: bool = False

    @property
    def continues(self) -> bool:
        """Whether there are rows of the list before it, in the direction of reading."""
        return self.cursor is not None or self.offset is not None


def sort_label(index: int) -> str:
    """The name under which a page's statement gives the sort value of a key."""
    return f"sort_{index}"


def sort_values(rows: FromClause, ordering: Ordering) -> list[ColumnElement[Any]]:
    """The sort values of a page's rows."""
    return [rows.c[sort_label(index)] for index in range(len(ordering.keys))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSql:
    """Restricts and orders statements to one page, with `bind` for the values of its cursor."""

    ordering: Ordering
    page: Page
    bind: Bind

    def of(self, base: Statement, table: FromClause, *, more: bool) -> Statement:
        """`base` (its columns and conditions on `table`) for this page, with one row more if `more`.

        The sort values come along as `sort_0`, `sort_1`, … ; backward pages come in reverse order.
        """
        base = base.add_columns(
            *(table.c[key.source].label(sort_label(index)) for index, key in enumerate(self.ordering.keys))
        )
        arms = [self._arm(base, table, pattern) for pattern in self._patterns(table)]
        size, skip = _number(self.page.size + more), self._skip()
        if len(arms) == 1:
            return arms[0].limit(size).offset(skip)
        take = size if skip is None else size + skip
        joined = union_all(*(select(arm.limit(take).subquery()) for arm in arms)).subquery()
        clauses = [
            self._direction(joined.c[sort_label(index)], key, nullable=key.nullable)
            for index, key in enumerate(self.ordering.keys)
        ]
        return select(*joined.c).order_by(*clauses).limit(size).offset(skip)

    def _skip(self) -> ColumnElement[int] | None:
        return None if self.page.offset is None else self.bind(self.page.offset, Integer())

    def _patterns(self, table: FromClause) -> Iterator[Pattern]:
        """The patterns that can hold rows of the page, the likeliest first."""
        options = [(False, True) if key.nullable else (False,) for key in self.ordering.keys]
        for pattern in product(*options):
            if self.page.cursor is None or self._beyond(table, pattern) is not None:
                yield pattern

    def _arm(self, base: Statement, table: FromClause, pattern: Pattern) -> Statement:
        conditions: list[ColumnElement[bool]] = []
        clauses: list[ColumnElement[Any]] = []
        for key, missing in zip(self.ordering.keys, pattern, strict=True):
            source = table.c[key.source]
            if key.nullable:
                conditions.append(source.is_(None) if missing else source.is_not(None))
            if not missing:
                clauses.append(self._direction(source, key, nullable=False))
        if self.page.cursor is not None:
            beyond = self._beyond(table, pattern)
            conditions.append(false() if beyond is None else beyond)
        return base.where(*conditions).order_by(*clauses)

    def _falling(self, key: SortKey) -> bool:
        return key.descending is not self.page.backward

    def _direction(self, source: ColumnElement[Any], key: SortKey, *, nullable: bool) -> ColumnElement[Any]:
        clause = desc(source) if self._falling(key) else asc(source)
        if not nullable:
            return clause
        return nulls_first(clause) if self.page.backward else nulls_last(clause)

    def _beyond(self, table: FromClause, pattern: Pattern) -> ColumnElement[bool] | None:
        """The condition that a row of this pattern lies beyond the cursor; None when no row can."""
        assert self.page.cursor is not None
        prefix: list[tuple[SortKey, int]] = []
        for key, value, missing in zip(self.ordering.keys, self.page.cursor, pattern, strict=True):
            if missing is (value is None):
                if value is not None:
                    prefix.append((key, value))
                continue
            comes_later = missing is not self.page.backward
            if not prefix:
                return true() if comes_later else None
            return self._compare(table, prefix, or_equal=comes_later)
        return self._compare(table, prefix, or_equal=False)

    def _compare(
        self, table: FromClause, keys: Sequence[tuple[SortKey, int]], *, or_equal: bool
    ) -> ColumnElement[bool]:
        """Lexicographic comparison: a row comparison in one direction, nested bounds in mixed ones."""
        falling = {self._falling(key) for key, _ in keys}
        if len(falling) == 1:
            left = [table.c[key.source] for key, _ in keys]
            right = [self.bind(value, table.c[key.source].type) for key, value in keys]
            return _bound(left, right, falling=falling.pop(), or_equal=or_equal)
        (first, value), rest = keys[0], keys[1:]
        source = table.c[first.source]
        operand = self.bind(value, source.type)
        down = self._falling(first)
        inner = self._compare(table, rest, or_equal=or_equal)
        strict = _bound([source], [operand], falling=down, or_equal=False)
        return and_(
            _bound([source], [operand], falling=down, or_equal=True),
            or_(strict, and_(source == operand, inner)),
        )


def _number(value: int) -> ColumnElement[int]:
    """A number of rows as a literal: with a parameter in its place, PostgreSQL would plan at each execution."""
    return literal_column(str(value), Integer())


def _bound(
    left: Sequence[ColumnElement[Any]],
    right: Sequence[ColumnElement[Any]],
    *,
    falling: bool,
    or_equal: bool,
) -> ColumnElement[bool]:
    a, b = (left[0], right[0]) if len(left) == 1 else (tuple_(*left), tuple_(*right))
    if falling:
        return a <= b if or_equal else a < b
    return a >= b if or_equal else a > b
