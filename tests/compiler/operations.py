"""Random valid operations: every field of the schema, every way of asking for it.

An operation is a tree of small choices, so that one that fails shrinks to a few words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema
from hypothesis import strategies as st

from tests.compiler.draft import Draft
from tests.compiler.scopes import Scope
from tests.compiler.selections import Place, selection_set
from tests.compiler.values import Values


@dataclass(frozen=True, slots=True)
class Operation:
    """A request: the document, its variables, and the operation's name where the document has several.

    `features` are what it makes use of; `mischief` tells that some of its input may be bad.
    """

    query: str
    variables: dict[str, Any]
    operation_name: str | None = None
    features: frozenset[str] = field(default=frozenset(), repr=False, compare=False)
    mischief: bool = field(default=False, repr=False, compare=False)

    def __str__(self) -> str:
        """For people who are to run it."""
        return f"{self.query}\n\nvariables: {self.variables}\noperationName: {self.operation_name}"


@st.composite
def operations(draw: Any, schema: GraphQLSchema, seeded: Values) -> Operation:
    """An operation for the principal of the seeded values, most of them free of errors."""
    draft = Draft(draw, schema, seeded)
    assert schema.query_type is not None
    body = selection_set(draft, Place(schema.query_type, Scope()))
    fragments = _fragments(draft, body)
    used = set(re.findall(r"\$(v\d+)\b", body + fragments))
    declared = [one for one in draft.variables if one.name in used]
    head = f"({', '.join(one.declaration() for one in declared)})" if declared else ""
    name = draft.pick((None, "Main"))
    query = f"query {name or ''}{head} {body}{fragments}" if name or head else f"{body}{fragments}"
    several = name is not None and draft.chance(10)
    if several:
        draft.met("several operations")
        query += "\nquery Other { __typename }"
    return Operation(
        query,
        {one.name: one.value for one in draft.variables if one.given},
        name if several else None,
        frozenset(draft.features),
        draft.mischief,
    )


def _fragments(draft: Draft, body: str) -> str:
    """The definitions of the fragments that the operation uses, directly or through others."""
    known = {one.name: one for one in draft.fragments}
    used: dict[str, str] = {}
    open_ends = [body]
    while open_ends:
        for name in re.findall(r"\.\.\.(F\d+)\b", open_ends.pop()):
            if name not in used:
                used[name] = f"\nfragment {name} on {known[name].on.name} {known[name].text}"
                open_ends.append(used[name])
    return "".join(used.values())
