"""The one-trip form holds to the boundary like a transaction does, on every table, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import URL, text

from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.db.one_trip import Expression, text_in
from leora_gql.db.pool import PooledConnection
from leora_gql.db.scope import SETTINGS, TenantScope
from leora_gql.db.tenant import with_tenant
from leora_gql.server.failures import public_error
from tests.isolation.interleaving import (
    SEEN,
    Distributor,
    all_are_right,
    by_one_trip,
    distributors,
    read_text,
)

READERS = tuple(Login)
CLEAN = text(
    "SELECT "
    + " || ".join(f"coalesce(current_setting('{name}', true), '')" for name in SETTINGS)
    + " || current_setting('default_transaction_read_only')"
)
_READABLE = text(
    "SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')"
    " FROM pg_class c WHERE c.relnamespace = 'leora'::regnamespace AND c.relkind IN ('r', 'p')"
    " AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)"
    " AND (has_any_column_privilege(:login, c.oid, 'SELECT')) ORDER BY 1"
)


def counting(table: str) -> Expression:
    return Expression(f"(SELECT count(*)::text FROM leora.{table})", parameters=0)


@pytest.fixture
async def tenants(direct_url: URL) -> Sequence[Distributor]:
    return await distributors(direct_url)


@pytest.fixture(params=[100, 0], ids=["named statements", "nameless statements"])
async def single(direct_url: URL, request: pytest.FixtureRequest) -> AsyncIterator[Pools]:
    """Pools of one connection per login: whatever one read leaves behind, the next one meets."""
    urls = {login: for_login(direct_url, login) for login in Login}
    made = Pools(urls, sizes=dict.fromkeys(Login, 1), statement_cache=request.param, wait_seconds=20)
    yield made
    await made.close()


async def readable(direct_url: URL, login: Login) -> dict[str, bool]:
    """The tables under policies that a login may read, and whether their rows have a tenant's column."""
    async with connected(direct_url) as connection:
        rows = await connection.execute(_READABLE, {"login": login.value})
        return {row[0]: row[1] for row in rows}


async def counted(direct_url: URL, table: str, *, tenant: UUID) -> str:
    """What the superuser counts of a tenant's rows."""
    async with connected(direct_url) as connection:
        statement = text(f"SELECT count(*)::text FROM leora.{table} WHERE tenant_id = :tenant")
        return str(await connection.scalar(statement, {"tenant": tenant}))


async def test_staff_sees_exactly_its_tenants_rows_of_every_table(
    direct_url: URL, single: Pools, tenants: Sequence[Distributor]
) -> None:
    tables = await readable(direct_url, Login.STAFF)
    own = [table for table, has_tenant in tables.items() if has_tenant]
    assert len(own) > 30
    for of in tenants:
        for table in own:
            seen = await read_text(single, of.scope, counting(table), (), login=Login.STAFF)
            if table == "idempotency_keys":  # besides the tenant, the caller's own
                assert seen == "0"
            else:
                assert seen == await counted(direct_url, table, tenant=of.tenant), table
        assert await read_text(single, of.scope, counting("tenants"), (), login=Login.STAFF) == "1"


@pytest.mark.parametrize("login", READERS)
async def test_every_login_sees_what_it_sees_in_a_transaction(
    direct_url: URL, single: Pools, tenants: Sequence[Distributor], login: Login
) -> None:
    async with connected(direct_url) as connection:
        buyers = await connection.execute(text("SELECT tenant_id, id, customer_id FROM leora.portal_users"))
        scopes = [TenantScope(row[0], "PORTAL_USER", row[1], row[2]) for row in buyers]
    scopes = [*scopes[:2], *(of.scope for of in tenants)]
    tables = await readable(direct_url, login)
    assert tables
    for scope in scopes:
        for table in tables:
            async with with_tenant(single, scope, login=login, read_only=True) as connection:
                expected = await connection.scalar(text(f"SELECT count(*)::text FROM leora.{table}"))
            assert await read_text(single, scope, counting(table), (), login=login) == expected, table


@asynccontextmanager
async def unbound(pools: Pools, login: Login) -> AsyncIterator[PooledConnection]:
    """A connection as the pool keeps it: in no transaction, and of no tenant."""
    pool = pools.pool(login)
    connection = await pool.take(None, seconds=5)
    try:
        yield connection
    finally:
        pool.give_back(connection)


async def given(connection: PooledConnection, expression: Expression, *, tenant: str) -> str | None:
    """What the one-trip form gives to a tenant's setting of any text; "refused" when that is no UUID."""
    try:
        found: bytes = await connection.statements.text(expression.bound, (tenant, "USER", "", ""))
        return found.decode()
    except asyncpg.InvalidTextRepresentationError:
        return "refused"


@pytest.mark.parametrize("login", READERS)
async def test_without_a_tenant_no_row_of_any_table_is_seen(
    direct_url: URL, single: Pools, login: Login
) -> None:
    tables = [table for table, has_tenant in (await readable(direct_url, login)).items() if has_tenant]
    garbage: set[str | None] = set()
    async with unbound(single, login) as connection:
        for table in tables:
            assert await connection.driver.fetchval(counting(table).bare) == "0"
            assert await given(connection, counting(table), tenant="") == "0"
            assert await given(connection, counting(table), tenant=str(UUID(int=0))) == "0"
            garbage |= {
                await given(connection, counting(table), tenant=text) for text in ("%", "' OR true --")
            }
        assert await connection.driver.fetchval(CLEAN.text) == "off"
    assert garbage <= {"refused", "0"}  # an empty table has no row to test
    assert "refused" in garbage


async def test_where_the_settings_are_not_made_nothing_is_given(
    single: Pools, tenants: Sequence[Distributor]
) -> None:
    unmade = SEEN.bound.replace("IS NOT NULL AS bound", "IS NULL AS bound")
    assert unmade != SEEN.bound
    async with unbound(single, Login.STAFF) as connection:
        assert await connection.statements.text(unmade, ("word", 1, *tenants[0].scope.values)) is None


async def test_reads_of_several_tenants_do_not_mix(direct_url: URL, tenants: Sequence[Distributor]) -> None:
    pools = Pools({Login.STAFF: for_login(direct_url, Login.STAFF)}, sizes={Login.STAFF: 3}, wait_seconds=20)
    await all_are_right(pools, tenants, reads=3000)
    await pools.close()


async def test_a_read_leaves_nothing_behind(single: Pools, tenants: Sequence[Distributor]) -> None:
    await by_one_trip(single, tenants[0], "word")
    async with single.connect(Login.STAFF, read_only=False) as connection:
        assert await connection.scalar(CLEAN) == "off"
        assert await connection.scalar(text("SHOW transaction_read_only")) == "off"
        assert await connection.scalar(text("SELECT count(*) FROM leora.suppliers")) == 0


async def test_a_failed_read_leaves_nothing_behind(single: Pools, tenants: Sequence[Distributor]) -> None:
    failing = Expression("(SELECT (1 / $1::int)::text FROM leora.suppliers LIMIT 1)", parameters=1)
    with pytest.raises(asyncpg.DivisionByZeroError) as failure:
        await read_text(single, tenants[0].scope, failing, (0,), login=Login.STAFF)
    assert public_error(failure.value, request_id="r-1").message == "Something went wrong on our side."
    async with single.connect(Login.STAFF, read_only=False) as connection:
        assert await connection.scalar(CLEAN) == "off"
    assert await by_one_trip(single, tenants[1], "next") == f"next:{tenants[1].suppliers}"


async def test_what_writes_is_refused(single: Pools, tenants: Sequence[Distributor]) -> None:
    writing = Expression("leora.next_number('order')::text", parameters=0)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await read_text(single, tenants[0].scope, writing, (), login=Login.STAFF)


async def test_the_payload_of_a_mutation_is_read_in_its_transaction(
    single: Pools, tenants: Sequence[Distributor]
) -> None:
    mine = tenants[0]
    named = Expression("(SELECT max(name) FROM leora.suppliers WHERE name = $1::text)", parameters=1)
    rename = text("UPDATE leora.suppliers SET name = 'Renamed in its transaction' WHERE tenant_id = :tenant")

    async def rename_and_fail() -> None:
        async with with_tenant(single, mine.scope, login=Login.STAFF) as connection:
            await connection.execute(rename, {"tenant": mine.tenant})
            assert (
                await text_in(connection, named, ("Renamed in its transaction",))
                == "Renamed in its transaction"
            )
            raise LookupError

    with pytest.raises(LookupError):
        await rename_and_fail()
    assert (
        await read_text(single, mine.scope, named, ("Renamed in its transaction",), login=Login.STAFF) is None
    )


async def test_after_its_transaction_a_session_reads_nothing(
    single: Pools, tenants: Sequence[Distributor]
) -> None:
    async with with_tenant(single, tenants[0].scope, login=Login.STAFF, read_only=True) as connection:
        assert await text_in(connection, SEEN, ("word", 1))
    with pytest.raises(RuntimeError, match="no open transaction"):
        await text_in(connection, SEEN, ("word", 1))


async def test_after_a_rollback_the_block_reads_nothing(
    single: Pools, tenants: Sequence[Distributor]
) -> None:
    async with with_tenant(single, tenants[0].scope, login=Login.STAFF) as connection:
        await connection.execute(text("SELECT 1"))
        await connection.rollback()
        with pytest.raises(RuntimeError, match="begins in a block"):
            await connection.execute(text("SELECT 1"))
        with pytest.raises(RuntimeError, match="no open transaction"):
            await text_in(connection, SEEN, ("word", 1))


async def test_what_was_not_committed_is_not_taken_for_committed(
    single: Pools, tenants: Sequence[Distributor]
) -> None:
    async def ignore_a_failure() -> None:
        async with with_tenant(single, tenants[0].scope, login=Login.STAFF) as connection:
            with suppress(asyncpg.DivisionByZeroError):
                await text_in(connection, Expression("(1 / $1::int)::text", parameters=1), (0,))

    with pytest.raises(RuntimeError, match="nothing of it was committed"):
        await ignore_a_failure()
    assert await by_one_trip(single, tenants[0], "next") == f"next:{tenants[0].suppliers}"


def test_a_scope_takes_nothing_but_ids_and_names() -> None:
    scope = TenantScope(UUID(int=1), "USER', true); DROP TABLE leora.orders; --")
    with pytest.raises(ValueError, match="neither"):
        scope.opening(read_only=True)
