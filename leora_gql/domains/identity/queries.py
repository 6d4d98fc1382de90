"""The identity domain's root fields: who I am, and what there is to be permitted."""

from __future__ import annotations

import strawberry

from leora_gql.auth.permissions import CATALOGUE
from leora_gql.domains.identity.viewer import Viewer, load_viewer
from leora_gql.graph.listing import LISTED
from leora_gql.graph.node import as_graphql
from leora_gql.graph.selection import Info


@strawberry.type(description="A key of the permission catalogue; `area.*` and `*` stand for several.")
class Permission:
    """One key."""

    key: str = strawberry.field(description="The key, `area.verb`.")
    category: str = strawberry.field(description="The area.")
    description: str = strawberry.field(description="What it permits.")
    portal_allowed: bool = strawberry.field(description="Whether a portal role may hold it.")


class IdentityQueries:
    """Who calls, and the catalogue of permissions."""

    @strawberry.field(description="Who the caller is. Needs no permission.")
    async def viewer(self, info: Info) -> Viewer | None:
        """The caller's own row."""
        return as_graphql(await load_viewer(info))

    @strawberry.field(
        description="Every permission key that a role can hold. Needs no permission.",
        metadata={LISTED: len(CATALOGUE)},
    )
    def permissions(self, info: Info) -> list[Permission] | None:
        """The catalogue, in its order."""
        info.context.require_principal()
        return [
            Permission(
                key=spec.key,
                category=spec.category,
                description=spec.description,
                portal_allowed=spec.portal_allowed,
            )
            for spec in CATALOGUE.values()
        ]
