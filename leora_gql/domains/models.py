"""Every table of every domain: import this where the metadata must be complete."""

from __future__ import annotations

from leora_gql.db.model import Base
from leora_gql.domains.audit import models as audit
from leora_gql.domains.billing import models as billing
from leora_gql.domains.catalog import models as catalog
from leora_gql.domains.customers import models as customers
from leora_gql.domains.identity import models as identity
from leora_gql.domains.integrations import models as integrations
from leora_gql.domains.intelligence import models as intelligence
from leora_gql.domains.orders import models as orders
from leora_gql.domains.tenancy import models as tenancy

metadata = Base.metadata
"""All tables, in schema `leora`."""

__all__ = [
    "audit",
    "billing",
    "catalog",
    "customers",
    "identity",
    "integrations",
    "intelligence",
    "metadata",
    "orders",
    "tenancy",
]
