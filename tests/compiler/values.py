"""What is known of the seeded rows: the ids, values and cursors from which operations are made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.principal import Principal
from leora_gql.db.addresses import connected
from leora_gql.graph.cursors import CursorCodec
from leora_gql.graph.entity import Entity, Registry
from leora_gql.graph.node import encode_id
from leora_gql.graph.ordering import Ordering
from leora_gql.graph.scalars import money, write_datetime
from leora_gql.settings import decode_key
from tests.graph.documents import camel
from tests.graph.principals import Runner

ROWS = 8
"""Rows per entity: enough for some to share a value and others not."""


class Values:
    """Real values for one principal: of rows that it sees, and ids of rows that it does not."""

    def __init__(self, principal: Principal, cursor_key: bytes) -> None:
        self.principal = principal
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.foreign: dict[str, list[str]] = {}
        self.remembered: dict[Hashable, dict[Hashable, Any]] = {}
        self._cursor_key = cursor_key

    def __repr__(self) -> str:
        """Short: Hypothesis shows it with every failure."""
        return f"Values({self.principal.tenant_slug})"

    def ids(self, entity: Entity) -> list[str]:
        """Global ids of rows that the principal (if it may read the type) sees."""
        return [encode_id(entity.name, row["id"]) for row in self.rows[entity.name]]

    def of(self, entity: Entity, name: str) -> list[Any]:
        """The values of a field as the API writes them, nulls left out."""
        found = [row[name] for row in self.rows[entity.name]]
        return [value for value in found if value is not None]

    def cursor(self, entity: Entity, ordering: Ordering, number: int) -> str:
        """The cursor of a row, signed as a page of that ordering would."""
        codec = CursorCodec(self._cursor_key, self.principal.tenant_id, entity=entity, ordering=ordering)
        row = self.rows[entity.name][number]
        return codec.encode(
            [row["id"] if key.source == "id" else row["sort"][key.source] for key in ordering.keys]
        )


async def collect(runner: Runner, principal: Principal) -> Values:
    """Read what the principal sees of every entity, and a little of what it does not."""
    values = Values(principal, decode_key(runner.settings.cursor_key.get_secret_value()))
    seen = await _seen(runner, principal)
    async with connected(runner.direct_url) as connection:
        for entity in Registry.entities.values():
            rows = await _rows(connection, entity, principal, seen.get(entity.name, ()))
            values.rows[entity.name] = [_values(entity, row) for row in rows]
            values.foreign[entity.name] = await _foreign(connection, entity, principal)
    return values


async def _seen(runner: Runner, principal: Principal) -> dict[str, list[UUID]]:
    listed = [one for one in Registry.entities.values() if one.root and one.open_to(principal)]
    fields = (f"{one.name}: {camel(one.plural)}(first: {ROWS}) {{ nodes {{ id }} }}" for one in listed)
    data = await runner.data(f"{{ {' '.join(fields)} }}", principal)
    decoded = {name: [node["id"] for node in page["nodes"]] for name, page in data.items()}
    return {name: [_key(one) for one in ids] for name, ids in decoded.items()}


def _key(global_id: str) -> UUID:
    from leora_gql.graph.node import decode_id

    return decode_id(global_id)[1]


async def _rows(
    connection: AsyncConnection, entity: Entity, principal: Principal, seen: Sequence[UUID]
) -> Sequence[Row[*tuple[Any, ...]]]:
    table = entity.table
    filtered = {name: spec for name, spec in entity.columns().items() if spec.where or name in entity.lookups}
    columns = [entity.expression(name, table).label(f"field {name}") for name in filtered]
    statement = select(table, *columns).order_by(table.c.id).limit(ROWS)
    if seen:
        statement = statement.where(table.c.id.in_(seen))
    elif "tenant_id" in table.c:
        statement = statement.where(table.c.tenant_id == principal.tenant_id)
    return (await connection.execute(statement)).all()


def _values(entity: Entity, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    found = row._mapping
    filtered = [key for key in found if key.startswith("field ")]
    shown = {name: _shown(entity, name, found[f"field {name}"]) for name in (key[6:] for key in filtered)}
    return {**shown, "id": found["id"], "sort": {column: found[column] for column in entity.table.c.keys()}}  # noqa: SIM118


def _shown(entity: Entity, name: str, value: Any) -> Any:
    if entity.columns()[name].money and value is not None:
        return format(money(value), "f")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return write_datetime(value)
    if isinstance(value, (dt.date, Decimal)):
        return str(value)
    return value


async def _foreign(connection: AsyncConnection, entity: Entity, principal: Principal) -> list[str]:
    """Ids of another tenant's rows, and one of nothing."""
    column = "tenant_id" if "tenant_id" in entity.table.c else "id"
    statement = f"SELECT id FROM {entity.table.fullname} WHERE {column} <> :tenant ORDER BY id LIMIT 2"
    rows = await connection.execute(text(statement), {"tenant": principal.tenant_id})
    return [encode_id(entity.name, key) for key in (*rows.scalars(), UUID(int=7))]
