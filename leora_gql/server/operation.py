"""Running one operation: its document, its variables, its transaction, its answer."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import structlog
from asyncpg.exceptions import DataError, InsufficientPrivilegeError, PostgresError, QueryCanceledError
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    execute,  # pyright: ignore[reportUnknownVariableType]  its middleware parameter is not fully typed
)
from sqlalchemy.exc import DBAPIError

from leora_gql.db.engine import CONNECTING_FAILED
from leora_gql.errors import BadUserInput, ErrorCode, Internal, LeoraError, TimedOut, Unavailable
from leora_gql.graph.context import GraphContext
from leora_gql.server.documents import Documents, path_to_variable
from leora_gql.server.request import OperationRequest, http_error, unstorable

log = structlog.get_logger("leora.operation")

_QUOTED = (
    (re.compile(r",? [fF]ound: .*", re.DOTALL), "."),
    (re.compile(r"( cannot represent [^:'\"]*value)( at '[^']*')?: .*", re.DOTALL), r"\1."),
    (re.compile(r"((?:^|[ :])(?:Block)?String) ['\"].*", re.DOTALL), r"\1."),
)
"""How the library's messages quote values, any of which can be a password; and what is left of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of a GraphQL answer. `ran` is False when the operation was refused before it began."""

    body: dict[str, Any]
    ran: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that is known to fit the schema."""

    document: DocumentNode
    operation: OperationDefinitionNode
    request: OperationRequest


class Operations:
    """Prepares and runs the operations of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._documents = Documents(schema)

    def prepare(self, request: OperationRequest, *, request_id: str) -> Prepared | Answer:
        """The operation, ready to run, or the answer that refuses it."""
        checked = self._documents.get(request.query)
        if checked.document is None:
            return refusal(checked.errors, request_id=request_id)
        operation = _choose(checked.document, request.operation_name)
        if isinstance(operation, GraphQLError):
            return refusal([operation], request_id=request_id)
        for name, value in request.variables.items():
            if unstorable(value):
                return refusal([_bad_text(checked.document, name)], request_id=request_id)
        return Prepared(checked.document, operation, request)

    async def run(self, prepared: Prepared, context: GraphContext) -> Answer:
        """Execute in the context's transaction."""
        outcome = execute(
            self._schema,
            prepared.document,
            context_value=context,
            variable_values=prepared.request.variables,
            operation_name=prepared.request.operation_name,
        )
        result: ExecutionResult = await outcome if isawaitable(outcome) else outcome
        errors = list(result.errors or ())
        if result.data is None and errors and all(error.path is None for error in errors):
            _place_variable_errors(prepared.document, errors)
            return refusal(errors, request_id=context.request_id)
        body: dict[str, Any] = {"data": result.data}
        if errors:
            body["errors"] = [formatted(error, request_id=context.request_id) for error in errors]
        return Answer(body, ran=True)


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode | GraphQLError:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        operations = [node for node in operations if node.name and node.name.value == name]
        if not operations:
            return _bad_request("The document has no operation of that name.")
    if len(operations) != 1:
        return _bad_request("The document has several operations: say which by operationName.")
    if operations[0].operation is OperationType.SUBSCRIPTION:
        return _bad_request("Subscriptions are not served here.")
    return operations[0]


def _bad_request(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": ErrorCode.BAD_USER_INPUT.value})


def _bad_text(document: DocumentNode, variable: str) -> GraphQLError:
    error = _bad_request(f"Variable '${variable}' holds a character that is no text.")
    error.path = path_to_variable(document, variable)
    return error


def _place_variable_errors(document: DocumentNode, errors: Sequence[GraphQLError]) -> None:
    for error in errors:
        error.extensions = {"code": ErrorCode.BAD_USER_INPUT.value}
        node = error.nodes[0] if error.nodes else None
        if isinstance(node, VariableDefinitionNode):
            error.path = path_to_variable(document, node.variable.name.value)


def only_queries(prepared: Prepared) -> None:
    """Raise `HttpError` 405 for a GET that is more than a query."""
    if prepared.operation.operation is not OperationType.QUERY:
        raise http_error(405, "GET is for queries only; use POST.", headers={"Allow": "POST"})


def refusal(errors: Sequence[GraphQLError], *, request_id: str) -> Answer:
    """The answer to an operation that did not begin: errors and no data."""
    return Answer({"errors": [formatted(error, request_id=request_id) for error in errors]}, ran=False)


def formatted(error: GraphQLError, *, request_id: str) -> dict[str, Any]:
    """An error as the caller sees it: nothing internal, a code of the closed list, the request's id."""
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        shown = public_error(cause, request_id=request_id)
        body: dict[str, Any] = {"message": shown.message, **_place(error)}
        body["extensions"] = {**shown.extensions, "requestId": request_id}
        return body
    code = (error.extensions or {}).get("code", ErrorCode.BAD_USER_INPUT.value)
    return {
        "message": _without_values(error.message),
        **_place(error),
        "extensions": {"code": code, "requestId": request_id},
    }


def _place(error: GraphQLError) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if error.locations:
        place["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        place["path"] = error.path
    return place


def _without_values(message: str) -> str:
    """Messages of the library quote what was sent: that is left out, and a long one is cut."""
    clean = message.encode("utf-8", "replace").decode()
    for pattern, left in _QUOTED:
        clean = pattern.sub(left, clean)
    return clean if len(clean) <= 500 else f"{clean[:500]}…"


def public_error(cause: BaseException, *, request_id: str) -> LeoraError:
    """What a caller may know of an exception; the rest goes to the log under the request's id."""
    if isinstance(cause, LeoraError):
        return cause
    if isinstance(cause, DBAPIError):
        return _database_error(cause, request_id)
    if isinstance(cause, CONNECTING_FAILED):
        return Unavailable()
    if isinstance(cause, RecursionError):
        return BadUserInput("The operation nests too deeply.")
    log.error("operation failed", request_id=request_id, exc_info=cause)
    return Internal()


def _message_of(error: object) -> str | None:
    """PostgreSQL's own sentence, unless it is about a value, which it would quote."""
    if not isinstance(error, PostgresError) or isinstance(error, DataError) or not error.args:
        return None
    return str(error.args[0])


def _database_error(cause: DBAPIError, request_id: str) -> LeoraError:
    original = getattr(cause.orig, "__cause__", None)
    if isinstance(original, QueryCanceledError):
        return TimedOut("The database took longer than it may for one statement.")
    if cause.connection_invalidated or isinstance(original, OSError):
        return Unavailable()
    level = (
        "refused by the database" if isinstance(original, InsufficientPrivilegeError) else "database error"
    )
    # Not the exception itself: PostgreSQL quotes whole rows in its details, the driver what it cannot send.
    log.error(
        level,
        request_id=request_id,
        error=type(original or cause.orig).__name__,
        message=_message_of(original),
        statement=cause.statement,
        place="".join(traceback.format_tb(cause.__traceback__)),
    )
    return Internal()
