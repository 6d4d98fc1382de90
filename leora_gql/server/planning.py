"""What plans the declared mutations of an operation: permission and input of each, and nothing done yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_argument_values,
)
from graphql.execution.values import VariableValues

from leora_gql.auth.principal import Principal
from leora_gql.compiler.variables import CannotCoerce, VariableReader
from leora_gql.graph.mutation import DECLARED
from leora_gql.graph.plan import Mutation, Plan

_TYPENAME = SelectionSetNode(selections=(FieldNode(name=NameNode(value="__typename")),))


@dataclass(frozen=True, slots=True)
class _Call:
    """A field of the operation that calls a mutation, whatever the request's values are."""

    key: str
    mutation: Mutation
    field: GraphQLField
    node: FieldNode


class Planning:
    """How an operation's mutations are planned.

    Most operations are a few calls and nothing else; `plan` reads their inputs itself. For all others, and to say what
    is wrong with a request's values, `document` is executed: the operation without what its payloads select.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, *, variables: VariableReader) -> None:
        self.document = document
        self._variables = variables
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        self._calls = _plain_calls(schema, operation.selection_set)

    def plan(self, plan: Plan, inputs: Mapping[str, Any], principal: Principal) -> bool:
        """Plan the calls with the request's values; False where only executing the document can tell."""
        if self._calls is None:
            return False
        try:
            variables = VariableValues({}, dict(self._variables.read(inputs)))
            arguments = [get_argument_values(call.field, call.node, variables) for call in self._calls]
        except (CannotCoerce, GraphQLError):
            return False
        for call, given in zip(self._calls, arguments, strict=True):
            plan.attempt(call.key, call.mutation, given["input"], actor=principal)
        return True


def planning_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    variables: VariableReader,
) -> Planning | None:
    """How an operation's mutations are planned; None when it has none to plan."""
    bare = _planning_document(document, operation)
    return None if bare is None else Planning(schema, bare, variables=variables)


def _plain_calls(schema: GraphQLSchema, selected: SelectionSetNode) -> tuple[_Call, ...] | None:
    """The calls of a selection; None where what is called depends on the request, or is no declared mutation."""
    assert schema.mutation_type is not None
    fields: dict[str, GraphQLField] = schema.mutation_type.fields
    calls: dict[str, _Call] = {}
    for node in selected.selections:
        if not isinstance(node, FieldNode) or node.directives or node.name.value not in DECLARED:
            return None
        key = (node.alias or node.name).value
        if key in calls:
            return None
        calls[key] = _Call(key, DECLARED[node.name.value], fields[node.name.value], node)
    return tuple(calls.values())


def _planning_document(document: DocumentNode, operation: OperationDefinitionNode) -> DocumentNode | None:
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    names = set(_root_fields(operation.selection_set, fragments, seen=set()))
    if names.isdisjoint(DECLARED):
        return None
    planned = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=_without_payloads(operation.selection_set),
        loc=operation.loc,
    )
    bare = [
        FragmentDefinitionNode(
            name=node.name,
            type_condition=node.type_condition,
            directives=node.directives,
            selection_set=_without_payloads(node.selection_set),
            loc=node.loc,
        )
        for node in fragments.values()
    ]
    return DocumentNode(definitions=(planned, *bare))


def _root_fields(
    selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], *, seen: set[str]
) -> Iterator[str]:
    for node in selected.selections:
        if isinstance(node, FieldNode):
            yield node.name.value
        elif isinstance(node, InlineFragmentNode):
            yield from _root_fields(node.selection_set, fragments, seen=seen)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            yield from _root_fields(fragments[node.name.value].selection_set, fragments, seen=seen)


def _without_payloads(selected: SelectionSetNode) -> SelectionSetNode:
    return SelectionSetNode(selections=tuple(_bare(node) for node in selected.selections))


def _bare(node: SelectionNode) -> SelectionNode:
    if isinstance(node, FieldNode) and node.name.value in DECLARED:
        return FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=node.arguments,
            directives=node.directives,
            selection_set=_TYPENAME,
            loc=node.loc,
        )
    if isinstance(node, InlineFragmentNode):
        return InlineFragmentNode(
            type_condition=node.type_condition,
            directives=node.directives,
            selection_set=_without_payloads(node.selection_set),
            loc=node.loc,
        )
    return node
