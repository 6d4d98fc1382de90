"""The tables of the integrations domain: webhooks with their events and deliveries, and tokens."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from leora_gql.db.model import (
    EnumText,
    TenantModel,
    Versioned,
    at_least,
    bounded,
    check,
    choice,
    indexed,
    is_object,
    lowered,
    named,
    one_of,
    refers,
    searchable,
    to_tenant,
    unique,
)
from leora_gql.domains.events import EventType
from leora_gql.domains.integrations.enums import DeliveryStatus, TokenKind, WebhookStatus

RESPONSE_BYTES = 4096
"""How much of a receiver's answer is kept."""


class WebhookSubscription(Versioned, TenantModel):
    """An address that gets the events it asked for (`*`, `order.*` or exact types).

    Both secrets are encrypted; the previous one also signs until `previous_secret_until`.
    """

    __tablename__ = "webhook_subscriptions"
    __table_args__ = (
        to_tenant(),
        one_of("status", WebhookStatus),
        named("name"),
        check("url", "url ~ '^https?://' AND char_length(url) <= 2000"),
        check(
            "event_types",
            "cardinality(event_types) BETWEEN 1 AND 100 AND array_position(event_types, NULL) IS NULL",
        ),
        check("previous_secret", "(previous_secret IS NULL) = (previous_secret_until IS NULL)"),
        *at_least(0, "consecutive_failures"),
        *searchable("webhook_subscriptions", "name"),
        indexed("status"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    name: Mapped[str]
    name_lower: Mapped[str] = lowered("name")
    url: Mapped[str]
    event_types: Mapped[list[str]]
    secret: Mapped[bytes]
    previous_secret: Mapped[bytes | None]
    previous_secret_until: Mapped[dt.datetime | None]
    status: Mapped[WebhookStatus] = choice(WebhookStatus, default=WebhookStatus.ACTIVE)
    consecutive_failures: Mapped[int] = mapped_column(server_default=text("0"))
    last_success_at: Mapped[dt.datetime | None]
    last_failure_at: Mapped[dt.datetime | None]


class WebhookEvent(TenantModel):
    """Something that happened. `sequence` is dense and in commit order within the tenant."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        to_tenant(),
        unique("sequence"),
        check("type", r"type ~ '^[a-z_]+\.[a-z_]+$' AND char_length(type) <= 100"),
        named("entity_type", limit=100),
        is_object("payload"),
        *at_least(1, "sequence"),
        indexed("type"),
        indexed("entity_id", "sequence"),
        indexed("occurred_at"),
    )

    sequence: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[EventType] = mapped_column(EnumText(EventType))
    entity_type: Mapped[str]
    entity_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))


class WebhookDelivery(TenantModel):
    """One event on its way to one subscription. No `next_attempt_at`: nothing more will be tried."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        refers("subscription_id", "webhook_subscriptions"),
        refers("event_id", "webhook_events"),
        unique("subscription_id", "event_id"),
        one_of("status", DeliveryStatus),
        check("finished", "status NOT IN ('SUCCEEDED', 'EXHAUSTED') OR next_attempt_at IS NULL"),
        *at_least(0, "attempt_count"),
        indexed("subscription_id"),
        indexed("event_id"),
        indexed("status"),
        indexed("last_attempt_at"),
        indexed("created_at"),
        Index(
            "ix_webhook_deliveries_due",
            "next_attempt_at",
            "tenant_id",
            "id",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
    )

    subscription_id: Mapped[UUID]
    event_id: Mapped[UUID]
    status: Mapped[DeliveryStatus] = choice(DeliveryStatus, default=DeliveryStatus.PENDING)
    attempt_count: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[dt.datetime | None] = mapped_column(server_default=text("now()"))
    last_attempt_at: Mapped[dt.datetime | None]


class WebhookAttempt(TenantModel):
    """One try to deliver an event: the receiver's answer (its first 4 KiB), or the error."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (
        refers("delivery_id", "webhook_deliveries"),
        unique("delivery_id", "attempt"),
        check("response_body_length", f"octet_length(response_body) <= {RESPONSE_BYTES}"),
        check("response_status", "response_status BETWEEN 100 AND 999"),
        bounded("error", limit=2000),
        *at_least(1, "attempt"),
        *at_least(0, "duration_ms"),
        indexed("requested_at"),
    )

    delivery_id: Mapped[UUID]
    attempt: Mapped[int]
    requested_at: Mapped[dt.datetime] = mapped_column(server_default=text("now()"))
    duration_ms: Mapped[int | None]
    response_status: Mapped[int | None]
    response_body: Mapped[str | None]
    error: Mapped[str | None]


class IntegrationToken(Versioned, TenantModel):
    """A credential of a third party: INBOUND ones as prefix and hash, OUTBOUND ones encrypted.

    `scopes` are permission keys; what counts is those that its maker still holds.
    """

    __tablename__ = "integration_tokens"
    __table_args__ = (
        to_tenant(),
        refers("created_by_id", "users"),
        one_of("kind", TokenKind),
        check(
            "credential",
            "CASE kind WHEN 'INBOUND' THEN num_nonnulls(token_prefix, token_hash) = 2 AND secret IS NULL"
            " ELSE num_nonnulls(token_prefix, token_hash) = 0 AND secret IS NOT NULL"
            " AND cardinality(scopes) = 0 END",
        ),
        check("token_hash_length", "octet_length(token_hash) = 32"),
        named("name"),
        named("provider", limit=100),
        named("token_prefix", limit=50),
        *searchable("integration_tokens", "name"),
        indexed("kind"),
        indexed("provider"),
        indexed("created_by_id"),
        indexed("expires_at"),
        indexed("last_used_at"),
        indexed("created_at"),
        indexed("updated_at"),
    )

    name: Mapped[str]
    name_lower: Mapped[str] = lowered("name")
    provider: Mapped[str]
    kind: Mapped[TokenKind] = choice(TokenKind)
    token_prefix: Mapped[str | None]
    token_hash: Mapped[bytes | None]
    secret: Mapped[bytes | None]
    scopes: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    created_by_id: Mapped[UUID | None]
    expires_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
