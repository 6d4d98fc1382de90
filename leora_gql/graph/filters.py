"""The comparators of `where`: one input type per kind of value, and the SQL of each comparison.

Every comparison is null-safe in the way a reader expects: `ne` and `notIn` include rows that have
no value. Only leakproof operators are used as conditions, because under row-level security no
other reaches an index; substring search goes through the look-up functions of `policies/`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any

import strawberry
from sqlalchemy import ColumnElement, Text, Uuid, and_, column, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from leora_gql.db.model import SCHEMA, DescribedEnum, EnumText
from leora_gql.errors import BadUserInput
from leora_gql.graph.conditions import Comparison
from leora_gql.graph.inputs import Bind, Inputs, Reader, itself
from leora_gql.graph.node import decode_id_of
from leora_gql.graph.scalars import to_cents

if TYPE_CHECKING:
    from leora_gql.graph.cursors import Cursors

MAX_LIST = 100
_DOCS = {
    "eq": "Equal to this.",
    "ne": "Anything but this; rows without a value included.",
    "in_": "One of these (at most 100).",
    "not_in": "None of these (at most 100); rows without a value included.",
    "lt": "Less than this.",
    "lte": "This or less.",
    "gt": "Greater than this.",
    "gte": "This or greater.",
    "is_null": "True: only rows without a value; false: only rows with one.",
    "contains": "Holds this text, in any case.",
    "starts_with": "Begins with this text, in any case.",
    "ends_with": "Ends with this text, in any case.",
}
_NAMES = {"in_": "in"}
_EQUALITY = ("eq", "ne", "in_", "not_in")
_ORDER = ("lt", "lte", "gt", "gte")
_TEXT = ("contains", "starts_with", "ends_with")


def _comparator(name: str, value: Any, operators: Sequence[str], description: str) -> type[Any]:
    annotations: dict[str, Any] = {}
    body: dict[str, Any] = {"__annotations__": annotations}
    for operator in operators:
        kind: Any = bool if operator == "is_null" else value
        annotations[operator] = (list[kind] if operator in ("in_", "not_in") else kind) | None
        body[operator] = strawberry.field(
            name=_NAMES.get(operator), description=_DOCS[operator], default=UNSET
        )
    return strawberry.input(type(name, (), body), description=description)


IdFilter = _comparator("IDFilter", strawberry.ID, (*_EQUALITY, "is_null"), "Conditions on a global id.")
StringFilter = _comparator(
    "StringFilter", str, (*_EQUALITY, *_ORDER, "is_null"), "Exact conditions on text; case counts."
)
TextFilter = _comparator(
    "TextFilter",
    str,
    (*_EQUALITY, *_ORDER, "is_null", *_TEXT),
    "Conditions on searchable text: equality is exact, order and the searches ignore case.",
)
IntFilter = _comparator("IntFilter", int, (*_EQUALITY, *_ORDER, "is_null"), "Conditions on a whole number.")
DecimalFilter = _comparator(
    "DecimalFilter", Decimal, (*_EQUALITY, *_ORDER, "is_null"), "Conditions on an amount of money."
)
DateTimeFilter = _comparator(
    "DateTimeFilter", dt.datetime, (*_EQUALITY, *_ORDER, "is_null"), "Conditions on a moment."
)
DateFilter = _comparator("DateFilter", dt.date, (*_EQUALITY, *_ORDER, "is_null"), "Conditions on a day.")
BooleanFilter = _comparator("BooleanFilter", bool, ("eq",), "Conditions on a yes or no.")
_BY_TYPE: dict[Any, type[Any]] = {
    str: StringFilter,
    int: IntFilter,
    Decimal: DecimalFilter,
    dt.datetime: DateTimeFilter,
    dt.date: DateFilter,
    bool: BooleanFilter,
    strawberry.ID: IdFilter,
}
_enums: dict[type[DescribedEnum], type[Any]] = {}


def filter_type(value: Any, *, search: bool) -> type[Any]:
    """The comparator input for a Python type. Raises `TypeError` for one that cannot be filtered on."""
    if search:
        return TextFilter
    if isinstance(value, type) and issubclass(value, DescribedEnum):
        if value not in _enums:
            name = f"{value.__name__}Filter"
            _enums[value] = _comparator(name, value, _EQUALITY, f"Conditions on a {value.__name__}.")
        return _enums[value]
    if value not in _BY_TYPE:
        raise TypeError(f"There is no filter for {value}.")
    return _BY_TYPE[value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a comparator is applied to: the SQL of the field, and how it is searched."""

    expression: ColumnElement[Any]
    lowered: ColumnElement[Any] | None = None
    key: ColumnElement[Any] | None = None
    lookup: str | None = None


def lower_comparator(
    field: str, comparator: Mapping[str, Any], *, inputs: Inputs, read: Reader
) -> Iterator[Comparison]:
    """The comparisons that one comparator (by its GraphQL names) holds. Raises `BadUserInput`."""
    for name in _DOCS:
        operator = _GRAPHQL[name]
        if operator not in comparator:
            continue
        value = comparator[operator]
        if value is None:
            raise BadUserInput("A comparison needs a value; use isNull to look for rows without one.")
        if name == "is_null":
            yield Comparison(field, "is_null" if inputs.observe(value, itself) else "is_not_null")
        elif name in _TEXT and inputs.observe(value, _is_empty):
            yield Comparison(field, "is_not_null")
        else:
            reader = _reader(name, read)
            yield Comparison(field, name, inputs.parameter(value, reader))


_GRAPHQL = {name: _NAMES.get(name, to_camel_case(name)) for name in _DOCS}


def _is_empty(value: str, _: Cursors) -> bool:
    return not value


def _reader(operator: str, read: Reader) -> Reader:
    if operator in ("in_", "not_in"):
        return lambda values, cursors: _read_list(values, cursors, read)
    if operator == "contains":
        return lambda value, _: f"%{_escaped(value)}%"
    if operator == "ends_with":
        return lambda value, _: f"%{_escaped(value)}"
    return read


def _read_list(values: Sequence[Any], cursors: Cursors, read: Reader) -> list[Any]:
    if len(values) > MAX_LIST:
        raise BadUserInput(f"A list of values holds at most {MAX_LIST}.")
    return [read(value, cursors) for value in values]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def compare(comparison: Comparison, subject: Subject, bind: Bind) -> ColumnElement[bool]:
    """The SQL of one comparison."""
    operator, target = comparison.operator, subject.expression
    if operator in ("is_null", "is_not_null"):
        present = target if subject.lowered is None else subject.lowered
        return present.is_(None) if operator == "is_null" else present.is_not(None)
    assert comparison.parameter is not None
    if operator in _TEXT:
        return _text_search(operator, bind(comparison.parameter, Text()), subject)
    if operator in ("in_", "not_in"):
        return _membership(operator, bind(comparison.parameter, ARRAY(_stored(target))), subject)
    operand = bind(comparison.parameter, _stored(target))
    if operator == "ne":
        return target.is_distinct_from(operand)
    if operator == "eq" and subject.lowered is not None:
        return and_(target == operand, subject.lowered == func.lower(operand))
    if subject.lowered is not None:
        target, operand = subject.lowered, func.lower(operand)
    return _OPERATORS[operator](target, operand)


_OPERATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": eq,
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
}


def _stored(target: ColumnElement[Any]) -> TypeEngine[Any]:
    """The type of a value as it is stored: an enum is text."""
    return Text() if isinstance(target.type, EnumText) else target.type


def _membership(operator: str, values: ColumnElement[Any], subject: Subject) -> ColumnElement[bool]:
    inside = subject.expression == func.any(values)
    if operator == "not_in":
        return or_(subject.expression.is_(None), ~inside)
    if subject.lowered is None:
        return inside
    # The lower-case column has the index; the values are lowered by the same SQL that made it.
    each = func.unnest(values).table_valued("value").render_derived(name="given")
    lowered = func.array(select(func.lower(each.c.value)).scalar_subquery(), type_=ARRAY(Text()))
    return and_(inside, subject.lowered == func.any(lowered))


def _text_search(operator: str, value: ColumnElement[Any], subject: Subject) -> ColumnElement[bool]:
    lowered = subject.lowered
    assert lowered is not None
    assert subject.key is not None
    needle = func.lower(value)
    if operator == "starts_with":
        beyond = needle.op("||")(func.chr(literal_column("1114111")))
        return and_(lowered >= needle, lowered <= beyond, func.starts_with(lowered, needle))
    found = getattr(getattr(func, SCHEMA), str(subject.lookup))(needle)
    ids = select(column("id", Uuid())).select_from(found.table_valued("id", name="found"))
    return subject.key == func.any(func.array(ids.scalar_subquery()))


def reader(kind: Any, *, is_money: bool, id_of: str | None = None) -> Reader:
    """How a value of the API becomes one of the database. Raises `BadUserInput` when it cannot."""
    if id_of is not None:
        return lambda value, _: decode_id_of(id_of, value)
    if is_money:
        return _read_money
    if kind is str:
        return _read_text
    if isinstance(kind, type) and issubclass(kind, DescribedEnum):
        return lambda value, _: kind(value).value
    return itself


def _read_money(value: Decimal, _: Cursors) -> int:
    try:
        return to_cents(value)
    except ValueError as error:
        raise BadUserInput(str(error)) from None


def _read_text(value: str, _: Cursors) -> str:
    if len(value) > 1000:
        raise BadUserInput("That text is too long to compare with.")
    return value
