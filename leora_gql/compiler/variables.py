"""The variables of an operation, coerced as graphql-core does it, without asking twice what does not change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import GraphQLSchema, OperationDefinitionNode, Undefined
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.utilities.coerce_input_value import (
    coerce_default_value,
    coerce_input_value,  # pyright: ignore[reportUnknownVariableType]  its type's parameter is open
)

from leora_gql.compiler.tracing import InputType, Variables, variable_shapes


class CannotCoerce(Exception):
    """A variable's value, or its absence, is not what its type asks for."""


@dataclass(frozen=True, slots=True)
class _Definition:
    name: str
    kind: InputType
    default: Any


class VariableReader:
    """Reads the variables of one operation of a valid document."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._definitions: list[_Definition] = []
        for node in operation.variable_definitions or ():
            signature: Any = get_variable_signature(schema, node)
            default = coerce_default_value(signature) if node.default_value else Undefined
            self._definitions.append(_Definition(signature.name, signature.type, default))
        self.kinds: Mapping[str, InputType] = {one.name: one.kind for one in self._definitions}
        self._shapes = variable_shapes(self.kinds)

    def read(self, inputs: Mapping[str, Any]) -> Variables:
        """The coerced values. Raises `CannotCoerce`; which one and why, the resolved way tells."""
        values: dict[str, Any] = {}
        for one in self._definitions:
            given = inputs.get(one.name, Undefined)
            if given is Undefined and one.default is not Undefined:
                values[one.name] = one.default
                continue
            coerced: Any = coerce_input_value(given, cast("Any", one.kind))
            if coerced is Undefined:
                raise CannotCoerce(one.name)
            if given is not Undefined:
                values[one.name] = coerced
        return values

    def shape(self, variables: Variables) -> object:
        """The part of a plan's key that these variables always give."""
        return tuple(one.of(variables) for one in self._shapes)
