"""The audit log: entries chained by HMAC, so that a changed, missing or added one is found."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from leora_gql.auth.principal import ActorKind
from leora_gql.db.model import new_id
from leora_gql.domains.audit.enums import AuditAction

MASK = "***"
_SECRET_WORDS = ("password", "secret", "token", "salt", "hash")
_MAXIMUM_REQUEST_ID = 200
_MAXIMUM_ADDRESS = 45


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditContext:
    """Who acts, in which request: the same for every entry of an operation."""

    tenant_id: UUID
    actor_kind: ActorKind
    actor_id: UUID | None
    operation: str
    request_id: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """What was done to which row. `changes` are `{field: {"before": …, "after": …}}`, or plain facts."""

    action: AuditAction
    entity_type: str | None = None
    entity_id: UUID | None = None
    changes: Mapping[str, object] | None = None


def chained(
    entries: Sequence[tuple[AuditContext, AuditEvent]],
    *,
    after: int,
    previous: bytes,
    key: bytes,
    now: dt.datetime,
) -> list[dict[str, object]]:
    """The rows of entries that follow the one of sequence `after`, whose hash is `previous` (empty for the first)."""
    rows: list[dict[str, object]] = []
    for sequence, (context, event) in enumerate(entries, after + 1):
        row = entry_row(context, event, sequence=sequence, previous=previous, key=key, now=now)
        rows.append(row)
        previous = cast(bytes, row["hash"])
    return rows


def entry_row(
    context: AuditContext,
    event: AuditEvent,
    *,
    sequence: int,
    previous: bytes,
    key: bytes,
    now: dt.datetime,
) -> dict[str, object]:
    """The row of an entry that follows the one whose hash is `previous` (empty for the first)."""
    row: dict[str, object] = {
        "tenant_id": context.tenant_id,
        "id": new_id(),
        "sequence": sequence,
        "actor_kind": context.actor_kind.value,
        "actor_id": context.actor_id,
        "operation": context.operation,
        "action": event.action.value,
        "entity_type": event.entity_type,
        "entity_id": event.entity_id,
        "changes": masked(event.changes) if event.changes is not None else None,
        "request_id": context.request_id and context.request_id[:_MAXIMUM_REQUEST_ID],
        "ip_address": context.ip_address and context.ip_address[:_MAXIMUM_ADDRESS],
        "created_at": now,
    }
    canonical = canonical_text(row)
    return {**row, "canonical": canonical, "hash": chain_hash(key, previous=previous, canonical=canonical)}


def canonical_text(row: Mapping[str, object]) -> str:
    """The entry as JSON with sorted keys, in ASCII: what its hash is made of."""
    return json.dumps(row, sort_keys=True, separators=(",", ":"), default=_plain)


def chain_hash(key: bytes, *, previous: bytes, canonical: str) -> bytes:
    """The hash of an entry: HMAC-SHA-256 over the hash before it and its canonical text."""
    return hmac.digest(key, previous + canonical.encode(), hashlib.sha256)


def first_broken(
    entries: Iterable[tuple[int, str, bytes]], *, key: bytes, after: int = 0, previous: bytes = b""
) -> int | None:
    """The sequence at which the chain of (sequence, canonical, hash) breaks; None when it is whole."""
    for expected, (sequence, canonical, stored) in enumerate(entries, start=after + 1):
        computed = chain_hash(key, previous=previous, canonical=canonical)
        if sequence != expected or not hmac.compare_digest(computed, stored):
            return expected
        previous = stored
    return None


def masked(changes: Mapping[str, object]) -> dict[str, object]:
    """The changes with the values of secret fields hidden."""
    return {
        name: _hidden(value) if any(word in name.lower() for word in _SECRET_WORDS) else value
        for name, value in changes.items()
    }


def _hidden(value: object) -> object:
    if isinstance(value, Mapping):
        return dict.fromkeys(cast("Mapping[str, object]", value), MASK)
    return MASK


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return str(value)
