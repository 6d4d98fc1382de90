"""What day it is for the tenant, as SQL."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func, select

from leora_gql.db.model import SCHEMA
from leora_gql.domains.tenancy.models import TenantSettings


def today() -> ColumnElement[dt.date]:
    """The date in the time zone of the transaction's tenant.

    A subquery that depends on no row: PostgreSQL works it out once, and an index can serve
    comparisons with it.
    """
    settings = TenantSettings.__table__.alias("settings")
    own_tenant: Any = getattr(func, SCHEMA).tenant_id()
    date = cast(func.timezone(settings.c.timezone, func.now()), Date())
    return select(date).where(settings.c.tenant_id == own_tenant).scalar_subquery()
