"""What an operation selects below a field: so that only those columns are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_argument_values,
)
from strawberry import Info as StrawberryInfo
from strawberry.utils.str_converters import to_snake_case

from leora_gql.graph.context import GraphContext

ResolveInfo = GraphQLResolveInfo[Any]
"""What graphql-core tells a resolver."""

_INTERFACES = frozenset({"Node", "Viewer"})


class Selection:
    """The fields selected on one type, by their names in the schema, each with the nodes that select it."""

    def __init__(self, fields: Mapping[str, list[FieldNode]], walker: _Walker) -> None:
        self._fields = fields
        self._walker = walker

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def names(self) -> Iterator[str]:
        """The Python names of the selected fields."""
        return (to_snake_case(name) for name in self._fields)

    def below(self, name: str, type_name: str) -> Selection:
        """What is selected below one of the fields, on the given type; empty when it is not selected."""
        return self._walker.collect(self._fields.get(name, ()), type_name)


class _Walker:
    """Follows fragments and directives with the operation's variables."""

    def __init__(self, info: ResolveInfo) -> None:
        self._fragments = cast("Mapping[str, Any]", info.fragments)
        self._variables = info.variable_values.coerced

    def collect(self, nodes: Iterable[FieldNode], type_name: str) -> Selection:
        """What these nodes select on the type; a fragment counts once, however often it is spread."""
        fields: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                for found in self._gather(node.selection_set, type_name, spread):
                    fields.setdefault(found.name.value, []).append(found)
        return Selection(fields, self)

    def _gather(self, selected: SelectionSetNode, type_name: str, spread: set[str]) -> Iterator[FieldNode]:
        for node in selected.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._holds(node.type_condition, type_name):
                    yield from self._gather(node.selection_set, type_name, spread)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                fragment = self._fragment(node.name.value)
                if self._holds(fragment.type_condition, type_name):
                    yield from self._gather(fragment.selection_set, type_name, spread)

    @staticmethod
    def _holds(condition: NamedTypeNode, type_name: str) -> bool:
        return condition.name.value == type_name or condition.name.value in _INTERFACES

    def _fragment(self, name: str) -> FragmentDefinitionNode:
        found = self._fragments[name]
        return cast(FragmentDefinitionNode, getattr(found, "definition", found))

    def _included(self, node: SelectionNode) -> bool:
        return all(
            self._truth(directive) is (directive.name.value == "include")
            for directive in node.directives or ()
            if directive.name.value in ("include", "skip")
        )

    def _truth(self, directive: DirectiveNode) -> bool:
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                return bool(self._variables.get(argument.value.name.value))
            return isinstance(argument.value, BooleanValueNode) and argument.value.value
        return False


class Info(StrawberryInfo[GraphContext, None]):
    """Strawberry's info, with the selection below the current field."""

    def selection(self, type_name: str) -> Selection:
        """What the operation selects below this field on the given type. Cached per operation."""
        nodes = self.raw.field_nodes
        key = (self.node_key, type_name)
        found = self.context.selections.get(key)
        if found is None:
            found = _Walker(self.raw).collect(nodes, type_name)
            self.context.selections[key] = found
        return found

    def given_arguments(self) -> dict[str, Any]:
        """The arguments of the current field by their GraphQL names, coerced; what was not given is left out."""
        raw = self.raw
        field = raw.parent_type.fields[raw.field_name]
        return get_argument_values(field, raw.field_nodes[0], raw.variable_values)

    @property
    def raw(self) -> GraphQLResolveInfo[Any]:
        """What graphql-core itself says about the field."""
        return cast(ResolveInfo, self._raw_info)  # pyright: ignore[reportUnknownMemberType]  Strawberry leaves the context's type open

    @property
    def node_key(self) -> tuple[int, ...]:
        """The identity of this field in the document: equal for all parents of one field.

        All of its nodes count: a fragment's node can be merged with others here and not there.
        """
        return tuple(id(node) for node in self.raw.field_nodes)
