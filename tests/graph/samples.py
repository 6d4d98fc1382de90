"""Inputs of mutations, written from the schema itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)

from leora_gql.graph.mutation import DECLARED
from tests.graph.documents import SCHEMA

TEXTS = {"Decimal": "12.50", "Date": "2026-01-31", "DateTime": "2026-01-31T10:00:00.000000Z", "JSON": "{}"}
VALUES = {
    "email": "somebody@example.test",
    "currency": "USD",
    "warehouse": "Newark",
    "fromWarehouse": "Newark",
    "toWarehouse": "Albany",
}
"""Values of fields that not every text will do for."""
Place = tuple[str, ...]


def field_of(mutation: str) -> GraphQLField:
    """A mutation's field in the schema."""
    assert SCHEMA.mutation_type is not None
    return SCHEMA.mutation_type.fields[mutation]


def input_of(mutation: str) -> GraphQLInputType:
    """The type of a mutation's input."""
    return cast(GraphQLInputType, field_of(mutation).args["input"].type)


def document_of(mutation: str, *, besides: str = "") -> str:
    """A document that calls a mutation and selects what was refused, of the whole and of each item."""
    payload = cast(GraphQLObjectType, get_named_type(field_of(mutation).type))
    errors = "userErrors { code message field }"
    items = f"results {{ {errors} }}" if "results" in payload.fields else ""
    kind = cast(GraphQLInputObjectType, get_named_type(input_of(mutation)))
    return f"mutation ($input: {kind.name}!) {{ {mutation}(input: $input) {{ {items} {errors} }} {besides} }}"


def sample(
    kind: GraphQLInputType,
    *,
    of_id: Callable[[Place], str],
    only: Collection[Place] | None = None,
    place: Place = (),
) -> Any:
    """A value of an input type as JSON brings it: full, or with what it must have and what leads to `only` these."""
    bare = get_nullable_type(kind)
    if is_list_type(bare):
        return [sample(bare.of_type, of_id=of_id, only=only, place=(*place, "0"))]
    named = get_named_type(bare)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if isinstance(named, GraphQLInputObjectType):
        return {
            name: sample(field.type, of_id=of_id, only=only, place=(*place, name))
            for name, field in named.fields.items()
            if only is None
            or is_required_input_field(field)
            or any(one[: len(place) + 1] == (*place, name) for one in only)
        }
    if named.name == "ID":
        return of_id(place)
    known = next((VALUES[name] for name in reversed(place) if name in VALUES), None)
    return known or {"Int": 1, "Boolean": True}.get(named.name, TEXTS.get(named.name, "text"))


def id_places(kind: GraphQLInputType) -> Iterator[Place]:
    """Where an input holds ids."""
    return places(kind, "ID")


def places(kind: GraphQLInputType, scalar: str, place: Place = ()) -> Iterator[Place]:
    """Where an input holds values of a scalar."""
    bare = get_nullable_type(kind)
    if is_list_type(bare):
        yield from places(bare.of_type, scalar, (*place, "0"))
        return
    named = get_named_type(bare)
    if isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from places(field.type, scalar, (*place, name))
    elif named.name == scalar:
        yield place


def refusals(answer: Mapping[str, Any], mutation: str) -> list[Mapping[str, Any]]:
    """The user errors of an answer: of the whole and of its items."""
    payload = (answer.get("data") or {}).get(mutation) or {}
    return [
        *payload.get("userErrors", ()),
        *(error for item in payload.get("results", ()) for error in item["userErrors"]),
    ]


MUTATIONS = sorted(DECLARED)
