"""Whether a text is a document that fits the schema and its limits, told in bounded work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    SKIP,
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    Node,
    OverlappingFieldsCanBeMergedRule,
    StringValueNode,
    ValidationContext,
    ValueNode,
    ValuesOfCorrectTypeRule,
    VisitorAction,
    parse,
    specified_rules,
    validate,
)

from leora_gql.errors import ErrorCode
from leora_gql.server.limits import Limits, Measures, exceeded, measure, too_expensive
from leora_gql.server.places import path_to

MAX_TEXT = 200_000
"""Characters of a document, forty for each token that staff may send: strings and blanks take time to read, too."""
MAX_ERRORS = 10
MAX_VALUE_ERRORS = 3
"""Errors told of one value: each quotes the whole of it."""
MAX_MERGE_COST = 10_000
"""What comparing fields that might be merged may cost: some 40 ms at worst."""
_STOPPED = "Parsing aborted."
_ABORTED = "Validation aborted."
"""How the library's messages end that tell of a bound it kept to, and not of an error in the document."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that fits the schema and what its operations amount to, or the errors that say why not."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    measures: Mapping[str | None, Measures] = field(default_factory=dict[str | None, Measures])


def check(schema: GraphQLSchema, query: str, limits: Limits) -> Checked:
    """The checked document of a text; what exceeds the limits is neither parsed to its end nor validated."""
    if len(query) > MAX_TEXT:
        return _refused(f"The document is {len(query):,} characters long; at most {MAX_TEXT:,} may be.")
    most = limits.tokens
    try:
        document = parse(query, max_lexical_tokens=most, max_comments=most)
    except GraphQLSyntaxError as error:
        if error.message.endswith(_STOPPED):
            deep = "nested too deeply" in error.message
            what = "nests too deeply" if deep else f"has more than {most:,} tokens"
            return _refused(f"The document {what}.")
        error.extensions = {"code": ErrorCode.GRAPHQL_PARSE_FAILED.value}
        return Checked(None, (error,))
    measured = dict(measure(document))
    for measures in measured.values():
        beyond = exceeded(measures, limits)
        if beyond is not None:
            return Checked(None, (beyond,))
    errors = [
        _classified(document, error) for error in validate(schema, document, _RULES, max_errors=MAX_ERRORS)
    ]
    return Checked(None, tuple(errors)) if errors else Checked(document, measures=measured)


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
