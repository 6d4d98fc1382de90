"""A schema in the order of its names, so that it is the same wherever the code declares things.

Strawberry's own option for it sorts a copy, and keeps what was copied for as long as the process lives.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    is_introspection_type,
)


def sort_schema(schema: GraphQLSchema) -> None:
    """Put types, fields, arguments and values in the order of their names: in place, before anybody asks."""
    _sort(schema.type_map)
    schema.directives = tuple(sorted(schema.directives, key=lambda directive: directive.name))
    for named in schema.type_map.values():
        if is_introspection_type(named):
            continue
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            _sort(named.fields)
            for field in named.fields.values():
                _sort(field.args)
        elif isinstance(named, GraphQLInputObjectType):
            _sort(named.fields)
        elif isinstance(named, GraphQLEnumType):
            _sort(named.values)


def _sort(by_name: dict[str, Any]) -> None:
    things = sorted(by_name.items(), key=lambda thing: thing[0])
    by_name.clear()
    by_name.update(things)
