"""The printed schema: current, and nothing in it without a description."""

from pathlib import Path

import httpx
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_specified_scalar_type,
)

from leora_gql.schema import printed_schema

COMMITTED = Path(__file__).parents[2] / "schema.graphql"


def test_the_committed_schema_is_current() -> None:
    assert COMMITTED.read_text() == printed_schema(), "run: leora schema print -o schema.graphql"


def test_everything_is_described() -> None:
    schema = build_schema(printed_schema())
    missing: list[str] = []
    for name, kind in schema.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(kind):
            continue
        if not kind.description:
            missing.append(name)
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)):
            missing += [f"{name}.{key}" for key, field in kind.fields.items() if not field.description]
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            missing += [
                f"{name}.{key}({argument})"
                for key, field in kind.fields.items()
                for argument, value in field.args.items()
                if not value.description
            ]
        if isinstance(kind, GraphQLEnumType):
            missing += [f"{name}.{key}" for key, value in kind.values.items() if not value.description]
    assert missing == []


def test_what_can_be_denied_is_nullable() -> None:
    for line in printed_schema().splitlines():
        if "@requires(" in line and not line.startswith("directive"):
            assert not line.split("@requires")[0].rstrip().endswith("!"), line


async def test_asking_for_the_schema_prints_it_only_once(client: httpx.AsyncClient) -> None:
    before = printed_schema.cache_info().misses
    answers = [(await client.get("/schema.graphql")).text for _ in range(3)]
    assert answers == [printed_schema()] * 3
    assert printed_schema.cache_info().misses <= max(before, 1)
