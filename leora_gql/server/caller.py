"""Who sends an operation, over whichever transport it came."""

from __future__ import annotations

from dataclasses import dataclass

from leora_gql.auth.principal import Principal


@dataclass(
    slots=True, kw_only=True
)  # not frozen: every request makes one, and would take three times as long
class Caller:
    """One request's caller. `tenant_slug` is the tenant to sign in at; `requested_tenant_slug` what it named.

    `principal` is None for nobody: who has no credential, or one that does not count.
    """

    principal: Principal | None
    tenant_slug: str
    request_id: str
    requested_tenant_slug: str | None = None
    address: str | None = None
    user_agent: str | None = None
    idempotency_key: str | None = None
