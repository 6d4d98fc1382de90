"""`where`: the filter input of an entity, derived from its declaration, and its SQL.

`{status: {eq: PENDING}, customer: {tier: {eq: "GOLD"}}, lines: {some: {…}}}`: fields are joined by
AND; `and`, `or` and `not` nest; to-one relations nest directly, to-many ones by some/none/every.
Naming a field needs the permission that reading it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_, or_, select, true
from strawberry import UNSET

from leora_gql.auth.principal import Principal
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_sentence, check_access, check_entity
from leora_gql.graph.entity import Entity, plain, words
from leora_gql.graph.fields import ColumnSpec, ToManySpec, ToOneSpec
from leora_gql.graph.filters import IdFilter, Subject, conditions, filter_type, reader
from leora_gql.graph.node import decode_id

MAX_DEPTH = 12
MAX_CONDITIONS = 100


@dataclass(slots=True, eq=False)
class WhereBuilder:
    """The filter input of one entity, and how a value of it becomes SQL."""

    entity: Entity
    input_type: type[Any]
    list_type: type[Any]

    def compile(self, value: Any, table: FromClause, principal: Principal) -> ColumnElement[bool]:
        """The condition on (an alias of) the entity's table. Raises `Forbidden` and `BadUserInput`."""
        return _Compiler(principal).compile(self.entity, value, table)


def declare_where(entity: Entity) -> WhereBuilder:
    """Make the (still empty) input types of an entity, so that others can refer to them."""
    input_type = type(f"{entity.name}Where", (), {"__annotations__": {}})
    list_type = type(f"{entity.name}ListWhere", (), {"__annotations__": {}})
    return WhereBuilder(entity, input_type, list_type)


def _add(cls: type[Any], name: str, kind: Any, description: str, *, graphql_name: str | None = None) -> None:
    cls.__annotations__[name] = kind | None if isinstance(kind, type) else kind
    setattr(cls, name, strawberry.field(name=graphql_name, description=description, default=UNSET))


def complete_where(builder: WhereBuilder) -> None:
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


def _complete_list(builder: WhereBuilder) -> None:
    cls, of_these = builder.list_type, words(builder.entity.plural)
    _add(cls, "some", builder.input_type, f"At least one of the {of_these} fits.")
    _add(cls, "none", builder.input_type, f"None of the {of_these} fits.")
    _add(cls, "every", builder.input_type, f"All of the {of_these} fit; true when there are none.")
    strawberry.input(cls, description=f"Conditions on the {of_these} of a row.")


@dataclass(slots=True)
class _Compiler:
    """One walk over a filter; counts what it meets, so that no filter grows without bound."""

    principal: Principal
    depth: int = 0
    met: int = field(default=0)

    def compile(self, entity: Entity, value: Any, table: FromClause) -> ColumnElement[bool]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadUserInput(f"A filter nests at most {MAX_DEPTH} levels.")
        found = and_(true(), *self._parts(entity, value, table))
        self.depth -= 1
        return found

    def _count(self) -> None:
        self.met += 1
        if self.met > MAX_CONDITIONS:
            raise BadUserInput(f"A filter holds at most {MAX_CONDITIONS} conditions.")

    def _parts(self, entity: Entity, value: Any, table: FromClause) -> Iterator[ColumnElement[bool]]:
        for name in type(value).__annotations__:
            given = getattr(value, name)
            if given is UNSET:
                continue
            self._count()
            if given is None:
                raise BadUserInput("A condition cannot be null; leave it out instead.")
            if name in ("and_", "or_"):
                parts = [self.compile(entity, part, table) for part in given]
                yield and_(true(), *parts) if name == "and_" else _any_of(parts)
            elif name == "not_":
                yield self.compile(entity, given, table).is_not(True)
            elif name == "id":
                yield conditions(given, id_subject(entity, table))
            else:
                yield self._field(entity, name, given, table)

    def _field(self, entity: Entity, name: str, given: Any, table: FromClause) -> ColumnElement[bool]:
        spec = entity.fields[name]
        check_access(spec.access, self.principal)
        if isinstance(spec, ColumnSpec):
            return conditions(given, column_subject(entity, name, table))
        target = entity.target(name)
        check_entity(target, self.principal)
        if isinstance(spec, ToOneSpec):
            other = target.table.alias()
            joined = and_(other.c.tenant_id == table.c.tenant_id, other.c.id == table.c[spec.by])
            return self._exists(target, given, other, joined)
        return self._list(entity, name, given, table)

    def _list(self, entity: Entity, name: str, given: Any, table: FromClause) -> ColumnElement[bool]:
        target, spec = entity.target(name), entity.fields[name]
        assert isinstance(spec, ToManySpec)
        parts: list[ColumnElement[bool]] = []
        for quantifier in ("some", "none", "every"):
            inner = getattr(given, quantifier)
            if inner is UNSET:
                continue
            if inner is None:
                raise BadUserInput("A condition cannot be null; leave it out instead.")
            other = target.table.alias()
            joined = self._joined(spec, table, other)
            if quantifier == "every":
                parts.append(~self._exists(target, inner, other, joined, negate=True))
            else:
                exists = self._exists(target, inner, other, joined)
                parts.append(exists if quantifier == "some" else ~exists)
        return and_(true(), *parts)

    def _joined(self, spec: ToManySpec, table: FromClause, other: FromClause) -> ColumnElement[bool]:
        if spec.through is None:
            assert spec.by is not None
            return and_(other.c.tenant_id == table.c.tenant_id, other.c[spec.by] == table.c.id)
        link = spec.through.model.__table__.alias()
        return (
            select(link.c.tenant_id)
            .where(
                link.c.tenant_id == table.c.tenant_id,
                link.c[spec.through.ours] == table.c.id,
                link.c[spec.through.theirs] == other.c.id,
            )
            .exists()
        )

    def _exists(
        self,
        target: Entity,
        value: Any,
        other: FromClause,
        joined: ColumnElement[bool],
        *,
        negate: bool = False,
    ) -> ColumnElement[bool]:
        inner = self.compile(target, value, other)
        condition = inner.is_not(True) if negate else inner
        visible = target.visible(other, self.principal) if target.visible else None
        rows = select(other.c.id).where(joined, condition)
        return (rows if visible is None else rows.where(visible)).exists()


def _any_of(parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    if not parts:
        raise BadUserInput("`or` needs at least one condition.")
    return or_(*parts)


def id_subject(entity: Entity, table: FromClause) -> Subject:
    """The global id as something to compare."""
    return Subject(
        expression=table.c.id, read=reader(strawberry.ID, is_money=False, id_of=entity.name), key=table.c.id
    )


def column_subject(entity: Entity, name: str, table: FromClause) -> Subject:
    """A scalar field as something to compare."""
    spec = entity.columns()[name]
    if spec.key is not None:
        return Subject(expression=table.c[spec.key], read=lambda value: decode_id(value)[1])
    source = entity.source(name)
    return Subject(
        expression=entity.expression(name, table),
        read=reader(plain(entity.annotations[name]), is_money=spec.money),
        lowered=table.c[f"{source}_lower"] if spec.search else None,
        key=table.c.id,
        lookup=f"lookup_{entity.table.name}_{source}",
    )
