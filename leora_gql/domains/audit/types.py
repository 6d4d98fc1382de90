"""The GraphQL type of the audit log."""

from __future__ import annotations

import datetime as dt

import strawberry

from leora_gql.auth.principal import ActorKind
from leora_gql.domains.audit import models
from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.identity.actors import actor_type
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import column, reference
from leora_gql.graph.node import Node
from leora_gql.graph.scalars import Json


@entity(models.AuditLogEntry, view="audit.view", plural="audit_log_entries", staff_only=True)
class AuditLogEntry(Node):
    """Who did what to which row. Never altered; each entry is chained to the one before it."""

    sequence: int = column("Its number: dense and in commit order within the tenant.", where=True, sort=True)
    actor_kind: ActorKind = column("What kind of actor did it.")
    actor_id: strawberry.ID | None = reference(
        "The global id of the actor; null for the product itself and for nobody known.",
        key="actor_id",
        type_name=actor_type,
        needs=("actor_kind",),
        where=True,
    )
    operation: str = column("The operation, such as the mutation's name.", where=True, sort=True)
    action: AuditAction = column("What was done.", where=True)
    entity_type: str | None = column("The type of what it was done to, such as Order.", where=True)
    entity_id: strawberry.ID | None = reference(
        "The global id of what it was done to; the row itself may be gone.",
        key="entity_id",
        type_name=lambda table: table.c.entity_type,
        needs=("entity_type",),
        where=True,
    )
    changes: Json | None = column(
        "The values before and after, as events tell them: rows by their global ids; secrets are masked."
    )
    request_id: str | None = column("The request that did it, as in `X-Request-Id`.")
    ip_address: str | None = column("The address that the request came from.")
    created_at: dt.datetime = column("When it was done.", where=True, sort=True)
