"""Plans: what has been compiled, kept for all requests of the same shape, and bound to the values of each.

An operation's plans are kept by the caller's rights, the variables' shape and what lowering looked at in them
(`tracing`), so a plan is only ever found by requests that would have been given the same one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    get_variable_values,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues

from leora_gql.auth.principal import Rights
from leora_gql.compiler import ir
from leora_gql.compiler.lower import NotCompilable, Reason, Source
from leora_gql.compiler.statement import Statement
from leora_gql.compiler.tracing import Argument, Observation, Variables, traced
from leora_gql.compiler.variables import VariableReader
from leora_gql.errors import LeoraError
from leora_gql.graph.cursors import Cursors

_PLANS_PER_RIGHTS = 64
_RIGHTS_PER_OPERATION = 32
_SIZE_OF_NONE = 500
"""Characters that stand for a plan without a statement, or the reason why there is no plan."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A compiled operation. `statement` is None where no database is needed: then `constant` is the answer."""

    root: ir.Root
    statement: Statement | None
    constant: bytes
    parameters: tuple[Argument, ...]

    @property
    def size(self) -> int:
        """What it takes to keep, in characters."""
        return self.statement.size if self.statement else _SIZE_OF_NONE

    def arguments(self, variables: Variables, cursors: Cursors) -> list[object]:
        """The statement's parameters for one request. Raises `NotCompilable` for values that cannot be meant."""
        if self.statement is None:
            return []
        try:
            values = [read(source.get(variables), cursors) for source, read in self.parameters]
        except LeoraError as error:
            raise NotCompilable(Reason.BAD_INPUT, error.message) from error
        return self.statement.arguments(values)


@dataclass(slots=True)
class _Fork:
    """What lowering looked at next, and where each of the things that it saw has led."""

    observation: Observation
    ways: dict[object, _Fork | Plan | NotCompilable] = field(default_factory=dict[Any, Any])


class Shapes:
    """An operation's plans for one set of rights, as a tree of what lowering looked at.

    A request goes from fork to fork as lowering itself would, so nothing is looked at that its shape does not hold.
    """

    def __init__(self) -> None:
        self._begun: dict[object, _Fork | Plan | NotCompilable] = {}
        self._count = self._size = 0

    @property
    def size(self) -> int:
        """What all that is kept here takes, in characters."""
        return self._size

    def forget(self) -> None:
        """Keep nothing."""
        self._begun.clear()
        self._count = self._size = 0

    def find(self, shape: object, variables: Variables, cursors: Cursors) -> Plan | NotCompilable | None:
        """The plan, or why there is none; None when that is not known. Raises `NotCompilable` for bad input."""
        found = self._begun.get(shape)
        try:
            while isinstance(found, _Fork):
                source, look = found.observation
                found = found.ways.get(look(source.get(variables), cursors))
        except LeoraError as error:
            raise NotCompilable(Reason.BAD_INPUT, error.message) from error
        return found

    def keep(self, shape: object, seen: Mapping[Observation, object], found: Plan | NotCompilable) -> None:
        """Keep a plan, or why there is none, for requests of the shape in which the same is seen."""
        if self._count >= _PLANS_PER_RIGHTS:
            self.forget()
        self._count += 1
        self._size += found.size if isinstance(found, Plan) else _SIZE_OF_NONE
        ways, step = self._begun, shape
        for observation, value in seen.items():
            fork = ways.get(step)
            if not isinstance(fork, _Fork) or fork.observation != observation:
                fork = ways[step] = _Fork(observation)
            ways, step = fork.ways, value
        ways[step] = found


class KeptPlans:
    """Which operations' plans are remembered: those used last, up to `size` characters."""

    def __init__(self, size: int) -> None:
        self._limit = size
        self._kept: OrderedDict[Shapes, None] = OrderedDict()
        self._size = 0

    @property
    def size(self) -> int:
        """What all that is remembered takes, in characters."""
        return self._size

    def used(self, shapes: Shapes) -> None:
        """A plan of these was found and is used once more."""
        self._kept.move_to_end(shapes)

    def keep(
        self, shapes: Shapes, shape: object, seen: Mapping[Observation, object], found: Plan | NotCompilable
    ) -> None:
        """`Shapes.keep`, and forget those used longest ago where that makes too much."""
        self._size -= shapes.size
        shapes.keep(shape, seen, found)
        self._size += shapes.size
        self._kept[shapes] = None
        self._kept.move_to_end(shapes)
        while self._size > self._limit and len(self._kept) > 1:
            forgotten, _ = self._kept.popitem(last=False)
            self._size -= forgotten.size
            forgotten.forget()


class Compilable:
    """One operation of a valid document, with its plans. `tree` gives both, parsed; they are not kept here."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        *,
        tree: Callable[[], tuple[DocumentNode, OperationDefinitionNode]],
    ) -> None:
        self.variables = VariableReader(schema, operation)
        self._schema = schema
        self._tree = tree
        self._shapes: dict[Rights | None, Shapes] = {}

    def shapes(self, rights: Rights | None) -> Shapes:
        """The plans for a set of rights."""
        found = self._shapes.get(rights)
        if found is None:
            if len(self._shapes) >= _RIGHTS_PER_OPERATION:
                self._shapes.clear()
            found = self._shapes[rights] = Shapes()
        return found

    def source(self, inputs: Mapping[str, Any]) -> Source:
        """The operation with a request's variables, to be lowered."""
        document, operation = self._tree()
        definitions = operation.variable_definitions or ()
        plain = get_variable_values(self._schema, definitions, dict(inputs))
        if not isinstance(plain, VariableValues):
            raise NotCompilable(Reason.BAD_INPUT, plain[0].message)
        kinds = self.variables.kinds
        slots = {name: traced(value, kinds[name], (name,)) for name, value in plain.coerced.items()}
        fragments = {
            node.name.value: FragmentDetails(node)
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        return Source(
            schema=self._schema,
            operation=operation,
            fragments=fragments,
            plain=plain,
            traced=VariableValues(plain.sources, slots),
        )
