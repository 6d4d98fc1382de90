"""`where`: the filter input of an entity, derived from its declaration, and its SQL.

`{status: {eq: PENDING}, customer: {tier: {eq: "GOLD"}}, lines: {some: {…}}}`: fields are joined by
AND; `and`, `or` and `not` nest; to-one relations nest directly, to-many ones by some/none/every.
Naming a field needs the permission that reading it needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import strawberry
from sqlalchemy import ColumnElement, FromClause
from strawberry import UNSET
from strawberry.utils.str_converters import to_snake_case

from leora_gql.auth.principal import Rights
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_sentence, check_access, check_entity
from leora_gql.graph.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    ConditionSql,
    Not,
    Quantifier,
    Related,
    rights_for,
)
from leora_gql.graph.entity import Entity, plain, words
from leora_gql.graph.fields import ColumnSpec, ToOneSpec
from leora_gql.graph.filters import IdFilter, Subject, compare, filter_type, lower_comparator, reader
from leora_gql.graph.inputs import Bind, Inputs, Reader
from leora_gql.graph.node import decode_id

MAX_DEPTH = 12
MAX_CONDITIONS = 100


@dataclass(slots=True, eq=False)
class WhereTypes:
    """The filter input types of one entity: for a row of it, and for a list of them."""

    entity: Entity
    input_type: type[Any]
    list_type: type[Any]


def declare_where(entity: Entity) -> WhereTypes:
    """Make the (still empty) input types of an entity, so that others can refer to them."""
    input_type = type(f"{entity.name}Where", (), {"__annotations__": {}})
    list_type = type(f"{entity.name}ListWhere", (), {"__annotations__": {}})
    return WhereTypes(entity, input_type, list_type)


def _add(cls: type[Any], name: str, kind: Any, description: str, *, graphql_name: str | None = None) -> None:
    cls.__annotations__[name] = kind | None if isinstance(kind, type) else kind
    setattr(cls, name, strawberry.field(name=graphql_name, description=description, default=UNSET))


def complete_where(builder: WhereTypes) -> None:
    """Fill the input types in; every entity's must have been declared before."""
    entity, cls = builder.entity, builder.input_type
    _add(cls, "id", IdFilter, "By global id.")
    for name, spec in entity.fields.items():
        if not spec.where:
            continue
        needed = access_sentence(spec.access)
        if isinstance(spec, ColumnSpec):
            kind = filter_type(plain(entity.annotations[name]), search=spec.search)
            _add(cls, name, kind, f"By {words(name)}.{needed}")
            continue
        target = entity.target(name).where
        assert target is not None
        if isinstance(spec, ToOneSpec):
            _add(cls, name, target.input_type, f"By its {words(name)}.{needed}")
        else:
            _add(cls, name, target.list_type, f"By its {words(name)}.{needed}")
    for name, graphql_name, text in (
        ("and_", "and", "All of these hold."),
        ("or_", "or", "At least one of these holds."),
    ):
        cls.__annotations__[name] = list[cls] | None
        setattr(cls, name, strawberry.field(name=graphql_name, description=text, default=UNSET))
    _add(cls, "not_", cls, "This does not hold.", graphql_name="not")
    strawberry.input(cls, description=f"Which {words(entity.plural)} to give: every condition must hold.")
    _complete_list(builder)


def _complete_list(builder: WhereTypes) -> None:
    cls, of_these = builder.list_type, words(builder.entity.plural)
    _add(cls, "some", builder.input_type, f"At least one of the {of_these} fits.")
    _add(cls, "none", builder.input_type, f"None of the {of_these} fits.")
    _add(cls, "every", builder.input_type, f"All of the {of_these} fit; true when there are none.")
    strawberry.input(cls, description=f"Conditions on the {of_these} of a row.")


@dataclass(slots=True)
class WhereReader:
    """One walk over a filter, by its GraphQL names; counts what it meets, so that no filter grows without bound."""

    inputs: Inputs
    rights: Rights
    depth: int = 0
    met: int = 0

    def read(self, entity: Entity, given: Mapping[str, Any]) -> Condition:
        """The condition that a filter asks for. Raises `Forbidden` and `BadUserInput`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadUserInput(f"A filter nests at most {MAX_DEPTH} levels.")
        parts = tuple(self._part(entity, name, value) for name, value in given.items())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else AllOf(parts)

    def _part(self, entity: Entity, name: str, given: Any) -> Condition:
        self.met += 1
        if self.met > MAX_CONDITIONS:
            raise BadUserInput(f"A filter holds at most {MAX_CONDITIONS} conditions.")
        if given is None:
            raise BadUserInput("A condition cannot be null; leave it out instead.")
        if name == "not":
            return Not(self.read(entity, given))
        if name in ("and", "or"):
            return self._several(entity, name, given)
        if name == "id":
            return self._comparisons("id", given, reader(strawberry.ID, is_money=False, id_of=entity.name))
        return self._field(entity, to_snake_case(name), given)

    def _several(self, entity: Entity, name: str, given: Sequence[Mapping[str, Any]]) -> Condition:
        parts = tuple(self.read(entity, part) for part in given)
        if name == "and":
            return AllOf(parts)
        if not parts:
            raise BadUserInput("`or` needs at least one condition.")
        return AnyOf(parts)

    def _comparisons(self, field: str, given: Mapping[str, Any], read: Reader) -> Condition:
        return AllOf(tuple(lower_comparator(field, given, inputs=self.inputs, read=read)))

    def _field(self, entity: Entity, name: str, given: Mapping[str, Any]) -> Condition:
        spec = entity.fields[name]
        check_access(spec.access, self.rights)
        if isinstance(spec, ColumnSpec):
            return self._comparisons(name, given, _reader_of(entity, name, spec))
        target = entity.target(name)
        check_entity(target, self.rights)
        if isinstance(spec, ToOneSpec):
            return self._related(target, name, "is", given)
        return AllOf(
            tuple(self._related(target, name, cast(Quantifier, word), inner) for word, inner in given.items())
        )

    def _related(
        self, target: Entity, relation: str, quantifier: Quantifier, given: Mapping[str, Any] | None
    ) -> Condition:
        if given is None:
            raise BadUserInput("A condition cannot be null; leave it out instead.")
        condition = self.read(target, given)
        return Related(relation, quantifier, condition, rights_for(target, self.rights))


def _reader_of(entity: Entity, name: str, spec: ColumnSpec) -> Reader:
    if spec.key is not None:
        return lambda value, _: decode_id(value)[1]
    return reader(plain(entity.annotations[name]), is_money=spec.money)


def condition_sql(bind: Bind) -> ConditionSql:
    """What turns conditions into SQL, with `bind` for the values."""

    def compare_field(entity: Entity, comparison: Comparison, table: FromClause) -> ColumnElement[bool]:
        return compare(comparison, _subject(entity, comparison.field, table), bind)

    return ConditionSql(compare_field)


def _subject(entity: Entity, name: str, table: FromClause) -> Subject:
    """A scalar field, or the id, as something to compare."""
    if name == "id":
        return Subject(expression=table.c.id, key=table.c.id)
    spec = entity.columns()[name]
    if spec.key is not None:
        return Subject(expression=table.c[spec.key])
    source = entity.source(name)
    return Subject(
        expression=entity.expression(name, table),
        lowered=table.c[f"{source}_lower"] if spec.search else None,
        key=table.c.id,
        lookup=f"lookup_{entity.table.name}_{source}",
    )
