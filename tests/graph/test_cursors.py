"""Cursors: they come back exactly, and only where they were given out."""

import datetime as dt
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.errors import BadUserInput
from leora_gql.graph.cursors import CursorCodec, Cursors
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.ordering import default_ordering
from leora_gql.schema import product_schema

TENANT = uuid4()
KEY = b"k" * 32


def entity(name: str) -> Entity:
    product_schema()
    return Registry.require(name)


def codec(
    *, key: bytes = KEY, tenant: UUID = TENANT, name: str = "Order", order: tuple[str, ...] = ("-placed_at",)
) -> CursorCodec:
    return Cursors(key, tenant).codec(entity(name), default_ordering(entity(name), order))


@given(st.none() | st.datetimes(timezones=st.just(dt.UTC)), st.uuids())
def test_sort_values_come_back(placed_at: dt.datetime | None, key: UUID) -> None:
    assert codec().decode(codec().encode([placed_at, key])) == [placed_at, key]


@pytest.mark.parametrize(
    "other",
    [
        codec(key=b"x" * 32),
        codec(tenant=uuid4()),
        codec(name="Invoice", order=("-issued_on",)),
        codec(order=("placed_at",)),
        codec(order=()),
    ],
    ids=["key", "tenant", "type", "direction", "ordering"],
)
def test_a_cursor_of_another_list_is_refused(other: CursorCodec) -> None:
    cursor = codec().encode([dt.datetime(2026, 1, 31, tzinfo=dt.UTC), uuid4()])
    with pytest.raises(BadUserInput):
        other.decode(cursor)


@given(st.data())
def test_a_changed_cursor_is_refused(data: st.DataObject) -> None:
    cursor = codec().encode([None, uuid4()])
    place = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.characters().filter(lambda char: char != cursor[place]))
    with pytest.raises(BadUserInput):
        codec().decode(cursor[:place] + letter + cursor[place + 1 :])


@given(st.text())
def test_whatever_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput):
        codec().decode(text)
