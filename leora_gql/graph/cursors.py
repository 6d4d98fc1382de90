"""Cursors: the sort values of a row, signed for one tenant, type and ordering.

A cursor is base64 of sixteen bytes of HMAC-SHA256 and the JSON array of the row's sort values, each
written as the API writes it. It means something only where it was given out: under another
tenant, type or ordering the signature differs.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import functools
import hmac
from collections.abc import Sequence
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    cast,
    func,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from leora_gql.errors import BadUserInput
from leora_gql.graph.entity import Entity
from leora_gql.graph.json_text import (
    date_time_text,
    joined,
    json_string,
    or_null,
    quoted,
    raw,
    without_breaks,
)
from leora_gql.graph.ordering import Ordering
from leora_gql.graph.scalars import read_datetime, write_datetime

_MAC_BYTES = 16
_MAX_LENGTH = 4096
_BLOCK = 64
_KEPT = 256
_INVALID = "That cursor does not belong to this list: it is of another ordering, type or tenant, or damaged."


class Cursors:
    """All cursors of one tenant. `key` is the product's secret for cursors."""

    def __init__(self, key: bytes, tenant_id: UUID) -> None:
        self._key = key
        self._tenant_id = tenant_id
        self._codecs: dict[tuple[Entity, Ordering], CursorCodec] = {}

    def codec(self, entity: Entity, ordering: Ordering) -> CursorCodec:
        """What writes and reads the cursors of the entity's lists in that order."""
        found = self._codecs.get((entity, ordering))
        if found is None:
            if len(self._codecs) >= _KEPT:
                self._codecs.clear()
            scope = f"{self._tenant_id}\x00{entity.name}\x00{ordering.text}".encode()
            found = CursorCodec(hmac.digest(self._key, scope, "sha256"), entity=entity, ordering=ordering)
            self._codecs[entity, ordering] = found
        return found


class CursorCodec:
    """Writes and reads the cursors of one list; `key` is the list's own."""

    def __init__(self, key: bytes, *, entity: Entity, ordering: Ordering) -> None:
        self._key = key
        self._types: list[TypeEngine[Any]] = [entity.table.c[sort.source].type for sort in ordering.keys]

    def encode(self, values: Sequence[Any]) -> str:
        """The cursor of a row with these sort values, the id last."""
        payload = orjson.dumps([_write(value) for value in values])
        return base64.b64encode(self._sign(payload) + payload).decode()

    def decode(self, cursor: str) -> list[Any]:
        """The sort values in a cursor. Raises `BadUserInput` for one that is not ours."""
        try:
            given = base64.b64decode(cursor, validate=True) if len(cursor) <= _MAX_LENGTH else b""
            mac, payload = given[:_MAC_BYTES], given[_MAC_BYTES:]
            if hmac.compare_digest(mac, self._sign(payload)) and base64.b64encode(given).decode() == cursor:
                return [
                    _read(value, kind) for value, kind in zip(orjson.loads(payload), self._types, strict=True)
                ]
        except (binascii.Error, ValueError):
            pass
        raise BadUserInput(_INVALID)

    @functools.cached_property
    def pads(self) -> tuple[bytes, bytes]:
        """The inner and outer block of the HMAC (RFC 2104), for `cursor_text`."""
        block = self._key.ljust(_BLOCK, b"\x00")
        return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")[:_MAC_BYTES]


def payload_text(values: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """The SQL of a cursor's payload: the JSON array of the row's sort values."""
    parts = [raw("[")]
    for index, value in enumerate(values):
        parts += [raw(",")] * (index > 0) + [or_null(_value_text(value))]
    return joined(*parts, raw("]"))


def cursor_text(
    payload: ColumnElement[str], inner: ColumnElement[Any], outer: ColumnElement[Any]
) -> ColumnElement[str]:
    """The SQL of `encode`: PostgreSQL has no HMAC of its own, but SHA-256, of which it is made."""
    signed = func.convert_to(payload, raw("UTF8"), type_=LargeBinary())
    digest = func.sha256(inner.concat(signed), type_=LargeBinary())
    whole = func.sha256(outer.concat(digest), type_=LargeBinary())
    mac = func.substr(whole, literal_column("1"), literal_column(str(_MAC_BYTES)), type_=LargeBinary())
    return without_breaks(func.encode(mac.concat(signed), raw("base64"), type_=Text()))


def _value_text(value: ColumnElement[Any]) -> ColumnElement[str]:
    if isinstance(value.type, DateTime):
        return quoted(date_time_text(value))
    if isinstance(value.type, (Uuid, Date, Boolean, BigInteger, Integer)):
        return quoted(cast(value, Text()))
    return json_string(value)


def _write(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return write_datetime(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


def _read(text: str | None, kind: TypeEngine[Any]) -> Any:
    if text is None:
        return None
    if isinstance(kind, Uuid):
        return UUID(text)
    if isinstance(kind, DateTime):
        return read_datetime(text)
    if isinstance(kind, Date):
        return dt.date.fromisoformat(text)
    if isinstance(kind, Boolean):
        return text == "true"
    if isinstance(kind, (BigInteger, Integer)):
        return int(text)
    return text
