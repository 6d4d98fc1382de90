"""The scalars of the API, each with one codec that says how it is read and written.

`Decimal` is a string, never a float; `DateTime` is RFC 3339 in UTC with microseconds and `Z`. What
cannot be stored (NaN, infinities, more digits than a column has) is refused while it is read.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import NewType, cast

from graphql import (
    ConstValueNode,
    FloatValueNode,
    GraphQLError,
    GraphQLScalarType,
    IntValueNode,
    StringValueNode,
    value_from_ast_untyped,
)
from strawberry.types.scalar import ScalarDefinition

Json = NewType("Json", object)
"""Any JSON value; only for webhook payloads, pricing rules and audit changes. Read as text (`orjson.Fragment`)."""

MAX_BIGINT = 2**63 - 1
_MAX_DIGITS = 38
_MAX_TEXT = 64
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")


def write_decimal(value: object) -> str:
    """A decimal in plain notation with the scale that it has: `Decimal("1.50")` → `1.50`."""
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    raise GraphQLError("Not a decimal.")


def read_decimal(value: object) -> Decimal:
    """A finite decimal of at most 38 digits from a string or an integer."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise GraphQLError("A Decimal is a string such as '12.50'.")
    if isinstance(value, str) and len(value) > _MAX_TEXT:
        raise GraphQLError("A Decimal has at most 38 digits.")
    try:
        number = Decimal(value if isinstance(value, str) else repr(value))
    except (InvalidOperation, ValueError):
        raise GraphQLError("A Decimal is a string such as '12.50'.") from None
    if (
        not number.is_finite()
        or abs(number.adjusted()) > _MAX_DIGITS
        or len(number.as_tuple().digits) > _MAX_DIGITS
    ):
        raise GraphQLError("A Decimal is finite and has at most 38 digits.")
    return number


def money(cents: int) -> Decimal:
    """Minor units as an amount with two decimals: `1250` → `Decimal("12.50")`."""
    return Decimal(cents).scaleb(-2)


def to_cents(amount: Decimal) -> int:
    """An amount as minor units. Raises `ValueError` for a third decimal or what no column can hold."""
    scaled = amount.scaleb(2)
    if scaled != scaled.to_integral_value():
        raise ValueError("An amount has at most two decimals.")
    if abs(scaled) > MAX_BIGINT:
        raise ValueError("That amount is out of range.")
    return int(scaled)


def write_datetime(value: object) -> str:
    """A moment in UTC with six fractional digits: `2026-01-31T09:30:00.000000Z`."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    raise GraphQLError("Not a moment with a time zone.")


def read_datetime(value: object) -> dt.datetime:
    """A moment from RFC 3339 text; the offset is required."""
    if isinstance(value, str) and _RFC3339.fullmatch(value):
        try:
            return dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError("A DateTime is RFC 3339 with an offset, such as '2026-01-31T09:30:00Z'.")


def write_date(value: object) -> str:
    """A calendar day: `2026-01-31`."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    raise GraphQLError("Not a date.")


def read_date(value: object) -> dt.date:
    """A calendar day from `YYYY-MM-DD`."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError("A Date is a calendar day such as '2026-01-31'.")


def _identity(value: object) -> object:
    return value


def _number_text(node: ConstValueNode) -> object:
    if isinstance(node, (IntValueNode, FloatValueNode, StringValueNode)):
        return node.value
    raise GraphQLError("A Decimal is a string such as '12.50'.")


def _json_value(node: ConstValueNode) -> object:
    value = value_from_ast_untyped(node)
    if not _is_finite(value):
        raise GraphQLError("JSON has no number as large as that.")
    return value


def _is_finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, cast("dict[str, object]", value).values()))
    if isinstance(value, list):
        return all(map(_is_finite, cast("list[object]", value)))
    return not isinstance(value, float) or math.isfinite(value)


def _scalar(
    name: str,
    description: str,
    *,
    write: Callable[[object], object],
    read: Callable[[object], object],
    literal: Callable[[ConstValueNode], object] | None = None,
) -> ScalarDefinition:
    def coerce_literal(node: ConstValueNode) -> object:
        return read(literal(node) if literal else value_from_ast_untyped(node))

    implementation = GraphQLScalarType(
        name,
        description=description,
        coerce_output_value=write,
        coerce_input_value=read,
        coerce_input_literal=coerce_literal,
    )
    return ScalarDefinition(
        name=name,
        description=description,
        specified_by_url=None,
        serialize=None,
        parse_value=None,
        parse_literal=None,
        origin=implementation,
        implementation=implementation,
    )


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: _scalar(
        "Decimal",
        "An exact decimal number, always written as a string: amounts of money with two decimals in the"
        " row's currency, rates and metrics with their own scale.",
        write=write_decimal,
        read=read_decimal,
        literal=_number_text,
    ),
    dt.datetime: _scalar(
        "DateTime",
        "A moment, RFC 3339 in UTC with microseconds: `2026-01-31T09:30:00.000000Z`.",
        write=write_datetime,
        read=read_datetime,
    ),
    dt.date: _scalar(
        "Date",
        "A calendar day in the tenant's time zone: `2026-01-31`.",
        write=write_date,
        read=read_date,
    ),
    Json: _scalar(
        "JSON",
        "Any JSON value; only webhook payloads, pricing rules and audit changes are of it.",
        write=_identity,
        read=_identity,
        literal=_json_value,
    ),
}
"""What `StrawberryConfig.scalar_map` takes."""
