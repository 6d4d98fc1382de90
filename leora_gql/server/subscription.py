"""Subscriptions: the source of a subscription's events, through graphql-core's own machinery."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from inspect import isawaitable
from typing import Any, cast

from graphql import DocumentNode, ExecutionResult, Executor, GraphQLError, GraphQLSchema, Node
from graphql.execution import (
    create_source_event_stream,  # pyright: ignore[reportUnknownVariableType]  its executor is generic, untyped
)

from leora_gql.graph.context import GraphContext
from leora_gql.server.request import OperationRequest

Source = AsyncGenerator[Any]
"""The events of a subscription; each becomes the root value of one execution."""


async def open_source(
    schema: GraphQLSchema,
    document: DocumentNode,
    context: GraphContext,
    *,
    request: OperationRequest,
) -> Source | list[GraphQLError]:
    """The events that the document's subscription asks for, or the errors that refuse it.

    Our subscriptions are async generators: whoever has one closes it.
    """
    built = cast(
        "Executor[Any] | list[GraphQLError]",
        Executor.build(  # pyright: ignore[reportUnknownMemberType]  as above
            schema,
            document,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
        ),
    )
    if isinstance(built, list):
        return built
    outcome = create_source_event_stream(built)
    source: Any = await outcome if isawaitable(outcome) else outcome
    if isinstance(source, ExecutionResult):
        return list(source.errors or ())
    return source


def broken(error: Exception, operation: Node) -> GraphQLError:
    """What ends a subscription whose source failed; the cause goes where all causes go."""
    return GraphQLError("The subscription ended.", operation, original_error=error)
