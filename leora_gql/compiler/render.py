"""From the intermediate form to SQL: one scalar expression whose value is the JSON text of the answer.

JSON is put together with `||`. Aliases are numbered in the order of rendering: `p` for pages, `t` for tables. A row
of a list is first read by its page, with just the columns that are needed, and only then written as JSON, so that
nothing is written that the page does not hold. Each object begins with a mark by which objects are counted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql.selectable import NamedFromClause

from leora_gql.compiler import ir
from leora_gql.compiler.gathered import Gathered, JsonText, signed
from leora_gql.graph.conditions import visible_rows
from leora_gql.graph.cursors import payload_text
from leora_gql.graph.entity import Entity, plain
from leora_gql.graph.fields import ToManySpec, ToOneSpec
from leora_gql.graph.inputs import placeholder
from leora_gql.graph.json_text import joined, json_string, or_null, quoted, raw, scalar_text
from leora_gql.graph.keyset import PageSql, Statement, sort_values
from leora_gql.graph.reading import below
from leora_gql.graph.where import condition_sql

MARK = "\x01"
"""Stands before each object. No JSON text holds it: inside of strings it is escaped."""

ROW = "row#"
"""The place of a row in a page that is read backward; named as no column can be."""

Restriction = Callable[[Statement, FromClause], Statement]


class Renderer:
    """Renders one plan."""

    def __init__(self) -> None:
        self._made = 0
        self._conditions = condition_sql(placeholder)

    def root(self, root: ir.Root) -> JsonText:
        """A whole query."""
        return _object((field.key, self._root_field(field)) for field in root.fields)

    def _alias(self, letter: str) -> str:
        self._made += 1
        return f"{letter}{self._made - 1}"

    def _root_field(self, field: ir.RootField) -> JsonText:
        if isinstance(field, ir.Typename):
            return _name(field)
        if isinstance(field, ir.Nothing):
            return raw("null")
        if isinstance(field, ir.Lookup):
            return self._lookup(field)
        if isinstance(field, ir.RowsByIds):
            return self._rows_by_ids(field)
        if isinstance(field, ir.Payload):
            return self._payload(field)
        return self._connection(field.connection, lambda base, _: base)

    def _lookup(self, field: ir.Lookup) -> JsonText:
        table = self._table(field.row.entity)
        value = placeholder(field.parameter, table.c[field.column].type)
        return self._one(field.row, table, table.c[field.column] == value)

    def _payload(self, field: ir.Payload) -> JsonText:
        key = placeholder(field.parameter, Uuid())

        def part(inner: ir.CreatedRow | ir.CreatedEdge | ir.NoErrors | ir.Typename) -> JsonText:
            if isinstance(inner, ir.CreatedRow):
                table = self._table(inner.row.entity)
                return self._one(inner.row, table, table.c.id == key)
            if isinstance(inner, ir.CreatedEdge):
                return self._created_edge(inner.connection, key)
            return raw("[]") if isinstance(inner, ir.NoErrors) else _name(inner)

        return _object((inner.key, part(inner)) for inner in field.fields)

    def _created_edge(self, connection: ir.Connection, key: ColumnElement[Any]) -> JsonText:
        (edges,) = connection.fields
        assert isinstance(edges, ir.Edges)
        page = self._page(connection, lambda base, table: base.where(table.c.id == key), more=False)
        found = select(self._edge(edges, connection, page)).select_from(page)
        return or_null(found.scalar_subquery())

    def _table(self, entity: Entity) -> FromClause:
        return entity.table.alias(self._alias("t"))

    def _one(self, row: ir.Row, table: FromClause, condition: ColumnElement[bool]) -> JsonText:
        found = select(self._row(row, table)).select_from(table).where(condition)
        visible = visible_rows(row.entity, table, row.rights)
        return or_null((found if visible is None else found.where(visible)).scalar_subquery())

    def _rows_by_ids(self, field: ir.RowsByIds) -> JsonText:
        types, ids = placeholder(field.types, ARRAY(Text())), placeholder(field.ids, ARRAY(Uuid()))
        asked = func.unnest(types, ids).table_valued("type", "key", with_ordinality="n")
        name = self._alias("p")
        rows = asked.render_derived(name=name)
        key = literal_column(f"{name}.key", Uuid())
        texts: dict[Any, JsonText] = {}
        for row in field.rows:
            table = self._table(row.entity)
            texts[raw(row.entity.name)] = self._one(row, table, table.c.id == key)
        if not texts:
            text: JsonText = raw("null")
        else:
            text = case(texts, value=literal_column(f"{name}.type", Text()), else_=raw("null"))
        listed = select(text).select_from(rows).order_by(literal_column(f"{name}.n"))
        array = func.array(listed.scalar_subquery(), type_=ARRAY(Text()))
        return joined(raw("["), func.array_to_string(array, raw(","), type_=Text()), raw("]"))

    def _row(self, row: ir.Row, rows: FromClause) -> JsonText:
        return _object((field.key, self._field(row.entity, field, rows)) for field in row.fields)

    def _field(self, entity: Entity, field: ir.RowField, rows: FromClause) -> JsonText:
        if isinstance(field, ir.Typename):
            return _name(field)
        if isinstance(field, ir.GlobalId):
            return quoted(_own_id(entity, rows.c.id))
        if isinstance(field, ir.Column):
            return _column_text(entity, field.name, rows)
        if isinstance(field, ir.Embedded):
            return _embedded_text(entity, field, rows)
        spec = entity.fields[field.relation]
        if isinstance(field, ir.ToOne):
            assert isinstance(spec, ToOneSpec)
            table = self._table(field.target.entity)
            return self._one(field.target, table, table.c.id == _outer(rows, spec.by))
        assert isinstance(spec, ToManySpec)
        relation, parent = spec, _outer(rows, "id")
        return self._connection(
            field.connection, lambda base, table: below(base, table, relation=relation, parent=parent)
        )

    def _connection(self, connection: ir.Connection, restrict: Restriction) -> JsonText:
        lists = [field for field in connection.fields if isinstance(field, (ir.Nodes, ir.Edges))]
        facts = _facts_of_rows(connection)
        total = self._total(connection, restrict) if _has_total(connection) else None
        if not lists and not facts:
            return _connection_object(connection, {}, Gathered(connection.listing.page), total)
        page = self._page(connection, restrict, more=_direction(connection) in facts)
        texts = [self._list_item(field, connection, page) for field in lists]
        if len(texts) == 1 and not facts:
            shown = {lists[0].key: self._list(texts[0], page)}
            return _connection_object(connection, shown, Gathered(connection.listing.page), total)
        if facts & {"startCursor", "endCursor"}:
            texts.append(payload_text(sort_values(page, connection.listing.ordering)))
        gathered = self._gathered(connection, texts or [raw("")], page)
        shown = {field.key: gathered.items(index) for index, field in enumerate(lists)}
        text = _connection_object(connection, shown, gathered, total)
        assert gathered.rows is not None
        return select(text).select_from(gathered.rows).scalar_subquery()

    def _page(self, connection: ir.Connection, restrict: Restriction, *, more: bool) -> FromClause:
        listing = connection.listing
        table = self._table(listing.entity)
        columns = (table.c[name] for name in _needed(connection))
        base = self._base(connection, select(*columns), table, restrict)
        page = PageSql(ordering=listing.ordering, page=listing.page, bind=placeholder).of(
            base, table, more=more
        )
        if listing.page.backward:
            inner = page.subquery(self._alias("b"))
            page = select(*inner.c, func.row_number().over().label(ROW)).select_from(inner)
        return page.subquery(self._alias("p"))

    def _base(
        self, connection: ir.Connection, statement: Statement, table: FromClause, restrict: Restriction
    ) -> Statement:
        entity = connection.listing.entity
        statement = restrict(statement.select_from(table), table)
        visible = visible_rows(entity, table, connection.rights)
        if visible is not None:
            statement = statement.where(visible)
        return statement.where(self._conditions.of(connection.listing.condition, entity, table))

    def _total(self, connection: ir.Connection, restrict: Restriction) -> JsonText:
        table = self._table(connection.listing.entity)
        counted = select(sql_cast(func.count(), Text()))
        return self._base(connection, counted, table, restrict).scalar_subquery()

    def _list_item(self, field: ir.Nodes | ir.Edges, connection: ir.Connection, page: FromClause) -> JsonText:
        if isinstance(field, ir.Nodes):
            return self._row(field.row, page)
        return self._edge(field, connection, page)

    def _list(self, text: JsonText, page: FromClause) -> JsonText:
        """The texts of a page's rows, in their order, as the items of an array."""
        order = [page.c[ROW].desc()] if ROW in page.c else []
        listed = func.string_agg(text, aggregate_order_by(raw(","), *order) if order else raw(","))
        return func.coalesce(select(listed).select_from(page).scalar_subquery(), raw(""), type_=Text())

    def _gathered(self, connection: ir.Connection, texts: Sequence[JsonText], page: FromClause) -> Gathered:
        """Several texts of a page's rows, each gathered in an array."""
        rows = select(*(text.label(f"c{index}") for index, text in enumerate(texts))).select_from(page)
        if ROW in page.c:
            rows = rows.order_by(page.c[ROW].desc())
        listed = rows.subquery(self._alias("r"))
        arrays = (func.array_agg(column, type_=ARRAY(Text())).label(column.name) for column in listed.c)
        name = self._alias("a")
        return Gathered(
            connection.listing.page,
            select(*arrays).select_from(listed).subquery(name),
            count=len(texts),
            pads=connection.pads,
        )

    def _edge(self, edges: ir.Edges, connection: ir.Connection, page: FromClause) -> JsonText:
        def part(field: ir.Cursor | ir.EdgeNode | ir.Typename) -> JsonText:
            if isinstance(field, ir.Cursor):
                return quoted(self._cursor(connection, page))
            return _name(field) if isinstance(field, ir.Typename) else self._row(field.row, page)

        return _object((field.key, part(field)) for field in edges.fields)

    def _cursor(self, connection: ir.Connection, page: FromClause) -> JsonText:
        assert connection.pads is not None
        payload = payload_text(sort_values(page, connection.listing.ordering))
        return signed(payload, connection.pads)


def _connection_object(
    connection: ir.Connection, lists: Mapping[str, JsonText], gathered: Gathered, total: JsonText | None
) -> JsonText:
    def part(field: ir.ConnectionField) -> JsonText:
        if isinstance(field, ir.Typename):
            return _name(field)
        if isinstance(field, ir.TotalCount):
            assert total is not None
            return total
        if isinstance(field, ir.PageInfo):
            return _object(
                (fact.key, _name(fact) if isinstance(fact, ir.Typename) else gathered.fact(fact.fact))
                for fact in field.fields
            )
        return joined(raw("["), lists[field.key], raw("]"))

    return _object((field.key, part(field)) for field in connection.fields)


def _has_total(connection: ir.Connection) -> bool:
    return any(isinstance(field, ir.TotalCount) for field in connection.fields)


def _direction(connection: ir.Connection) -> ir.PageFact:
    return "hasPreviousPage" if connection.listing.page.backward else "hasNextPage"


def _facts_of_rows(connection: ir.Connection) -> set[ir.PageFact]:
    """The selected facts of the page that depend on its rows."""
    told_without = {"hasNextPage", "hasPreviousPage"} - {_direction(connection)}
    return {
        fact.fact
        for field in connection.fields
        if isinstance(field, ir.PageInfo)
        for fact in field.fields
        if isinstance(fact, ir.PageInfoField) and fact.fact not in told_without
    }


def _needed(connection: ir.Connection) -> Sequence[str]:
    """The columns that what is selected of a page's rows reads; its id where that is nothing."""
    rows = [
        row
        for field in connection.fields
        for row in (
            [field.row]
            if isinstance(field, ir.Nodes)
            else [inner.row for inner in field.fields if isinstance(inner, ir.EdgeNode)]
            if isinstance(field, ir.Edges)
            else []
        )
    ]
    return sorted(
        {"id", *(name for row in rows for field in row.fields for name in _read_by(row.entity, field))}
    )


def _read_by(entity: Entity, field: ir.RowField) -> Iterable[str]:
    if isinstance(field, (ir.Column, ir.Embedded)):
        return entity.read_by(field.name)
    if isinstance(field, ir.ToOne):
        spec = entity.fields[field.relation]
        assert isinstance(spec, ToOneSpec)
        return (spec.by,)
    return ()


def _outer(rows: FromClause, column: str) -> ColumnElement[Any]:
    """A column of the row around, by its name: nothing that SQLAlchemy would put into FROM once more."""
    assert isinstance(rows, NamedFromClause)
    return literal_column(f"{rows.name}.{column}", Uuid())


def _object(fields: Iterable[tuple[str, JsonText]]) -> JsonText:
    """A JSON object, its keys in the order given."""
    parts: list[JsonText] = []
    for key, value in fields:
        parts += [raw(f'{"," if parts else ""}"{key}":'), value]
    return joined(raw(MARK + "{"), *parts, raw("}"))


def _name(field: ir.Typename) -> JsonText:
    return raw(f'"{field.name}"')


def _column_text(entity: Entity, name: str, rows: FromClause) -> JsonText:
    spec = entity.columns()[name]
    value = entity.expression(name, rows)
    text = scalar_text(plain(entity.annotations[name]), value, money=spec.money)
    is_required = spec.expression is None and not entity.table.c[entity.source(name)].nullable
    return text if is_required else or_null(text)


def _embedded_text(entity: Entity, field: ir.Embedded, rows: FromClause) -> JsonText:
    stored = rows.c[entity.source(field.name)]
    text = _object(
        (
            part.key,
            _name(part)
            if isinstance(part, ir.Typename)
            else or_null(json_string(stored.op("->>")(raw(part.name)))),
        )
        for part in field.fields
    )
    return case((stored.is_(None), raw("null")), else_=text)


def _own_id(entity: Entity, key: ColumnElement[Any]) -> JsonText:
    """The global id of a row of a known type: what of it is the same for all rows is encoded here."""
    prefix = f"{entity.name}:".encode()
    whole = len(prefix) - len(prefix) % 3
    rest = func.textsend(joined(raw(prefix[whole:].decode()), sql_cast(key, Text())))
    return joined(
        raw(base64.b64encode(prefix[:whole]).decode()), func.encode(rest, raw("base64"), type_=Text())
    )
