"""Plans: what has been compiled, kept for all requests of the same shape, and bound to the values of each.

An operation's plans are kept by the caller's rights and by what lowering looked at in the variables (`tracing`), so
a plan is only ever found by requests that would have been given the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A compiled operation. `statement` is None where no database is needed: then `constant` is the answer."""

    root: ir.Root
    statement: Statement | None
    constant: str
    parameters: tuple[Argument, ...]

    def arguments(self, variables: Variables, cursors: Cursors) -> list[object]:
        """The statement's parameters for one request. Raises `NotCompilable` for values that cannot be meant."""
        if self.statement is None:
            return []
        try:
            values = [read(source.get(variables), cursors) for source, read in self.parameters]
        except LeoraError as error:
            raise NotCompilable(Reason.BAD_INPUT, error.message) from error
        return self.statement.arguments(values)


class Shapes:
    """An operation's plans for one set of rights."""

    def __init__(self) -> None:
        self._observations: dict[Observation, None] = {}
        self._plans: dict[object, Plan | NotCompilable] = {}

    def key(self, shape: object, variables: Variables, cursors: Cursors) -> object:
        """What a plan for these variables is kept by: their shape, and all that lowering has looked at."""
        try:
            return shape, tuple(_seen(one, variables, cursors) for one in self._observations)
        except LeoraError as error:
            raise NotCompilable(Reason.BAD_INPUT, error.message) from error

    def find(self, key: object) -> Plan | NotCompilable | None:
        """The plan, or why there is none; None when that is not known."""
        return self._plans.get(key)

    def learn(self, observations: list[Observation]) -> None:
        """Keep plans by these too from now on; those kept before are forgotten when some are new."""
        new = [one for one in observations if one not in self._observations]
        if new:
            self._observations.update(dict.fromkeys(new))
            self._plans.clear()

    def keep(self, key: object, found: Plan | NotCompilable) -> None:
        """Keep a plan, or why there is none."""
        if len(self._plans) >= _PLANS_PER_RIGHTS:
            self._plans.clear()
        self._plans[key] = found


def _seen(observation: Observation, variables: Variables, cursors: Cursors) -> object:
    """What lowering would see; None where these variables, of another shape, have no such value: nobody looks there."""
    source, look = observation
    try:
        given = source.get(variables)
    except LookupError:
        return None
    return None if given is None else look(given, cursors)


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
