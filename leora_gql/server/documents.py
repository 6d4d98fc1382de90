"""Documents: checked once, and remembered with all that was found out about their operations.

What is remembered is small: the text, the operations' prices and plans. The parsed document, hundreds of bytes for
each of its characters, is kept of those used last only, and parsed again where it is needed once more: by the
resolved way, and to compile a shape that is new.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
)

from leora_gql.compiler.plans import Compilable
from leora_gql.server.cost import Formula, Price, formula
from leora_gql.server.limits import Limits, Measures, exceeded
from leora_gql.server.planning import Planning, planning_of
from leora_gql.server.validation import check

MAX_REMEMBERED = 1_000
"""Documents."""
MAX_REMEMBERED_TEXT = 1_000_000
"""Characters of all of them."""
MAX_REMEMBERED_SIZE = 20_000
"""Characters of one; longer ones run, and are checked each time."""
MAX_TREES = 20_000
"""Characters of the documents that are kept parsed: some 5 MB."""


class Operation:
    """One operation of a valid document: what it is, what it amounts to, its price, its plans."""

    def __init__(
        self,
        document: Document,
        name: str | None,
        *,
        schema: GraphQLSchema,
        kind: OperationType,
        measures: Measures,
        formula: Formula,
        plans: Compilable,
    ) -> None:
        self.document = document
        self.name = name
        self.kind = kind
        self.formula = formula
        self.plans = plans
        self._schema = schema
        self._measures = measures
        self._price = None if formula.depends else formula.price({})
        self._verdicts: dict[Limits, GraphQLError | None] = {}

    @functools.cached_property
    def planning(self) -> Planning | None:
        """How its mutations are planned; None where it has none to plan."""
        document, operation = self.document.operation_tree(self.name)
        return planning_of(self._schema, document, operation, variables=self.plans.variables)

    def price(self, variables: Mapping[str, Any]) -> Price:
        """What it costs with these variables."""
        return self._price or self.formula.price(variables)

    def beyond(self, limits: Limits) -> GraphQLError | None:
        """The error that names the first of the limits that it exceeds, its price aside."""
        try:
            return self._verdicts[limits]
        except KeyError:
            return self._verdicts.setdefault(limits, exceeded(self._measures, limits))


class Document:
    """A valid document and its operations."""

    def __init__(self, text: str, trees: Trees) -> None:
        self.text = text
        self.operations: list[Operation] = []
        self._trees = trees

    def tree(self) -> DocumentNode:
        """The document, parsed: anew when that was forgotten."""
        return self._trees.of(self)

    def operation_tree(self, name: str | None) -> tuple[DocumentNode, OperationDefinitionNode]:
        """The document and its operation of that name, parsed."""
        tree = self.tree()
        return tree, next(node for node in _operations(tree) if _name(node) == name)


class Trees:
    """The parsed documents of those used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Document, DocumentNode] = OrderedDict()
        self._characters = 0

    def of(self, document: Document) -> DocumentNode:
        """The document, parsed."""
        found = self._kept.get(document)
        if found is None:
            found = parse(document.text)
            self.keep(document, found)
        else:
            self._kept.move_to_end(document)
        return found

    def keep(self, document: Document, tree: DocumentNode) -> None:
        """Remember a parsed document for a while, unless it alone would fill what there is room for."""
        if len(document.text) > MAX_REMEMBERED_SIZE:
            return
        self._kept[document] = tree
        self._characters += len(document.text)
        while self._characters > MAX_TREES:
            forgotten, _ = self._kept.popitem(last=False)
            self._characters -= len(forgotten.text)


class Documents:
    """The documents of one schema; those used last are remembered."""

    def __init__(self, schema: GraphQLSchema, *, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._trees = Trees()
        self._known: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def get(self, text: str) -> Document | Sequence[GraphQLError]:
        """The document of a text, or why it is none. What is wrong with a text is not remembered."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        checked = check(self._schema, text, self._limits)
        if checked.document is None:
            return checked.errors
        made = self._made(text, checked.document, checked.measures)
        if len(text) <= MAX_REMEMBERED_SIZE:
            self._remember(made)
        return made

    def _made(self, text: str, tree: DocumentNode, measures: Mapping[str | None, Measures]) -> Document:
        document = Document(text, self._trees)
        self._trees.keep(document, tree)
        for node in _operations(tree):
            name = _name(node)
            document.operations.append(
                Operation(
                    document,
                    name,
                    schema=self._schema,
                    kind=node.operation,
                    measures=measures[name],
                    formula=formula(self._schema, tree, node),
                    plans=Compilable(
                        self._schema, node, tree=functools.partial(document.operation_tree, name)
                    ),
                )
            )
        return document

    def _remember(self, document: Document) -> None:
        self._known[document.text] = document
        self._characters += len(document.text)
        while self._characters > MAX_REMEMBERED_TEXT or len(self._known) > MAX_REMEMBERED:
            _, forgotten = self._known.popitem(last=False)
            self._characters -= len(forgotten.text)


def _operations(tree: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]


def _name(node: OperationDefinitionNode) -> str | None:
    return node.name.value if node.name else None
