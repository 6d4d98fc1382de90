"""The compiler: from an operation and a caller to a plan with its values, or to the reason why there is none.

bound = compiler.bind(operation, variables, principal)     # raises NotCompilable
text = await read_utf8(pools, scope, bound.plan.statement.expression, bound.arguments, login=login)
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from graphql import GraphQLSchema

from leora_gql.auth.principal import Principal
from leora_gql.compiler import ir
from leora_gql.compiler.lower import Lowering, NotCompilable, Reason
from leora_gql.compiler.plans import Compilable, KeptPlans, Plan
from leora_gql.compiler.render import MARK, Renderer
from leora_gql.compiler.statement import Statement, express
from leora_gql.compiler.tracing import Slot, Tracing
from leora_gql.compiler.variables import CannotCoerce
from leora_gql.graph.cursors import Cursors

_NOBODY = UUID(int=0)


class Bound(NamedTuple):
    """A plan and the values of one request; a tuple, since every request makes one."""

    plan: Plan
    arguments: list[object]


class Compiler:
    """Compiles the queries of one schema for one server.

    `cache_size` bounds the kept plans, and the statements that they share, in characters of SQL: each stands for some
    five bytes of memory.
    """

    def __init__(
        self, schema: GraphQLSchema, *, cursor_key: bytes, server_version: int, cache_size: int = 4_000_000
    ) -> None:
        self._schema = schema
        self._statements = Statements(server_version=server_version, size=cache_size)
        self._plans = KeptPlans(cache_size)
        self._cursors = functools.lru_cache(maxsize=1024)(functools.partial(Cursors, cursor_key))

    def bind(
        self,
        operation: Compilable,
        inputs: Mapping[str, Any],
        principal: Principal | None,
        *,
        created: Mapping[str, UUID] | None = None,
    ) -> Bound:
        """The plan of a query for the caller, with the values of the request; or that of the payloads of a mutation's
        operation that has `created` rows, by response key. Raises `NotCompilable`.
        """
        try:
            variables = operation.variables.read(inputs)
        except CannotCoerce as error:
            raise NotCompilable(Reason.BAD_INPUT, f"${error} cannot be read.") from error
        shape = operation.variables.shape(variables)
        cursors = self._cursors(principal.tenant_id if principal else _NOBODY)
        rights = principal.rights if principal else None
        if created is not None:
            variables = {**variables, **{_slot_name(key): row for key, row in created.items()}}
            shape = (shape, *created)
        shapes = operation.shapes(rights)
        found = shapes.find(shape, variables, cursors)
        if found is None:
            tracing = Tracing(cursors)
            lowering = Lowering(operation.source(inputs), rights=rights, inputs=tracing)
            found = self._compiled(lowering, tracing, created)
            self._plans.keep(shapes, shape, tracing.observations, found)
        else:
            self._plans.used(shapes)
        if isinstance(found, NotCompilable):
            raise NotCompilable(found.reason, found.what)
        return Bound(found, found.arguments(variables, cursors))

    def _compiled(
        self, lowering: Lowering, tracing: Tracing, created: Mapping[str, UUID] | None
    ) -> Plan | NotCompilable:
        """The plan, or why there is none; raises `NotCompilable` where that depends on more than the shape."""
        try:
            root = lowering.query() if created is None else lowering.payloads(_slots(created))
        except NotCompilable as why:
            if why.reason is Reason.BAD_INPUT:
                raise
            return NotCompilable(why.reason, why.what)
        parameters = tuple(tracing.arguments)
        constant = _constant(root)
        if constant is not None:
            return Plan(root, None, constant, parameters)
        return Plan(root, self._statements.of(root), b"", parameters)


def _slot_name(key: str) -> str:
    """The name under which a new row's key stands among the variables; no variable can be called so."""
    return f"#{key}"


def _slots(created: Mapping[str, UUID]) -> dict[str, Slot]:
    return {key: Slot((_slot_name(key),), row) for key, row in created.items()}


def _constant(root: ir.Root) -> bytes | None:
    """The answer where it does not depend on any row; None where it does."""
    data: dict[str, str | None] = {}
    for field in root.fields:
        if isinstance(field, ir.Typename):
            data[field.key] = field.name
        elif isinstance(field, ir.Nothing):
            data[field.key] = None
        else:
            return None
    return MARK.encode() + orjson.dumps(data)


class Statements:
    """The rendered statements by their shape, those used longest ago dropped first."""

    def __init__(self, *, server_version: int, size: int) -> None:
        self._server_version = server_version
        self._size = size
        self._kept: OrderedDict[ir.Root, Statement] = OrderedDict()
        self._characters = 0

    def of(self, root: ir.Root) -> Statement:
        """The statement of a query's shape."""
        found = self._kept.get(root)
        if found is not None:
            self._kept.move_to_end(root)
            return found
        made = express(Renderer().root(root), server_version=self._server_version)
        self._kept[root] = made
        self._characters += made.size
        while self._characters > self._size and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._characters -= dropped.size
        return made
