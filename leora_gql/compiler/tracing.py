"""Inputs that remember where values came from, so that a plan made from one request serves all of its shape.

Variables are coerced by graphql-core and then handed to lowering with each of their values in a `Slot`. What
lowering looks at becomes a part of the plan's key (`Observation`); what it only binds becomes a `Source`, from which
later requests bind values of their own. A slot's value cannot be reached in any other way.
"""

# graphql-core leaves open what its list and non-null types hold:
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from leora_gql.graph.cursors import Cursors
from leora_gql.graph.inputs import Reader

InputType = (
    GraphQLScalarType | GraphQLEnumType | GraphQLInputObjectType | GraphQLList[Any] | GraphQLNonNull[Any]
)

Variables = Mapping[str, Any]
"""Coerced values by the variables' names; a variable that was not given and has no default is missing."""

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Slot:
    """A value inside of a variable, and the way to it: the variable's name, then keys and indices."""

    path: tuple[str | int, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the document."""

    value: Any

    def get(self, _: Variables) -> Any:
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Variable:
    """A whole variable."""

    name: str

    def get(self, variables: Variables) -> Any:
        """Its value. Raises `KeyError` where it is not given."""
        return variables[self.name]


@dataclass(frozen=True, slots=True)
class Inside:
    """A value inside of a variable."""

    path: tuple[str | int, ...]

    def get(self, variables: Variables) -> Any:
        """The value; None within a null. Raises `LookupError` where it is not given."""
        found: Any = variables
        for step in self.path:
            if found is None:
                return None
            found = found[step]
        return found


@dataclass(frozen=True, slots=True)
class Several:
    """A list in the document that has variables among its items."""

    items: tuple[Source, ...]

    def get(self, variables: Variables) -> list[Any]:
        """The items."""
        return [item.get(variables) for item in self.items]


Source = Constant | Variable | Inside | Several

Observation = tuple[Source, Reader]
"""What lowering looked at, and how."""

Argument = tuple[Source, Reader]
"""Where a parameter's value comes from, and how it is read."""


class Tracing:
    """The `Inputs` of one lowering."""

    def __init__(self, cursors: Cursors) -> None:
        self._cursors = cursors
        self.observations: dict[Observation, object] = {}
        self.arguments: list[Argument] = []

    def observe(self, given: Any, look: Reader) -> Any:
        """What `look` sees; part of the plan's key unless it stands in the document."""
        source, seen = source_of(given), look(_untraced(given), self._cursors)
        if not isinstance(source, Constant):
            self.observations.setdefault((source, look), seen)
        return seen

    def parameter(self, given: Any, read: Reader) -> int:
        """A parameter for what `read` makes of the value; read once now, so that a bad one is found now."""
        read(_untraced(given), self._cursors)
        self.arguments.append((source_of(given), read))
        return len(self.arguments) - 1


def source_of(given: Any) -> Source:
    """Where a given value comes from."""
    if isinstance(given, Slot):
        name, *inside = given.path
        return Inside(given.path) if inside else Variable(str(name))
    items = cast("list[Any]", given) if isinstance(given, list) else []
    if any(isinstance(item, Slot) for item in items):
        return Several(tuple(source_of(item) for item in items))
    return Constant(given)


def _untraced(given: Any) -> Any:
    if isinstance(given, Slot):
        return given.value
    return [_untraced(item) for item in cast("list[Any]", given)] if isinstance(given, list) else given


def traced(value: Any, kind: InputType, path: tuple[str | int, ...]) -> Any:
    """A coerced variable for lowering: objects and lists of objects as they are, all that is in them in slots.

    Nulls and booleans stay as they are: both are always part of the plan's key.
    """
    inner: Any = get_nullable_type(kind)
    if value is None or inner is GraphQLBoolean:
        return value
    if is_list_type(inner) and _holds_objects(inner):
        return [traced(item, inner.of_type, (*path, index)) for index, item in enumerate(value)]
    if is_input_object_type(inner):
        return {name: traced(part, inner.fields[name].type, (*path, name)) for name, part in value.items()}
    return Slot(path, value)


def shape(value: Any, kind: InputType) -> object:
    """What of a variable is always part of the plan's key: nulls, booleans, the keys of objects, lengths of lists."""
    inner: Any = get_nullable_type(kind)
    if value is None or inner is GraphQLBoolean:
        return value
    if is_list_type(inner) and _holds_objects(inner):
        return tuple(shape(item, inner.of_type) for item in value)
    if is_input_object_type(inner):
        return tuple((name, shape(part, inner.fields[name].type)) for name, part in value.items())
    return True


def _holds_objects(kind: Any) -> bool:
    return is_input_object_type(get_named_type(kind))


@dataclass(frozen=True, slots=True)
class VariableShape:
    """The part of a plan's key that one variable always gives."""

    name: str
    kind: InputType

    def of(self, variables: Variables) -> object:
        """Its shape; something of its own when the variable is missing."""
        value = variables.get(self.name, _MISSING)
        return _MISSING if value is _MISSING else shape(value, self.kind)


def variable_shapes(kinds: Mapping[str, InputType]) -> Sequence[VariableShape]:
    """The variables whose shape can differ: all but scalars and enums that must be given."""
    return [VariableShape(name, kind) for name, kind in kinds.items() if not _has_one_shape(kind)]


def _has_one_shape(kind: InputType) -> bool:
    named: Any = get_named_type(cast("Any", kind))
    required: bool = is_non_null_type(kind)
    return required and not is_input_object_type(named) and named is not GraphQLBoolean
