"""The rules by which tenants begin and change how they do business."""

from leora_gql.domains.tenancy.service.founding import NewTenant, create_tenant
from leora_gql.domains.tenancy.service.settings import NewSettings, update_tenant_settings

__all__ = ["NewSettings", "NewTenant", "create_tenant", "update_tenant_settings"]
