"""The intermediate form for people: what is read, a line for each response key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from strawberry.utils.str_converters import to_camel_case

from leora_gql.compiler import ir
from leora_gql.graph.conditions import AllOf, AnyOf, Comparison, Condition, Not
from leora_gql.graph.listing import Listing

_Leaf = (
    ir.Typename
    | ir.GlobalId
    | ir.Column
    | ir.Stored
    | ir.Cursor
    | ir.PageInfoField
    | ir.TotalCount
    | ir.NoErrors
    | ir.Nothing
)
_OfRow = ir.ToOne | ir.Nodes | ir.EdgeNode | ir.Lookup | ir.CreatedRow
_OfConnection = ir.ToMany | ir.Listed | ir.CreatedEdge
_Field = _Leaf | _OfRow | _OfConnection | ir.Embedded | ir.Edges | ir.PageInfo | ir.RowsByIds | ir.Payload

_NAMES: Mapping[type[_Field], str] = {
    ir.Typename: "__typename",
    ir.GlobalId: "id",
    ir.Cursor: "cursor",
    ir.TotalCount: "totalCount",
    ir.Nodes: "nodes",
    ir.Edges: "edges",
    ir.EdgeNode: "node",
    ir.PageInfo: "pageInfo",
    ir.NoErrors: "userErrors",
    ir.Nothing: "null",
}
"""What is called the same on every type."""


def outline(root: ir.Root, *, parameters: Mapping[int, str]) -> list[str]:
    """The lines: a key, what it is where that is called otherwise, and what is read for it.

    `parameters` are the names of the numbered ones.
    """
    made = _Outline(parameters)
    return [line for field in root.fields for line in made.of(field)]


class _Outline:
    def __init__(self, parameters: Mapping[int, str]) -> None:
        self._parameters = parameters

    def of(self, field: _Field, level: int = 0) -> Iterator[str]:
        """The line of a field, and those of what is below it."""
        name, read = _name(field), self._read(field)
        yield "  " * level + field.key + (f": {name}" if name != field.key else "") + (read and f"  {read}")
        if isinstance(field, ir.RowsByIds):
            for row in field.rows:
                yield "  " * (level + 1) + f"... on {row.entity.name}"
                yield from self._all(row.fields, level + 2)
        else:
            yield from self._all(_below(field), level + 1)

    def _all(self, fields: tuple[_Field, ...], level: int) -> Iterator[str]:
        for field in fields:
            yield from self.of(field, level)

    def _read(self, field: _Field) -> str:
        match field:
            case ir.ToMany(connection=connection) | ir.Listed(connection=connection):
                return self._page(connection.listing)
            case ir.CreatedEdge(connection=connection):
                return connection.listing.entity.name
            case ir.Lookup(row=row, column=column, parameter=parameter):
                return f"{row.entity.name} where {column} = {self._parameters[parameter]}"
            case ir.ToOne(target=row) | ir.Nodes(row=row) | ir.EdgeNode(row=row) | ir.CreatedRow(row=row):
                return row.entity.name
            case ir.RowsByIds(types=types, ids=ids):
                return f"by types {self._parameters[types]} and ids {self._parameters[ids]}"
            case ir.Payload(parameter=parameter):
                return f"of the row {self._parameters[parameter]}"
            case _:
                return ""

    def _page(self, listing: Listing) -> str:
        page = listing.page
        parts = [f"{'last' if page.backward else 'first'} {page.size} {listing.entity.name}"]
        if listing.condition != AllOf(()):
            parts.append(f"where {self._condition(listing.condition)}")
        parts.append(f"by {listing.ordering.text.replace(':', ' ').replace(',', ', ')}")
        if page.cursor is not None:
            values = ", ".join("null" if one is None else self._parameters[one] for one in page.cursor)
            parts.append(f"{'before' if page.backward else 'after'} ({values})")
        if page.offset is not None:
            parts.append(f"offset {self._parameters[page.offset]}")
        return " ".join(parts)

    def _condition(self, condition: Condition) -> str:
        if isinstance(condition, Comparison):
            value = condition.parameter
            compared = "" if value is None else f" {self._parameters[value]}"
            return f"{condition.field} {condition.operator}{compared}"
        if isinstance(condition, Not):
            return f"not ({self._condition(condition.part)})"
        if isinstance(condition, AllOf | AnyOf):
            every = isinstance(condition, AllOf)
            parts = [self._condition(part) for part in condition.parts]
            joined = (" and " if every else " or ").join(parts) or str(every).lower()
            return f"({joined})" if len(parts) > 1 else joined
        return f"{condition.relation} {condition.quantifier} ({self._condition(condition.condition)})"


def _name(field: _Field) -> str:
    match field:
        case ir.Column(name=name) | ir.Stored(name=name) | ir.Embedded(name=name):
            return to_camel_case(name)
        case ir.ToOne(relation=relation) | ir.ToMany(relation=relation):
            return to_camel_case(relation)
        case ir.PageInfoField(fact=fact):
            return fact
        case _:
            return _NAMES.get(type(field), field.key)


def _below(field: _Field) -> tuple[_Field, ...]:
    match field:
        case ir.ToOne(target=row):
            return row.fields
        case ir.Nodes(row=row) | ir.EdgeNode(row=row) | ir.Lookup(row=row) | ir.CreatedRow(row=row):
            return row.fields
        case ir.ToMany(connection=connection) | ir.Listed(connection=connection):
            return connection.fields
        case ir.CreatedEdge(connection=connection):
            return tuple(inner for edge in connection.fields for inner in _below(edge))
        case ir.Embedded(fields=fields) | ir.Edges(fields=fields):
            return fields
        case ir.PageInfo(fields=fields) | ir.Payload(fields=fields):
            return fields
        case _:
            return ()
