"""The product's schema: the kit's types of every domain and the fields that domains write by hand."""

from __future__ import annotations

import functools
import importlib

import strawberry

from leora_gql.domains.billing.mutations import BillingMutations
from leora_gql.domains.catalog.mutations import CatalogMutations
from leora_gql.domains.catalog.price_mutations import PriceMutations
from leora_gql.domains.catalog.price_queries import PriceQueries
from leora_gql.domains.catalog.queries import CatalogQueries
from leora_gql.domains.catalog.stock_mutations import StockMutations
from leora_gql.domains.customers.mutations import CustomerMutations
from leora_gql.domains.identity.mutations import AccessMutations, SessionMutations
from leora_gql.domains.identity.queries import IdentityQueries
from leora_gql.domains.integrations.queries import IntegrationQueries
from leora_gql.domains.orders.mutations import OrderMutations
from leora_gql.domains.tenancy.mutations import TenancyMutations
from leora_gql.domains.tenancy.queries import TenancyQueries
from leora_gql.graph.api import ApiQueries, ApiSubscriptions
from leora_gql.graph.schema import build_schema


@functools.cache
def product_schema() -> strawberry.Schema:
    """The one schema of the process."""
    importlib.import_module("leora_gql.domains.types")  # registers every entity
    return build_schema(
        queries=[
            ApiQueries,
            TenancyQueries,
            IdentityQueries,
            CatalogQueries,
            PriceQueries,
            IntegrationQueries,
        ],
        mutations=[
            SessionMutations,
            AccessMutations,
            TenancyMutations,
            CustomerMutations,
            CatalogMutations,
            StockMutations,
            PriceMutations,
            OrderMutations,
            BillingMutations,
        ],
        subscriptions=[ApiSubscriptions],
    )


@functools.cache
def printed_schema() -> str:
    """The schema as SDL, as committed in `schema.graphql`; printed once, since it takes a tenth of a second."""
    return product_schema().as_str() + "\n"
