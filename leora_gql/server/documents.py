"""Documents: parsed and validated once, kept in a bounded cache, with a code on every error."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    SKIP,
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    StringValueNode,
    ValidationContext,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VariableNode,
    Visitor,
    VisitorAction,
    parse,
    specified_rules,
    validate,
    visit,
)

from leora_gql.errors import ErrorCode
from leora_gql.server.limits import Limits, Measures, exceeded, measure, too_expensive

MAX_TEXT = 200_000
"""Characters of a document, forty for each token that staff may send: strings and blanks take time to read, too."""
MAX_ERRORS = 10
MAX_VALUE_ERRORS = 3
"""Errors told of one value: each quotes the whole of it."""
MAX_MERGE_COST = 10_000
"""What comparing fields that might be merged may cost: some 40 ms at worst."""
MAX_CACHED_SIZE = 20_000
MAX_CACHED_TEXT = 1_000_000
"""Characters of all remembered documents; each of them takes some 300 bytes of memory once parsed."""
_STOPPED = "Parsing aborted."
_ABORTED = "Validation aborted."
"""How the library's messages end that tell of a bound it kept to, and not of an error in the document."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that fits the schema and what its operations amount to, or the errors that say why not."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    measures: Mapping[str | None, Measures] = field(default_factory=dict[str | None, Measures])


def _bad_value(message: str, node: Node) -> GraphQLError:
    return GraphQLError(message, node, extensions={"code": ErrorCode.BAD_USER_INPUT.value})


class _EnoughError(Exception):
    """A value has as many errors as are told of one."""


class _ValueRule(ValuesOfCorrectTypeRule):
    """The standard rule, its findings marked as bad input and tied to the value that they are about."""

    _value: ValueNode
    _found: int

    def is_valid_value_node(self, node: ValueNode, input_type: Any) -> VisitorAction:
        """Check one value. Python refuses to read integers of thousands of digits: so do we."""
        self._value = node
        self._found = 0
        try:
            return super().is_valid_value_node(node, input_type)  # pyright: ignore[reportUnknownMemberType]
        except ValueError:
            super().report_error(_bad_value("That number has too many digits.", node))
        except _EnoughError:
            pass
        return SKIP

    def report_error(self, error: GraphQLError) -> None:
        """Report with the value's place: the errors of our own scalars have none."""
        node = error.nodes[0] if error.nodes else self._value
        super().report_error(_bad_value(error.message, node))
        self._found += 1
        if self._found == MAX_VALUE_ERRORS:
            raise _EnoughError


class _TextRule(ASTValidationRule):
    """No text column can hold a NUL, so no literal may."""

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        """Check one piece of text."""
        if "\x00" in node.value:
            self.report_error(_bad_value("Text cannot hold a NUL character.", node))


class _MergeRule(OverlappingFieldsCanBeMergedRule):
    """The standard rule with less patience: it is quadratic, and anybody may send a document."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MAX_MERGE_COST


_OURS: dict[type[ASTValidationRule], type[ASTValidationRule]] = {
    ValuesOfCorrectTypeRule: _ValueRule,
    OverlappingFieldsCanBeMergedRule: _MergeRule,
}
_RULES = (*(_OURS.get(rule, rule) for rule in specified_rules), _TextRule)


class Documents:
    """Parses and validates for one schema; the newest documents of moderate size are remembered."""

    def __init__(self, schema: GraphQLSchema, *, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._cache: OrderedDict[bytes, tuple[Checked, int]] = OrderedDict()
        self._cached_text = 0

    def get(self, query: str) -> Checked:
        """The checked document of a query text."""
        if len(query) > MAX_TEXT:
            return _refused(f"The document is {len(query):,} characters long; at most {MAX_TEXT:,} may be.")
        key = hashlib.sha256(query.encode()).digest()
        known = self._cache.get(key)
        if known is not None:
            self._cache.move_to_end(key)
            return known[0]
        checked = self._check(query)
        if len(query) <= MAX_CACHED_SIZE:
            self._remember(key, checked, size=len(query))
        return checked

    def _remember(self, key: bytes, checked: Checked, *, size: int) -> None:
        self._cache[key] = (checked, size)
        self._cached_text += size
        while self._cached_text > MAX_CACHED_TEXT:
            _, (_, dropped) = self._cache.popitem(last=False)
            self._cached_text -= dropped

    def _check(self, query: str) -> Checked:
        most = self._limits.tokens
        try:
            document = parse(query, max_lexical_tokens=most, max_comments=most)
        except GraphQLSyntaxError as error:
            if error.message.endswith(_STOPPED):
                deep = "nested too deeply" in error.message
                return _refused(
                    f"The document {'nests too deeply' if deep else f'has more than {most:,} tokens'}."
                )
            error.extensions = {"code": ErrorCode.GRAPHQL_PARSE_FAILED.value}
            return Checked(None, (error,))
        measured = measure(document)
        for _, measures in measured:
            beyond = exceeded(measures, self._limits)
            if beyond is not None:
                return Checked(None, (beyond,))
        errors = [_classified(document, error) for error in self._validate(document)]
        return Checked(None, tuple(errors)) if errors else Checked(document, measures=dict(measured))

    def _validate(self, document: DocumentNode) -> list[GraphQLError]:
        return validate(self._schema, document, _RULES, max_errors=MAX_ERRORS)


def _refused(message: str) -> Checked:
    return Checked(None, (too_expensive(message),))


def _classified(document: DocumentNode, error: GraphQLError) -> GraphQLError:
    """A validation error with its code and, for a bad value, the path of the field that it is given to."""
    if error.message == _ABORTED:
        return too_expensive(
            "Validating the document takes too long. Select each field once and use fewer fragments."
        )
    extensions = error.extensions or {}
    error.extensions = {"code": ErrorCode.GRAPHQL_VALIDATION_FAILED.value, **extensions}
    if error.extensions["code"] == ErrorCode.BAD_USER_INPUT.value and error.nodes:
        error.path = path_to(document, error.nodes[0])
    return error


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
