"""From a selection to statements, and from their rows to records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    RowMapping,
    Uuid,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from leora_gql.auth.principal import Principal
from leora_gql.graph.access import may
from leora_gql.graph.entity import Entity
from leora_gql.graph.fields import ColumnSpec, ToManySpec, ToOneSpec
from leora_gql.graph.keyset import Page, Statement, page_statement
from leora_gql.graph.node import Record
from leora_gql.graph.ordering import Ordering
from leora_gql.graph.scalars import money as money_of


@dataclass(frozen=True, slots=True)
class Projection:
    """The columns of an entity that an operation needs, and how a row of them becomes a record."""

    entity: Entity
    names: frozenset[str]

    def columns(self, table: FromClause) -> list[ColumnElement[Any]]:
        """The SQL of each, labelled; the id first."""
        found: list[ColumnElement[Any]] = [table.c.id.label("id")]
        for name in sorted(self.names):
            if name in self.entity.columns():
                found.append(self.entity.expression(name, table).label(name))
            else:
                found.append(table.c[name].label(name))
        return found

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
        return spec.convert(value) if spec.convert else value


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


def rows_of(entity: Entity, table: FromClause, *, shape: Projection, principal: Principal) -> Statement:
    """The entity's rows that the principal may see, with the projected columns."""
    statement = select(*shape.columns(table)).select_from(table)
    visible = entity.visible(table, principal) if entity.visible else None
    return statement if visible is None else statement.where(visible)


def by_column(
    entity: Entity, source: str, values: Sequence[Any], *, shape: Projection, principal: Principal
) -> Statement:
    """The rows whose column (unique in the tenant) holds one of the values, with that column as `key`."""
    table = entity.table.alias("t")
    wanted = literal(list(values), ARRAY(table.c[source].type))
    statement = rows_of(entity, table, shape=shape, principal=principal)
    return statement.add_columns(table.c[source].label("key")).where(table.c[source] == func.any(wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """One list to read: of the root, or below each of many parents."""

    entity: Entity
    shape: Projection
    ordering: Ordering
    page: Page
    principal: Principal
    condition: Callable[[FromClause], ColumnElement[bool]] | None = None

    def base(self, table: FromClause) -> Statement:
        """The rows before ordering and paging."""
        statement = rows_of(self.entity, table, shape=self.shape, principal=self.principal)
        return statement if self.condition is None else statement.where(self.condition(table))

    def statement(self) -> Statement:
        """The page of a root list."""
        table = self.entity.table.alias("t")
        return page_statement(self.base(table), table, ordering=self.ordering, page=self.page)

    def count(self) -> Statement:
        """The number of rows on all pages of a root list."""
        table = self.entity.table.alias("t")
        return self.base(table).with_only_columns(func.count().label("total"))

    def statement_below(self, parents: Sequence[UUID], relation: ToManySpec) -> Statement:
        """The page below each parent, one statement for all of them; `parent_key` tells whose row it is."""
        table = self.entity.table.alias("t")
        below = self._below(self.base(table), table, relation)
        page = page_statement(below, table, ordering=self.ordering, page=self.page).subquery("rows")
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
        table = self.entity.table.alias("t")
        below = self._below(self.base(table), table, relation)
        counted = below.with_only_columns(func.count().label("total")).lateral("counted")
        keys = _parents(parents)
        return select(keys.c.key.label("parent_key"), counted.c.total).select_from(keys.join(counted, true()))

    def _below(self, statement: Statement, table: FromClause, relation: ToManySpec) -> Statement:
        parent = literal_column("parent.key", Uuid())
        if relation.through is None:
            assert relation.by is not None
            return statement.where(table.c[relation.by] == parent)
        link = relation.through.model.__table__.alias("link")
        joined = (link.c.tenant_id == table.c.tenant_id) & (link.c[relation.through.theirs] == table.c.id)
        return statement.join(link, joined).where(link.c[relation.through.ours] == parent)


def _parents(keys: Sequence[UUID]) -> Any:
    wanted = literal(list(keys), ARRAY(Uuid()))
    return func.unnest(wanted).table_valued("key").render_derived(name="parent")
