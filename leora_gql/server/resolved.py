"""The resolved way of answering: graphql-core and the resolvers, in the context of one operation."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isawaitable

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    VariableDefinitionNode,
    execute,  # pyright: ignore[reportUnknownVariableType]  its middleware parameter is not fully typed
)

from leora_gql.errors import ErrorCode
from leora_gql.graph.context import GraphContext
from leora_gql.server.answer import Answer, check_size, refusal
from leora_gql.server.cost import Formula, measured
from leora_gql.server.documents import Operation
from leora_gql.server.failures import formatted
from leora_gql.server.places import path_to_variable
from leora_gql.server.request import OperationRequest


async def execution(
    schema: GraphQLSchema,
    document: DocumentNode,
    request: OperationRequest,
    context: GraphContext,
    *,
    root: object = None,
) -> ExecutionResult:
    """What graphql-core makes of the request's operation in a document; `root` is a subscription's event."""
    outcome = execute(
        schema,
        document,
        root,
        context_value=context,
        variable_values=request.variables,
        operation_name=request.operation_name,
    )
    return await outcome if isawaitable(outcome) else outcome


async def resolve(
    schema: GraphQLSchema,
    operation: Operation,
    request: OperationRequest,
    context: GraphContext,
    *,
    root: object = None,
) -> tuple[Answer, int]:
    """The answer, and how many objects it holds; `root` is a subscription's event.

    Raises `TooExpensive` for one that is too long.
    """
    document = operation.document.tree()
    result = await execution(schema, document, request, context, root=root)
    limit = context.settings.answer_limit_bytes
    return answered(result, document, operation.formula, request_id=context.request_id, limit=limit)


def answered(
    result: ExecutionResult, document: DocumentNode, formula: Formula, *, request_id: str, limit: int
) -> tuple[Answer, int]:
    """An execution's result as an answer, and how many objects that holds. Raises `TooExpensive` for a long one."""
    errors = list(result.errors or ())
    if result.data is None and errors and all(error.path is None for error in errors):
        return refusal(placed(document, errors), request_id=request_id), 0
    shown = [formatted(error, request_id=request_id) for error in errors]
    objects, characters = measured(result.data, without=formula.introspected)
    check_size(characters, limit)  # before it is written: a text that stands in many places is one until then
    data = orjson.dumps(result.data)
    check_size(len(data), limit)
    return Answer(data, shown), objects


def placed(document: DocumentNode, errors: Sequence[GraphQLError]) -> Sequence[GraphQLError]:
    """Errors of variables, each with its code and the path of the field that uses the variable."""
    for error in errors:
        error.extensions = {"code": ErrorCode.BAD_USER_INPUT.value}
        node = error.nodes[0] if error.nodes else None
        if isinstance(node, VariableDefinitionNode):
            error.path = path_to_variable(document, node.variable.name.value)
    return errors
