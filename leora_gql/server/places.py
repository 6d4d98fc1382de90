"""Where in an answer a part of its document shows: the paths of errors that belong to values."""

from __future__ import annotations

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
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
