"""The GraphQL types of the integrations domain. None of them is open to the portal."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import strawberry

from leora_gql.domains.events import EventType
from leora_gql.domains.identity.viewer import Viewer
from leora_gql.domains.integrations import models
from leora_gql.domains.integrations.enums import DeliveryStatus, TokenKind, WebhookStatus
from leora_gql.graph.connection import Connection
from leora_gql.graph.entity import entity
from leora_gql.graph.fields import column, reference, to_many, to_one
from leora_gql.graph.node import Node
from leora_gql.graph.scalars import Json

if TYPE_CHECKING:
    from leora_gql.domains.identity.types import User


@entity(models.WebhookSubscription, view="webhooks.view", plural="webhook_subscriptions", staff_only=True)
class WebhookSubscription(Node):
    """An address that gets the events it asked for, each signed with the subscription's secret."""

    name: str = column("What the subscription is called.", search=True, sort=True)
    url: str = column("Where events are sent.")
    event_types: list[str] = column("Which events: `*` for all, `order.*` for an area, or exact types.")
    status: WebhookStatus = column("Whether it gets its events.", where=True)
    previous_secret_until: dt.datetime | None = column(
        "Until when the secret before the present one signs as well; null when there is none."
    )
    consecutive_failures: int = column("Failed deliveries since the last that succeeded.")
    last_success_at: dt.datetime | None = column("When a delivery last succeeded.")
    last_failure_at: dt.datetime | None = column("When a delivery last failed.")
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    deliveries: Connection[WebhookDelivery] = to_many(
        "The events sent or to be sent to it, latest first.",
        by="subscription_id",
        order_by="-created_at",
        where=True,
    )


@entity(models.WebhookEvent, view="webhooks.view", plural="webhook_events", staff_only=True)
class WebhookEvent(Node):
    """Something that happened; written in the transaction of the change itself."""

    sequence: int = column("Its number: dense and in commit order within the tenant.", where=True, sort=True)
    type: EventType = column("What happened.", where=True)
    entity_type: str = column("The type of what it happened to, such as Order.")
    entity_id: strawberry.ID = reference(
        "The global id of what it happened to.",
        key="entity_id",
        type_name=lambda table: table.c.entity_type,
        needs=("entity_type",),
        where=True,
    )
    payload: Json = column(
        "What receivers are told: values by the API's names, amounts as decimals in text, rows by their global ids."
    )
    occurred_at: dt.datetime = column("When it happened.", where=True, sort=True)
    created_at: dt.datetime = column("When the row was made.")

    deliveries: Connection[WebhookDelivery] = to_many("To whom it is sent.", by="event_id", where=True)


@entity(models.WebhookDelivery, view="webhooks.view", plural="webhook_deliveries", staff_only=True)
class WebhookDelivery(Node):
    """One event on its way to one subscription."""

    status: DeliveryStatus = column("How far it has come.", where=True)
    attempt_count: int = column("How often it was tried.")
    next_attempt_at: dt.datetime | None = column(
        "When it is tried next; null when nothing more will be tried."
    )
    last_attempt_at: dt.datetime | None = column("When it was last tried.", where=True, sort=True)
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.")

    subscription: WebhookSubscription | None = to_one("To whom.", by="subscription_id", where=True)
    event: WebhookEvent | None = to_one("What is sent.", by="event_id", where=True)
    attempts: Connection[WebhookAttempt] = to_many(
        "Every try.", by="delivery_id", order_by="attempt", where=True
    )


@entity(models.WebhookAttempt, view="webhooks.view", plural="webhook_attempts", staff_only=True)
class WebhookAttempt(Node):
    """One try to deliver an event: the receiver's answer, or the error."""

    attempt: int = column("Which try it was, from 1.")
    requested_at: dt.datetime = column("When it was tried.", where=True, sort=True)
    duration_ms: int | None = column("How long it took, in milliseconds.")
    response_status: int | None = column("The HTTP status of the receiver's answer; null without an answer.")
    response_body: str | None = column("The first 4 KiB of the receiver's answer.")
    error: str | None = column("What went wrong, where there was no answer.")
    created_at: dt.datetime = column("When the row was made.")
    updated_at: dt.datetime = column("When the row was last changed.")

    delivery: WebhookDelivery | None = to_one(
        "The delivery that it belongs to.", by="delivery_id", where=True
    )


@entity(
    models.IntegrationToken,
    view="integrations.view",
    plural="integration_tokens",
    staff_only=True,
    needs={"permissions": ("created_by_id", "scopes"), "can": ("created_by_id", "scopes")},
)
class IntegrationToken(Node, Viewer):
    """A credential of a third party that calls this API, or of ours for calling a third party."""

    name: str = column("What the token is called.", search=True, sort=True)
    provider: str = column("The third party.", where=True, sort=True)
    kind: TokenKind = column("Who calls whom with it.", where=True)
    token_prefix: str | None = column("The beginning of an inbound token, to recognise it by.")
    scopes: list[str] = column(
        "The permission keys given to it; what counts is those that its maker still holds."
    )
    expires_at: dt.datetime | None = column("When it ends; null for never.", where=True, sort=True)
    last_used_at: dt.datetime | None = column("When it was last used, to the minute.", where=True, sort=True)
    revoked_at: dt.datetime | None = column("When it was revoked.")
    created_at: dt.datetime = column("When the row was made.", where=True, sort=True)
    updated_at: dt.datetime = column("When the row was last changed.", where=True, sort=True)
    version: int = column("Raised by each change; give it back in an update to notice lost ones.")

    created_by: User | None = to_one("Who made it.", by="created_by_id", where=True)
