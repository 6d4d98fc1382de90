"""Statements that are kept give what SQLAlchemy's own execution gives, and fail as loudly."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

import asyncpg
import pytest
from sqlalchemy import URL, Table, bindparam, func, insert, select, update
from sqlalchemy.exc import CompileError

from leora_gql.db.engine import Pools
from leora_gql.db.kept import Kept
from leora_gql.db.logins import Login
from leora_gql.db.model import new_id
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.catalog.enums import SupplierStatus
from leora_gql.domains.catalog.models import Supplier
from leora_gql.domains.tenancy.models import TenantSettings
from tests.isolation.interleaving import Distributor, distributors

T = cast(Table, Supplier.__table__)
SETTINGS = cast(Table, TenantSettings.__table__)
COLUMNS = (T.c.id, T.c.name, T.c.status, T.c.address, T.c.created_at)


@pytest.fixture
async def tenants(direct_url: URL) -> Sequence[Distributor]:
    return await distributors(direct_url)


async def test_values_come_back_as_sqlalchemy_reads_them(
    pools: Pools, tenants: Sequence[Distributor]
) -> None:
    key, address = new_id(), {"line1": "1 Rue", "city": "Reims"}
    kept = Kept(select(*COLUMNS).where(T.c.id == bindparam("key"), T.c.status == SupplierStatus.INACTIVE))
    add = Kept(insert(T).returning(T.c.id), names=("tenant_id", "id", "name", "slug", "address", "status"))
    async with with_tenant(pools, tenants[0].scope, login=Login.STAFF) as connection:
        given = {"name": "Kept", "slug": f"kept-{key}", "address": address, "status": SupplierStatus.INACTIVE}
        made = await add.value(connection, tenant_id=tenants[0].scope.tenant_id, id=key, **given)
        row = await kept.row(connection, key=key)
        plain = (await connection.execute(select(*COLUMNS).where(T.c.id == key))).mappings().one()
        numbers = await Kept(select(SETTINGS.c.tax_rate)).value(connection)

    assert made == key
    assert row == dict(plain)
    assert row["status"] is SupplierStatus.INACTIVE
    assert isinstance(numbers, Decimal)


async def test_it_says_how_many_rows_it_wrote(pools: Pools, tenants: Sequence[Distributor]) -> None:
    everything = Kept(update(T).values(name=bindparam("new_name")))
    nothing = Kept(update(T).values(name=bindparam("new_name")).where(T.c.id == bindparam("key")))
    async with with_tenant(pools, tenants[0].scope, login=Login.STAFF) as connection:
        seen = await Kept(select(func.count()).select_from(T)).value(connection)
        written = await everything.run(connection, new_name="One and the same")
        assert await nothing.run(connection, key=new_id(), new_name="Nobody") == 0
        assert (
            await Kept(select(T.c.id).where(T.c.id == bindparam("key"))).row(connection, key=new_id()) is None
        )
        await connection.rollback()

    assert written == seen > 1


async def test_a_missing_value_is_no_null(pools: Pools, tenants: Sequence[Distributor]) -> None:
    kept = Kept(select(T.c.id).where(T.c.id == bindparam("key")))
    async with with_tenant(pools, tenants[0].scope, login=Login.STAFF, read_only=True) as connection:
        with pytest.raises(KeyError):
            await kept.rows(connection, keys=new_id())


async def test_what_the_server_refuses_is_told_as_it_is(pools: Pools, tenants: Sequence[Distributor]) -> None:
    kept = Kept(update(T).values(name=bindparam("new_name")))
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with with_tenant(pools, tenants[0].scope, login=Login.STAFF, read_only=True) as connection:
            await kept.run(connection, new_name="Never")


async def test_outside_a_transaction_it_does_not_run(pools: Pools, tenants: Sequence[Distributor]) -> None:
    async with with_tenant(pools, tenants[0].scope, login=Login.STAFF, read_only=True) as connection:
        pass
    with pytest.raises(RuntimeError, match="no open transaction"):
        await Kept(select(T.c.id)).rows(connection)


async def test_defaults_that_python_makes_are_asked_for(pools: Pools, tenants: Sequence[Distributor]) -> None:
    kept = Kept(insert(T), names=("tenant_id", "name", "slug"))
    async with with_tenant(pools, tenants[0].scope, login=Login.STAFF) as connection:
        with pytest.raises(CompileError, match="give all"):
            await kept.run(connection, tenant_id=tenants[0].scope.tenant_id, name="No id", slug="no-id")
