"""Text that PostgreSQL writes is what Python writes: JSON of every scalar, global ids, and cursors, byte for byte."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Generator
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import strawberry
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    URL,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    Uuid,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from leora_gql.compiler.render import _own_id
from leora_gql.compiler.statement import Statement, express
from leora_gql.db.model import EnumText
from leora_gql.domains.events import EventType
from leora_gql.domains.orders.enums import ApprovalReason, OrderStatus
from leora_gql.graph.cursors import Cursors, cursor_text, payload_text
from leora_gql.graph.entity import Registry
from leora_gql.graph.fields import global_id
from leora_gql.graph.inputs import placeholder
from leora_gql.graph.json_text import raw, scalar_text
from leora_gql.graph.node import encode_id
from leora_gql.graph.ordering import default_ordering
from leora_gql.graph.scalars import SCALARS, Json, money
from leora_gql.schema import product_schema

TENANT = UUID(int=0x7EAA)
VERSIONS = (15, 17)
"""The oldest server, and one that has `json_scalar`; the newer form is left out where the server has it not."""

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
moments = st.datetimes(timezones=st.just(dt.UTC))
# The driver takes the first and the last of all moments for infinities; as text they are themselves.
finite = moments.filter(lambda moment: 1 < moment.year < 9999)
amounts = st.integers(-(2**63), 2**63 - 1)
numbers = (
    st.decimals(-(10**12), 10**12, places=4)
    | st.decimals(-100, 100, places=2)
    | st.integers(-9, 9).map(Decimal)
)


class Server:
    """The run's PostgreSQL, asked for one text after another."""

    def __init__(self, loop: asyncio.Runner, connection: Any) -> None:
        self._loop = loop
        self._connection = connection
        self._made: dict[object, list[Statement]] = {}

    def write(self, key: object, text: ColumnElement[str], *values: Any) -> list[str]:
        """The text for these parameters, as each version of the server is told to write it; `key` tells texts apart."""
        if key not in self._made:
            present = self._connection.get_server_version().major
            made = [express(text, server_version=one) for one in VERSIONS if one <= present]
            self._made[key] = made
        return [
            self._loop.run(self._connection.fetchval(one.expression.bare, *one.arguments(list(values))))
            for one in self._made[key]
        ]


@pytest.fixture(scope="session")
def writing(direct_url: URL) -> Generator[Server]:
    product_schema()
    with asyncio.Runner() as loop:
        address = direct_url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = loop.run(_opened(address))
        yield Server(loop, connection)
        loop.run(connection.close())


async def _opened(address: str) -> Any:
    return await asyncpg.connect(address)


def resolved(kind: Any, value: Any) -> str:
    """The JSON that the resolved way writes."""
    codec = SCALARS.get(kind)
    written = codec.implementation.coerce_output_value(value) if codec and codec.implementation else value
    return orjson.dumps(written).decode()


FAST = settings(max_examples=150, deadline=None)


@FAST
@given(value=texts)
@example(value="quotes \" \\ / \x08\t\n\x0b\f\r \x1f\x7f\x80\u2028\u2029\ufeff\U0001f377 <'>")
def test_text(writing: Server, value: str) -> None:
    for found in writing.write("text", scalar_text(str, placeholder(0, Text())), value):
        assert found == resolved(str, value)


@FAST
@given(value=moments)
@example(value=dt.datetime(1, 1, 1, tzinfo=dt.UTC))
@example(value=dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC))
def test_moments(writing: Server, value: dt.datetime) -> None:
    text = scalar_text(dt.datetime, sql_cast(placeholder(0, Text()), DateTime(timezone=True)))
    for found in writing.write("moment", text, value.isoformat()):
        assert found == resolved(dt.datetime, value)


@FAST
@given(value=st.dates())
@example(value=dt.date(1, 1, 1))
@example(value=dt.date(9999, 12, 31))
def test_days(writing: Server, value: dt.date) -> None:
    text = scalar_text(dt.date, sql_cast(placeholder(0, Text()), Date()))
    for found in writing.write("day", text, value.isoformat()):
        assert found == resolved(dt.date, value)


@FAST
@given(value=amounts)
@example(value=0)
@example(value=-1)
@example(value=-5)
@example(value=-100)
@example(value=99)
@example(value=-(2**63))
def test_money(writing: Server, value: int) -> None:
    for found in writing.write(
        "money", scalar_text(Decimal, placeholder(0, BigInteger()), money=True), value
    ):
        assert found == resolved(Decimal, money(value))


@FAST
@given(value=numbers)
@example(value=Decimal("-0.0001"))
@example(value=Decimal("0.0000"))
@example(value=Decimal("123456789012345678901234.5678"))
def test_numbers_keep_their_scale(writing: Server, value: Decimal) -> None:
    for found in writing.write("number", scalar_text(Decimal, placeholder(0, Numeric())), value):
        assert found == resolved(Decimal, value)


@FAST
@given(value=st.integers(-(2**31), 2**31 - 1))
def test_whole_numbers(writing: Server, value: int) -> None:
    for found in writing.write("int", scalar_text(int, placeholder(0, Integer())), value):
        assert found == resolved(int, value)


@pytest.mark.parametrize("value", [True, False])
def test_booleans(writing: Server, value: bool) -> None:
    for found in writing.write("bool", scalar_text(bool, placeholder(0, Boolean())), value):
        assert found == resolved(bool, value)


@pytest.mark.parametrize("member", [*EventType, *OrderStatus], ids=str)
def test_an_enum_is_shown_by_its_name(writing: Server, member: Any) -> None:
    kind = type(member)
    stored = placeholder(0, EnumText(kind))
    for found in writing.write(kind, scalar_text(kind, stored), member.value):
        assert found == f'"{member.name}"'


@FAST
@given(value=st.lists(texts, max_size=5))
def test_lists_of_text(writing: Server, value: list[str]) -> None:
    for found in writing.write("list", scalar_text(list[str], placeholder(0, ARRAY(Text()))), value):
        assert found == resolved(list, value)


@pytest.mark.parametrize("value", [[], list(ApprovalReason)])
def test_lists_of_enums(writing: Server, value: list[ApprovalReason]) -> None:
    text = scalar_text(list[ApprovalReason], placeholder(0, ARRAY(Text())))
    for found in writing.write("enums", text, [member.value for member in value]):
        assert found == resolved(list, [member.name for member in value])


def test_json_is_the_text_that_the_column_gives(writing: Server) -> None:
    for found in writing.write(
        "json", scalar_text(Json, placeholder(0, JSONB())), '{"b":1.0,"a":[null,"x"]}'
    ):
        assert found == '{"a": [null, "x"], "b": 1.0}'


@pytest.mark.parametrize("kind", [bytes, float, list[int], list[EventType]], ids=str)
def test_what_has_no_json_is_refused_when_it_is_declared(kind: Any) -> None:
    with pytest.raises(TypeError, match="no JSON text"):
        scalar_text(kind, placeholder(0, Text()))


@settings(max_examples=20, deadline=None)
@given(key=st.uuids())
def test_global_ids(writing: Server, key: UUID) -> None:
    for entity in Registry.entities.values():
        for found in writing.write(("id", entity.name), _own_id(entity, placeholder(0, Uuid())), key):
            assert found == encode_id(entity.name, key)
    for found in writing.write("reference", global_id(raw("Order"), placeholder(0, Uuid())), key):
        assert found == encode_id("Order", key)
    shown = scalar_text(strawberry.ID, global_id(raw("Order"), placeholder(0, Uuid())))
    for found in writing.write("shown reference", shown, key):
        assert found == f'"{encode_id("Order", key)}"'


ORDERINGS = [
    ("Order", ("-placed_at", "total", "number")),
    ("Order", ("requested_delivery_on", "po_number")),
    ("Product", ("vintage", "-category")),
    ("Invoice", ("-balance_due", "issued_on", "due_on")),
    ("Customer", ("credit_limit", "name")),
    ("Customer", ()),
]


def _values(kind: TypeEngine[Any]) -> st.SearchStrategy[Any]:
    for one, strategy in (
        (Uuid, st.uuids()),
        (DateTime, finite),
        (Date, st.dates(dt.date(1, 1, 2), dt.date(9999, 12, 30))),
        (BigInteger, amounts),
        (Integer, st.integers(-(2**31), 2**31 - 1)),
        (Text, texts),
    ):
        if isinstance(kind, one):
            return strategy
    raise LookupError(f"Make up values of {kind}.")


@pytest.mark.parametrize(("name", "order"), ORDERINGS)
def test_cursors(writing: Server, name: str, order: tuple[str, ...]) -> None:
    entity = Registry.require(name)
    ordering = default_ordering(entity, order)
    codec = Cursors(b"k" * 32, TENANT).codec(entity, ordering)
    columns = [entity.table.c[key.source] for key in ordering.keys]
    kinds = [column.type for column in columns]
    payload = payload_text([placeholder(index, kind) for index, kind in enumerate(kinds)])
    pads = (placeholder(len(kinds) + index, LargeBinary()) for index in (0, 1))
    text = cursor_text(payload, *pads)
    rows = st.tuples(
        *(
            _values(kind) | st.none() if key.nullable else _values(kind)
            for key, kind in zip(ordering.keys, kinds, strict=True)
        )
    )

    @FAST
    @given(rows)
    def check(row: tuple[Any, ...]) -> None:
        for found in writing.write((name, order), text, *row, *codec.pads):
            assert found == codec.encode(row)
            assert codec.decode(found) == list(row)

    check()
