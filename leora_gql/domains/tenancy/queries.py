"""The tenancy domain's root fields."""

from __future__ import annotations

import strawberry

from leora_gql.domains.tenancy.types import Tenant
from leora_gql.graph.access import access_directives, check_access
from leora_gql.graph.entity import Registry
from leora_gql.graph.fields import Access
from leora_gql.graph.node import Record, as_graphql
from leora_gql.graph.resolvers import load_by_id
from leora_gql.graph.selection import Info

_VIEW = Access("tenant.view")


async def own_tenant(info: Info) -> Record | None:
    """The caller's tenant."""
    return await load_by_id(Registry.require("Tenant"), info.context.require_principal().tenant_id, info=info)


class TenancyQueries:
    """The distributor itself."""

    @strawberry.field(
        description="The caller's distributor, with its settings. Needs `tenant.view`.",
        directives=access_directives(_VIEW),
    )
    async def tenant(self, info: Info) -> Tenant | None:
        """The caller's tenant."""
        check_access(_VIEW, info.context.require_principal())
        return as_graphql(await own_tenant(info))
