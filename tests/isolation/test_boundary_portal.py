"""What the two portal logins reach in the database, whatever the schema above them says."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import URL, Row, text
from sqlalchemy.exc import DBAPIError

from leora_gql.db.addresses import connected
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.db.model import new_id
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant

BUYERS = text(
    "SELECT u.tenant_id, u.id, u.customer_id, c.tier, c.sales_rep_id"
    " FROM leora.portal_users u JOIN leora.customers c ON (c.tenant_id, c.id) = (u.tenant_id, u.customer_id)"
    " WHERE u.email_lower = 'buyer@harborview.test'"
)
OF_THE_CUSTOMER = {
    "customers": "SELECT id FROM leora.customers",
    "orders": "SELECT customer_id FROM leora.orders",
    "order_lines": (
        "SELECT o.customer_id FROM leora.order_lines l"
        " LEFT JOIN leora.orders o ON (o.tenant_id, o.id) = (l.tenant_id, l.order_id)"
    ),
    "invoices": "SELECT customer_id FROM leora.invoices",
    "invoice_lines": (
        "SELECT i.customer_id FROM leora.invoice_lines l"
        " LEFT JOIN leora.invoices i ON (i.tenant_id, i.id) = (l.tenant_id, l.invoice_id)"
    ),
    "payments": "SELECT customer_id FROM leora.payments",
    "payment_allocations": (
        "SELECT p.customer_id FROM leora.payment_allocations a"
        " LEFT JOIN leora.payments p ON (p.tenant_id, p.id) = (a.tenant_id, a.payment_id)"
    ),
    "portal_users": "SELECT customer_id FROM leora.portal_users",
}
REFUSED = (
    "SELECT notes FROM leora.customers",
    "SELECT credit_limit_cents FROM leora.customers",
    "SELECT cost_cents FROM leora.skus",
    "SELECT internal_notes FROM leora.orders",
    "SELECT approval_reasons FROM leora.orders",
    "SELECT applied_pricing_rule FROM leora.order_lines",
    "SELECT price_override_reason FROM leora.order_lines",
    "SELECT on_hand FROM leora.inventory",
    "SELECT password_hash FROM leora.portal_users",
    "SELECT territory FROM leora.users",
    "SELECT tax_rate FROM leora.tenant_settings",
    "SELECT billing_email FROM leora.tenants",
    "SELECT 1 FROM leora.suppliers",
    "SELECT 1 FROM leora.activities",
    "SELECT 1 FROM leora.audit_log",
    "SELECT 1 FROM leora.inventory_movements",
    "SELECT * FROM leora.lookup_users_email('%')",
    "SELECT leora.next_number('order')",
    "UPDATE leora.orders SET notes = 'mine'",
    "DELETE FROM leora.order_lines",
)
_EVENT = (
    "INSERT INTO leora.webhook_events (tenant_id, id, sequence, type, entity_type, entity_id, payload, occurred_at)"
    " SELECT leora.tenant_id(), gen_random_uuid(), 1000000, {2}, {0}, {1}, '{{}}', now()"
)
REFUSED_WRITES = {
    "approving an order": "UPDATE leora.orders SET approved_at = now()",
    "discounting an order": "UPDATE leora.orders SET discount_amount_cents = 1",
    "fulfilling an order": "UPDATE leora.orders SET status = 'FULFILLED'",
    "confirming an order": "UPDATE leora.orders SET status = 'CONFIRMED'",
    "taking stock out": "UPDATE leora.inventory SET on_hand = 0",
    "changing its customer": "UPDATE leora.customers SET version = version",
    "giving itself credit": "UPDATE leora.customers SET credit_status = 'GOOD'",
    "changing a password": "UPDATE leora.portal_users SET password_hash = NULL",
    "reading internal notes": "SELECT internal_notes FROM leora.orders",
    "emptying the audit log": "DELETE FROM leora.audit_log",
    "inviting for another customer": (
        "INSERT INTO leora.portal_users (tenant_id, id, customer_id, email, first_name, last_name)"
        " SELECT leora.tenant_id(), gen_random_uuid(), gen_random_uuid(), 'new@example.test', 'New', 'Buyer'"
    ),
    "acting as somebody else": (
        "INSERT INTO leora.audit_log (tenant_id, id, sequence, actor_kind, actor_id, operation, action, canonical,"
        " hash) SELECT leora.tenant_id(), gen_random_uuid(), 1000000, 'USER', leora.actor_id(), 'x', 'UPDATE', 'x',"
        " decode(repeat('00', 32), 'hex')"
    ),
    "adding to an order that is no draft": (
        "INSERT INTO leora.order_lines (tenant_id, id, order_id, sku_id, sku_code, description, position, quantity,"
        " unit_price_cents, line_total_cents) SELECT o.tenant_id, gen_random_uuid(), o.id, s.id, s.code, s.name, 99,"
        " 1, 500, 500 FROM leora.orders o, leora.skus s WHERE o.status <> 'DRAFT' LIMIT 1"
    ),
    "receiving stock": (
        "INSERT INTO leora.inventory_movements (tenant_id, id, inventory_id, kind, reserved_delta, actor_kind,"
        " actor_id) SELECT tenant_id, gen_random_uuid(), id, 'RECEIPT', 1, 'PORTAL_USER', leora.actor_id()"
        " FROM leora.inventory LIMIT 1"
    ),
    "making a colleague's password link": (
        "INSERT INTO leora.one_time_tokens (tenant_id, id, purpose, subject_kind, subject_id, token_hash, expires_at)"
        " SELECT tenant_id, gen_random_uuid(), 'PASSWORD_RESET', 'PORTAL_USER', id, sha256('x'),"
        " now() + interval '1 hour' FROM leora.portal_users LIMIT 1"
    ),
    "bringing a session back": "UPDATE leora.sessions SET revoked_at = NULL",
    "telling of what is not its own": _EVENT.format("'Invoice'", "gen_random_uuid()", "'invoice.paid'"),
    "telling of another customer's order": _EVENT.format("'Order'", "gen_random_uuid()", "'order.submitted'"),
    "telling that stock came": _EVENT.format("'InventoryItem'", "gen_random_uuid()", "'inventory.received'"),
}


@dataclass(frozen=True)
class Buyer:
    """A demo buyer, and the scope of its requests."""

    row: Row[tuple[UUID, UUID, UUID, str | None, UUID | None]]

    @property
    def scope(self) -> TenantScope:
        return TenantScope(self.row.tenant_id, "PORTAL_USER", self.row.id, self.row.customer_id)


@pytest.fixture
async def buyer(direct_url: URL) -> Buyer:
    async with connected(direct_url) as connection:
        return Buyer((await connection.execute(BUYERS)).one())


@pytest.mark.parametrize("table", OF_THE_CUSTOMER)
@pytest.mark.parametrize("login", [Login.PORTAL, Login.PORTAL_WRITE])
async def test_a_buyer_reaches_rows_of_its_customer_only(
    pools: Pools, buyer: Buyer, login: Login, table: str
) -> None:
    async with with_tenant(pools, buyer.scope, login=login, read_only=True) as connection:
        seen = set((await connection.scalars(text(OF_THE_CUSTOMER[table]))).all())

    assert seen == {buyer.row.customer_id}


@pytest.mark.parametrize("login", [Login.PORTAL, Login.PORTAL_WRITE])
async def test_without_a_customer_a_buyer_reaches_nobodys_rows(
    pools: Pools, buyer: Buyer, login: Login
) -> None:
    scope = TenantScope(buyer.row.tenant_id, "PORTAL_USER", buyer.row.id)
    async with with_tenant(pools, scope, login=login, read_only=True) as connection:
        for table, statement in OF_THE_CUSTOMER.items():
            assert (await connection.scalars(text(statement))).all() == [], table
        assert (await connection.scalars(text("SELECT id FROM leora.price_list_entries"))).all() == []


async def test_a_buyer_sees_what_is_active_and_prices_that_are_for_it(pools: Pools, buyer: Buyer) -> None:
    async with with_tenant(pools, buyer.scope, login=Login.PORTAL, read_only=True) as connection:
        products = (await connection.scalars(text("SELECT DISTINCT status FROM leora.products"))).all()
        skus = (await connection.scalars(text("SELECT DISTINCT status FROM leora.skus"))).all()
        prices = (
            await connection.execute(
                text("SELECT DISTINCT customer_id, customer_tier FROM leora.price_list_entries")
            )
        ).all()

    assert products == ["ACTIVE"]
    assert skus == ["ACTIVE"]
    assert {price.customer_id for price in prices} <= {None, buyer.row.customer_id}
    assert {price.customer_tier for price in prices} <= {None, buyer.row.tier}


async def test_of_staff_a_buyer_sees_its_representative(pools: Pools, buyer: Buyer) -> None:
    async with with_tenant(pools, buyer.scope, login=Login.PORTAL, read_only=True) as connection:
        seen = (await connection.scalars(text("SELECT id FROM leora.users"))).all()

    assert seen == [buyer.row.sales_rep_id]


async def test_searching_finds_no_other_customer(pools: Pools, buyer: Buyer) -> None:
    async with with_tenant(pools, buyer.scope, login=Login.PORTAL, read_only=True) as connection:
        customers = (await connection.scalars(text("SELECT id FROM leora.lookup_customers_name('%')"))).all()
        orders = (await connection.scalars(text("SELECT id FROM leora.lookup_orders_number('%')"))).all()
        own = (await connection.scalars(text("SELECT id FROM leora.orders"))).all()

    assert customers == [buyer.row.customer_id]
    assert sorted(orders) == sorted(own)


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_reading_login_is_refused(pools: Pools, buyer: Buyer, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with with_tenant(pools, buyer.scope, login=Login.PORTAL) as connection:
            await connection.execute(text(statement))


@pytest.mark.parametrize("statement", REFUSED_WRITES.values(), ids=REFUSED_WRITES.keys())
async def test_the_writing_login_is_refused(pools: Pools, buyer: Buyer, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
        async with with_tenant(pools, buyer.scope, login=Login.PORTAL_WRITE) as connection:
            await connection.execute(text(statement))


async def test_a_buyer_locks_its_own_customer_and_no_other(pools: Pools, buyer: Buyer) -> None:
    lock = text("SELECT id FROM leora.customers FOR UPDATE")
    async with with_tenant(pools, buyer.scope, login=Login.PORTAL_WRITE) as connection:
        own = (await connection.scalars(lock)).all()
    stranger = TenantScope(buyer.row.tenant_id, "PORTAL_USER", buyer.row.id, new_id())
    async with with_tenant(pools, stranger, login=Login.PORTAL_WRITE) as connection:
        others = (await connection.scalars(lock)).all()

    assert own == [buyer.row.customer_id]
    assert others == []


async def test_a_buyer_writes_an_order_of_its_customer(pools: Pools, buyer: Buyer) -> None:
    order = new_id()
    given = {"id": order, "customer": buyer.row.customer_id, "buyer": buyer.row.id}
    write = text(
        "INSERT INTO leora.orders (tenant_id, id, number, customer_id, portal_user_id, status, currency)"
        " SELECT leora.tenant_id(), :id, 'T-' || leora.next_number('order'), :customer, :buyer, 'DRAFT', 'USD'"
    )
    add = text(
        "INSERT INTO leora.order_lines (tenant_id, id, order_id, sku_id, sku_code, description, position, quantity,"
        " unit_price_cents, line_total_cents) SELECT s.tenant_id, gen_random_uuid(), :id, s.id, s.code, s.name, 1, 2,"
        " 500, 1000 FROM leora.skus s LIMIT 1"
    )
    async with with_tenant(pools, buyer.scope, login=Login.PORTAL_WRITE) as connection:
        await connection.execute(write, given)
        await connection.execute(add, {"id": order})
        total = text("UPDATE leora.orders SET subtotal_cents = 1000, total_cents = 1000 WHERE id = :id")
        await connection.execute(total, {"id": order})
        await connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        version = await connection.scalar(
            text("SELECT version FROM leora.orders WHERE id = :id"), {"id": order}
        )
        assert version is not None
        assert version > 1
        await connection.rollback()

    with pytest.raises(DBAPIError, match="row-level security"):
        async with with_tenant(pools, buyer.scope, login=Login.PORTAL_WRITE) as connection:
            await connection.execute(write, {**given, "customer": new_id()})


HIDE_INVOICES = text(
    "UPDATE leora.tenant_settings SET portal_invoices_enabled = false WHERE tenant_id = :tenant"
)
INVOICE_TABLES = ("invoices", "invoice_lines", "payment_allocations")


@pytest.mark.parametrize("status", ["CONFIRMED", "PARTIALLY_FULFILLED", "FULFILLED", "CANCELLED"])
async def test_an_order_that_staff_has_taken_on_is_out_of_a_buyers_hands(
    own_url: URL, buyer: Buyer, status: str
) -> None:
    own = Pools({login: for_login(own_url, login) for login in Login})
    async with connected(own_url) as connection, connection.begin():
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            text(
                "UPDATE leora.orders SET status = :status,"
                " cancelled_at = CASE :status WHEN 'CANCELLED' THEN now() END,"
                " fulfilled_at = CASE :status WHEN 'FULFILLED' THEN now() END"
                " WHERE customer_id = :customer AND status <> 'DRAFT'"
            ),
            {"status": status, "customer": buyer.scope.customer_id},
        )
    async with with_tenant(own, buyer.scope, login=Login.PORTAL_WRITE) as connection:
        there = text("SELECT count(*) FROM leora.orders WHERE status = :status")
        assert await connection.scalar(there, {"status": status})
        change = text("UPDATE leora.orders SET status = 'DRAFT' WHERE status = :status RETURNING id")
        assert (await connection.execute(change, {"status": status})).all() == []
        lines = text(
            "UPDATE leora.order_lines l SET quantity = 1 FROM leora.orders o"
            " WHERE o.id = l.order_id AND o.status = :status RETURNING l.id"
        )
        assert (await connection.execute(lines, {"status": status})).all() == []
    await own.close()


@pytest.mark.parametrize("login", [Login.PORTAL, Login.PORTAL_WRITE])
async def test_a_tenant_can_hide_invoices_from_its_buyers(own_url: URL, buyer: Buyer, login: Login) -> None:
    async with connected(own_url) as connection, connection.begin():
        await connection.execute(HIDE_INVOICES, {"tenant": buyer.row.tenant_id})
    urls = {login: for_login(own_url, login)}
    pools = Pools(urls)
    try:
        async with with_tenant(pools, buyer.scope, login=login, read_only=True) as connection:
            for table in INVOICE_TABLES:
                assert (await connection.scalars(text(OF_THE_CUSTOMER[table]))).all() == [], table
            paid = set((await connection.scalars(text(OF_THE_CUSTOMER["payments"]))).all())
    finally:
        await pools.close()

    assert paid == {buyer.row.customer_id}
