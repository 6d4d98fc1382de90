"""Selections: fields, aliases, fragments and directives that fit the schema and each other."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLCompositeType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_interface_type,
    is_list_type,
)

from leora_gql.auth.permissions import KEYS
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.fields import ToManySpec
from tests.compiler import conditions
from tests.compiler.arguments import rendered
from tests.compiler.draft import Draft, snake_case
from tests.compiler.scopes import Scope
from tests.graph.documents import camel

MOST_ROWS = 150
"""Rows of one field in an answer, all its parents together."""

_DEEPEST = 9
_BOOLEAN = GraphQLNonNull(GraphQLBoolean)


@dataclass(slots=True)
class Fragment:
    """A named fragment: its text, and what it selects."""

    name: str
    on: GraphQLCompositeType
    depth: int
    rows: int
    text: str = ""
    scope: Scope = field(default_factory=Scope)

    def fits(self, place: Place) -> bool:
        """Whether it may be spread there without going deeper or showing more rows than where it was made."""
        return bool(self.text) and place.depth <= self.depth and place.rows <= self.rows


@dataclass(frozen=True, slots=True)
class Place:
    """Where a selection stands: its type, what is selected there already, how deep, and how often it is shown.

    `ordered` tells of the relation whose connection it is.
    """

    on: GraphQLCompositeType
    scope: Scope
    depth: int = 0
    rows: int = 1

    def inside(self, on: GraphQLCompositeType, scope: Scope | None = None) -> Place:
        """The same place under a type condition."""
        return Place(on, scope or self.scope, self.depth, self.rows)


@functools.cache
def root_fields() -> dict[str, tuple[Entity, bool]]:
    """The root fields that the kit makes: by name, the entity, and whether it is a list."""
    found: dict[str, tuple[Entity, bool]] = {}
    for entity in Registry.entities.values():
        if entity.root:
            found[camel(entity.singular)] = (entity, False)
            found[camel(entity.plural)] = (entity, True)
    return found


def selection_set(draft: Draft, place: Place) -> str:
    """At least one selection in braces."""
    parts = [draft.part(lambda: _selection(draft, place))]
    while draft.room > 0 and len(parts) < 8:
        further = draft.part(lambda: _selection(draft, place) if draft.upto(2) else None)
        if further is None:
            break
        parts.append(further)
    return f"{{ {' '.join(parts)} }}"


def _selection(draft: Draft, place: Place) -> str:
    draft.room -= 1
    if draft.room <= 0:
        return _field(draft, place)
    kinds = _ON_INTERFACE if is_interface_type(place.on) else _ON_TYPE
    return draft.pick(kinds)(draft, place)


def _inline(draft: Draft, place: Place) -> str:
    on = draft.pick((None, *_conditions(draft, place.on)))
    draft.met(
        "inline fragment: no condition" if on is None else f"inline fragment: {_relation(place.on, on)}"
    )
    body = selection_set(draft, place.inside(on or place.on))
    return f"...{f' on {on.name}' if on else ''}{directives(draft)} {body}"


def _relation(on: GraphQLCompositeType, condition: GraphQLCompositeType) -> str:
    if on == condition:
        return "the same type"
    return "narrower" if is_interface_type(on) else "wider"


def _conditions(draft: Draft, on: GraphQLCompositeType) -> list[GraphQLCompositeType]:
    """The types that a fragment may be on where the selection is on this one."""
    return draft.known(("conditions", on.name), lambda: _possible(draft, on))


def _possible(draft: Draft, on: GraphQLCompositeType) -> list[GraphQLCompositeType]:
    if isinstance(on, GraphQLInterfaceType):
        possible = draft.schema.get_possible_types(on)
        known = [one for one in possible if one.name in ("Order", "Customer", "Sku", "User")]
        return [*known, on, *(one for one in possible if _open(draft, one))]
    return [on, *(on.interfaces if isinstance(on, GraphQLObjectType) else ())]


def _open(draft: Draft, on: GraphQLObjectType) -> bool:
    entity = Registry.get(on.name)
    return entity is None or draft.reachable(entity)


def _spread(draft: Draft, place: Place) -> str:
    wanted = {one.name for one in _conditions(draft, place.on)}
    for known in draft.fragments:
        if (
            known.on.name in wanted
            and known.fits(place)
            and draft.chance(2)
            and place.scope.take(known.scope)
        ):
            draft.met("fragment: shared")
            return f"...{known.name}{directives(draft)}"
    return _new_fragment(draft, place)


def _new_fragment(draft: Draft, place: Place) -> str:
    on = draft.pick(_conditions(draft, place.on))
    made = Fragment(f"F{len(draft.fragments)}", on, place.depth, place.rows)
    draft.fragments.append(made)
    made.text = selection_set(draft, place.inside(on, made.scope))
    if not place.scope.take(made.scope):
        return _field(draft, place)  # nobody spreads it, so it is left out of the document
    draft.met(f"fragment: on {'an interface' if is_interface_type(made.on) else 'a type'}")
    return f"...{made.name}{directives(draft)}"


def directives(draft: Draft) -> str:
    """Now and then `@skip` or `@include`, or both."""
    names = {31: ("include",), 30: ("skip",), 29: ("skip", "include")}.get(draft.upto(31), ())
    found = ""
    for name in names:
        decided = draft.chance(2)
        draft.met(f"@{name}: {decided}")
        found += f" @{name}(if: {rendered(draft, decided, _BOOLEAN)})"
    return found


def _repeated(draft: Draft, place: Place) -> str:
    """A field that is selected already, once more, with what is below it to be merged."""
    again = [
        (key, one) for key, several in place.scope.placed.items() for one in several if one.on == place.on
    ]
    if not again:
        return _field(draft, place)
    key, one = draft.pick(again)
    name = one.call.partition("(")[0].strip()
    if name == "__typename":
        return name
    below = ""
    returned = get_named_type(place.on.fields[name].type)
    if is_composite_type(returned):
        rows = place.rows if "(" not in one.call and not is_list_type(returned) else MOST_ROWS
        below = f" {selection_set(draft, Place(returned, one.below, place.depth + 1, rows))}"
        draft.met("merged selections")
    return f"{'' if key == name else f'{key}: '}{one.call}{directives(draft)}{below}"


def _field(draft: Draft, place: Place) -> str:
    name = draft.pick(_choices(draft, place))
    if name == "__typename":
        draft.met("__typename")
        kind, arguments, rows = "String!", "", 0
    else:
        kind = str(place.on.fields[name].type)
        arguments, rows = _arguments(draft, place, name)
    call = f"{name}{arguments}"
    key = _alias(draft, place, name)
    below = place.scope.place(key, place.on, call, returns=kind)
    if below is None:
        draft.aliases += 1
        key = f"x{draft.aliases}"
        below = place.scope.place(key, place.on, call, returns=kind)
        assert below is not None
    text = f"{'' if key == name else f'{key}: '}{call}{directives(draft)}"
    if key != name:
        draft.met("alias")
    returned = get_named_type(place.on.fields[name].type) if name != "__typename" else None
    if not is_composite_type(returned):
        return text
    return f"{text} {selection_set(draft, Place(returned, below, place.depth + 1, rows))}"


def _alias(draft: Draft, place: Place, name: str) -> str:
    if not draft.chance(6):
        return name
    return draft.pick(("a", "b", "id", "name", "nodes", "cursor", "_", "A1", "total"))


def _choices(draft: Draft, place: Place) -> Sequence[str]:
    """The names of the fields that can be selected here, the simplest first."""
    leaves, deeper = draft.known(("fields", place.on.name), lambda: _fields(draft, place.on))
    if draft.room <= 0 or place.depth >= _DEEPEST:
        return leaves
    if place.on.name == "Query":
        return [*leaves, *deeper, *["node", "nodes"] * 3]
    if place.on.name.endswith("Connection"):
        return [leaves[0], *deeper * 3, *leaves[1:]]
    return leaves + deeper


def _fields(draft: Draft, on: GraphQLCompositeType) -> tuple[list[str], list[str]]:
    """The fields of a type that may be used: leaves, and those with a selection below them."""
    leaves: list[str] = ["__typename"]
    deeper: list[str] = []
    entity = Registry.get(on.name)
    for name, one in on.fields.items():
        used = (
            _asked(draft, name) if on.name == "Query" else entity is None or _selectable(draft, entity, name)
        )
        if used:
            (deeper if is_composite_type(get_named_type(one.type)) else leaves).append(name)
    return leaves, deeper


def _asked(draft: Draft, name: str) -> bool:
    """Whether to use a root field."""
    if name in ("node", "nodes"):
        return True
    made = root_fields().get(name)
    return draft.by_hand if made is None else draft.reachable(made[0])


def _selectable(draft: Draft, entity: Entity, name: str) -> bool:
    field_name = snake_case(name)
    if name != "id" and field_name not in entity.fields:
        return draft.by_hand
    return draft.reachable(entity, field_name)


def _arguments(draft: Draft, place: Place, name: str) -> tuple[str, int]:
    """The arguments in parentheses, and how many rows the field shows in all."""
    given = place.on.fields[name].args
    if not given:
        return "", place.rows
    if place.on.name == "Query":
        entity, listed = root_fields().get(name, (None, False))
        if entity is None:
            return _by_hand(draft, name, given)
        if not listed:
            return _looked_up(draft, entity, given), 1
        return _listed(draft, entity, given, default=(), rows=1)
    owner = Registry.get(place.on.name)
    spec = owner.fields.get(snake_case(name)) if owner else None
    if owner is not None and isinstance(spec, ToManySpec):
        target = owner.target(snake_case(name))
        return _listed(draft, target, given, default=spec.order_by, rows=place.rows)
    return _by_hand(draft, name, given)


def _listed(
    draft: Draft, entity: Entity, given: Any, *, default: tuple[str, ...], rows: int
) -> tuple[str, int]:
    keys = conditions.order_by(draft, entity) if "orderBy" in given and draft.chance(3) else []
    used = keys[:3] if len({key["field"] for key in keys[:3]}) == len(keys[:3]) else []
    ordering = conditions.ordering_of(entity, used, default)
    arguments, size = conditions.page(draft, entity, ordering, most=max(1, min(100, MOST_ROWS // rows)))
    if draft.upto(4) > 2 and draft.conditions > 0:
        arguments["where"] = conditions.where(draft, entity)
    if keys or ("orderBy" in given and draft.chance(20)):
        arguments["orderBy"] = keys[0] if len(keys) == 1 and draft.chance(3) else keys
    parts = []
    for name, value in _shuffled(draft, arguments):
        droppable = name in ("where", "offset")
        parts.append(f"{name}: {rendered(draft, value, given[name].type, droppable=droppable)}")
    draft.met("list")
    return f"({', '.join(parts)})" if parts else "", rows * size


def _shuffled(draft: Draft, arguments: dict[str, Any]) -> Sequence[tuple[str, Any]]:
    items = list(arguments.items())
    return items[::-1] if draft.chance(3) else items


def _looked_up(draft: Draft, entity: Entity, given: Any) -> str:
    name = draft.pick(("id", *map(camel, entity.lookups)))
    known = draft.values.of(entity, snake_case(name)) if name != "id" else []
    if name == "id":
        value: Any = conditions.global_id(draft, entity)
    elif known and not draft.chance(6):
        value = draft.pick(known)
    else:
        value = draft.pick(conditions.NASTY["String"])
    arguments = {name: value}
    if draft.bad():
        arguments = draft.pick(({}, {"id": "x", **arguments}, {name: None})) if entity.lookups else {"id": 5}
    draft.met(f"one: by {name}")
    return _written(draft, arguments, given)


def _written(draft: Draft, arguments: dict[str, Any], given: Any) -> str:
    parts = [f"{name}: {rendered(draft, value, given[name].type)}" for name, value in arguments.items()]
    return f"({', '.join(parts)})" if parts else ""


def _by_hand(draft: Draft, name: str, given: Any) -> tuple[str, int]:
    if name == "node":
        return _written(draft, {"id": conditions.global_id(draft, None)}, given), 1
    if name == "nodes":
        ids = [conditions.global_id(draft, None) for _ in range(draft.upto(4))]
        return _written(draft, {"ids": ids[0] if len(ids) == 1 and draft.chance(2) else ids}, given), max(
            1, len(ids)
        )
    draft.met("by hand")
    skus = Registry.require("Sku")
    priced = {
        "skuId": conditions.global_id(draft, skus),
        "customerId": conditions.global_id(draft, Registry.require("Customer")),
        "quantity": draft.pick((1, 12, 0)),
    }
    values: dict[str, dict[str, Any]] = {
        "availability": {"skuIds": [conditions.global_id(draft, skus) for _ in range(draft.upto(3))]},
        "statement": {"from": "2026-01-01", "to": "2026-03-31"},
        "price": priced,
        "explainPrice": priced,
        "webhookEventsSince": {"sequence": draft.pick((0, 5, -1)), "first": 3},
        "can": {"permission": draft.pick((*sorted(KEYS)[:4], "none"))},
    }
    return _written(draft, values[name], given), 3


_ON_TYPE = (*[_field] * 11, _repeated, _spread, _inline)
_ON_INTERFACE = (_field, _inline, _inline, _inline, _spread, _repeated)
"""The kinds of selections, as often as they are wanted."""
