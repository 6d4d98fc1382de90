"""The comparators of `where`: one input type per kind of value, and the SQL of each comparison.

Every comparison is null-safe in the way a reader expects: `ne` and `notIn` include rows that have
no value. Only leakproof operators are used as conditions, because under row-level security no
other reaches an index; substring search goes through the look-up functions of `policies/`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Text, Uuid, and_, column, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import array as pg_array
from strawberry import UNSET

from leora_gql.db.model import SCHEMA, DescribedEnum
from leora_gql.errors import BadUserInput
from leora_gql.graph.node import decode_id_of
from leora_gql.graph.scalars import to_cents

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
    """What a comparator is applied to: the SQL of the field, and how values are read for it."""

    expression: ColumnElement[Any]
    read: Callable[[Any], Any]
    lowered: ColumnElement[Any] | None = None
    key: ColumnElement[Any] | None = None
    lookup: str | None = None


def conditions(comparator: Any, subject: Subject) -> ColumnElement[bool]:
    """All conditions of one comparator, joined by AND; TRUE when it holds none."""
    found: list[ColumnElement[bool]] = []
    for operator in _DOCS:
        value = getattr(comparator, operator, UNSET)
        if value is UNSET:
            continue
        found.append(_condition(operator, value, subject))
    return and_(true(), *found)


def _condition(operator: str, value: Any, subject: Subject) -> ColumnElement[bool]:
    target = subject.expression
    if value is None:
        raise BadUserInput("A comparison needs a value; use isNull to look for rows without one.")
    if operator == "is_null":
        present = target if subject.lowered is None else subject.lowered
        return present.is_(None) if value else present.is_not(None)
    if operator in _TEXT:
        return _text_search(operator, value, subject)
    if operator in ("in_", "not_in"):
        return _membership(operator, value, subject)
    operand = subject.read(value)
    if operator == "ne":
        return target.is_distinct_from(operand)
    if operator == "eq" and subject.lowered is not None:
        return and_(target == operand, subject.lowered == func.lower(literal(operand, Text())))
    if subject.lowered is not None:
        target, operand = subject.lowered, func.lower(literal(operand, Text()))
    comparisons: dict[str, Callable[[], ColumnElement[bool]]] = {
        "eq": lambda: target == operand,
        "lt": lambda: target < operand,
        "lte": lambda: target <= operand,
        "gt": lambda: target > operand,
        "gte": lambda: target >= operand,
    }
    return comparisons[operator]()


def _membership(operator: str, values: list[Any], subject: Subject) -> ColumnElement[bool]:
    if len(values) > MAX_LIST:
        raise BadUserInput(f"A list of values holds at most {MAX_LIST}.")
    operands = [subject.read(value) for value in values]
    array = literal(operands, ARRAY(subject.expression.type))
    inside = subject.expression == func.any(array)
    if operator == "in_" and subject.lowered is not None:
        lowered = [func.lower(literal(operand, Text())) for operand in operands]
        return and_(inside, subject.lowered == func.any(pg_array(lowered, type_=Text())))
    return inside if operator == "in_" else or_(subject.expression.is_(None), ~inside)


def _text_search(operator: str, value: str, subject: Subject) -> ColumnElement[bool]:
    lowered = subject.lowered
    if lowered is None or subject.key is None:
        raise BadUserInput("This text cannot be searched.")
    if not value:
        return lowered.is_not(None)
    needle = func.lower(literal(value, Text()))
    if operator == "starts_with":
        beyond = needle.op("||")(func.chr(0x10FFFF))
        return and_(lowered >= needle, lowered <= beyond, func.starts_with(lowered, needle))
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    pattern = f"%{escaped}%" if operator == "contains" else f"%{escaped}"
    found = getattr(getattr(func, SCHEMA), str(subject.lookup))(func.lower(literal(pattern, Text())))
    ids = select(column("id", Uuid())).select_from(found.table_valued("id", name="found"))
    return subject.key == func.any(func.array(ids.scalar_subquery()))


def reader(kind: Any, *, is_money: bool, id_of: str | None = None) -> Callable[[Any], Any]:
    """How a value of the API becomes one of the database. Raises `BadUserInput` when it cannot."""
    if id_of is not None:
        return lambda value: decode_id_of(id_of, value)
    if is_money:
        return _read_money
    if kind is str:
        return _read_text
    return lambda value: value


def _read_money(value: Decimal) -> int:
    try:
        return to_cents(value)
    except ValueError as error:
        raise BadUserInput(str(error)) from None


def _read_text(value: str) -> str:
    if len(value) > 1000:
        raise BadUserInput("That text is too long to compare with.")
    return value
