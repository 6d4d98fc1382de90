"""Running one operation: its document, its variables, its transaction, its answer."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
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
from leora_gql.auth.principal import Principal
from leora_gql.compiler.lower import NotCompilable
from leora_gql.compiler.plans import Compilable
from leora_gql.db.engine import Pools
from leora_gql.errors import ErrorCode, LeoraError
from leora_gql.graph.allowance import Allowance
from leora_gql.graph.context import GraphContext
from leora_gql.server.answer import Answer, failure, refusal
from leora_gql.server.caller import Caller
from leora_gql.server.compiled import CompiledWay, Counts
from leora_gql.server.context import OperationSession
from leora_gql.server.documents import Checked, Documents, path_to_variable
from leora_gql.server.failures import formatted
from leora_gql.server.rate import RateLimiter
from leora_gql.server.request import OperationRequest, unstorable
from leora_gql.server.stored import StoredOperations
from leora_gql.server.subscription import Source, broken, open_source
from leora_gql.server.writing import perform, planning_document
from leora_gql.settings import Settings, decode_key

_WHERE_TO_SUBSCRIBE = "A subscription needs a WebSocket (graphql-transport-ws), or Accept: text/event-stream."


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that is known to fit the schema."""

    compilable: Compilable
    request: OperationRequest
    stored: bool = False
    """Whether the caller named a stored operation instead of sending one: answers to those may be kept."""

    cost: int = 1

    @property
    def document(self) -> DocumentNode:
        """The whole document."""
        return self.compilable.document

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.compilable.operation.operation


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
        self._documents = Documents(schema)
        self._stored = StoredOperations(settings)
        self._limiter = RateLimiter(settings)
        self._compiled = CompiledWay(
            schema, pools=pools, cursor_key=self._cursor_key, enabled=settings.compiler == "on"
        )

    @property
    def counts(self) -> Counts:
        """How many operations were compiled, and why the others were not."""
        return self._compiled.counts

    async def close(self) -> None:
        """End what outlives operations: the connections to shared counts."""
        await self._limiter.close()

    def prepare(self, request: OperationRequest, caller: Caller) -> Prepared | Answer:
        """The operation, ready to run, or the answer that refuses it."""
        try:
            resolved = self._stored.resolve(request, caller.principal.audience if caller.principal else None)
        except LeoraError as error:
            return failure(error, request_id=caller.request_id)
        checked = self._documents.get(resolved.query)
        if checked.document is None:
            return refusal(checked.errors, request_id=caller.request_id)
        operation = _choose(checked.document, request.operation_name)
        if isinstance(operation, GraphQLError):
            return refusal([operation], request_id=caller.request_id)
        for name, value in request.variables.items():
            if not request.is_text and unstorable(value):
                return refusal([_bad_text(checked.document, name)], request_id=caller.request_id)
        self._stored.register(resolved)
        return Prepared(self._compilable(checked, operation), request, stored=resolved.stored)

    def _compilable(self, checked: Checked, operation: OperationDefinitionNode) -> Compilable:
        assert checked.document is not None
        name = operation.name.value if operation.name else ""
        found = checked.operations.get(name)
        if found is None:
            found = checked.operations[name] = Compilable(self._schema, checked.document, operation)
        return found

    async def run(self, prepared: Prepared, caller: Caller) -> Answer:
        """Execute a query or mutation in a transaction of its own."""
        if prepared.kind is OperationType.SUBSCRIPTION:
            return refusal([_bad_request(_WHERE_TO_SUBSCRIBE)], request_id=caller.request_id)
        try:
            allowance = await self._charge(prepared, caller)
        except LeoraError as error:
            return failure(error, request_id=caller.request_id)
        if prepared.kind is OperationType.QUERY:
            with contextlib.suppress(NotCompilable):
                bound = await self._compiled.bind(
                    prepared.compilable, prepared.request.variables, caller.principal
                )
                answer, _ = await self._compiled.read(bound, caller)
                return answer
        async with OperationSession(self._pools) as session:
            context = self._context(caller, session, allowance)
            if prepared.kind is OperationType.MUTATION and caller.principal is not None:
                return await self._change(prepared, context, principal=caller.principal, session=session)
            return await self._answer(prepared, context)

    async def _change(
        self, prepared: Prepared, context: GraphContext, *, principal: Principal, session: OperationSession
    ) -> Answer:
        planning = planning_document(prepared.document, prepared.compilable.operation)
        if planning is None:
            return await self._answer(prepared, context)
        planned = await self._execute(prepared, context, document=planning)
        context.plan.broken = bool(planned.errors)
        return await perform(
            context.plan,
            pools=self._pools,
            principal=principal,
            reader=session,
            tell=lambda: self._answer(prepared, context),
        )

    async def subscribe(self, prepared: Prepared, caller: Callable[[], Caller]) -> AsyncGenerator[Answer]:
        """The answers to a subscription, one for each event; one that did not run (`ran`) is the last.

        It is charged once, when it begins. Each event is read in a transaction of its own, for whom `caller`
        gives at that moment.
        """
        source = await self._open(prepared, caller())
        if isinstance(source, Answer):
            yield source
            return
        async with contextlib.aclosing(source):
            try:
                async for event in source:
                    yield await self._answer_event(prepared, caller(), event)
            except Exception as error:  # noqa: BLE001  whatever broke the source, the caller learns that it ended
                ended = broken(error, prepared.compilable.operation)
                yield refusal([ended], request_id=caller().request_id)

    async def _open(self, prepared: Prepared, caller: Caller) -> Source | Answer:
        try:
            allowance = await self._charge(prepared, caller)
        except LeoraError as error:
            return failure(error, request_id=caller.request_id)
        async with OperationSession(self._pools) as session:
            context = self._context(caller, session, allowance)
            source = await open_source(self._schema, prepared.document, context, request=prepared.request)
        if isinstance(source, list):
            return _refused(prepared.document, source, caller.request_id)
        return source

    async def _answer_event(self, prepared: Prepared, caller: Caller, event: object) -> Answer:
        async with OperationSession(self._pools) as session:
            return await self._answer(prepared, self._context(caller, session, None), root=event)

    async def _charge(self, prepared: Prepared, caller: Caller) -> Allowance | None:
        """Charge the operation to its caller. Raises `RateLimited` and `TooExpensive`."""
        charged = self._limiter.charge(caller, prepared.cost)
        return await charged if isawaitable(charged) else charged

    async def _execute(
        self, prepared: Prepared, context: GraphContext, *, document: DocumentNode, root: object = None
    ) -> ExecutionResult:
        outcome = execute(
            self._schema,
            document,
            root,
            context_value=context,
            variable_values=prepared.request.variables,
            operation_name=prepared.request.operation_name,
        )
        return await outcome if isawaitable(outcome) else outcome

    async def _answer(self, prepared: Prepared, context: GraphContext, *, root: object = None) -> Answer:
        result = await self._execute(prepared, context, document=prepared.document, root=root)
        errors = list(result.errors or ())
        if result.data is None and errors and all(error.path is None for error in errors):
            return _refused(prepared.document, errors, context.request_id)
        shown = [formatted(error, request_id=context.request_id) for error in errors]
        return Answer(orjson.dumps(result.data), shown)

    def _context(
        self, caller: Caller, session: OperationSession, allowance: Allowance | None
    ) -> GraphContext:
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
            allowance=allowance,
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


def _refused(document: DocumentNode, errors: Sequence[GraphQLError], request_id: str) -> Answer:
    """The answer to an operation that did not begin; errors that have no place yet are those of its variables."""
    _place_variable_errors(document, [error for error in errors if error.path is None])
    return refusal(errors, request_id=request_id)


def _place_variable_errors(document: DocumentNode, errors: Sequence[GraphQLError]) -> None:
    for error in errors:
        error.extensions = {"code": ErrorCode.BAD_USER_INPUT.value}
        node = error.nodes[0] if error.nodes else None
        if isinstance(node, VariableDefinitionNode):
            error.path = path_to_variable(document, node.variable.name.value)
