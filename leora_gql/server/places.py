"""Where in an answer a part of its document shows: the paths of errors that belong to values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    type_from_ast,  # pyright: ignore[reportUnknownVariableType]
    visit,
)


def path_to(document: DocumentNode, node: Node) -> list[str | int] | None:
    """The response path of the (first) field whose arguments hold a value node or use a variable."""
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            found = _PathFinder(document, node).find(definition.selection_set, [])
            if found is not None:
                return found
    return None


def path_to_variable(operation: DocumentNode, name: str) -> list[str | int] | None:
    """The response path of the first field that uses the variable."""

    class Uses(Visitor):
        first: VariableNode | None = None

        def enter_variable_definition(self, *_: Any) -> Any:
            return self.SKIP

        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            if node.name.value == name and self.first is None:
                self.first = node

    uses = Uses()
    visit(operation, uses)
    return None if uses.first is None else path_to(operation, uses.first)


def place_in_variable(
    schema: GraphQLSchema, document: DocumentNode, name: str, value: Any, *, wrong: Callable[[Any], bool]
) -> str:
    """Where a variable's value is wrong, as `.lines[0].note`: as far as its type knows the names on the way."""
    definitions: list[VariableDefinitionNode] = []

    class Defined(Visitor):
        def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
            if node.variable.name.value == name:
                definitions.append(node)

    visit(document, Defined())
    kind = type_from_ast(schema, definitions[0].type) if definitions else None
    return "" if kind is None else "".join(_steps(value, kind, wrong))


def _steps(value: Any, kind: GraphQLType, wrong: Callable[[Any], bool]) -> Iterable[str]:
    """The steps to the first part that is wrong. Names that the type does not have may be anything: none is told."""
    inside: Iterable[tuple[str, Any, GraphQLType]] = ()
    named = get_named_type(kind)
    if isinstance(value, list):
        inside = ((f"[{index}]", part, kind) for index, part in enumerate(cast("list[Any]", value)))
    elif isinstance(value, dict) and isinstance(named, GraphQLInputObjectType):
        given = cast("dict[str, Any]", value)
        inside = (
            (f".{name}", given[name], field.type) for name, field in named.fields.items() if name in given
        )
    for step, part, below in inside:
        if wrong(part):
            return [step, *_steps(part, below, wrong)]
    return []


class _PathFinder:
    """Walks an operation through its fragments until a field's arguments contain the node."""

    def __init__(self, document: DocumentNode, node: Node) -> None:
        self._start = node.loc.start if node.loc else -1
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._seen: set[str] = set()

    def find(self, selected: SelectionSetNode, path: list[str | int]) -> list[str | int] | None:
        for node in selected.selections:
            below, inner = path, None
            if isinstance(node, FieldNode):
                below = [*path, (node.alias or node.name).value]
                if self._holds(node):
                    return below
                inner = node.selection_set
            elif isinstance(node, InlineFragmentNode):
                inner = node.selection_set
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in self._seen:
                self._seen.add(node.name.value)
                fragment = self._fragments.get(node.name.value)
                inner = fragment.selection_set if fragment else None
            found = self.find(inner, below) if inner is not None else None
            if found is not None:
                return found
        return None

    def _holds(self, node: FieldNode) -> bool:
        holders = [*(node.arguments or ()), *(node.directives or ())]
        return any(holder.loc and holder.loc.start <= self._start < holder.loc.end for holder in holders)
