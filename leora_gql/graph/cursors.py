"""Cursors: the sort values of a row, signed for one tenant, type and ordering.

A cursor is base64 of sixteen bytes of HMAC-SHA256 and the JSON array of the row's sort values, each
written as the API writes it. It means something only where it was given out: under another
tenant, type or ordering the signature differs.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
from collections.abc import Sequence
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, Uuid
from sqlalchemy.types import TypeEngine

from leora_gql.errors import BadUserInput
from leora_gql.graph.entity import Entity
from leora_gql.graph.ordering import Ordering
from leora_gql.graph.scalars import read_datetime, write_datetime

_MAC_BYTES = 16
_MAX_LENGTH = 4096
_INVALID = "That cursor does not belong to this list: it is of another ordering, type or tenant, or damaged."


class CursorCodec:
    """Writes and reads the cursors of one list. `key` is the product's secret for cursors."""

    def __init__(self, key: bytes, tenant_id: UUID, *, entity: Entity, ordering: Ordering) -> None:
        scope = f"{tenant_id}\x00{entity.name}\x00{ordering.text}".encode()
        self._key = hmac.digest(key, scope, "sha256")
        self._types: list[TypeEngine[Any]] = [entity.table.c[sort.source].type for sort in ordering.keys]

    def encode(self, values: Sequence[Any]) -> str:
        """The cursor of a row with these sort values, the id last."""
        payload = orjson.dumps([_write(value) for value in values])
        return base64.b64encode(self._sign(payload) + payload).decode()

    def decode(self, cursor: str) -> list[Any]:
        """The sort values in a cursor. Raises `BadUserInput` for one that is not ours."""
        try:
            raw = base64.b64decode(cursor, validate=True) if len(cursor) <= _MAX_LENGTH else b""
            mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if hmac.compare_digest(mac, self._sign(payload)) and base64.b64encode(raw).decode() == cursor:
                return [
                    _read(value, kind) for value, kind in zip(orjson.loads(payload), self._types, strict=True)
                ]
        except (binascii.Error, ValueError):
            pass
        raise BadUserInput(_INVALID)

    def _sign(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")[:_MAC_BYTES]


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
