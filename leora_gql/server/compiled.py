"""The compiled way of answering: a query's one statement, read in one trip under the caller's scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLSchema
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.principal import Principal
from leora_gql.compiler.compiler import Bound, Compiler
from leora_gql.compiler.lower import NotCompilable, Reason
from leora_gql.compiler.plans import Compilable, Plan
from leora_gql.compiler.render import MARK
from leora_gql.db.engine import Pools
from leora_gql.db.one_trip import read_utf8, text_in
from leora_gql.errors import TooExpensive
from leora_gql.server.answer import Answer, check_size
from leora_gql.server.caller import Caller
from leora_gql.server.context import login_of
from leora_gql.server.failures import public_error

_MARK = MARK.encode()


@dataclass(slots=True)
class Counts:
    """How many operations were compiled, and why the others were not."""

    compiled: int = 0
    resolved: Counter[Reason] = field(default_factory=Counter[Reason])


class CompiledWay:
    """Compiles and reads the queries of one schema. With `enabled` False nothing is compiled.

    An answer has at most `limit` bytes: each way of reading one raises `TooExpensive` for a longer one.
    """

    def __init__(
        self, schema: GraphQLSchema, *, pools: Pools, cursor_key: bytes, enabled: bool, limit: int
    ) -> None:
        self.counts = Counts()
        self._schema = schema
        self._pools = pools
        self._cursor_key = cursor_key
        self._enabled = enabled
        self._limit = limit
        self._compiler: Compiler | None = None

    async def bind(
        self,
        operation: Compilable,
        variables: Mapping[str, Any],
        principal: Principal | None,
        *,
        created: Mapping[str, UUID] | None = None,
    ) -> Bound:
        """The plan with the values of the request: of a query, or of the payloads of what a mutation `created`.

        Raises `NotCompilable`, counted, before any SQL; and `Unavailable` while the server's version is not known.
        """
        try:
            compiler = self._compiler or await self._made()
        except NotCompilable as why:
            self.counts.resolved[why.reason] += 1
            raise
        return self._bound(compiler, operation, variables, principal, created)

    def _bound(
        self,
        compiler: Compiler,
        operation: Compilable,
        variables: Mapping[str, Any],
        principal: Principal | None,
        created: Mapping[str, UUID] | None = None,
    ) -> Bound:
        try:
            bound = compiler.bind(operation, variables, principal, created=created)
        except NotCompilable as why:
            self.counts.resolved[why.reason] += 1
            raise
        self.counts.compiled += 1
        return bound

    async def compiler(self) -> Compiler:
        """What `bind` compiles with, for who only looks: nothing is counted. Raises as `bind` does."""
        return self._compiler or await self._made()

    async def _made(self) -> Compiler:
        if not self._enabled:
            raise NotCompilable(Reason.SWITCHED_OFF, "COMPILER is off.")
        version = await self._pools.server_version()
        if self._compiler is None:  # nobody else was faster while we asked
            self._compiler = Compiler(self._schema, cursor_key=self._cursor_key, server_version=version)
        return self._compiler

    async def answer(
        self, operation: Compilable, variables: Mapping[str, Any], caller: Caller
    ) -> tuple[Answer, int]:
        """The answer to a query, and how many objects it holds. Raises as `bind` does.

        It never falls back after SQL began: then there is one outcome. Raises `TooExpensive` for one that is too long.
        """
        principal = caller.principal
        if self._compiler is None:
            bound = await self.bind(operation, variables, principal)
        else:
            bound = self._bound(self._compiler, operation, variables, principal)
        try:
            return await self.read_at_once(bound, principal)
        except TooExpensive:
            raise
        except Exception as error:  # noqa: BLE001  told as the resolved way tells what happens in a field
            return _failed(bound.plan, error, caller), 0

    async def read_at_once(
        self, bound: Bound, principal: Principal | None, *, patient: bool = False
    ) -> tuple[Answer, int]:
        """The answer in a transaction of its own, and how many objects it holds. Raises what goes wrong.

        Who is `patient` waits for a connection as long as who writes.
        """
        statement = bound.plan.statement
        if statement is None:
            return self._answered(bound.plan.constant)
        assert principal is not None, "Nobody has no plan that reads."
        text = await read_utf8(
            self._pools,
            principal.scope,
            statement.expression,
            bound.arguments,
            login=login_of(principal),
            patient=patient,
        )
        return self._answered(text)

    async def read_within(self, bound: Bound, connection: AsyncConnection) -> tuple[Answer, int]:
        """The answer in a transaction that is open already, and how many objects it holds. Raises what goes wrong."""
        statement = bound.plan.statement
        if statement is None:
            return self._answered(bound.plan.constant)
        text = await text_in(connection, statement.expression, bound.arguments)
        return self._answered(None if text is None else text.encode())

    def _answered(self, marked: bytes | None) -> tuple[Answer, int]:
        """The text without the marks before its objects; the outermost is the answer itself and does not count."""
        if marked is None:
            raise RuntimeError("The statement gave no text, so its scope was not made.")
        check_size(len(marked), self._limit)
        data = marked.replace(_MARK, b"")  # of bytes: several times as fast as of text
        return Answer(data), len(marked) - len(data) - 1


def _failed(plan: Plan, error: Exception, caller: Caller) -> Answer:
    """What a failed statement answers: nothing is known of any field, and one error says why."""
    shown = public_error(error, request_id=caller.request_id)
    extensions = {**shown.extensions, "requestId": caller.request_id}
    data: dict[str, None] = dict.fromkeys(field.key for field in plan.root.fields)
    return Answer(orjson.dumps(data), [{"message": shown.message, "extensions": extensions}])
