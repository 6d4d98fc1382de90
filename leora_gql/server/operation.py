"""Running one operation: its document, its price, its transaction, its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable

from graphql import GraphQLError, GraphQLSchema, OperationType

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal
from leora_gql.compiler.lower import NotCompilable
from leora_gql.db.engine import Pools
from leora_gql.errors import ErrorCode, LeoraError
from leora_gql.graph.allowance import Allowance
from leora_gql.graph.context import GraphContext
from leora_gql.server.answer import Answer, failure, refusal
from leora_gql.server.caller import Caller
from leora_gql.server.changes import Asked, Changes
from leora_gql.server.compiled import CompiledWay, Counts
from leora_gql.server.context import OperationSession
from leora_gql.server.cost import Price, exceeding
from leora_gql.server.documents import Document, Documents, Operation
from leora_gql.server.explain import Explanation, explain
from leora_gql.server.limits import limits_for, widest_limits
from leora_gql.server.places import path_to_variable, place_in_variable
from leora_gql.server.rate import RateLimiter
from leora_gql.server.request import OperationRequest, unstorable
from leora_gql.server.resolved import resolve
from leora_gql.server.stored import StoredOperations
from leora_gql.server.subscription import Source, broken, open_source
from leora_gql.settings import Settings, decode_key

_WHERE_TO_SUBSCRIBE = "A subscription needs a WebSocket (graphql-transport-ws), or Accept: text/event-stream."


@dataclass(slots=True)  # not frozen: every request makes one, and would take three times as long
class Prepared:
    """An operation that is known to fit the schema and its caller's limits. `limit` is the most it might cost.

    `stored` says that the caller named it instead of sending it: answers to those may be kept.
    """

    operation: Operation
    request: OperationRequest
    price: Price
    limit: int
    stored: bool = False

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.kind


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
        self._limits = {audience: limits_for(settings, audience) for audience in (None, *Audience)}
        self._documents = Documents(schema, limits=widest_limits(settings))
        self._stored = StoredOperations(settings)
        self.limiter = RateLimiter(settings)
        self._compiled = CompiledWay(
            schema,
            pools=pools,
            cursor_key=self._cursor_key,
            enabled=settings.compiler == "on",
            limit=settings.answer_limit_bytes,
        )
        self._changes = Changes(schema, settings=settings, pools=pools, compiled=self._compiled)

    @property
    def counts(self) -> Counts:
        """How many operations were compiled, and why the others were not."""
        return self._compiled.counts

    async def close(self) -> None:
        """End what outlives operations: the connections to shared counts."""
        await self.limiter.close()

    def prepare(self, request: OperationRequest, caller: Caller) -> Prepared | Answer:
        """The operation, ready to run, or the answer that refuses it."""
        audience = caller.principal.audience if caller.principal else None
        try:
            resolved = self._stored.resolve(request, audience)
        except LeoraError as error:
            return failure(error, request_id=caller.request_id)
        document = self._documents.get(resolved.query)
        if not isinstance(document, Document):
            return refusal(document, request_id=caller.request_id)
        if resolved.register_as is not None:
            self._stored.register(resolved)
        chosen = _choose(self._schema, document, request)
        if isinstance(chosen, GraphQLError):
            return refusal([chosen], request_id=caller.request_id)
        limits = self._limits[audience]
        price = chosen.price(request.variables)
        beyond = chosen.beyond(limits) or exceeding(price, limits.cost)
        if beyond is not None:
            return refusal([beyond], request_id=caller.request_id)
        return Prepared(chosen, request, price, limits.cost, stored=resolved.stored)

    async def run(self, prepared: Prepared, caller: Caller) -> Answer:
        """Execute a query or mutation in a transaction of its own."""
        if prepared.kind is OperationType.SUBSCRIPTION:
            return refusal([_bad_request(_WHERE_TO_SUBSCRIBE)], request_id=caller.request_id)
        try:
            charged = self._charge(prepared, caller)
            allowance = charged if charged is None or isinstance(charged, Allowance) else await charged
            answer, objects = await self._answer(prepared, caller, allowance)
        except LeoraError as error:
            return failure(error, request_id=caller.request_id)
        if not answer.ran:
            return answer
        price = prepared.price
        cost = {"requested": price.requested, "actual": price.actual(objects), "limit": prepared.limit}
        answer.extensions = {"cost": cost}
        return answer

    async def explain(
        self, prepared: Prepared, principal: Principal | None, *, analyze: bool = False
    ) -> Explanation:
        """How a query is answered, its plan asked of PostgreSQL; only with `analyze` is it run for it.

        Nothing is charged, and nothing of other kinds of operations is run. Raises what the database does.
        """
        return await explain(
            prepared.operation,
            prepared.request.variables,
            principal,
            compiled=self._compiled,
            pools=self._pools,
            analyze=analyze,
        )

    async def _answer(
        self, prepared: Prepared, caller: Caller, allowance: Allowance | None
    ) -> tuple[Answer, int]:
        """The answer, and how many objects it holds."""
        if prepared.kind is OperationType.QUERY:
            try:
                return await self._compiled.answer(
                    prepared.operation.plans, prepared.request.variables, caller
                )
            except NotCompilable:
                pass  # and nothing was read: why is decided before any SQL
        async with OperationSession(self._pools) as session:
            context = self._context(caller, session, allowance)
            if prepared.kind is OperationType.MUTATION and caller.principal is not None:
                return await self._changes.answer(
                    Asked(
                        prepared.operation,
                        prepared.request,
                        context,
                        caller.principal,
                        session,
                        caller.idempotency_key,
                    )
                )
            return await resolve(self._schema, prepared.operation, prepared.request, context)

    async def subscribe(self, prepared: Prepared, caller: Callable[[], Caller]) -> AsyncGenerator[Answer]:
        """The answers to a subscription, one for each event; one that did not run (`ran`) is the last.

        It is charged once, when it begins. Each event is read in a transaction of its own, for whom `caller`
        gives at that moment.
        """
        source = await self._open(prepared, caller())
        if isinstance(source, Answer):
            yield source
            return
        async with aclosing(source):
            try:
                async for event in source:
                    yield await self._answer_event(prepared, caller(), event)
            except Exception as error:  # noqa: BLE001  whatever broke the source, the caller learns that it ended
                yield broken(error, prepared.operation, request_id=caller().request_id)

    async def _open(self, prepared: Prepared, caller: Caller) -> Source | Answer:
        try:
            charged = self._charge(prepared, caller)
            allowance = await charged if isawaitable(charged) else charged
        except LeoraError as error:
            return failure(error, request_id=caller.request_id)
        async with OperationSession(self._pools) as session:
            context = self._context(caller, session, allowance)
            return await open_source(self._schema, prepared.operation, prepared.request, context)

    async def _answer_event(self, prepared: Prepared, caller: Caller, event: object) -> Answer:
        async with OperationSession(self._pools) as session:
            context = self._context(caller, session, None)
            answer, _ = await resolve(self._schema, prepared.operation, prepared.request, context, root=event)
            return answer

    def _charge(self, prepared: Prepared, caller: Caller) -> Allowance | Awaitable[Allowance | None] | None:
        """Charge the operation to its caller: what to await asks others first. Raises `RateLimited`, `TooExpensive`."""
        return self.limiter.charge(caller, prepared.price.requested or 1)  # asking is never free

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


def _choose(schema: GraphQLSchema, document: Document, request: OperationRequest) -> Operation | GraphQLError:
    """The operation that a request asks for, whose variables hold no text that is none."""
    operations, name = document.operations, request.operation_name
    if name is not None:
        operations = [operation for operation in operations if operation.name == name]
        if not operations:
            return _bad_request("The document has no operation of that name.")
    if len(operations) != 1:
        return _bad_request("The document has several operations: say which by operationName.")
    if not request.is_text:
        for variable, value in request.variables.items():
            if unstorable(value):
                return _bad_text(schema, document, variable, value)
    return operations[0]


def _bad_request(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": ErrorCode.BAD_USER_INPUT.value})


def _bad_text(schema: GraphQLSchema, document: Document, variable: str, value: object) -> GraphQLError:
    tree = document.tree()
    place = place_in_variable(schema, tree, variable, value, wrong=unstorable)
    where = f" at {place}" if place else ""
    error = _bad_request(f"Variable '${variable}' holds a character{where} that is no text.")
    error.path = path_to_variable(tree, variable)
    return error
