"""Reading a formula out of an operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,  # pyright: ignore[reportUnknownVariableType]  its lists are not typed
    is_abstract_type,
    is_leaf_type,
    value_from_ast_untyped,
)

from leora_gql.graph.listing import DEFAULT_PAGE, LISTED
from leora_gql.server.cost.price import BEYOND_ALL
from leora_gql.server.cost.terms import (
    Below,
    Conditions,
    Count,
    Formula,
    Length,
    Most,
    Page,
    Part,
    Step,
    Sum,
    summed,
)

MUTATION = 10
SUBSCRIPTION = 10
INTROSPECTED = 5
MAX_WORK = 20_000
"""Selections looked at to tell a price; the largest document that keeps to its limits has some 2,500."""

_Sources = tuple[tuple[SelectionSetNode, Conditions], ...]
_Nodes = list[tuple[FieldNode, Conditions]]
_ALWAYS: Final[Conditions] = frozenset()
_WANTED = {"include": True, "skip": False}


def formula(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Formula:
    """The formula of an operation of a valid document. Its work is bounded by `MAX_WORK`."""
    try:
        return _Reader(schema, document).build(operation)
    except _TooMuchWork:
        return Formula(frozenset(), {}, (), Sum(BEYOND_ALL), Sum(0))


class _TooMuchWork(Exception):
    """The document's parts combine to more than can be looked at."""


class _Reader:
    """Works a formula out. What several places select alike is looked at once."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._steps: list[Step] = []
        self._known: dict[object, Below] = {}
        self._work = MAX_WORK

    def build(self, operation: OperationDefinitionNode) -> Formula:
        """The formula of an operation."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        rest, base, introspected = list[Part](), list[Part](), set[str]()
        for key, nodes in self._fields(((operation.selection_set, _ALWAYS),), root).items():
            part = self._part(nodes, root, page=None)
            if part is None:
                continue
            if nodes[0][0].name.value in ("__schema", "__type"):
                introspected.add(key)
                base.append(part)
                continue
            rest.append(part)
            if operation.operation is OperationType.MUTATION:
                base.append(Part(1, Below(MUTATION), part.when))
        if operation.operation is OperationType.SUBSCRIPTION:  # of one field, whatever it is
            base.append(Part(1, Below(SUBSCRIPTION)))
        defaults = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value is not None
        }
        return Formula(
            frozenset(introspected), defaults, tuple(self._steps), summed([*rest, *base]), summed(base)
        )

    def _below(self, sources: _Sources, kind: GraphQLNamedType, page: Count | None) -> Below:
        """What is selected below an object of the type; `page` is that of the connection it is."""
        key = (kind.name, page, tuple((id(selected), conditions) for selected, conditions in sources))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._look_below(sources, kind, page)
        return known

    def _look_below(self, sources: _Sources, kind: GraphQLNamedType, page: Count | None) -> Below:
        if is_abstract_type(kind):
            among = tuple(self._below(sources, one, page) for one in self._told_apart(sources, kind))
            if all(one.step is None for one in among):
                return max(among, key=lambda one: one.number)
            return self._step(Most(among))
        parts = (self._part(nodes, kind, page=page) for nodes in self._fields(sources, kind).values())
        found = summed([part for part in parts if part])
        return self._step(found) if found.parts else Below(found.number)

    def _step(self, step: Step) -> Below:
        self._steps.append(step)
        return Below(0, len(self._steps) - 1)

    def _part(self, nodes: _Nodes, parent: GraphQLNamedType, *, page: Count | None) -> Part | None:
        """What a field costs that these nodes select together; None for one without objects."""
        node = nodes[0][0]
        definition = cast(Any, self._schema.get_field(cast(Any, parent), node.name.value))
        kind = _named(definition.type)
        if is_leaf_type(kind):
            return None
        alone = len(nodes) == 1
        sources = tuple(
            (one.selection_set, _ALWAYS if alone else conditions)
            for one, conditions in nodes
            if one.selection_set is not None
        )
        below = self._below(sources, kind, _page(node, definition) if _is_connection(kind) else None)
        conditions = [one for _, one in nodes]
        return Part(
            _count(node, definition, parent, page=page),
            Below(below.number + 1, below.step),
            () if _ALWAYS in conditions else tuple(dict.fromkeys(conditions)),
        )

    def _fields(self, sources: _Sources, kind: GraphQLNamedType) -> dict[str, _Nodes]:
        """The fields that an object of the type has, by response key, each with the nodes that select it."""
        found: dict[str, _Nodes] = {}
        for node, conditions in self._selections(sources, kind):
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append((node, conditions))
        return found

    def _told_apart(self, sources: _Sources, kind: Any) -> list[GraphQLNamedType]:
        """Of an abstract type's objects those that the selection names, and one that stands for the others."""
        named: set[str] = set()
        for node, _ in self._selections(sources, None):
            condition = None if isinstance(node, FieldNode) else self._condition(node)
            if condition and is_abstract_type(condition):
                named |= {one.name for one in self._schema.get_possible_types(condition)}
            elif condition:
                named.add(condition.name)
        possible = self._schema.get_possible_types(kind)
        others = [one for one in possible if one.name not in named]
        return [*(one for one in possible if one.name in named), *others[:1]]

    def _selections(
        self, sources: _Sources, kind: GraphQLNamedType | None
    ) -> Iterator[tuple[SelectionNode, Conditions]]:
        """The nodes of a selection, those in fragments for the type (None: any) included."""
        pending = list(sources)
        seen: set[tuple[int, Conditions]] = set()
        while pending:
            selected, around = pending.pop()
            if (id(selected), around) in seen:
                continue
            seen.add((id(selected), around))
            self._work -= len(selected.selections)
            if self._work < 0:
                raise _TooMuchWork
            for node in selected.selections:
                conditions = _conditions(node, around)
                if conditions is None:
                    continue
                yield node, conditions
                if not isinstance(node, FieldNode) and self._applies(self._condition(node), kind):
                    pending.append((self._inside(node), conditions))

    def _inside(self, node: SelectionNode) -> SelectionSetNode:
        if isinstance(node, InlineFragmentNode):
            return node.selection_set
        assert isinstance(node, FragmentSpreadNode)
        return self._fragments[node.name.value].selection_set

    def _condition(self, node: SelectionNode) -> GraphQLNamedType | None:
        holder = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        assert isinstance(holder, (FragmentDefinitionNode, InlineFragmentNode))
        return self._schema.get_type(holder.type_condition.name.value) if holder.type_condition else None

    def _applies(self, condition: GraphQLNamedType | None, kind: GraphQLNamedType | None) -> bool:
        if condition is None or kind is None or condition is kind:
            return True
        return is_abstract_type(condition) and self._schema.is_sub_type(condition, cast(Any, kind))


def _conditions(node: SelectionNode, around: Conditions) -> Conditions | None:
    """What must hold for a node to count, `around` it and of its own; None when it never does."""
    own: set[tuple[str, bool]] = set()
    for directive in node.directives or ():
        wanted = _WANTED.get(directive.name.value)
        if wanted is None:
            continue
        value = _argument(directive, "if")
        if isinstance(value, VariableNode):
            own.add((value.name.value, wanted))
        elif isinstance(value, BooleanValueNode) and value.value is not wanted:
            return None
    if not own:
        return around
    together = around | own
    return None if any((name, not wanted) in together for name, wanted in own) else together


def _argument(node: FieldNode | DirectiveNode, name: str) -> ValueNode | None:
    for argument in node.arguments or ():
        if argument.name.value == name:
            return argument.value
    return None


def _named(kind: Any) -> GraphQLNamedType:
    return cast(GraphQLNamedType, get_named_type(kind))


def _is_list(kind: Any) -> bool:
    return isinstance(get_nullable_type(kind), GraphQLList)


def _is_connection(kind: GraphQLNamedType) -> bool:
    return kind.name.endswith("Connection")


def _count(node: FieldNode, definition: Any, parent: GraphQLNamedType, *, page: Count | None) -> Count:
    """How many objects a field gives."""
    if not _is_list(definition.type):
        return 1
    if page is not None:
        return page
    if parent.name.startswith("__"):
        return INTROSPECTED
    for name, argument in definition.args.items():
        if _is_list(argument.type) and _named(argument.type).name == "ID":
            value = _argument(node, name)
            if isinstance(value, VariableNode):
                return Length(value.name.value)
            if value is not None:
                return len(value.values) if isinstance(value, ListValueNode) else 1
    return _page(node, definition)


def _page(node: FieldNode, definition: Any) -> Count:
    """The size of a page, by its arguments or by default."""
    given: list[int | str] = []
    for name in ("first", "last"):
        value = _argument(node, name)
        if isinstance(value, VariableNode):
            given.append(value.name.value)
        elif isinstance(value, IntValueNode):
            given.append(int(value.value))
    page = Page(tuple(given), _default_size(definition))
    return page if any(isinstance(one, str) for one in given) else page.value({})


def _default_size(definition: Any) -> int:
    """The size of a list whose arguments give none."""
    first = definition.args.get("first")
    if first is not None and isinstance(first.default_value, int):
        return first.default_value
    declared: Any = definition.extensions.get("strawberry-definition")
    size = None if declared is None else declared.metadata.get(LISTED)
    return DEFAULT_PAGE if size is None else size
