"""What every change leaves behind: events with their deliveries, and audit entries, in two round trips.

The tenant's head row is locked by the first and moved by the second, so that both sequences are dense and in the
order of the commits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, LargeBinary, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.domains.audit.service import AuditContext, AuditEvent, chained
from leora_gql.domains.events import EventType

_KINDS: Mapping[str, TypeEngine[Any]] = {
    "id": Uuid(),
    "sequence": BigInteger(),
    "type": Text(),
    "entity_type": Text(),
    "entity_id": Uuid(),
    "payload": JSONB(none_as_null=True),
    "occurred_at": DateTime(timezone=True),
    "subscription_id": Uuid(),
    "event_id": Uuid(),
    "actor_kind": Text(),
    "actor_id": Uuid(),
    "operation": Text(),
    "action": Text(),
    "changes": JSONB(none_as_null=True),
    "request_id": Text(),
    "ip_address": Text(),
    "canonical": Text(),
    "hash": LargeBinary(),
    "created_at": DateTime(timezone=True),
}
_EVENT = ("id", "sequence", "type", "entity_type", "entity_id", "payload", "occurred_at")
_DELIVERY = ("id", "subscription_id", "event_id")
_ENTRY = (
    *("id", "sequence", "actor_kind", "actor_id", "operation", "action", "entity_type", "entity_id"),
    *("changes", "request_id", "ip_address", "canonical", "hash", "created_at"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an entity."""

    type: EventType
    entity_type: str
    entity_id: UUID
    payload: Mapping[str, object]
    occurred_at: dt.datetime


async def write(
    connection: AsyncConnection,
    tenant: UUID,
    events: Sequence[Event],
    entries: Sequence[tuple[AuditContext, AuditEvent]],
    *,
    key: bytes,
    now: dt.datetime,
) -> None:
    """Write events, a delivery for each subscription that asks for one of them, and audit entries.

    Takes the lock of the tenant's head row until the transaction ends. Raises `LookupError` when it cannot be had.
    """
    if not events and not entries:
        return
    head = await _HEAD.row(connection, tenant=tenant)
    if head is None:
        raise LookupError("The tenant has no head row, or it may not be locked here.")
    told = _event_rows(events, after=head["event_sequence"])
    noted = chained(
        entries, after=head["audit_sequence"], previous=head["audit_hash"] or b"", key=key, now=now
    )
    await _WRITE.run(
        connection,
        tenant=tenant,
        event_sequence=head["event_sequence"] + len(told),
        audit_sequence=head["audit_sequence"] + len(noted),
        audit_hash=noted[-1]["hash"] if noted else head["audit_hash"],
        **_columns("events", _EVENT, told),
        **_columns("deliveries", _DELIVERY, _deliveries(told, head["subscriptions"])),
        **_columns("entries", _ENTRY, noted),
    )


def asks_for(patterns: Iterable[str], event: str) -> bool:
    """Whether a subscription to `*`, `order.*` or exact types wants an event.

    >>> asks_for(["order.*"], "order.submitted"), asks_for(["order.created"], "order.submitted")
    (True, False)
    """
    wanted = {"*", event, f"{event.partition('.')[0]}.*"}
    return any(pattern in wanted for pattern in patterns)


def _event_rows(events: Sequence[Event], *, after: int) -> list[dict[str, object]]:
    return [
        {
            "id": new_id(),
            "sequence": sequence,
            "type": event.type.value,
            "entity_type": event.entity_type,
            "entity_id": event.entity_id,
            "payload": dict(event.payload),
            "occurred_at": event.occurred_at,
        }
        for sequence, event in enumerate(events, after + 1)
    ]


def _deliveries(
    events: Sequence[Mapping[str, object]], subscriptions: Sequence[Mapping[str, Any]]
) -> list[dict[str, object]]:
    return [
        {"id": new_id(), "subscription_id": UUID(one["id"]), "event_id": event["id"]}
        for event in events
        for one in subscriptions
        if asks_for(one["types"], cast(str, event["type"]))
    ]


def _columns(
    what: str, names: Sequence[str], rows: Sequence[Mapping[str, object]]
) -> dict[str, list[object]]:
    return {f"{what}_{name}": [row[name] for row in rows] for name in names}


def _insert(table: str, what: str, names: Sequence[str], *, besides: Mapping[str, str] | None = None) -> str:
    """An INSERT of rows that are given as one array for each column."""
    constant = {"tenant_id": "CAST(:tenant AS uuid)", **(besides or {})}
    arrays = ", ".join(f":{what}_{name}" for name in names)
    return (
        f"INSERT INTO leora.{table} ({', '.join((*constant, *names))})"
        f" SELECT {', '.join((*constant.values(), *(f'r.{name}' for name in names)))}"
        f" FROM unnest({arrays}) AS r ({', '.join(names)})"
    )


def _head() -> Kept:
    statement = text("""
        SELECT event_sequence, audit_sequence, audit_hash, (
            SELECT coalesce(json_agg(json_build_object('id', s.id, 'types', s.event_types)), '[]')
            FROM leora.webhook_subscriptions s WHERE s.status = 'ACTIVE'
        ) AS subscriptions
        FROM leora.tenant_heads WHERE tenant_id = :tenant FOR NO KEY UPDATE
    """)
    return Kept(
        statement.bindparams(bindparam("tenant", type_=Uuid())).columns(
            Column("event_sequence", BigInteger()),
            Column("audit_sequence", BigInteger()),
            Column("audit_hash", LargeBinary()),
            Column("subscriptions", JSONB()),
        )
    )


def _write() -> Kept:
    deliveries = _insert(
        "webhook_deliveries",
        "deliveries",
        _DELIVERY,
        besides={"status": "'PENDING'", "next_attempt_at": "now()"},
    )
    statement = text(f"""
        WITH events AS ({_insert("webhook_events", "events", _EVENT)}),
            deliveries AS ({deliveries}),
            entries AS ({_insert("audit_log", "entries", _ENTRY)})
        UPDATE leora.tenant_heads
        SET event_sequence = :event_sequence, audit_sequence = :audit_sequence, audit_hash = :audit_hash
        WHERE tenant_id = :tenant
    """)
    arrays = [
        bindparam(f"{what}_{name}", type_=ARRAY(_KINDS[name]))
        for what, names in (("events", _EVENT), ("deliveries", _DELIVERY), ("entries", _ENTRY))
        for name in names
    ]
    return Kept(
        statement.bindparams(
            bindparam("tenant", type_=Uuid()),
            bindparam("event_sequence", type_=BigInteger()),
            bindparam("audit_sequence", type_=BigInteger()),
            bindparam("audit_hash", type_=LargeBinary()),
            *arrays,
        )
    )


_HEAD = _head()
_WRITE = _write()
