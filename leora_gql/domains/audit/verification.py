"""Proving the audit log: that nothing in it was changed, removed, added or moved."""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Column, LargeBinary, Table, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept
from leora_gql.domains.audit.models import AuditLogEntry
from leora_gql.domains.audit.service import canonical_text, chain_hash

_LOG = cast(Table, AuditLogEntry.__table__)
_BATCH = 5_000
_TOLD = (
    *("tenant_id", "id", "sequence", "actor_kind", "actor_id", "operation", "action", "entity_type"),
    *("entity_id", "changes", "request_id", "ip_address", "created_at"),
)
"""What an entry says; its canonical text is made of exactly this."""

_ENTRIES = Kept(
    select(*(_LOG.c[name] for name in (*_TOLD, "canonical", "hash")))
    .where(_LOG.c.sequence > bindparam("after", type_=BigInteger()))
    .order_by(_LOG.c.sequence)
    .limit(_BATCH)
)
_HEAD = Kept(
    text("SELECT audit_sequence, audit_hash FROM leora.tenant_heads").columns(
        Column("audit_sequence", BigInteger()), Column("audit_hash", LargeBinary())
    )
)


@dataclass(frozen=True, slots=True)
class End:
    """Where a log ended when it was verified: its last entry's sequence and hash. Entries only follow it."""

    sequence: int
    hash: bytes


@dataclass(slots=True)
class Chain:
    """Follows a tenant's entries in their order, and collects what is wrong with them. It goes through `earlier`."""

    key: bytes
    earlier: End | None = None
    sequence: int = 0
    previous: bytes = b""
    faults: list[str] = field(default_factory=list[str])

    def follow(self, entry: Mapping[str, Any]) -> None:
        """The next entry of the log: its columns by name."""
        number = entry["sequence"]
        if number != self.sequence + 1:
            self.faults.append(f"After entry {self.sequence} comes {number}: what was between is gone.")
        expected = chain_hash(self.key, previous=self.previous, canonical=entry["canonical"])
        if not hmac.compare_digest(expected, entry["hash"]):
            self.faults.append(
                f"Entry {number} does not follow from the one before it, or its text was changed."
            )
        if json.loads(entry["canonical"]) != json.loads(
            canonical_text({name: entry[name] for name in _TOLD})
        ):
            self.faults.append(f"Entry {number} says something else than when it was written.")
        if self.earlier and number == self.earlier.sequence and entry["hash"] != self.earlier.hash:
            self.faults.append(
                f"Entry {number} is not the one that was last when the log was verified before."
            )
        self.sequence, self.previous = number, entry["hash"]

    def end(self, *, sequence: int, last: bytes) -> None:
        """Where the tenant's head row says that the log ends."""
        if (self.sequence, self.previous) != (sequence, last):
            self.faults.append(f"The log ends at entry {self.sequence}; the last one written is {sequence}.")
        if self.earlier and self.sequence < self.earlier.sequence:
            self.faults.append(
                f"The log ends at entry {self.sequence}; it ended at {self.earlier.sequence} when verified before."
            )


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in one tenant's log: how many entries it has, where it ends, and what is wrong with it."""

    tenant: UUID
    entries: int
    end: End
    faults: Sequence[str]


async def verify(
    connection: AsyncConnection, tenant: UUID, *, key: bytes, earlier: End | None = None
) -> Verified:
    """Prove the log of the tenant whose transaction it is. Take one that sees a single state: a read-only one.

    Whoever can write to the database past its rules could cut off the log's end and set the head row to what is
    left: only the end of an `earlier` verification, kept elsewhere, tells.
    """
    chain, count = Chain(key, earlier), 0
    async for entry in _entries(connection):
        chain.follow(entry)
        count += 1
    head = await _HEAD.row(connection)
    if head is None:
        chain.faults.append("The tenant has no head row.")
    else:
        chain.end(sequence=head["audit_sequence"], last=head["audit_hash"] or b"")
    return Verified(tenant, count, End(chain.sequence, chain.previous), chain.faults)


async def _entries(connection: AsyncConnection) -> AsyncGenerator[dict[str, Any]]:
    after = 0
    while batch := await _ENTRIES.rows(connection, after=after):
        for entry in batch:
            yield entry
        after = batch[-1]["sequence"]
