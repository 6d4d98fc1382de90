"""Every entity of the graph, registered in the order in which the schema knows them."""

from leora_gql.domains.audit import types as audit
from leora_gql.domains.billing import types as billing
from leora_gql.domains.catalog import types as catalog
from leora_gql.domains.customers import types as customers
from leora_gql.domains.identity import types as identity
from leora_gql.domains.integrations import types as integrations
from leora_gql.domains.intelligence import types as intelligence
from leora_gql.domains.orders import types as orders
from leora_gql.domains.tenancy import types as tenancy

__all__ = [
    "audit",
    "billing",
    "catalog",
    "customers",
    "identity",
    "integrations",
    "intelligence",
    "orders",
    "tenancy",
]
