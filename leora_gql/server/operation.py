"""Running one operation: its document, its variables, its transaction, its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isawaitable

import orjson
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

from leora_gql.auth.authenticator import Authenticator
from leora_gql.db.engine import Pools
from leora_gql.errors import ErrorCode
from leora_gql.graph.context import GraphContext
from leora_gql.server.answer import Answer, refusal
from leora_gql.server.caller import Caller
from leora_gql.server.context import OperationSession
from leora_gql.server.cost import exceeding, formula
from leora_gql.server.documents import Documents, path_to_variable
from leora_gql.server.failures import formatted
from leora_gql.server.limits import exceeded, limits_for, widest_limits
from leora_gql.server.request import OperationRequest, unstorable
from leora_gql.settings import Settings, decode_key


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that is known to fit the schema."""

    document: DocumentNode
    operation: OperationDefinitionNode
    request: OperationRequest

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.operation


class Operations:
    """Prepares and runs the operations of one schema, for callers of every transport."""

    def __init__(
        self, schema: GraphQLSchema, *, settings: Settings, pools: Pools, auth: Authenticator
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._pools = pools
        self._auth = auth
        self._cursor_key = decode_key(settings.cursor_key.get_secret_value())
        self._documents = Documents(schema, limits=widest_limits(settings))

    def prepare(self, request: OperationRequest, caller: Caller) -> Prepared | Answer:
        """The operation, ready to run, or the answer that refuses it."""
        checked = self._documents.get(request.query)
        if checked.document is None:
            return refusal(checked.errors, request_id=caller.request_id)
        operation = _choose(checked.document, request.operation_name)
        if isinstance(operation, GraphQLError):
            return refusal([operation], request_id=caller.request_id)
        for name, value in request.variables.items():
            if unstorable(value):
                return refusal([_bad_text(checked.document, name)], request_id=caller.request_id)
        limits = limits_for(self._settings, caller.principal.audience if caller.principal else None)
        name = operation.name.value if operation.name else None
        cost = formula(self._schema, checked.document, operation)
        price = cost.price(request.variables)
        beyond = exceeded(checked.measures[name], limits) or exceeding(price, limits.cost)
        if beyond is not None:
            return refusal([beyond], request_id=caller.request_id)
        return Prepared(checked.document, operation, request)

    async def run(self, prepared: Prepared, caller: Caller) -> Answer:
        """Execute a query or mutation in a transaction of its own."""
        if prepared.kind is OperationType.SUBSCRIPTION:
            return refusal([_bad_request("Subscriptions are not served here.")], request_id=caller.request_id)
        async with OperationSession(self._pools) as session:
            return await self._execute(prepared, self._context(caller, session))

    async def _execute(self, prepared: Prepared, context: GraphContext) -> Answer:
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
        shown = [formatted(error, request_id=context.request_id) for error in errors]
        return Answer(orjson.dumps(result.data), shown)

    def _context(self, caller: Caller, session: OperationSession) -> GraphContext:
        return GraphContext(
            principal=caller.principal,
            reader=session,
            settings=self._settings,
            pools=self._pools,
            auth=self._auth,
            tenant_slug=caller.tenant_slug,
            cursor_key=self._cursor_key,
            request_id=caller.request_id,
            client_address=caller.address,
            user_agent=caller.user_agent,
            requested_tenant_slug=caller.requested_tenant_slug,
        )


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode | GraphQLError:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is not None:
        operations = [node for node in operations if node.name and node.name.value == name]
        if not operations:
            return _bad_request("The document has no operation of that name.")
    if len(operations) != 1:
        return _bad_request("The document has several operations: say which by operationName.")
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
