"""The schema: every entity's root fields, the node fields, and what the domains add by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from leora_gql.errors import BadUserInput
from leora_gql.graph.build import build_entities, root_fields
from leora_gql.graph.entity import Registry
from leora_gql.graph.node import Node, as_graphql, read_field
from leora_gql.graph.resolvers import MAX_NODES, resolve_nodes
from leora_gql.graph.scalars import SCALARS
from leora_gql.graph.selection import Info
from leora_gql.graph.sorting import sort_schema


class NodeQueries:
    """Fetching anything by its global id."""

    @strawberry.field(
        description="The row with that global id; null when there is none or the caller may not see it."
    )
    async def node(
        self,
        info: Info,
        global_id: Annotated[strawberry.ID, strawberry.argument(name="id", description="The global id.")],
    ) -> Node | None:
        """One row of any type."""
        (found,) = await resolve_nodes(info, [global_id])
        return as_graphql(found)

    @strawberry.field(
        description="The rows with those global ids (at most 100), in their order; null where none is to be"
        " seen."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 global ids.")],
    ) -> list[Node | None]:
        """Rows of any types."""
        info.context.require_principal()
        if len(ids) > MAX_NODES:
            raise BadUserInput(f"ids holds at most {MAX_NODES}.")
        return as_graphql(await resolve_nodes(info, ids))


def build_schema(
    *,
    queries: Sequence[type[Any]],
    mutations: Sequence[type[Any]],
    subscriptions: Sequence[type[Any]] = (),
    types: Sequence[type[Any]] = (),
) -> strawberry.Schema:
    """The executable schema. `queries`, `mutations` and `subscriptions` are classes of Strawberry fields to merge in.

    Every domain's `types` module must have been imported before. Call it once per process.
    """
    build_entities()
    schema = strawberry.Schema(
        query=_query_type(queries),
        mutation=_merge("Mutation", mutations, "What callers can change.") if mutations else None,
        subscription=(
            _merge("Subscription", subscriptions, "What callers can follow.") if subscriptions else None
        ),
        types=[*(entity.cls for entity in Registry.entities.values()), *types],
        config=StrawberryConfig(scalar_map=SCALARS, default_resolver=read_field, info_class=Info),
    )
    sort_schema(schema._schema)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  it has no public name
    return schema


def _query_type(queries: Sequence[type[Any]]) -> type[Any]:
    body: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    for entity in Registry.entities.values():
        if entity.root:
            for name, (annotation, made) in root_fields(entity).items():
                annotations[name] = annotation
                body[name] = made
    rows = type("EntityQueries", (), {**body, "__annotations__": annotations})
    return _merge("Query", [NodeQueries, *queries, rows], "What callers can read.")


def _merge(name: str, parts: Sequence[type[Any]], description: str) -> type[Any]:
    bases = tuple(strawberry.type(part) for part in parts)
    return strawberry.type(type(name, bases, {}), description=description)
