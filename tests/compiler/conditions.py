"""`where`, `orderBy` and the arguments of pages, from known values and from nasty ones."""

from __future__ import annotations

import functools
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_named_type,
    is_list_type,
)

from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.fields import ToManySpec
from leora_gql.graph.ordering import Ordering, default_ordering, sort_fields
from tests.compiler.arguments import Name
from tests.compiler.draft import Draft, snake_case

NASTY: dict[str, tuple[Any, ...]] = {
    "String": (
        "", "a", "A", " ", "%", "_", "\\", "\\%", "'", '"', "a'b\"c\\", "\n", "a\tb", "é", "É", "ß", "İ", "ﬁ", "Σ",
        "日本", "😀", "\u202e", "\u200b", "\u0301", "\x7f", "\x01", "\U0010ffff", "--", ":name", "%(x)s", "{}", "null",
        "x" * 1000,
    ),
    "Int": (0, 1, -1, 2, 100, 2**31 - 1, -(2**31)),
    "Decimal": (
        "0", "0.00", "-0.01", "100", 100, 12.5, 0, "1e3", "1E-2", "-0", "00012.50", "+1", "92233720368547758.07",
        "-92233720368547758.07", 9007199254740993, 1e16,
    ),
    "DateTime": (
        "2026-01-31T09:30:00Z", "2026-01-31t09:30:00.5z", "2024-02-29T23:59:59.999999+05:30",
        "1970-01-01 00:00:00-11:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
    ),
    "Date": ("2026-01-31", "2024-02-29", "1970-01-01", "0001-01-01", "9999-12-31"),
}  # fmt: skip
"""Values that are allowed and seldom met."""

BAD: dict[str, tuple[Any, ...]] = {
    "String": ("x" * 1001, "a\x00b", 5, None),
    "Int": ("5", 1.5, 2**31, None, True),
    "Decimal": ("1.001", "NaN", "1e999", "92233720368547758.08", "1,5", True, None),
    "DateTime": ("yesterday", "2026-01-31", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+10:00", 0, None),
    "Date": ("2026-02-30", "2026-1-1", 20260131, None),
    "Boolean": ("true", 1, None),
    "ID": ("", "x", 5, "T3JkZXI6eA==", None),
}
"""Values that are refused, each in its own way."""

Input = dict[str, Any]

_OFTEN = {"TextFilter": 3, "BooleanFilter": 3, "IntFilter": 2, "DecimalFilter": 2}
"""Fields that few types have are chosen more often where there are some."""
_TEXT = ("contains", "startsWith", "endsWith")


def where(draft: Draft, entity: Entity, *, depth: int = 0) -> Input:
    """A filter on rows of the entity; usually one or two conditions, at most three levels of relations."""
    flat, nesting = draft.known(("where", entity.name), lambda: _fields(draft, entity))
    usable = flat if depth >= 3 or draft.conditions <= 0 else flat + nesting
    made: Input = {}
    while not made or (len(made) < 4 and draft.chance(3)):
        name = draft.pick(usable)
        made[name] = draft.part(functools.partial(_condition, draft, entity, name, depth=depth))
        draft.conditions -= 1
    return made


def _fields(draft: Draft, entity: Entity) -> tuple[list[str], list[str]]:
    """The fields of a filter that may be used: comparisons, and those with a filter below them."""
    flat: list[str] = []
    nesting: list[str] = []
    for name, one in _input(draft, f"{entity.name}Where").fields.items():
        nests = name in ("and", "or", "not") or snake_case(name) in entity.relations()
        often = _OFTEN.get(get_named_type(one.type).name, 1)
        if draft.reachable(entity, snake_case(name)):
            (nesting if nests else flat).extend([name] * often)
    return flat, nesting


def _condition(draft: Draft, entity: Entity, name: str, *, depth: int) -> Any:
    if draft.mischief and draft.chance(12):
        return None
    if name == "not":
        draft.met("where: not")
        return where(draft, entity, depth=depth + 1)
    if name in ("and", "or"):
        draft.met(f"where: {name}")
        least = 0 if name == "and" or draft.bad() else 1
        parts = [where(draft, entity, depth=depth + 1) for _ in range(least + draft.upto(2))]
        return parts[0] if len(parts) == 1 and draft.chance(3) else parts
    field = snake_case(name)
    spec = entity.fields.get(field)
    if field not in entity.relations():
        return _comparison(
            draft, entity, field, draft.schema.type_map[f"{entity.name}Where"].fields[name].type
        )
    target = entity.target(field)
    if isinstance(spec, ToManySpec):
        quantifiers = [draft.pick(("some", "none", "every"))]
        if draft.chance(6):
            quantifiers.append(draft.pick(("some", "none", "every")))
        for quantifier in quantifiers:
            draft.met(f"where: {quantifier}")
        return {one: _nested(draft, target, depth) for one in quantifiers}
    draft.met("where: to-one")
    return _nested(draft, target, depth)


def _nested(draft: Draft, target: Entity, depth: int) -> Input:
    return {} if draft.chance(6) else where(draft, target, depth=depth + 1)


def _comparison(draft: Draft, entity: Entity, name: str, comparator: Any) -> Input:
    fields = get_named_type(comparator).fields
    made: Input = {}
    while not made or (len(made) < 3 and draft.chance(5)):
        operator = draft.pick([*fields, *(one for one in _TEXT if one in fields)])
        kind = fields[operator].type
        draft.met(f"where: {operator}")
        if is_list_type(kind):
            made[operator] = _several(draft, entity, name, get_named_type(kind))
        else:
            made[operator] = value(draft, entity, name, get_named_type(kind), operator=operator)
    draft.met(f"where: {get_named_type(comparator).name}")
    return made


def _several(draft: Draft, entity: Entity, name: str, kind: Any) -> Any:
    if draft.bad():
        return [value(draft, entity, name, kind, operator="in")] * 101
    several = [value(draft, entity, name, kind, operator="in") for _ in range(draft.upto(3))]
    return several[0] if len(several) == 1 and draft.chance(2) else several


def value(draft: Draft, entity: Entity, name: str, kind: Any, *, operator: str) -> Any:
    """A value for a comparison of a field: mostly one that a row has."""
    if isinstance(kind, GraphQLEnumType):
        return Name("NO_SUCH") if draft.bad() else Name(draft.pick(list(kind.values)))
    if draft.bad():
        return draft.pick(BAD[kind.name])
    if kind.name == "Boolean":
        return draft.chance(2)
    if kind.name == "ID":
        return global_id(draft, entity if name == "id" else None)
    known = draft.values.of(entity, name)
    if not known or draft.chance(4):
        draft.met("where: nasty value")
        return draft.pick(NASTY[kind.name])
    found = draft.pick(known)
    if operator in _TEXT:
        return _part(draft, found, operator)
    return _swapped(draft, found) if kind.name == "String" else found


def _part(draft: Draft, whole: str, operator: str) -> str:
    """A piece of a text, in whatever case."""
    size = 1 + draft.upto(min(len(whole), 5))
    start = {"startsWith": 0, "endsWith": len(whole) - size}.get(operator, draft.upto(len(whole)))
    return _swapped(draft, whole[max(start, 0) : max(start, 0) + size])


def _swapped(draft: Draft, text: str) -> str:
    return draft.pick((str, str, str.upper, str.lower))(text)


def global_id(draft: Draft, entity: Entity | None) -> Any:
    """The id of a row of that type (None: of any), now and then of one that the principal cannot see."""
    if draft.bad():
        return draft.pick((*BAD["ID"][:-1], draft.values.foreign["Order"][0]))
    if entity is None:
        entity = Registry.entities[draft.pick(sorted(Registry.entities))]
    seen, foreign = draft.values.ids(entity), draft.values.foreign[entity.name]
    if not seen or draft.chance(6):
        draft.met("id: foreign or unknown")
        return draft.pick(foreign)
    return draft.pick(seen)


def order_by(draft: Draft, entity: Entity) -> list[Input]:
    """Up to three keys of an ordering (or, as mischief, more, or one twice)."""
    names = [name for name in sort_fields(entity) if draft.reachable(entity, name)]
    bad = draft.bad()
    keys: list[Input] = []
    for _ in range(4 if bad else draft.upto(min(3, len(names)))):
        name = draft.pick(names) if names else "created_at"
        if not bad:
            names.remove(name)
        key: Input = {"field": Name(name.upper())}
        if draft.chance(2):
            key["direction"] = Name(draft.pick(("DESC", "ASC")))
        keys.append(key)
    draft.met(f"orderBy: {len(keys)} keys")
    return keys


def ordering_of(entity: Entity, keys: list[Input], default: tuple[str, ...]) -> Ordering:
    """The total order that these keys (or, without any, the relation's own) amount to."""
    named = [("-" if key.get("direction") == "DESC" else "") + str(key["field"]).lower() for key in keys]
    return default_ordering(entity, named or list(default))


def page(draft: Draft, entity: Entity, ordering: Ordering, *, most: int) -> tuple[Input, int]:
    """The arguments of a page of at most `most` rows, and how many rows it can have."""
    if draft.bad():
        draft.met("page: bad arguments")
        return draft.pick(_bad_pages(draft, entity, ordering)), 20
    size = 1 + (draft.upto(most - 1) if draft.chance(5) else draft.upto(min(most, 4) - 1))
    mode = draft.pick(
        ("first", "first after", "last", "last before", "first offset", "none", "after", "before")
    )
    if "first" not in mode and "last" not in mode and most < 20:
        mode = f"first {mode}"
    if mode in ("first before", "first none"):
        mode = "first"
    rows = draft.values.rows[entity.name]
    if not rows:
        mode = mode.replace("after", "").replace("before", "").strip() or "first"
    made: Input = {}
    for word in mode.split():
        if word in ("first", "last"):
            made[word] = size
        elif word == "offset":
            made[word] = draft.pick((0, 1, 2, 3, 1, 2, 10_000))
        elif word in ("after", "before"):
            made[word] = draft.values.cursor(entity, ordering, draft.upto(len(rows) - 1))
    if draft.chance(8):
        made[draft.pick([name for name in ("after", "before", "offset", "last") if name not in made])] = None
    draft.met(f"page: {mode}")
    return made, size if "first" in mode or "last" in mode else 20


def _bad_pages(draft: Draft, entity: Entity, ordering: Ordering) -> list[Input]:
    pages: list[Input] = [
        {"first": 0}, {"first": 101}, {"last": -1}, {"last": 101}, {"first": 1, "last": 1}, {"offset": -1},
        {"offset": 10_001}, {"first": 1, "after": "abc"}, {"last": 1, "before": ""}, {"last": 1, "offset": 1},
        {"first": "5"}, {"after": "a\x00"},
    ]  # fmt: skip
    if draft.values.rows[entity.name]:
        good = draft.values.cursor(entity, ordering, 0)
        backwards = default_ordering(entity, ["-created_at"])
        other = draft.values.cursor(entity, backwards, 0) if "created_at" in entity.fields else good[4:]
        pages += [{"after": f"{good[:-2]}=="}, {"after": other}, {"first": 1, "before": good}]
        pages.append({"after": good, "offset": 1})
    return pages


def _input(draft: Draft, name: str) -> GraphQLInputObjectType:
    found = draft.schema.type_map[name]
    assert isinstance(found, GraphQLInputObjectType)
    return found
