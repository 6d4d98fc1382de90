"""The tables of the audit domain: the log that is never changed, and answers kept for a day."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.auth.principal import ActorKind
from leora_gql.db.model import (
    TenantModel,
    at_least,
    bounded,
    check,
    choice,
    indexed,
    is_object,
    named,
    one_of,
    to_tenant,
    unique,
)
from leora_gql.domains.audit.enums import AuditAction


class AuditLogEntry(TenantModel):
    """Who did what to which row. Append-only; `sequence` is dense and in commit order in the tenant.

    `hash` is the HMAC of the entry's `canonical` text after the hash of the entry before it.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        to_tenant(),
        unique("sequence"),
        one_of("actor_kind", ActorKind),
        one_of("action", AuditAction),
        named("operation", limit=200),
        named("entity_type", limit=100),
        bounded("request_id", limit=200),
        bounded("ip_address", limit=45),
        is_object("changes"),
        check("hash_length", "octet_length(hash) = 32"),
        *at_least(1, "sequence"),
        indexed("entity_id", "sequence"),
        indexed("actor_id", "sequence"),
        indexed("entity_type"),
        indexed("action"),
        indexed("operation"),
        indexed("created_at"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger)
    actor_kind: Mapped[ActorKind] = choice(ActorKind)
    actor_id: Mapped[UUID | None]
    operation: Mapped[str]
    action: Mapped[AuditAction] = choice(AuditAction)
    entity_type: Mapped[str | None]
    entity_id: Mapped[UUID | None]
    changes: Mapped[dict[str, Any] | None]
    request_id: Mapped[str | None]
    ip_address: Mapped[str | None]
    canonical: Mapped[str]
    hash: Mapped[bytes]


class IdempotencyKey(TenantModel):
    """The answer to a request that came with an `Idempotency-Key`; kept for 24 hours, encrypted."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        to_tenant(),
        unique("actor_kind", "actor_id", "key"),
        one_of("actor_kind", ActorKind),
        named("key", limit=255),
        check("request_hash_length", "octet_length(request_hash) = 32"),
        indexed("created_at"),
    )

    actor_kind: Mapped[ActorKind] = choice(ActorKind)
    actor_id: Mapped[UUID]
    key: Mapped[str]
    request_hash: Mapped[bytes]
    response: Mapped[bytes | None]
