"""From a selection to statements, and from their rows to records."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Text,
    Uuid,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from leora_gql.auth.principal import Principal
from leora_gql.graph.access import may
from leora_gql.graph.conditions import visible_rows
from leora_gql.graph.entity import Entity, plain
from leora_gql.graph.fields import ColumnSpec, ToManySpec, ToOneSpec
from leora_gql.graph.inputs import Bind
from leora_gql.graph.keyset import PageSql, Statement
from leora_gql.graph.listing import Listing
from leora_gql.graph.node import Record
from leora_gql.graph.scalars import Json
from leora_gql.graph.scalars import money as money_of
from leora_gql.graph.where import condition_sql


@dataclass(frozen=True, slots=True)
class Projection:
    """The columns of an entity that an operation needs, and how a row of them becomes a record."""

    entity: Entity
    names: frozenset[str]

    def columns(self, table: FromClause) -> list[ColumnElement[Any]]:
        """The SQL of each, labelled; the id first."""
        found: list[ColumnElement[Any]] = [table.c.id.label("id")]
        for name in sorted(self.names):
            value = self._expression(name, table)
            found.append((cast(value, Text()) if self._is_json(name) else value).label(name))
        return found

    def _expression(self, name: str, table: FromClause) -> ColumnElement[Any]:
        is_field = name in self.entity.columns()
        return self.entity.expression(name, table) if is_field else table.c[name]

    def _is_json(self, name: str) -> bool:
        return plain(self.entity.annotations.get(name)) is Json

    def record(self, row: RowMapping) -> Record:
        """The row as resolvers see it."""
        values = {name: self._convert(name, row[name]) for name in self.names}
        return Record(self.entity, row["id"], values)

    def _convert(self, name: str, value: Any) -> Any:
        spec = self.entity.fields.get(name)
        if value is None or not isinstance(spec, ColumnSpec):
            return value
        if spec.money:
            return money_of(value)
        if self._is_json(name):
            return orjson.Fragment(value)  # the column's own text, as the compiled way gives it
        return from_json(spec.shape, value) if spec.shape else value


def from_json(shape: type[Any], stored: dict[str, Any]) -> object:
    """The object that a JSON column is shown as."""
    return shape(**{name: stored.get(name) for name in shape.__annotations__})


def projection(entity: Entity, selected: Iterable[str], *, principal: Principal) -> Projection:
    """What must be read to answer the selected fields (Python names) for this principal.

    What it may not read is left out: its resolver raises before it looks. What resolvers written
    by hand read, their entity's `needs` say.
    """
    names: set[str] = set()
    for name in selected:
        spec = entity.fields.get(name)
        if spec is None:
            names.update(entity.needs.get(name, ()))
        elif isinstance(spec, ToOneSpec):
            target = entity.target(name)
            if may(spec.access, principal) and target.open_to(principal):
                names.add(spec.by)
        elif isinstance(spec, ColumnSpec) and may(spec.access, principal):
            names.add(name)
    return Projection(entity, frozenset(names - {"id"}))


@functools.cache
def rows_table(entity: Entity) -> FromClause:
    """The entity's table as resolvers' statements name it; made once, since each alias copies all columns."""
    return entity.table.alias("t")


def rows_of(entity: Entity, table: FromClause, *, shape: Projection, principal: Principal) -> Statement:
    """The entity's rows that the principal may see, with the projected columns."""
    statement = select(*shape.columns(table)).select_from(table)
    visible = visible_rows(entity, table, principal.rights)
    return statement if visible is None else statement.where(visible)


def by_column(
    entity: Entity, source: str, values: Sequence[Any], *, shape: Projection, principal: Principal
) -> Statement:
    """The rows whose column (unique in the tenant) holds one of the values, with that column as `key`."""
    table = rows_table(entity)
    wanted = literal(list(values), ARRAY(table.c[source].type))
    statement = rows_of(entity, table, shape=shape, principal=principal)
    return statement.add_columns(table.c[source].label("key")).where(table.c[source] == func.any(wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """One list to read, of the root or below each of many parents; `bind` gives the values of its shape."""

    listing: Listing
    bind: Bind
    shape: Projection
    principal: Principal

    def base(self, table: FromClause) -> Statement:
        """The rows before ordering and paging."""
        entity = self.listing.entity
        statement = rows_of(entity, table, shape=self.shape, principal=self.principal)
        return statement.where(condition_sql(self.bind).of(self.listing.condition, entity, table))

    def statement(self) -> Statement:
        """The page of a root list, and one row more."""
        table = rows_table(self.listing.entity)
        return self._page(self.base(table), table)

    def count(self) -> Statement:
        """The number of rows on all pages of a root list."""
        table = rows_table(self.listing.entity)
        return self.base(table).with_only_columns(func.count().label("total"))

    def statement_below(self, parents: Sequence[UUID], relation: ToManySpec) -> Statement:
        """The page below each parent, one statement for all of them; `parent_key` tells whose row it is."""
        table = rows_table(self.listing.entity)
        page = self._page(self._below(self.base(table), table, relation), table).subquery("rows")
        # Named as no field can be: the page has the fields' own names among its columns.
        lateral = select(page, func.row_number().over().label("row#")).lateral("page")
        keys = _parents(parents)
        return (
            select(keys.c.key.label("parent_key"), lateral)
            .select_from(keys.join(lateral, true()))
            .order_by(lateral.c["row#"])
        )

    def count_below(self, parents: Sequence[UUID], relation: ToManySpec) -> Statement:
        """The number of rows below each parent."""
        table = rows_table(self.listing.entity)
        below = self._below(self.base(table), table, relation)
        counted = below.with_only_columns(func.count().label("total")).lateral("counted")
        keys = _parents(parents)
        return select(keys.c.key.label("parent_key"), counted.c.total).select_from(keys.join(counted, true()))

    def _page(self, base: Statement, table: FromClause) -> Statement:
        page = PageSql(ordering=self.listing.ordering, page=self.listing.page, bind=self.bind)
        return page.of(base, table, more=True)

    def _below(self, statement: Statement, table: FromClause, relation: ToManySpec) -> Statement:
        return below(statement, table, relation=relation, parent=literal_column("parent.key", Uuid()))


def below(
    statement: Statement, table: FromClause, *, relation: ToManySpec, parent: ColumnElement[UUID]
) -> Statement:
    """The statement (on `table`) restricted to the rows that a relation gives one parent, by its key."""
    if relation.through is None:
        assert relation.by is not None
        return statement.where(table.c[relation.by] == parent)
    link = relation.through.model.__table__.alias("link")
    joined = (link.c.tenant_id == table.c.tenant_id) & (link.c[relation.through.theirs] == table.c.id)
    return statement.join(link, joined).where(link.c[relation.through.ours] == parent)


def _parents(keys: Sequence[UUID]) -> Any:
    wanted = literal(list(keys), ARRAY(Uuid()))
    return func.unnest(wanted).table_valued("key").render_derived(name="parent")
