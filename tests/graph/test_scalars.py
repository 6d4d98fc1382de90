"""What the scalars read, refuse and write."""

import datetime as dt
from decimal import Decimal

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.graph.scalars import (
    SCALARS,
    Json,
    money,
    read_date,
    read_datetime,
    read_decimal,
    to_cents,
    write_datetime,
    write_decimal,
)

DECIMAL = SCALARS[Decimal].implementation


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-inf", "1e999", "", "12,5", "0x10", "1" * 10_000, " ", "١٢e99"]
)
def test_a_decimal_that_no_column_holds_is_refused(text: str) -> None:
    with pytest.raises(GraphQLError):
        read_decimal(text)


@pytest.mark.parametrize("literal", ["1e999", '"NaN"', "true", "{a: 1}", '"1e999"', "-1e999"])
def test_a_decimal_literal_that_no_column_holds_is_refused(literal: str) -> None:
    assert DECIMAL is not None
    assert DECIMAL.coerce_input_literal is not None
    with pytest.raises(GraphQLError):
        DECIMAL.coerce_input_literal(parse_value(literal))


def test_a_decimal_literal_keeps_every_digit() -> None:
    assert DECIMAL is not None
    assert DECIMAL.coerce_input_literal is not None
    assert DECIMAL.coerce_input_literal(parse_value("0.1000000000000000055")) == Decimal(
        "0.1000000000000000055"
    )


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_money_comes_back_to_the_cent(cents: int) -> None:
    assert to_cents(money(cents)) == cents
    assert read_decimal(write_decimal(money(cents))) == money(cents)


def test_money_shows_two_decimals() -> None:
    assert [write_decimal(money(cents)) for cents in (0, 5, 1250, -1)] == ["0.00", "0.05", "12.50", "-0.01"]


@pytest.mark.parametrize("amount", ["0.001", "92233720368547758.08"])
def test_an_amount_that_is_no_cents_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        to_cents(Decimal(amount))


@given(st.datetimes(timezones=st.timezones()))
def test_moments_come_back_to_the_microsecond(moment: dt.datetime) -> None:
    try:
        text = write_datetime(moment)
    except OverflowError:  # the first and last day, moved out of range by their offset
        return
    assert read_datetime(text) == moment.astimezone(dt.UTC)
    assert len(text) == 27


@pytest.mark.parametrize(
    "text",
    ["2026-01-31", "2026-01-31T09:30:00", "2026-13-01T00:00:00Z", "now", 5, None, "2026-01-31T25:00:00Z"],
)
def test_a_moment_without_a_zone_or_a_meaning_is_refused(text: object) -> None:
    with pytest.raises(GraphQLError):
        read_datetime(text)


@pytest.mark.parametrize("text", ["2026-02-30", "20260101", "2026-1-1", "10000-01-01", 5, "2026-W01-1"])
def test_a_day_that_is_none_is_refused(text: object) -> None:
    with pytest.raises(GraphQLError):
        read_date(text)


JSON = SCALARS[Json].implementation


@pytest.mark.parametrize("literal", ["1e999", "-1e999", "{a: [1, {b: 1e999}]}"])
def test_a_json_literal_holds_no_infinity(literal: str) -> None:
    assert JSON is not None
    assert JSON.coerce_input_literal is not None
    with pytest.raises(GraphQLError):
        JSON.coerce_input_literal(parse_value(literal))


def test_a_json_literal_is_read_as_it_stands() -> None:
    assert JSON is not None
    assert JSON.coerce_input_literal is not None
    assert JSON.coerce_input_literal(parse_value('{a: [1, 2.5, "x", null]}')) == {"a": [1, 2.5, "x", None]}
