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
    Select,
    and_,
    asc,
    desc,
    false,
    literal,
    nulls_first,
    nulls_last,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from leora_gql.graph.ordering import Ordering, SortKey

Statement = Select[*tuple[Any, ...]]
"""A SELECT of any columns."""

Pattern = tuple[bool, ...]
"""For each key of an ordering, whether its value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What part of a list to read: `limit` rows from `offset`, beyond the cursor's `values`.

    `backward` reads from the end of the list towards its start.
    """

    limit: int
    offset: int = 0
    values: Sequence[Any] | None = None
    backward: bool = False


def sort_label(index: int) -> str:
    """The name under which a page's statement gives the sort value of a key."""
    return f"sort_{index}"


def page_statement(base: Statement, table: FromClause, *, ordering: Ordering, page: Page) -> Statement:
    """`base` (its columns and conditions on `table`) restricted and ordered to one page.

    The sort values come along as `sort_0`, `sort_1`, … ; backward pages come in reverse order.
    """
    base = base.add_columns(
        *(table.c[key.source].label(sort_label(index)) for index, key in enumerate(ordering.keys))
    )
    take = page.limit + page.offset
    patterns = list(_patterns(ordering, table, page))
    arms = [_arm(base, table, ordering=ordering, page=page, pattern=p).limit(take) for p in patterns]
    if len(arms) == 1:
        return arms[0].limit(page.limit).offset(page.offset or None)
    joined = union_all(*(select(arm.subquery()) for arm in arms)).subquery()
    clauses = [
        _direction(joined.c[sort_label(index)], key, page, nullable=key.nullable)
        for index, key in enumerate(ordering.keys)
    ]
    outer = select(*joined.c).order_by(*clauses)
    return outer.limit(page.limit).offset(page.offset or None)


def _patterns(ordering: Ordering, table: FromClause, page: Page) -> Iterator[Pattern]:
    """The patterns that can hold rows of the page, the likeliest first."""
    options = [(False, True) if key.nullable else (False,) for key in ordering.keys]
    for pattern in product(*options):
        if page.values is None or _beyond(table, ordering, page=page, pattern=pattern) is not None:
            yield pattern


def _arm(
    base: Statement, table: FromClause, *, ordering: Ordering, page: Page, pattern: Pattern
) -> Statement:
    conditions: list[ColumnElement[bool]] = []
    clauses: list[ColumnElement[Any]] = []
    for key, missing in zip(ordering.keys, pattern, strict=True):
        source = table.c[key.source]
        if key.nullable:
            conditions.append(source.is_(None) if missing else source.is_not(None))
        if not missing:
            clauses.append(_direction(source, key, page, nullable=False))
    if page.values is not None:
        beyond = _beyond(table, ordering, page=page, pattern=pattern)
        conditions.append(false() if beyond is None else beyond)
    return base.where(*conditions).order_by(*clauses)


def _direction(source: ColumnElement[Any], key: SortKey, page: Page, *, nullable: bool) -> ColumnElement[Any]:
    clause = desc(source) if key.descending is not page.backward else asc(source)
    if not nullable:
        return clause
    return nulls_first(clause) if page.backward else nulls_last(clause)


def _beyond(
    table: FromClause, ordering: Ordering, *, page: Page, pattern: Pattern
) -> ColumnElement[bool] | None:
    """The condition that a row of this pattern lies beyond the cursor; None when no row can."""
    assert page.values is not None
    prefix: list[tuple[SortKey, Any]] = []
    for key, value, missing in zip(ordering.keys, page.values, pattern, strict=True):
        if missing is (value is None):
            if not missing:
                prefix.append((key, value))
            continue
        comes_later = missing is not page.backward
        if not prefix:
            return true() if comes_later else None
        return _compare(table, prefix, page=page, or_equal=comes_later)
    return _compare(table, prefix, page=page, or_equal=False)


def _compare(
    table: FromClause, keys: Sequence[tuple[SortKey, Any]], *, page: Page, or_equal: bool
) -> ColumnElement[bool]:
    """Lexicographic comparison: a row comparison in one direction, nested bounds in mixed ones."""
    falling = {key.descending is not page.backward for key, _ in keys}
    if len(falling) == 1:
        left = [table.c[key.source] for key, _ in keys]
        right = [literal(value, table.c[key.source].type) for key, value in keys]
        return _bound(left, right, falling=falling.pop(), or_equal=or_equal)
    (first, value), rest = keys[0], keys[1:]
    source = table.c[first.source]
    operand = literal(value, source.type)
    down = first.descending is not page.backward
    inner = _compare(table, rest, page=page, or_equal=or_equal)
    strict = _bound([source], [operand], falling=down, or_equal=False)
    return and_(
        _bound([source], [operand], falling=down, or_equal=True), or_(strict, and_(source == operand, inner))
    )


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
