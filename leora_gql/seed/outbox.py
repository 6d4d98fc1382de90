"""What the rest of the world was told: events, their deliveries, the audit log and integration tokens.

Events and audit entries of the last weeks are collected and written at the end, in the order of
time, so that their sequences are dense.
"""

from __future__ import annotations

import datetime as dt
import heapq
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.integration_tokens import hash_secret
from leora_gql.auth.principal import ActorKind
from leora_gql.auth.sealing import seal
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.audit.models import AuditLogEntry
from leora_gql.domains.audit.service import AuditContext, AuditEvent, canonical_text, chain_hash, entry_row
from leora_gql.domains.billing.enums import PaymentStatus
from leora_gql.domains.events import EventType
from leora_gql.domains.integrations.enums import DeliveryStatus, TokenKind, WebhookStatus
from leora_gql.domains.integrations.models import (
    IntegrationToken,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from leora_gql.seed.people import Staff
from leora_gql.seed.plan import World
from leora_gql.seed.sheets import Sheets

DAYS: Final = 21
KEPT: Final = 5_000
"""Events and audit entries of so many days are made, and at most so many of them, the latest."""

_PAYMENT_EVENTS: Final = {
    PaymentStatus.CLEARED: EventType.PAYMENT_CLEARED,
    PaymentStatus.PENDING: EventType.PAYMENT_RECORDED,
    PaymentStatus.FAILED: EventType.PAYMENT_FAILED,
    PaymentStatus.REFUNDED: EventType.PAYMENT_REFUNDED,
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys that audit entries are chained and secrets are sealed with."""

    audit: bytes
    encryption: bytes


@dataclass(frozen=True, slots=True)
class _Event:
    at: dt.datetime
    type: EventType
    entity_type: str
    entity: UUID
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Deed:
    at: dt.datetime
    actor: UUID
    operation: str
    event: AuditEvent


T = TypeVar("T", "_Event", "_Deed")
Timed = tuple[dt.datetime, int, T]


class Outbox:
    """Collects what happened, and writes it at the end."""

    def __init__(self, sheets: Sheets, world: World, *, staff: Staff, keys: Secrets) -> None:
        self._sheets = sheets
        self._world = world
        self._staff = staff
        self._keys = keys
        self._dice = world.dice("outbox")
        self._since = world.calendar.at(world.calendar.ago(DAYS))
        self._events: list[Timed[_Event]] = []
        self._deeds: list[Timed[_Deed]] = []
        self._count = 0

    def order(
        self, kind: EventType, order: UUID, number: str, at: dt.datetime | None, *, total_cents: int
    ) -> None:
        """Something happened to an order, if it did."""
        if at is not None:
            self._tell(at, kind, "Order", order, {"number": number, "total": _money(total_cents)})

    def invoice_sent(self, invoice: UUID, number: str, at: dt.datetime, *, total_cents: int) -> None:
        """An invoice was sent."""
        self._tell(
            at, EventType.INVOICE_SENT, "Invoice", invoice, {"number": number, "total": _money(total_cents)}
        )

    def payment(
        self, payment: UUID, number: str, at: dt.datetime, *, amount_cents: int, status: PaymentStatus
    ) -> None:
        """A payment came, or came to nothing."""
        payload = {"number": number, "amount": _money(amount_cents), "status": status.value}
        self._tell(at, _PAYMENT_EVENTS[status], "Payment", payment, payload)
        change = AuditEvent(
            action=AuditAction.CREATE, entity_type="Payment", entity_id=payment, changes={"number": number}
        )
        self.did(at, self._staff.manager, "recordPayment", change)

    def approved(self, order: UUID, at: dt.datetime | None) -> None:
        """The manager approved an order, if so."""
        if at is not None:
            changes = {"approvedAt": {"before": None, "after": at.isoformat()}}
            change = AuditEvent(
                action=AuditAction.UPDATE, entity_type="Order", entity_id=order, changes=changes
            )
            self.did(at, self._staff.manager, "approveOrder", change)

    def did(self, at: dt.datetime, actor: UUID, operation: str, event: AuditEvent) -> None:
        """A member of staff did something that the audit log keeps."""
        if at >= self._since:
            self._count += 1
            _keep(self._deeds, (at, self._count, _Deed(at, actor, operation, event)))

    def _tell(
        self, at: dt.datetime, kind: EventType, entity_type: str, entity: UUID, payload: Mapping[str, object]
    ) -> None:
        if at >= self._since:
            self._count += 1
            _keep(self._events, (at, self._count, _Event(at, kind, entity_type, entity, payload)))

    async def close(self, connection: AsyncConnection, *, invoices_sent: int) -> None:
        """Write events, deliveries, tokens and the audit log; bring the tenant's counters up to date."""
        self._tokens()
        self._write_events()
        audit_hash = self._write_deeds()
        await connection.execute(
            text(
                "UPDATE leora.tenant_heads SET event_sequence = :events, audit_sequence = :deeds,"
                " audit_hash = :hash, invoice_number = :invoices WHERE tenant_id = :tenant"
            ),
            {
                "events": len(self._events),
                "deeds": len(self._deeds),
                "hash": audit_hash or None,
                "invoices": invoices_sent,
                "tenant": self._world.tenant,
            },
        )

    def _write_events(self) -> None:
        erp = self._subscription("Accounting export", ["order.*", "invoice.*", "payment.*"])
        self._subscription("Warehouse screen", ["order.confirmed", "inventory.*"])
        for sequence, (at, _, event) in enumerate(sorted(self._events, key=lambda entry: entry[:2]), 1):
            row = self._dice.id(at)
            self._sheets.add(
                WebhookEvent,
                id=row,
                sequence=sequence,
                type=event.type,
                entity_type=event.entity_type,
                entity_id=event.entity,
                payload=orjson.dumps(event.payload).decode(),
                occurred_at=at,
                created_at=at,
                updated_at=at,
            )
            self._deliver(erp, row, at)

    def _subscription(self, name: str, types: list[str]) -> UUID:
        at, dice = self._world.calendar.opened, self._dice
        subscription = dice.id(at)
        sealed = seal(
            dice.randbytes(32), key=self._keys.encryption, tenant=self._world.tenant, nonce=dice.randbytes(12)
        )
        self._sheets.add(
            WebhookSubscription,
            id=subscription,
            name=name,
            url=f"https://hooks.{self._world.plan.domain}/{name.split(maxsplit=1)[0].lower()}",
            event_types=types,
            secret=sealed,
            status=WebhookStatus.PAUSED,
            consecutive_failures=0,
            last_success_at=self._world.calendar.at(self._world.calendar.ago(1), 1_020),
            created_at=at,
            updated_at=at,
        )
        return subscription

    def _deliver(self, subscription: UUID, event: UUID, at: dt.datetime) -> None:
        dice, delivery = self._dice, self._dice.id(at)
        failures = dice.choice((1, 2, 8)) if dice.happens(5) else 0
        exhausted = failures == 8
        tries = failures if exhausted else failures + 1
        last = at
        for attempt in range(1, tries + 1):
            last = min(at + dt.timedelta(seconds=2 + 30 * (4 ** (attempt - 1) - 1)), self._world.calendar.now)
            self._attempt(delivery, attempt, last, failed=attempt <= failures)
        self._sheets.add(
            WebhookDelivery,
            id=delivery,
            subscription_id=subscription,
            event_id=event,
            status=DeliveryStatus.EXHAUSTED if exhausted else DeliveryStatus.SUCCEEDED,
            attempt_count=tries,
            next_attempt_at=None,
            last_attempt_at=last,
            created_at=at,
            updated_at=last,
        )

    def _attempt(self, delivery: UUID, attempt: int, at: dt.datetime, *, failed: bool) -> None:
        refused = failed and self._dice.happens(50)
        self._sheets.add(
            WebhookAttempt,
            id=self._dice.id(at),
            delivery_id=delivery,
            attempt=attempt,
            requested_at=at,
            duration_ms=self._dice.randint(30, 900),
            response_status=None if refused else 503 if failed else 200,
            response_body=None if refused else "Service Unavailable" if failed else "ok",
            error="connection refused" if refused else None,
            created_at=at,
            updated_at=at,
        )

    def _tokens(self) -> None:
        """An inbound token whose secret nobody knows, and an outbound one, sealed."""
        at, dice = self._world.calendar.opened, self._dice
        secret = secrets.token_urlsafe(32) if self._world.password_hash is None else dice.randbytes(32).hex()
        sealed = seal(
            dice.randbytes(24), key=self._keys.encryption, tenant=self._world.tenant, nonce=dice.randbytes(12)
        )
        for name, kind in (("Accounting export", TokenKind.INBOUND), ("Route planner", TokenKind.OUTBOUND)):
            inbound = kind is TokenKind.INBOUND
            self._sheets.add(
                IntegrationToken,
                id=dice.id(at),
                name=name,
                provider="LedgerLine" if inbound else "RouteWise",
                kind=kind,
                token_prefix=f"lgi_…{secret[:4]}" if inbound else None,
                token_hash=hash_secret(secret) if inbound else None,
                secret=None if inbound else sealed,
                scopes=["orders.view", "invoices.view", "payments.view"] if inbound else [],
                created_by_id=self._staff.admin,
                expires_at=None,
                last_used_at=self._world.calendar.at(self._world.calendar.ago(1), 300),
                created_at=at,
                updated_at=at,
            )

    def _write_deeds(self) -> bytes:
        previous = b""
        for sequence, (at, number, deed) in enumerate(sorted(self._deeds, key=lambda entry: entry[:2]), 1):
            context = AuditContext(
                tenant_id=self._world.tenant,
                actor_kind=ActorKind.USER,
                actor_id=deed.actor,
                operation=deed.operation,
                request_id=f"seed-{number:06d}",
                ip_address=f"203.0.113.{number % 250 + 1}",
            )
            row = entry_row(
                context, deed.event, sequence=sequence, previous=previous, key=self._keys.audit, now=at
            )
            row["id"] = self._dice.id(at)
            del row["canonical"], row["hash"]
            canonical = canonical_text(row)
            previous = chain_hash(self._keys.audit, previous=previous, canonical=canonical)
            row["changes"] = orjson.dumps(row["changes"]).decode() if row["changes"] is not None else None
            del row["tenant_id"]
            self._sheets.add(AuditLogEntry, **row, canonical=canonical, hash=previous, updated_at=at)
        return previous


def _keep(heap: list[Timed[T]], entry: Timed[T]) -> None:
    """Put the entry on a heap that holds only the latest ones."""
    if len(heap) < KEPT:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)


def _money(cents: int) -> str:
    return str(Decimal(cents).scaleb(-2))
