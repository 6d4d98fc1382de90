"""Documents written from the schema itself: so that no entity, field, filter or ordering can be forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_named_type,
)

from leora_gql.graph.entity import Entity, Registry
from leora_gql.schema import printed_schema

SCHEMA: GraphQLSchema = build_schema(printed_schema())


def entities() -> list[Entity]:
    """Every entity that has root fields."""
    return [entity for entity in Registry.entities.values() if entity.root]


def object_type(name: str) -> GraphQLObjectType:
    """The object type of that name."""
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def camel(name: str) -> str:
    """`order_lines` → `orderLines`."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def leaves(name: str) -> str:
    """Every field of a type that needs no arguments: scalars plainly, objects without identity in depth 2."""
    parts: list[str] = []
    for key, field in object_type(name).fields.items():
        if field.args:
            continue
        kind = get_named_type(field.type)
        if isinstance(kind, (GraphQLScalarType, GraphQLEnumType)):
            parts.append(key)
        elif isinstance(kind, GraphQLObjectType) and "id" not in kind.fields:
            below = [
                k for k, f in kind.fields.items() if isinstance(get_named_type(f.type), GraphQLScalarType)
            ]
            parts.append(f"{key} {{ {' '.join(below)} }}")
    return " ".join(parts)


def relations(name: str) -> Iterator[tuple[str, str, bool]]:
    """The fields of a type that lead to nodes: name, target type, whether it is a connection."""
    for key, field in object_type(name).fields.items():
        kind = get_named_type(field.type)
        if isinstance(kind, GraphQLObjectType) and kind.name.endswith("Connection"):
            yield key, kind.name.removesuffix("Connection"), True
        elif isinstance(kind, GraphQLObjectType) and "id" in kind.fields and not field.args:
            yield key, kind.name, False


def filters(name: str) -> Iterator[tuple[str, str]]:
    """The scalar filters of a type's `where`: field and comparator type."""
    kind = SCHEMA.type_map[f"{name}Where"]
    assert isinstance(kind, GraphQLInputObjectType)
    for key, field in kind.fields.items():
        comparator = get_named_type(field.type).name
        if comparator.endswith("Filter"):
            yield key, comparator


def orderings(name: str) -> list[str]:
    """The values of a type's ordering enum."""
    kind = SCHEMA.type_map.get(f"{name}OrderField")
    return list(kind.values) if isinstance(kind, GraphQLEnumType) else []
