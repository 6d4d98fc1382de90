"""What the database refuses and keeps by itself, when the services are gone around."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import URL, Delete, Executable, Insert, Update, delete, insert, select, text, update

from leora_gql.auth.permissions import CATALOGUE
from leora_gql.db.model import new_id
from leora_gql.db.owner import as_owner
from leora_gql.domains.audit.models import AuditLogEntry
from leora_gql.domains.billing.models import Invoice, InvoiceLine, Payment
from leora_gql.domains.catalog.models import (
    InventoryItem,
    InventoryMovement,
    PriceListEntry,
    Sku,
)
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.identity.models import Permission, Role, RolePermission, User, UserRole
from leora_gql.domains.models import metadata
from leora_gql.domains.orders.models import Order, OrderLine
from tests.domains.tables import JANUARY, JUNE, Books, open_books, order_line, sell

Refusal = tuple[str, Callable[["Books"], Executable]]


@pytest.fixture
async def books(direct_url: URL) -> AsyncIterator[Books]:
    tenant = new_id()
    async with as_owner(direct_url, tenant) as connection:
        made = Books(connection, tenant, {})
        await open_books(made)
        await sell(made)
        await made.add(Role, name="staff", kind="STAFF")
        await connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await connection.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        yield made
        await connection.rollback()


def _price(books: Books, **scope: Any) -> Insert:
    price = {"price_list": "STANDARD", "unit_price_cents": 450, "currency": "USD"}
    dates = {"valid_from": JANUARY, "valid_until": JUNE}
    return books.a(PriceListEntry, sku_id=books.ids[Sku], **{**price, **dates, **scope})


REFUSALS: dict[str, Refusal] = {
    "an order whose lines do not add up": (
        "orders_subtotal",
        lambda books: books.the(Order, subtotal_cents=2500, total_cents=2500),
    ),
    "a line more than the subtotal says": ("orders_subtotal", lambda books: order_line(books, 3)),
    "a line less than the subtotal says": (
        "orders_subtotal",
        lambda books: delete(OrderLine).where(OrderLine.id == books.ids[OrderLine]),
    ),
    "a total that is not the sum": ("ck_orders_total", lambda books: books.the(Order, total_cents=1)),
    "a line total that is not the product": (
        "ck_order_lines_line_total",
        lambda books: books.the(OrderLine, quantity=3),
    ),
    "more fulfilled than ordered": (
        "ck_order_lines_fulfilled_quantity",
        lambda books: books.the(OrderLine, fulfilled_quantity=3),
    ),
    "a draft that was placed": ("ck_orders_draft_not_placed", lambda books: books.the(Order, placed_at=JUNE)),
    "a pending order that was not placed": (
        "ck_orders_placed",
        lambda books: books.the(Order, status="PENDING"),
    ),
    "an unknown approval reason": (
        "ck_orders_approval_reasons",
        lambda books: books.the(Order, approval_reasons=["WEATHER"]),
    ),
    "a day without end": (
        "ck_orders_finite",
        lambda _: text("UPDATE leora.orders SET requested_delivery_on = 'infinity'"),
    ),
    "an invoice whose lines do not add up": (
        "invoices_subtotal",
        lambda books: books.the(InvoiceLine, quantity=3, line_total_cents=1500),
    ),
    "an invoice that is paid and was not": (
        "invoices_paid",
        lambda books: books.the(Payment, status="REFUNDED"),
    ),
    "an invoice that is open and was paid": (
        "invoices_paid",
        lambda books: books.the(Invoice, status="SENT", paid_at=None, paid_amount_cents=0),
    ),
    "more paid than owed": ("ck_invoices_paid_amount", lambda books: books.the(Invoice, paid_amount_cents=1)),
    "a payment that is not wholly allocated": (
        "payments_allocated",
        lambda books: books.the(Payment, amount_cents=2001),
    ),
    "stock that is oversold": ("ck_inventory_stock", lambda books: books.the(InventoryItem, reserved=101)),
    "a changed movement": ("23001", lambda books: books.the(InventoryMovement, reason="?")),
    "a deleted movement": ("23001", lambda _: delete(InventoryMovement)),
    "an address with unknown keys": (
        "ck_customers_billing_address_address",
        lambda books: books.the(Customer, billing_address={"planet": "Mars"}),
    ),
    "a role of another kind": ("roles_kind_kept", lambda books: books.the(Role, kind="PORTAL")),
    "a user's e-mail in other letters": (
        "uq_users_email_lower",
        lambda books: books.a(User, id=new_id(), email="REP@example.com", first_name="R", last_name="E"),
    ),
    "another tenant's customer": (
        "42501",
        lambda books: insert(Customer).values(tenant_id=new_id(), id=new_id(), account_number="A", name="A"),
    ),
}


@pytest.mark.parametrize(("constraint", "statement"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_the_database_refuses(
    books: Books, constraint: str, statement: Callable[[Books], Insert | Update | Delete]
) -> None:
    assert await books.refusal(statement(books)) == constraint


async def test_audit_entries_are_never_changed(books: Books) -> None:
    entry = {"sequence": 1, "actor_kind": "SYSTEM", "operation": "seed", "action": "CREATE"}
    await books.add(AuditLogEntry, canonical="{}", hash=bytes(32), **entry)

    assert await books.refusal(books.the(AuditLogEntry, operation="other")) == "23001"
    assert await books.refusal(delete(AuditLogEntry)) == "23001"


async def test_prices_of_one_scope_never_overlap(books: Books) -> None:
    scopes: list[dict[str, Any]] = [{}, {"customer_tier": "GOLD"}, {"customer_id": books.ids[Customer]}]
    for scope in scopes:
        await books.connection.execute(_price(books, **scope))
    for scope in scopes:
        assert await books.refusal(_price(books, **scope)) == "ex_price_list_entries_no_overlap"
        await books.connection.execute(_price(books, **scope, min_quantity=12))
        await books.connection.execute(_price(books, **scope, valid_from=JUNE, valid_until=None))


async def test_a_portal_role_holds_only_what_is_open_to_the_portal(books: Books) -> None:
    role = new_id()
    await books.connection.execute(books.a(Role, id=role, name="buyers", kind="PORTAL"))
    await books.connection.execute(books.a(RolePermission, role_id=role, permission_key="orders.view"))

    closed = books.a(RolePermission, role_id=role, permission_key="audit.view")
    given = books.a(UserRole, role_id=role, user_id=books.ids[User])

    assert await books.refusal(closed) == "role_permissions_open_to_portal"
    assert await books.refusal(given) == "user_roles_kind"


async def test_generated_columns_follow_their_source(books: Books) -> None:
    await books.connection.execute(books.the(InventoryItem, reserved=30))

    assert await books.value(InventoryItem.available) == 70
    assert await books.value(Customer.name_lower) == "café éclair"
    assert await books.value(Invoice.balance_due_cents) == 0


async def test_an_edit_raises_the_version_and_signing_in_does_not(books: Books) -> None:
    await books.connection.execute(books.the(User, failed_sign_ins=1, last_sign_in_at=JUNE))
    assert await books.value(User.version) == 1

    await books.connection.execute(books.the(User, phone="555-0100"))
    assert await books.value(User.version) == 2


async def test_a_change_of_the_lines_raises_the_version_of_the_order(direct_url: URL) -> None:
    tenant = new_id()
    async with as_owner(direct_url, tenant) as connection:
        books = Books(connection, tenant, {})
        await open_books(books)
        await sell(books)
        assert await books.value(Order.version) == 1
    async with as_owner(direct_url, tenant) as connection:
        books = Books(connection, tenant, books.ids)
        await connection.execute(update(OrderLine).values(description="Copied anew"))
        assert await books.value(Order.version) == 2
        await connection.execute(update(OrderLine).values(description="And again"))
        assert await books.value(Order.version) == 2


async def test_every_row_that_says_when_it_changed_is_touched(direct_url: URL) -> None:
    append_only = {"inventory_movements", "audit_log"}
    found = text(
        "SELECT c.relname, p.proname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid WHERE c.relnamespace = 'leora'::regnamespace"
        " AND t.tgname = 'touch'"
    )
    async with as_owner(direct_url, new_id()) as connection:
        touched = {row.relname: row.proname for row in await connection.execute(found)}

    assert touched == {
        table.name: "touch_version" if "version" in table.columns else "touch"
        for table in metadata.sorted_tables
        if "updated_at" in table.columns and table.name not in append_only
    }


async def test_the_permissions_are_those_of_the_catalogue(direct_url: URL) -> None:
    async with as_owner(direct_url, new_id()) as connection:
        rows = (await connection.execute(select(Permission.__table__))).all()

    assert {tuple(row) for row in rows} == {
        (spec.key, spec.category, spec.description, spec.portal_allowed) for spec in CATALOGUE.values()
    }
