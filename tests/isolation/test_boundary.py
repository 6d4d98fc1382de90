"""Two tenants on the same connections: nothing of one ever reaches the other, or the next transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.db.model import new_id
from leora_gql.db.owner import as_owner
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant

SUPPLIERS = text("SELECT tenant_id FROM leora.suppliers")
CONTEXT = text(
    "SELECT coalesce(current_setting('app.current_tenant_id', true), '')"
    " || coalesce(current_setting('app.current_customer_id', true), '')"
)
READABLE = (
    (Login.STAFF, "customers"),
    (Login.PORTAL, "products"),
    (Login.PORTAL_WRITE, "inventory"),
    (Login.AUTH, "sessions"),
    (Login.WORKER, "webhook_deliveries"),
)


@dataclass(frozen=True)
class Distributor:
    """A tenant with suppliers."""

    tenant: UUID
    suppliers: Sequence[UUID]

    @property
    def scope(self) -> TenantScope:
        return TenantScope(self.tenant)


async def found(direct_url: URL, *, suppliers: int) -> Distributor:
    tenant, ids = new_id(), [new_id() for _ in range(suppliers)]
    async with as_owner(direct_url, tenant) as connection:
        given = {"tenant": tenant, "slug": f"t-{tenant.hex}"}
        await connection.execute(
            text("INSERT INTO leora.tenants (id, slug, name) VALUES (:tenant, :slug, 'Test')"), given
        )
        for number, supplier in enumerate(ids):
            await connection.execute(
                text(
                    "INSERT INTO leora.suppliers (tenant_id, id, name, slug)"
                    " VALUES (:tenant, :id, 'Domaine ' || :slug, :slug)"
                ),
                {"tenant": tenant, "id": supplier, "slug": f"s-{number}"},
            )
        await connection.execute(text("SELECT leora.make_number_sequences(:tenant)"), given)
    return Distributor(tenant, ids)


@pytest.fixture
async def two(direct_url: URL) -> tuple[Distributor, Distributor]:
    """Two distributors, of three and of five suppliers."""
    return await found(direct_url, suppliers=3), await found(direct_url, suppliers=5)


@pytest.fixture
async def single(direct_url: URL) -> AsyncIterator[Pools]:
    """Pools of one connection per login: whatever one transaction leaves behind, the next one meets."""
    urls = {login: for_login(direct_url, login) for login in Login}
    pools = Pools(urls, sizes=dict.fromkeys(Login, 1), wait_seconds=20)
    yield pools
    await pools.close()


async def suppliers_seen(pools: Pools, scope: TenantScope) -> list[UUID]:
    async with with_tenant(pools, scope, login=Login.STAFF, read_only=True) as connection:
        return list((await connection.scalars(SUPPLIERS)).all())


async def left_behind(pools: Pools, login: Login = Login.STAFF) -> str:
    async with pools.connect(login, read_only=True) as connection:
        return str(await connection.scalar(CONTEXT))


async def test_interleaved_tenants_see_their_own_rows(
    two: tuple[Distributor, Distributor], single: Pools
) -> None:
    turns = [two[turn % 2] for turn in range(100)]

    seen = await asyncio.gather(*(suppliers_seen(single, turn.scope) for turn in turns))

    assert seen == [[turn.tenant] * len(turn.suppliers) for turn in turns]


async def test_a_transaction_leaves_no_tenant_behind(
    two: tuple[Distributor, Distributor], single: Pools
) -> None:
    await suppliers_seen(single, two[0].scope)

    assert await left_behind(single) == ""


async def test_an_error_leaves_no_tenant_behind(two: tuple[Distributor, Distributor], single: Pools) -> None:
    with pytest.raises(DBAPIError):
        async with with_tenant(single, two[0].scope, login=Login.STAFF) as connection:
            await connection.execute(text("SELECT 1 / 0"))

    assert await left_behind(single) == ""


async def test_a_cancelled_query_leaves_no_tenant_behind(
    two: tuple[Distributor, Distributor], single: Pools
) -> None:
    started = asyncio.Event()

    async def wait_for_ever() -> None:
        async with with_tenant(single, two[0].scope, login=Login.STAFF) as connection:
            await connection.execute(SUPPLIERS)
            started.set()
            await connection.execute(text("SELECT pg_sleep(60)"))

    task = asyncio.create_task(wait_for_ever())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await left_behind(single) == ""
    assert await suppliers_seen(single, two[1].scope) == [two[1].tenant] * 5


@pytest.mark.parametrize(("login", "table"), READABLE, ids=[login.value for login, _ in READABLE])
@pytest.mark.parametrize("tenant", [None, ""], ids=["no tenant", "an empty tenant"])
async def test_without_a_tenant_there_are_no_rows(
    single: Pools, login: Login, table: str, tenant: str | None
) -> None:
    async with single.connect(login, read_only=True) as connection:
        if tenant is not None:
            setting = text("SELECT set_config('app.current_tenant_id', :tenant, true)")
            await connection.execute(setting, {"tenant": tenant})

        assert await connection.scalar(text(f"SELECT count(*) FROM leora.{table}")) == 0


async def test_a_tenant_that_is_no_uuid_is_an_error_and_no_open_door(single: Pools) -> None:
    async with single.connect(Login.STAFF, read_only=True) as connection:
        await connection.execute(text("SELECT set_config('app.current_tenant_id', '%', true)"))

        with pytest.raises(DBAPIError, match="invalid input syntax for type uuid"):
            await connection.execute(SUPPLIERS)


async def test_a_foreign_tenants_row_cannot_be_written(
    two: tuple[Distributor, Distributor], single: Pools
) -> None:
    mine, theirs = two
    statement = text(
        "INSERT INTO leora.suppliers (tenant_id, id, name, slug) VALUES (:tenant, :id, 'Planted', 'planted')"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with with_tenant(single, mine.scope, login=Login.STAFF) as connection:
            await connection.execute(statement, {"tenant": theirs.tenant, "id": new_id()})

    assert len(await suppliers_seen(single, theirs.scope)) == 5


async def test_a_row_cannot_be_given_away(two: tuple[Distributor, Distributor], single: Pools) -> None:
    mine, theirs = two
    with pytest.raises(DBAPIError, match="row-level security"):
        async with with_tenant(single, mine.scope, login=Login.STAFF) as connection:
            await connection.execute(
                text("UPDATE leora.suppliers SET tenant_id = :tenant, slug = 'given'"),
                {"tenant": theirs.tenant},
            )

    assert len(await suppliers_seen(single, mine.scope)) == 3


STAFF_REFUSED = {
    "an audit entry in another's name": (
        "INSERT INTO leora.audit_log (tenant_id, id, sequence, actor_kind, actor_id, operation, action, canonical,"
        " hash) SELECT leora.tenant_id(), gen_random_uuid(), 1000000, 'USER', gen_random_uuid(), 'x', 'UPDATE', 'x',"
        " decode(repeat('00', 32), 'hex')"
    ),
    "a movement in another's name": (
        "INSERT INTO leora.inventory_movements (tenant_id, id, inventory_id, kind, reserved_delta, actor_kind,"
        " actor_id) SELECT leora.tenant_id(), gen_random_uuid(), gen_random_uuid(), 'RELEASE', -1, 'USER',"
        " gen_random_uuid()"
    ),
}


@pytest.mark.parametrize("statement", STAFF_REFUSED.values(), ids=STAFF_REFUSED.keys())
async def test_nobody_writes_in_anothers_name(
    two: tuple[Distributor, Distributor], single: Pools, statement: str
) -> None:
    scope = TenantScope(two[0].tenant, "USER", new_id())
    with pytest.raises(DBAPIError, match="row-level security"):
        async with with_tenant(single, scope, login=Login.STAFF) as connection:
            await connection.execute(text(statement))


async def test_a_session_that_has_ended_stays_so(pools: Pools, direct_url: URL) -> None:
    async with connected(direct_url) as connection:
        tenant = await connection.scalar(text("SELECT tenant_id FROM leora.sessions LIMIT 1"))
    with pytest.raises(DBAPIError, match="row-level security"):
        async with with_tenant(pools, TenantScope(tenant), login=Login.STAFF) as connection:
            await connection.execute(text("UPDATE leora.sessions SET revoked_at = NULL"))


async def test_a_foreign_tenants_row_cannot_be_referred_to(
    two: tuple[Distributor, Distributor], single: Pools
) -> None:
    mine, theirs = two
    statement = text(
        "INSERT INTO leora.products (tenant_id, id, supplier_id, code, name, category)"
        " VALUES (:tenant, :id, :supplier, 'P-1', 'Planted', 'Wine')"
    )
    given = {"tenant": mine.tenant, "id": new_id(), "supplier": theirs.suppliers[0]}
    with pytest.raises(DBAPIError, match="fk_products_supplier_id"):
        async with with_tenant(single, mine.scope, login=Login.STAFF) as connection:
            await connection.execute(statement, given)


async def test_the_owner_is_held_to_the_tenant_too(
    direct_url: URL, two: tuple[Distributor, Distributor]
) -> None:
    async with as_owner(direct_url, two[0].tenant) as connection:
        rows = (await connection.execute(SUPPLIERS)).scalars().all()
        await connection.execute(text("SELECT set_config('app.current_tenant_id', '', true)"))
        without = (await connection.execute(SUPPLIERS)).scalars().all()

    assert set(rows) == {two[0].tenant}
    assert without == []


async def test_searching_gives_ids_of_the_tenant_only(
    two: tuple[Distributor, Distributor], single: Pools
) -> None:
    search = text("SELECT id FROM leora.lookup_suppliers_name('%DOMAINE%')")
    async with with_tenant(single, two[0].scope, login=Login.STAFF, read_only=True) as connection:
        ids = set((await connection.scalars(search)).all())

    assert ids == set(two[0].suppliers)


async def test_every_searchable_column_has_its_function_and_no_other_has(direct_url: URL) -> None:
    async with as_owner(direct_url, new_id()) as connection:
        indexed = await connection.scalars(
            text(
                "SELECT replace(replace(indexname, 'ix_', 'lookup_'), '_lower_trgm', '') FROM pg_indexes"
                " WHERE schemaname = 'leora' AND indexname LIKE '%\\_trgm'"
            )
        )
        functions = await connection.scalars(
            text(
                "SELECT proname FROM pg_proc"
                " WHERE pronamespace = 'leora'::regnamespace AND proname LIKE 'lookup\\_%'"
            )
        )
        assert sorted(functions.all()) == sorted(indexed.all())


async def test_numbers_are_counted_per_tenant_and_given_to_nobody_else(
    two: tuple[Distributor, Distributor], single: Pools
) -> None:
    async def take(scope: TenantScope, kind: str) -> int | None:
        async with with_tenant(single, scope, login=Login.STAFF) as connection:
            return await connection.scalar(text("SELECT leora.next_number(:kind)"), {"kind": kind})

    taken = [await take(two[turn % 2].scope, "order") for turn in range(6)]

    assert taken == [1, 1, 2, 2, 3, 3]
    assert await take(two[0].scope, "payment") == 1
    assert await take(two[0].scope, "anything else") is None


async def test_a_due_delivery_is_claimed_once(direct_url: URL, single: Pools) -> None:
    owner = await found(direct_url, suppliers=0)
    subscription, deliveries = new_id(), [new_id() for _ in range(4)]
    async with as_owner(direct_url, owner.tenant) as connection:
        await connection.execute(
            text(
                "INSERT INTO leora.webhook_subscriptions (tenant_id, id, name, url, event_types, secret)"
                " VALUES (:tenant, :id, 'Test', 'https://example.test', '{*}', '\\x00')"
            ),
            {"tenant": owner.tenant, "id": subscription},
        )
        for number, delivery in enumerate(deliveries, 1):
            await connection.execute(
                text(
                    "WITH event AS (INSERT INTO leora.webhook_events"
                    " (tenant_id, id, sequence, type, entity_type, entity_id, payload)"
                    " VALUES (:tenant, :event, :number, 'order.submitted', 'Order', :event, '{}'))"
                    " SELECT 1"
                ),
                {"tenant": owner.tenant, "event": delivery, "number": number},
            )
            await connection.execute(
                text(
                    "INSERT INTO leora.webhook_deliveries"
                    " (tenant_id, id, subscription_id, event_id, next_attempt_at)"
                    " VALUES (:tenant, :id, :subscription, :id, '1970-01-01')"
                ),
                {"tenant": owner.tenant, "id": delivery, "subscription": subscription},
            )

    claim = text("SELECT id FROM leora.claim_deliveries(2, interval '1 minute') WHERE tenant_id = :tenant")
    claimed: list[UUID] = []
    for _ in range(3):
        async with single.connect(Login.WORKER, read_only=False) as connection, connection.begin():
            claimed += (await connection.scalars(claim, {"tenant": owner.tenant})).all()

    assert sorted(claimed) == sorted(deliveries)


@pytest.mark.parametrize(("kind", "allowed"), [("user.updated", True), ("order.submitted", False)])
async def test_signing_in_tells_of_people_and_of_nothing_else(
    pools: Pools, two: tuple[Distributor, Distributor], kind: str, allowed: bool
) -> None:
    tell = text(
        "INSERT INTO leora.webhook_events (tenant_id, id, sequence, type, entity_type, entity_id, payload)"
        " VALUES (leora.tenant_id(), gen_random_uuid(), 1000000, :kind, 'User', gen_random_uuid(), '{}')"
    )
    async with with_tenant(pools, two[0].scope, login=Login.AUTH) as connection:
        if allowed:
            await connection.execute(tell, {"kind": kind})
        else:
            with pytest.raises(DBAPIError, match="row-level security"):
                await connection.execute(tell, {"kind": kind})
        await connection.rollback()
