"""What a document may hold, told from its text alone: before it is validated, costed or run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TokenKind,
)

from leora_gql.auth.permissions import Audience
from leora_gql.errors import ErrorCode
from leora_gql.settings import Settings

MAX_NESTING = 100
"""Selection sets within each other, those of fragments included: what walks a document recurses so far."""


class Limits(NamedTuple):
    """What one operation of a caller may amount to, and its document; a tuple, since each looks a verdict up by it."""

    tokens: int
    directives: int
    depth: int
    aliases: int
    root_fields: int
    mutations: int
    cost: int


def limits_for(settings: Settings, audience: Audience | None) -> Limits:
    """The limits of an audience; nobody has those of the portal."""
    staff = audience is Audience.STAFF
    return Limits(
        tokens=settings.staff_max_tokens if staff else settings.portal_max_tokens,
        directives=settings.max_directives,
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        root_fields=settings.max_root_fields,
        mutations=settings.max_mutations,
        cost=settings.staff_max_cost if staff else settings.portal_max_cost,
    )


def widest_limits(settings: Settings) -> Limits:
    """What any audience may: a document beyond it is refused to everybody, and neither validated nor kept."""
    each = [limits_for(settings, audience) for audience in Audience]
    return Limits(*(max(values) for values in zip(*each, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What one operation amounts to; tokens and directives are those of its whole document.

    `depth` is of fields, a root field being 1. `aliases` is the most that one selection set has, with
    its fragments: keys that are not their field's name, without which a level holds no more than its type.
    `nesting` counts selection sets.
    """

    tokens: int
    directives: int
    depth: int
    aliases: int
    root_fields: int
    mutations: int
    nesting: int


def measure(document: DocumentNode) -> list[tuple[str | None, Measures]]:
    """Each operation's name and measures. The document need not be valid; the work is linear in its size."""
    tokens = directives = 0
    for kind in _token_kinds(document):
        tokens += kind is not TokenKind.COMMENT
        directives += kind is TokenKind.AT
    outlines = _Outlines(document)
    found: list[tuple[str | None, Measures]] = []
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            outline = outlines.of(operation.selection_set)
            measures = Measures(
                tokens=tokens,
                directives=directives,
                depth=outline.depth,
                aliases=outline.most_aliases,
                root_fields=len(outline.keys),
                mutations=len(outline.keys) if operation.operation is OperationType.MUTATION else 0,
                nesting=outline.nesting,
            )
            found.append((operation.name.value if operation.name else None, measures))
    return found


def exceeded(measures: Measures, limits: Limits) -> GraphQLError | None:
    """The error that names the first limit that an operation exceeds; None when it keeps to all."""
    if measures.tokens > limits.tokens:
        return too_expensive(
            f"The document has {measures.tokens:,} tokens; at most {limits.tokens:,} may be."
        )
    for found, limit, what in (
        (measures.directives, limits.directives, "The document has {} directives"),
        (measures.nesting, MAX_NESTING, "The operation nests {} selection sets and fragments"),
        (measures.depth, limits.depth, "The operation is {} fields deep"),
        (measures.aliases, limits.aliases, "The operation has {} aliases in one place"),
        (measures.mutations, limits.mutations, "The operation has {} mutations"),
        (measures.root_fields, limits.root_fields, "The operation has {} root fields"),
    ):
        if found > limit:
            return too_expensive(f"{what.format(f'{found:,}')}; at most {limit:,} may be.")
    return None


def too_expensive(message: str) -> GraphQLError:
    """The refusal of an operation for what it amounts to."""
    return GraphQLError(message, extensions={"code": ErrorCode.OPERATION_TOO_EXPENSIVE.value})


def _token_kinds(document: DocumentNode) -> Iterator[TokenKind]:
    token = document.loc.start_token.next if document.loc else None
    while token is not None and token.kind is not TokenKind.EOF:
        yield token.kind
        token = token.next


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outline:
    """A selection set with its fragments: what one level holds, and the most that any below it does."""

    keys: frozenset[str] = frozenset()
    aliases: frozenset[str] = frozenset()
    depth: int = 0
    most_aliases: int = 0
    nesting: int = 0


_NOTHING: Final = _Outline()


class _Outlines:
    """Outlines of one document. Each fragment is looked into once, however often it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        self._definitions = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, _Outline] = {}

    def of(self, selected: SelectionSetNode | None, *, level: int = 1) -> _Outline:
        """The outline; a branch is cut off below `MAX_NESTING`, which it then exceeds."""
        if selected is None:
            return _NOTHING
        if level > MAX_NESTING:
            return _Outline(nesting=1)
        keys: set[str] = set()
        aliases: set[str] = set()
        depth = most = nesting = 0
        for node in selected.selections:
            if isinstance(node, FieldNode):
                below = self.of(node.selection_set, level=level + 1)
                name = node.name.value
                key = node.alias.value if node.alias else name
                keys.add(key)
                if key != name:
                    aliases.add(key)
                depth = max(depth, below.depth + _step(name))
            else:
                below = self._of_fragment(node, level=level + 1)
                keys |= below.keys
                aliases |= below.aliases
                depth = max(depth, below.depth)
            most = max(most, below.most_aliases)
            nesting = max(nesting, below.nesting)
        return _Outline(
            keys=frozenset(keys),
            aliases=frozenset(aliases),
            depth=depth,
            most_aliases=max(most, len(aliases)),
            nesting=nesting + 1,
        )

    def _of_fragment(self, node: object, *, level: int) -> _Outline:
        if isinstance(node, InlineFragmentNode):
            return self.of(node.selection_set, level=level)
        assert isinstance(node, FragmentSpreadNode)
        name = node.name.value
        known = self._known.get(name)
        if known is None:
            self._known[name] = _NOTHING  # one that spreads itself: validation says so
            definition = self._definitions.get(name)
            known = self.of(definition.selection_set if definition else None, level=level)
            self._known[name] = known
        return known


def _step(field: str) -> int:
    """What a field adds to the depth: `ofType` of introspection unwraps a type and leads nowhere further."""
    return 0 if field == "ofType" else 1
