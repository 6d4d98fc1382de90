"""The integrations domain's root fields beyond its lists: catching up with the events."""

from __future__ import annotations

from typing import Annotated

import strawberry

from leora_gql.domains.integrations.types import WebhookEvent
from leora_gql.errors import BadUserInput
from leora_gql.graph.access import access_directives, check_entity
from leora_gql.graph.entity import Registry
from leora_gql.graph.fields import Access
from leora_gql.graph.listing import MAX_PAGE
from leora_gql.graph.node import as_graphql
from leora_gql.graph.reading import projection, rows_of, rows_table
from leora_gql.graph.selection import Info

_VIEW = Access("webhooks.view", staff_only=True)


class IntegrationQueries:
    """What integrators poll."""

    @strawberry.field(
        description="The events after a sequence number, oldest first, for integrators that catch up."
        " Needs `webhooks.view`. For staff only.",
        directives=access_directives(_VIEW),
    )
    async def webhook_events_since(
        self,
        info: Info,
        sequence: Annotated[
            int, strawberry.argument(description="The last sequence number seen; 0 for all.")
        ],
        first: Annotated[
            int, strawberry.argument(description=f"At most this many (1 to {MAX_PAGE}).")
        ] = MAX_PAGE,
    ) -> list[WebhookEvent] | None:
        """Events in the order of their commits."""
        entity = Registry.require("WebhookEvent")
        principal = info.context.require_principal()
        check_entity(entity, principal)
        if not 1 <= first <= MAX_PAGE or sequence < 0:
            raise BadUserInput(f"sequence is 0 or more, first from 1 to {MAX_PAGE}.")
        shape = projection(entity, info.selection(entity.name).names(), principal=principal)
        table = rows_table(entity)
        statement = rows_of(entity, table, shape=shape, principal=principal)
        statement = statement.where(table.c.sequence > sequence).order_by(table.c.sequence).limit(first)
        rows = await info.context.rows(statement)
        return as_graphql([shape.record(row) for row in rows])
