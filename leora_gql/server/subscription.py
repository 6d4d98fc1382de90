"""Subscriptions: the source of a subscription's events, through graphql-core's own machinery."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult, Executor, GraphQLError, GraphQLSchema
from graphql.execution import (
    create_source_event_stream,  # pyright: ignore[reportUnknownVariableType]  its executor is generic, untyped
)

from leora_gql.graph.context import GraphContext
from leora_gql.server.answer import Answer, refusal
from leora_gql.server.documents import Operation
from leora_gql.server.request import OperationRequest
from leora_gql.server.resolved import placed

Source = AsyncGenerator[Any]
"""The events of a subscription; each becomes the root value of one execution."""


async def open_source(
    schema: GraphQLSchema, operation: Operation, request: OperationRequest, context: GraphContext
) -> Source | Answer:
    """The events that a subscription asks for, or the answer that refuses it.

    Our subscriptions are async generators: whoever has one closes it.
    """
    document = operation.document.tree()
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
        return refusal(placed(document, built), request_id=context.request_id)
    outcome = create_source_event_stream(built)
    source: Any = await outcome if isawaitable(outcome) else outcome
    if isinstance(source, ExecutionResult):
        return refusal(source.errors or (), request_id=context.request_id)
    return source


def broken(error: Exception, operation: Operation, *, request_id: str) -> Answer:
    """What ends a subscription whose source failed; the cause goes where all causes go."""
    _, node = operation.document.operation_tree(operation.name)
    ended = GraphQLError("The subscription ended.", node, original_error=error)
    return refusal([ended], request_id=request_id)
