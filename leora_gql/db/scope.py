"""What a tenant's transaction begins with: the settings that row-level security reads, and for whom they are made."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""So that all statements of one operation see one state."""
_BY_KEY = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
    " SET LOCAL cpu_tuple_cost = 1; SET LOCAL cpu_index_tuple_cost = 1"
)
_PLANNED_ONCE = "SET LOCAL plan_cache_mode = force_generic_plan"
WRITING = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {_BY_KEY}; {_PLANNED_ONCE}"
"""What a change reads, it reads by key. Plans are kept, and one from when a table was small would otherwise read all of
the table, or all of the tenant's rows by any index, one for searches among them, when it has grown: until the next
ANALYZE. By key no values need a plan of their own; left to itself, PostgreSQL plans anew whenever fewer keys are given
than it would expect."""

SETTINGS = (
    "app.current_tenant_id",
    "app.current_actor_kind",
    "app.current_actor_id",
    "app.current_customer_id",
)
"""The settings that row-level security reads."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class TenantScope:
    """Whom a transaction is bound to: its tenant, and who acts in it."""

    tenant_id: UUID
    actor_kind: str = "SYSTEM"
    actor_id: UUID | None = None
    customer_id: UUID | None = None
    values: tuple[str, str, str, str] = field(init=False, repr=False, compare=False)
    """The values of `SETTINGS`, in their order; empty where there is none."""

    def __post_init__(self) -> None:
        values = (str(self.tenant_id), self.actor_kind, str(self.actor_id or ""), str(self.customer_id or ""))
        object.__setattr__(self, "values", values)

    def opening(self, *, read_only: bool) -> str:
        """What begins a transaction that is bound to the scope: one text, so that neither is had alone."""
        made = "".join(
            f"; SET LOCAL {name} = {_quoted(value)}"
            for name, value in zip(SETTINGS, self.values, strict=True)
        )
        return f"{READING if read_only else WRITING}{made}"


def _quoted(value: str) -> str:
    """A value as an SQL literal. They are UUIDs and an enum's names: whatever else is none of ours."""
    if _PLAIN.fullmatch(value) is None:
        raise ValueError("A setting of the scope is neither a UUID nor a name.")
    return f"'{value}'"
