"""The constants that declarations name: the only values, beside its parameters, that a statement may hold.

A statement is kept and runs for others. A value of one request that had become a part of it, instead of a parameter,
would reach them; so each value that is found in one must be known from the code.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import BindParameter, ClauseElement
from sqlalchemy.sql.visitors import iterate

from leora_gql.auth.permissions import KEYS, Audience
from leora_gql.auth.principal import Rights
from leora_gql.graph.conditions import visible_rows
from leora_gql.graph.entity import Entity, Registry

_RIGHTS = [Rights(audience, held) for audience in Audience for held in (frozenset[str](), frozenset(KEYS))]


def require_declared(value: object) -> None:
    """Raise `RuntimeError` unless some declaration names the value."""
    if (type(value), value) not in _declared():
        raise RuntimeError("A statement holds a value that is neither a parameter nor declared.")


@functools.cache
def _declared() -> frozenset[tuple[type, object]]:
    """Every value in the SQL of a computed field, or of which rows are visible, with its type."""
    return frozenset(
        (type(value), value)
        for entity in Registry.entities.values()
        for expression in _expressions(entity)
        for value in _values(expression)
    )


def _expressions(entity: Entity) -> Iterator[ClauseElement]:
    table = entity.table.alias("t")
    yield from (entity.expression(name, table) for name in entity.columns())
    visible = (visible_rows(entity, table, rights) for rights in _RIGHTS)
    yield from (condition for condition in visible if condition is not None)


def _values(expression: ClauseElement) -> Iterator[object]:
    for element in iterate(expression):
        if isinstance(element, BindParameter):
            bound = cast("BindParameter[Any]", element)
            yield from cast("list[Any]", bound.value) if bound.expanding else (bound.value,)
