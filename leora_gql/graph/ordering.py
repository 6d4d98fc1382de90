"""`orderBy`: which field, which direction, and the total order that a page needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import strawberry

from leora_gql.auth.principal import Rights
from leora_gql.db.model import DescribedEnum
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_sentence, check_access
from leora_gql.graph.entity import Entity, words
from leora_gql.graph.inputs import Inputs, itself

MAX_KEYS = 3


class SortDirection(DescribedEnum):
    """Which end comes first. Rows without a value come last in both directions."""

    ASC = "ASC", "Smallest, earliest or alphabetically first."
    DESC = "DESC", "Largest, latest or alphabetically last."


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an ordering: a field of the entity, or its id as the tie-break."""

    name: str
    source: str
    descending: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class Ordering:
    """A total order: up to three keys and, last, the id in the direction of the last key."""

    keys: tuple[SortKey, ...]

    @property
    def text(self) -> str:
        """What a cursor is signed for: `placed_at:desc,id:desc`."""
        return ",".join(f"{key.name}:{'desc' if key.descending else 'asc'}" for key in self.keys)


def sort_fields(entity: Entity) -> list[str]:
    """The names of the fields that the entity can be ordered by."""
    return [name for name, spec in entity.columns().items() if spec.sort]


def build_order_by(entity: Entity) -> type[Any] | None:
    """The input type `<Entity>OrderBy` with its enum of fields; None when nothing is sortable."""
    names = sort_fields(entity)
    if not names:
        return None
    fields = _field_enum(entity, names)
    cls = type(
        f"{entity.name}OrderBy",
        (),
        {
            "__annotations__": {"field": fields, "direction": SortDirection},
            "field": strawberry.field(description="The field to order by."),
            "direction": strawberry.field(description="Which end comes first.", default=SortDirection.ASC),
        },
    )
    return strawberry.input(cls, description=f"One key of an ordering of {words(entity.plural)}.")


def _field_enum(entity: Entity, names: Sequence[str]) -> Any:
    members = {
        name.upper(): strawberry.enum_value(name, description=_describe(entity, name)) for name in names
    }
    made = cast("type[Enum]", Enum(f"{entity.name}OrderField", members))
    return strawberry.enum(made, description=f"What {words(entity.plural)} can be ordered by.")


def _describe(entity: Entity, name: str) -> str:
    return f"By {words(name)}.{access_sentence(entity.columns()[name].access)}"


def ordering(
    entity: Entity, given: Sequence[Mapping[str, Any]], *, inputs: Inputs, rights: Rights
) -> Ordering:
    """The order that `orderBy` (by its GraphQL names) asks for.

    Raises `BadUserInput` for more than three keys or one named twice, `Forbidden` for a field that
    the caller may not read.
    """
    keys: list[SortKey] = []
    for item in given:
        field, direction = (inputs.observe(item[part], itself) for part in ("field", "direction"))
        name = str(field.value if isinstance(field, Enum) else field)
        check_access(entity.fields[name].access, rights)
        if any(key.name == name for key in keys):
            raise BadUserInput(f"orderBy names {name.upper()} twice.")
        keys.append(_key(entity, name, descending=direction == SortDirection.DESC))
    if len(keys) > MAX_KEYS:
        raise BadUserInput(f"orderBy takes at most {MAX_KEYS} keys.")
    return _total(keys)


def default_ordering(entity: Entity, names: Sequence[str]) -> Ordering:
    """The order that a relation declares: field names, `-` in front for descending."""
    return _total([_key(entity, name.removeprefix("-"), descending=name.startswith("-")) for name in names])


def _key(entity: Entity, name: str, *, descending: bool) -> SortKey:
    source = entity.sort_source(name)
    nullable = bool(entity.table.c[entity.source(name)].nullable)
    return SortKey(name=name, source=source, descending=descending, nullable=nullable)


def _total(keys: list[SortKey]) -> Ordering:
    last = keys[-1].descending if keys else False
    return Ordering((*keys, SortKey(name="id", source="id", descending=last, nullable=False)))
