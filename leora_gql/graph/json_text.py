"""JSON written by SQL: each scalar of the API as PostgreSQL's text of it, byte for byte as Python writes it.

Text put together with `||` is the fastest way to JSON that PostgreSQL has, and the only one that keeps the order
of keys. Every piece is either a constant made here, a number, or escaped by `to_json`.
"""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

import strawberry
from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Numeric,
    Text,
    case,
    func,
    literal_column,
    type_coerce,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import concat_op

from leora_gql.db.model import DescribedEnum
from leora_gql.graph.scalars import Json


def raw(text: str) -> ColumnElement[str]:
    """A constant piece of JSON: punctuation, or names that the GraphQL grammar has made safe."""
    if "'" in text or "\\" in text:
        raise ValueError("Only what needs no escaping is written as it is.")
    return literal_column(f"'{text}'", Text())


def joined(*parts: ColumnElement[str]) -> ColumnElement[str]:
    """The parts one after another, neighbouring constants as one; NULL when one of them is."""
    merged: list[ColumnElement[str]] = []
    constant = ""
    for part in (piece for whole in parts for piece in _pieces(whole)):
        text = _constant(part)
        if text is None:
            merged += [raw(constant)] * bool(constant) + [part]
            constant = ""
        else:
            constant += text
    merged += [raw(constant)] * (bool(constant) or not merged)
    first, *others = merged
    for other in others:
        first = first.concat(other)
    return first


def _pieces(text: ColumnElement[str]) -> Iterable[ColumnElement[str]]:
    if getattr(text, "operator", None) is not concat_op:
        return (text,)
    return (piece for part in text.get_children() for piece in _pieces(cast("ColumnElement[str]", part)))


def _constant(part: ColumnElement[str]) -> str | None:
    is_constant = isinstance(part, ColumnClause) and part.is_literal and part.name.startswith("'")
    return part.name[1:-1] if is_constant else None


def or_null(text: ColumnElement[str]) -> ColumnElement[str]:
    """The text, or JSON's null for SQL's."""
    return func.coalesce(text, raw("null"), type_=Text())


def quoted(text: ColumnElement[str]) -> ColumnElement[str]:
    """Text that needs no escaping, as a JSON string."""
    return joined(raw('"'), text if isinstance(text.type, Text) else type_coerce(text, Text()), raw('"'))


def without_breaks(base64: ColumnElement[str]) -> ColumnElement[str]:
    """What `encode` gives, without the line breaks that it puts in after 76 characters."""
    return func.translate(
        base64, literal_column("E'\\n'", Text()), literal_column("''", Text()), type_=Text()
    )


class json_string(FunctionElement[str]):  # noqa: N801  named as the functions of SQL are
    """A text as a JSON string, escaped: by `json_scalar` where PostgreSQL has it (17), at half of `to_json`'s price."""

    name = "json_string"
    type = Text()
    inherit_cache = True


@compiles(json_string)
def _json_string(element: json_string, compiler: SQLCompiler, **given: Any) -> str:
    major: int = (getattr(compiler.dialect, "server_version_info", None) or (15,))[0]
    function = "json_scalar" if major >= 17 else "to_json"
    return f"CAST({function}({compiler.process(element.clauses, **given)}) AS TEXT)"


def date_time_text(moment: ColumnElement[Any]) -> ColumnElement[str]:
    """A moment in UTC with six fractional digits, as `write_datetime` writes it."""
    pattern = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""", Text())
    return func.to_char(func.timezone(literal_column("'UTC'", Text()), moment), pattern, type_=Text())


def money_text(cents: ColumnElement[Any]) -> ColumnElement[str]:
    """Minor units as a decimal with two places: `1250` → `12.50`."""
    return sql_cast(cents * literal_column("0.01", Numeric()), Text())


def scalar_text(kind: Any, value: ColumnElement[Any], *, money: bool = False) -> ColumnElement[str]:
    """The JSON of a value that the API shows as `kind` (a Python type, without null); NULL for NULL."""
    if money:
        return quoted(money_text(value))
    if kind is Decimal or kind is strawberry.ID:
        return quoted(sql_cast(value, Text()))
    if kind is dt.datetime:
        return quoted(date_time_text(value))
    if kind in (int, bool, Json):
        return sql_cast(value, Text())
    if isinstance(kind, type) and issubclass(kind, DescribedEnum):
        return quoted(_enum_name(kind, value))
    if typing.get_origin(kind) is list:
        _only_plain_items(kind)
    elif kind not in (str, dt.date):
        raise TypeError(f"There is no JSON text for {kind}.")
    return json_string(type_coerce(value, Text())) if kind is str else sql_cast(func.to_json(value), Text())


def _enum_name(kind: type[DescribedEnum], value: ColumnElement[Any]) -> ColumnElement[str]:
    """The name under which the API shows an enum's stored value."""
    stored = type_coerce(value, Text())
    if all(member.name == member.value for member in kind):
        return stored
    names = {raw(member.value): raw(member.name) for member in kind}
    return case(names, value=stored)


def _only_plain_items(kind: Any) -> None:
    (item,) = typing.get_args(kind)
    is_enum = isinstance(item, type) and issubclass(item, DescribedEnum)
    if item not in (str, strawberry.ID) and not (
        is_enum and all(member.name == member.value for member in cast("type[DescribedEnum]", item))
    ):
        raise TypeError(f"There is no JSON text for {kind}.")
