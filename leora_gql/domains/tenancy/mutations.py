"""The tenant's mutations."""

from __future__ import annotations

from leora_gql.domains.tenancy import service
from leora_gql.domains.tenancy.inputs import UpdateTenantSettingsInput
from leora_gql.domains.tenancy.types import Tenant
from leora_gql.graph.mutation import mutation


class TenancyMutations:
    """The mutations of the tenant, for the schema to merge in."""

    update_tenant_settings = mutation(
        UpdateTenantSettingsInput,
        service.update_tenant_settings,
        changes=Tenant,
        requires="settings.manage",
        description="Change how the distributor does business; read the result at `tenant { settings }`.",
    )
