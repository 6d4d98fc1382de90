"""Inputs are read by our reader as Strawberry reads them, for every declared mutation."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.utilities.coerce_input_value import coerce_input_value
from strawberry.types.arguments import convert_argument

from leora_gql.graph.input_objects import input_reader
from leora_gql.graph.mutation import DECLARED
from leora_gql.schema import product_schema

SCHEMA = product_schema()
TEXTS = {"Decimal": "12.50", "Date": "2026-01-31", "DateTime": "2026-01-31T10:00:00.000000Z"}


def sample(kind: GraphQLInputType, *, full: bool) -> Any:
    """A value of an input type as JSON brings it: with all of its fields, or only those that it must have."""
    if is_non_null_type(kind):
        return sample(kind.of_type, full=full)
    if is_list_type(kind):
        return [sample(kind.of_type, full=full), sample(kind.of_type, full=not full)]
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if isinstance(named, GraphQLInputObjectType):
        return {
            name: sample(field.type, full=full)
            for name, field in named.fields.items()
            if full or is_non_null_type(field.type)
        }
    return {"Int": 7, "Boolean": True}.get(named.name, TEXTS.get(named.name, "text"))


@pytest.mark.parametrize("full", [True, False], ids=["every field", "what it must have"])
@pytest.mark.parametrize("name", DECLARED)
def test_inputs_are_read_as_strawberry_reads_them(name: str, full: bool) -> None:
    mutation_type = SCHEMA._schema.mutation_type
    assert mutation_type is not None
    kind = mutation_type.fields[name].args["input"].type
    coerced = coerce_input_value(sample(kind, full=full), kind)
    theirs = convert_argument(
        coerced, DECLARED[name].given, SCHEMA.schema_converter.scalar_registry, SCHEMA.config
    )

    ours = input_reader(DECLARED[name].given)(coerced)

    assert type(ours) is DECLARED[name].given
    assert ours == theirs


@pytest.mark.parametrize("name", DECLARED)
def test_null_is_not_taken_for_left_out(name: str) -> None:
    mutation_type = SCHEMA._schema.mutation_type
    assert mutation_type is not None
    kind = get_named_type(mutation_type.fields[name].args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    nulls = {field: None for field, one in kind.fields.items() if not is_non_null_type(one.type)}
    coerced = coerce_input_value({**sample(kind, full=False), **nulls}, kind)
    theirs = convert_argument(
        coerced, DECLARED[name].given, SCHEMA.schema_converter.scalar_registry, SCHEMA.config
    )

    assert input_reader(DECLARED[name].given)(coerced) == theirs
