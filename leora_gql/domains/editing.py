"""Changing one row: the lost update refused, only what differs written, and noted."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Table, bindparam, select, update

from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.graph.problems import Problem, UserErrorCode, no_such


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to be changed of a row: `values` by column. With a `version` only if it is still that one."""

    id: UUID
    version: int | None
    values: Mapping[str, object]


async def edit(
    change: Change,
    model: type[Any],
    new: Edit,
    *,
    entity: str,
    event: EventType,
    untold: Collection[str] = (),
) -> UUID | Problem:
    """Change a row and note it; gives its key. When nothing differs, nothing is written.

    The row is locked by reading it. A row that is missing is NOT_FOUND, one that has moved on is a CONFLICT. Columns
    that are `untold` are in the audit log alone, not in the event.
    """
    row = await read_for_edit(change, model, new, entity=entity)
    return (
        row
        if isinstance(row, Problem)
        else await write_edit(change, model, new, row, entity=entity, event=event, untold=untold)
    )


async def read_for_edit(
    change: Change, model: type[Any], new: Edit, *, entity: str, also: Collection[str] = ()
) -> dict[str, Any] | Problem:
    """The row's values as they are, locked, for rules that must see them; or why it cannot be changed.

    They are those of the columns that are to be changed, of those that are named by `also`, and the version.
    """
    table = cast(Table, model.__table__)
    names = tuple(sorted({*new.values, *also}))
    row = await _read(table, names).row(change.connection, key=new.id)
    if row is None:
        return no_such(entity, "id")
    if new.version is not None and row["version"] != new.version:
        return moved_on()
    return row


async def write_edit(
    change: Change,
    model: type[Any],
    new: Edit,
    row: Mapping[str, object],
    *,
    entity: str,
    event: EventType,
    untold: Collection[str] = (),
) -> UUID:
    """Write what differs from the row that `read_for_edit` gave, and note it as `edit` does; gives the row's key."""
    table = cast(Table, model.__table__)
    differing = {name: value for name, value in new.values.items() if row[name] != value}
    if differing:
        before = {name: row[name] for name in differing}
        await _write(table, tuple(sorted(differing))).run(
            change.connection, key=new.id, **_prefixed(differing)
        )
        told = {name: value for name, value in differing.items() if name not in untold}
        change.edited(event, entity, new.id, before=before, after=differing, payload=told)
    return new.id


def moved_on() -> Problem:
    """Somebody else has changed it since."""
    return Problem(UserErrorCode.CONFLICT, "It was changed since you read it.", ("version",))


def _prefixed(values: Mapping[str, object]) -> dict[str, object]:
    return {f"new_{name}": value for name, value in values.items()}


@functools.lru_cache(maxsize=1024)
def _read(table: Table, names: tuple[str, ...]) -> Kept:
    columns = [table.c[name] for name in dict.fromkeys((*names, "version"))]
    return Kept(select(*columns).where(_key(table) == bindparam("key")).with_for_update(key_share=True))


@functools.lru_cache(maxsize=1024)
def _write(table: Table, names: tuple[str, ...]) -> Kept:
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return Kept(update(table).where(_key(table) == bindparam("key")).values(values))


def _key(table: Table) -> Column[Any]:
    """What tells a row: its id, or the tenant where each has one row."""
    return table.c["id" if "id" in table.c else "tenant_id"]
