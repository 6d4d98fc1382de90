"""A tenant's settings: changing how it does business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, bindparam, column, exists, select, table

from leora_gql.db.kept import Kept
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, read_for_edit, write_edit
from leora_gql.domains.events import EventType
from leora_gql.domains.tenancy.models import TenantSettings
from leora_gql.graph.problems import Problem, UserErrorCode

_MULTIPLIERS = ("pace_warning_multiplier", "pace_critical_multiplier")
_ZONES = table("pg_timezone_names", column("name", Text()), schema="pg_catalog")
_IS_ZONE = Kept(select(exists().where(_ZONES.c.name == bindparam("name"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSettings:
    """New values by column; with a `version` only if the settings are still that one."""

    version: int | None
    values: Mapping[str, object]


async def update_tenant_settings(change: Change, new: NewSettings) -> UUID | Problem:
    """Change the settings of the tenant; gives its key. Locks their row, after all others but the head's.

    The critical multiplier is never below the warning's. A time zone must be one that PostgreSQL knows too, since it
    counts the days. A portal that opens or closes does so at once in this process, elsewhere within a minute.
    """
    edit = Edit(id=change.tenant_id, version=new.version, values=new.values)
    row = await read_for_edit(change, TenantSettings, edit, entity="Tenant", also=(*_MULTIPLIERS, "timezone"))
    if isinstance(row, Problem):
        return row
    problem = crossed_multipliers(row, new.values) or await _strange_zone(change, row, new.values)
    if problem is not None:
        return problem
    if "portal_enabled" in new.values:
        change.afterwards(lambda auth: auth.forget_tenant(edit.id))
    return await write_edit(
        change, TenantSettings, edit, row, entity="Tenant", event=EventType.SETTINGS_UPDATED
    )


def crossed_multipliers(row: Mapping[str, Any], values: Mapping[str, Any]) -> Problem | None:
    """The problem with multipliers of which the critical one would be the lower; it is with one that is given."""
    warning, critical = (values.get(name, row[name]) for name in _MULTIPLIERS)
    if critical >= warning:
        return None
    field = "paceCriticalMultiplier" if _MULTIPLIERS[1] in values else "paceWarningMultiplier"
    return Problem(
        UserErrorCode.OUT_OF_RANGE, "The critical multiplier is not below the warning one.", (field,)
    )


async def _strange_zone(
    change: Change, row: Mapping[str, object], values: Mapping[str, object]
) -> Problem | None:
    name = values.get("timezone", row["timezone"])
    if name == row["timezone"] or await _IS_ZONE.value(change.connection, name=name):
        return None
    return Problem(UserErrorCode.INVALID, "There is no such time zone.", ("timezone",))
