"""SKUs: adding and changing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select

from leora_gql.db.kept import Kept
from leora_gql.domains.catalog.enums import SkuStatus
from leora_gql.domains.catalog.models import Sku
from leora_gql.domains.change import Change
from leora_gql.domains.editing import Edit, read_for_edit, write_edit
from leora_gql.domains.events import EventType
from leora_gql.domains.making import make
from leora_gql.domains.tenancy.models import TenantSettings
from leora_gql.graph.problems import Problem, UserErrorCode

_SETTINGS = cast(Table, TenantSettings.__table__)
_OWN_CURRENCY = Kept(select(_SETTINGS.c.default_currency).where(_SETTINGS.c.tenant_id == bindparam("tenant")))
_UNTOLD: Final = frozenset({"cost_cents"})
"""Who hears of events need not be allowed to see costs."""
_GONE = Problem(UserErrorCode.INVALID_TRANSITION, "A discontinued SKU does not come back.", ("status",))


async def create_sku(change: Change, new: Mapping[str, object]) -> UUID:
    """Add a SKU of these values, in the tenant's currency where none is given; gives its key. Locks nothing.

    A code that is taken and a product that is not there are violated constraints.
    """
    currency = new["currency"] or await _OWN_CURRENCY.value(change.connection, tenant=change.tenant_id)
    values = {**new, "currency": currency}
    return await make(change, Sku, values, entity="Sku", event=EventType.SKU_CREATED, untold=_UNTOLD)


async def update_sku(change: Change, new: Edit) -> UUID | Problem:
    """Change a SKU; gives its key. A discontinued one keeps that status. Needs it locked."""
    row = await read_for_edit(change, Sku, new, entity="Sku")
    if isinstance(row, Problem):
        return row
    status = new.values.get("status", SkuStatus.DISCONTINUED)
    if row.get("status") is SkuStatus.DISCONTINUED and status is not SkuStatus.DISCONTINUED:
        return _GONE
    return await write_edit(change, Sku, new, row, entity="Sku", event=EventType.SKU_UPDATED, untold=_UNTOLD)
