"""The product's schema: the kit's types of every domain and the fields that domains write by hand."""

from __future__ import annotations

import datetime as dt
import functools
import importlib

import strawberry

from leora_gql.domains.catalog.mutations import CatalogMutations
from leora_gql.domains.catalog.queries import CatalogQueries
from leora_gql.domains.identity.mutations import IdentityMutations
from leora_gql.domains.identity.queries import IdentityQueries
from leora_gql.domains.integrations.queries import IntegrationQueries
from leora_gql.domains.orders.mutations import OrderMutations
from leora_gql.domains.tenancy.queries import TenancyQueries
from leora_gql.graph.node import as_graphql
from leora_gql.graph.schema import build_schema
from leora_gql.graph.selection import Info


@strawberry.type(description="How much more the caller may ask for: the limit that is nearest.")
class RateLimit:
    """Read from the operation's `Allowance`."""

    limit: int = strawberry.field(description="The cost that operations may have together until the reset.")
    remaining: int = strawberry.field(description="What is left of the limit after this operation.")
    reset_at: dt.datetime = strawberry.field(description="When the whole limit is there again.")
    cost: int = strawberry.field(description="What this operation was charged.")


class ApiQueries:
    """What is true of the API itself."""

    @strawberry.field(description="The version of this API, a date. Needs no sign-in.")
    def api_version(self) -> str:
        """Raised when something is added; nothing is removed without a deprecation first."""
        return API_VERSION

    @strawberry.field(
        description="How much more the caller may ask for, by the limit that is nearest; null where there is"
        " none. Needs a sign-in."
    )
    def rate_limit(self, info: Info) -> RateLimit | None:
        """What the operation was charged to, as it stood afterwards."""
        info.context.require_principal()
        return as_graphql(info.context.allowance)


API_VERSION = "2026-11-22"


@functools.cache
def product_schema() -> strawberry.Schema:
    """The one schema of the process."""
    importlib.import_module("leora_gql.domains.types")  # registers every entity
    return build_schema(
        queries=[ApiQueries, TenancyQueries, IdentityQueries, CatalogQueries, IntegrationQueries],
        mutations=[IdentityMutations, CatalogMutations, OrderMutations],
    )


@functools.cache
def printed_schema() -> str:
    """The schema as SDL, as committed in `schema.graphql`; printed once, since it takes a tenth of a second."""
    return product_schema().as_str() + "\n"
