"""Values as they stand in a document: literals, variables, and variables inside literals."""

from __future__ import annotations

import json
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from tests.compiler.draft import Draft, Variable


class Name(str):
    """The value of an enum, which stands bare in a document and as text among variables."""

    __slots__ = ()


def rendered(draft: Draft, value: Any, kind: GraphQLInputType, *, droppable: bool = False) -> str:
    """The value as a literal or a variable of that position's type.

    `droppable`: a variable without any value will do as well, so that the position counts as not given.
    """
    if draft.chance(2 if value is None or isinstance(value, bool) else 5):
        return f"${_variable(draft, value, kind, droppable=droppable).name}"
    return literal(draft, value, kind)


def literal(draft: Draft, value: Any, kind: GraphQLInputType, *, constant: bool = False) -> str:
    """The value as a literal, in whose inside variables can stand unless it is to be `constant`."""
    kind = get_nullable_type(kind)

    def inside(part: Any, of: GraphQLInputType, *, droppable: bool = False) -> str:
        return (
            literal(draft, part, of, constant=True)
            if constant
            else rendered(draft, part, of, droppable=droppable)
        )

    if value is None:
        return "null"
    if is_list_type(kind):
        if isinstance(value, list):
            return f"[{', '.join(inside(part, kind.of_type) for part in value)}]"
        draft.met("list: single value")
        return literal(draft, value, kind.of_type, constant=constant)
    if isinstance(value, dict):
        fields = (
            get_named_type(kind).fields if isinstance(get_named_type(kind), GraphQLInputObjectType) else {}
        )
        parts = []
        for name, part in value.items():
            of = fields[name].type
            droppable = not is_non_null_type(of) or part == "ASC"
            parts.append(f"{name}: {inside(part, of, droppable=droppable)}")
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, Name):
        return str(value)
    escaped = isinstance(value, str) and not value.isascii() and draft.chance(2)
    return json.dumps(value, ensure_ascii=escaped)


def _variable(draft: Draft, value: Any, kind: GraphQLInputType, *, droppable: bool) -> Variable:
    position, plain = str(kind), str(get_nullable_type(kind))
    given = _json(value)
    for known in draft.variables:
        fits = known.kind in (position, f"{plain}!") and known.given and known.value == given
        if fits and type(known.value) is type(given) and draft.chance(2):
            draft.met("variable: used twice")
            return known
    made = Variable(f"v{len(draft.variables)}", position, given, given=True, default=None)
    draft.variables.append(made)
    if value is None:
        draft.met("variable: null")
        return made
    choice = draft.pick(("given", "strict", "default", "strict default", "unused default", "absent"))
    if choice == "strict":
        made.kind = f"{plain}!"
    elif choice == "default":
        made.kind, made.default, made.given = plain, literal(draft, value, kind, constant=True), False
    elif choice == "strict default":
        made.kind, made.default, made.given = f"{plain}!", literal(draft, value, kind, constant=True), False
    elif choice == "unused default":
        made.kind, made.default = plain, _other(draft, value, kind)
    elif choice == "absent" and droppable:
        made.kind, made.given = plain, False
    draft.met(f"variable: {choice}")
    return made


def _other(draft: Draft, value: Any, kind: GraphQLInputType) -> str:
    """A default that differs from the value where that is easily made."""
    if isinstance(value, bool):
        return literal(draft, not value, kind, constant=True)
    if isinstance(value, int):
        return "1"
    return literal(draft, value, kind, constant=True)


def _json(value: Any) -> Any:
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, list):
        return [_json(part) for part in value]
    if isinstance(value, dict):
        return {name: _json(part) for name, part in value.items()}
    return value
