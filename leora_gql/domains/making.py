"""Adding one row, and noting it."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType


async def make(
    change: Change,
    model: type[Any],
    values: Mapping[str, object],
    *,
    entity: str,
    event: EventType,
    untold: Collection[str] = (),
) -> UUID:
    """Add a row with `values` by column and note it; gives its key.

    Columns that are `untold` are in the audit log alone, not in the event. Locks nothing; a constraint that the row
    violates is raised, and becomes a problem with the input's field (`graph/violations.py`).
    """
    key, table = new_id(), cast(Table, model.__table__)
    await _insert(table, tuple(sorted(values))).run(
        change.connection, tenant_id=change.tenant_id, id=key, **values
    )
    note_made(change, key, values, entity=entity, event=event, untold=untold)
    return key


def note_made(
    change: Change,
    key: UUID,
    values: Mapping[str, object],
    *,
    entity: str,
    event: EventType,
    untold: Collection[str] = (),
) -> None:
    """Note a row that was added in another way, as `make` does."""
    told = {name: value for name, value in values.items() if name not in untold}
    change.made(event, entity, key, values, payload=told)


@functools.lru_cache(maxsize=1024)
def _insert(table: Table, names: tuple[str, ...]) -> Kept:
    return Kept(insert(table), names=("tenant_id", "id", *names))
