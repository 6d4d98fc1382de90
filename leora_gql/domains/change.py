"""What a service works with: the transaction, who acts in it, and the record of what was done.

A service notes each change once, with `made`, `edited`, `removed` or `told`; from that follow the event for webhooks
and live subscriptions and the entry of the audit log. All of them are written at the end of the operation by
`flush`, under the lock of the tenant's head row: it is taken last, and held for as short as can be.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.principal import Principal
from leora_gql.db.tenant import savepoint
from leora_gql.domains import outbox
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.audit.service import AuditContext, AuditEvent
from leora_gql.domains.events import EventType
from leora_gql.domains.facts import Facts, facts

Effect = Callable[[Authenticator], None]
"""What follows from a change once it is committed: to forget who somebody was, to send a mail."""

Step = Callable[[], Awaitable[None]]
"""What is left of a mutation for when all services have run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an operation comes from, for the record. `now` is its moment."""

    now: dt.datetime
    audit_key: bytes
    request_id: str | None = None
    address: str | None = None


class Change:
    """The transaction of an operation's mutations. `actor` is who asks for them."""

    def __init__(self, connection: AsyncConnection, *, actor: Principal, origin: Origin) -> None:
        self.connection = connection
        self.actor = actor
        self.now = origin.now
        self._origin = origin
        self._operation = ""
        self._events: list[outbox.Event] = []
        self._entries: list[tuple[AuditContext, AuditEvent]] = []
        self._effects: list[Effect] = []
        self._steps: list[tuple[UUID, str, Step]] = []

    @property
    def tenant_id(self) -> UUID:
        """The tenant whose rows are changed."""
        return self.actor.tenant_id

    def begin(self, operation: str) -> None:
        """What is noted from now on belongs to the mutation of that name."""
        self._operation = operation

    @asynccontextmanager
    async def part(self) -> AsyncGenerator[None]:
        """A part that is undone alone, with what was noted in it, when an error leaves the block."""
        events, entries, effects = len(self._events), len(self._entries), len(self._effects)
        steps = list(self._steps)
        try:
            async with savepoint(self.connection):
                yield
        except Exception:
            del self._events[events:], self._entries[entries:], self._effects[effects:]
            self._steps = steps
            raise

    def made(
        self, event: EventType, entity: str, key: UUID, values: Facts, *, payload: Facts | None = None
    ) -> None:
        """Note a new row. The event's payload is its values where none is given."""
        changes = {name: {"before": None, "after": value} for name, value in facts(values).items()}
        self.note(AuditAction.CREATE, entity, key, changes)
        self.told(event, entity, key, values if payload is None else payload)

    def edited(
        self,
        event: EventType,
        entity: str,
        key: UUID,
        *,
        before: Facts,
        after: Facts,
        payload: Facts | None = None,
    ) -> None:
        """Note a changed row: what of `after` differs from `before`. Nothing is noted when nothing does."""
        old, new = facts(before), facts(after)
        changes = {
            name: {"before": old.get(name), "after": value}
            for name, value in new.items()
            if old.get(name) != value
        }
        if not changes:
            return
        self.note(AuditAction.UPDATE, entity, key, changes)
        self.told(event, entity, key, {name: new[name] for name in changes} if payload is None else payload)

    def removed(self, event: EventType, entity: str, key: UUID, values: Facts) -> None:
        """Note a row that is gone."""
        changes = {name: {"before": value, "after": None} for name, value in facts(values).items()}
        self.note(AuditAction.DELETE, entity, key, changes)
        self.told(event, entity, key, values)

    def note(self, action: AuditAction, entity: str, key: UUID, changes: Facts) -> None:
        """Note an entry of the audit log alone."""
        context = AuditContext(
            tenant_id=self.actor.tenant_id,
            actor_kind=self.actor.kind,
            actor_id=self.actor.id,
            operation=self._operation,
            request_id=self._origin.request_id,
            ip_address=self._origin.address,
        )
        self._entries.append(
            (context, AuditEvent(action=action, entity_type=entity, entity_id=key, changes=changes))
        )

    def told(self, event: EventType, entity: str, key: UUID, payload: Facts) -> None:
        """Note an event alone."""
        self._events.append(outbox.Event(event, entity, key, facts(payload), self.now))

    def at_the_end(self, key: UUID, step: Step) -> None:
        """Have something done to the row of that key when all services of the operation have run.

        It is for what takes the tenant's head row, for which all other changes wait.
        """
        self._steps.append((key, self._operation, step))

    async def catch_up(self, keys: Collection[UUID] | None = None) -> None:
        """Do what was left for the end, in its order: all of it, or as far as the rows of these keys need it."""
        last = max(
            (n for n, (key, _, _) in enumerate(self._steps) if keys is None or key in keys), default=-1
        )
        due, self._steps = self._steps[: last + 1], self._steps[last + 1 :]
        current = self._operation
        for _, operation, step in due:
            self.begin(operation)
            await step()
        self.begin(current)

    def afterwards(self, effect: Effect) -> None:
        """Have something done once the operation is committed, and not when it is undone. It must not wait."""
        self._effects.append(effect)

    @property
    def effects(self) -> Sequence[Effect]:
        """What is to be done after the commit."""
        return tuple(self._effects)

    async def flush(self) -> None:
        """Write the events, their deliveries and the audit entries. Call it once, after all other locks."""
        await outbox.write(
            self.connection,
            self.tenant_id,
            self._events,
            self._entries,
            key=self._origin.audit_key,
            now=self.now,
        )
