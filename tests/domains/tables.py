"""A tenant with one of everything that the rules of the tables are about, written past the services."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Executable, Insert, Update, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.auth.principal import ActorKind
from leora_gql.db.model import Base, TenantBound, new_id
from leora_gql.domains.billing.models import Invoice, InvoiceLine, Payment, PaymentAllocation
from leora_gql.domains.catalog.models import InventoryItem, InventoryMovement, Product, Sku, Supplier
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.identity.models import User
from leora_gql.domains.orders.models import Order, OrderLine
from leora_gql.domains.tenancy.models import Tenant

JANUARY, JUNE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
TODAY = dt.date(2026, 5, 4)


@dataclass(frozen=True)
class Books:
    """A tenant with one of everything that the rules are about: an order of two lines, paid for."""

    connection: AsyncConnection
    tenant: UUID
    ids: dict[type[Base], UUID]

    def a(self, model: type[TenantBound], **values: Any) -> Insert:
        return insert(model).values(tenant_id=self.tenant, **values)

    def the(self, model: type[Base], **values: Any) -> Update:
        return update(model).where(model.__table__.c.id == self.ids[model]).values(**values)

    async def add(self, model: type[TenantBound], **values: Any) -> UUID:
        made = new_id()
        await self.connection.execute(self.a(model, id=made, **values))
        self.ids.setdefault(model, made)
        return made

    async def refusal(self, statement: Executable) -> str:
        """Which constraint refuses a statement, at once or at the end of the transaction."""
        with pytest.raises(DBAPIError) as refused:
            await self._complete(statement)
        cause: Any = refused.value.orig
        return str(cause.__cause__.constraint_name or cause.__cause__.sqlstate)

    async def _complete(self, statement: Executable) -> None:
        async with self.connection.begin_nested():
            await self.connection.execute(statement)
            await self.connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    async def value(self, column: Any) -> Any:
        model = column.class_
        return await self.connection.scalar(select(column).where(model.__table__.c.id == self.ids[model]))


def order_line(books: Books, position: int) -> Insert:
    return books.a(
        OrderLine,
        id=books.ids.setdefault(OrderLine, new_id()) if position == 1 else new_id(),
        order_id=books.ids[Order],
        sku_id=books.ids[Sku],
        sku_code="K",
        description="K",
        position=position,
        quantity=2,
        unit_price_cents=500,
        line_total_cents=1000,
    )


async def open_books(books: Books) -> None:
    await books.connection.execute(
        insert(Tenant).values(id=books.tenant, slug=f"t-{books.tenant.hex}", name="T")
    )
    await books.add(User, email="Rep@example.com", first_name="R", last_name="Ep")
    await books.add(Customer, account_number="A1", name="Café ÉCLAIR")
    supplier = await books.add(Supplier, name="S", slug="s")
    product = await books.add(Product, supplier_id=supplier, code="P", name="P", category="Wine")
    sku = {"bottle_ml": 750, "units_per_case": 12, "base_price_cents": 500, "currency": "USD"}
    await books.add(Sku, product_id=product, code="K", name="K", **sku)
    await books.add(InventoryItem, sku_id=books.ids[Sku], warehouse="MAIN", on_hand=100)
    await books.add(
        InventoryMovement,
        inventory_id=books.ids[InventoryItem],
        kind="RECEIPT",
        on_hand_delta=100,
        actor_kind=ActorKind.SYSTEM,
    )


async def sell(books: Books) -> None:
    amounts = {"currency": "USD", "subtotal_cents": 2000, "total_cents": 2000}
    customer = books.ids[Customer]
    await books.add(Order, number="SO-1", customer_id=customer, **amounts)
    for position in (1, 2):
        await books.connection.execute(order_line(books, position))
    sent = {"number": "INV-1", "issued_on": TODAY, "due_on": TODAY, "paid_at": JUNE, "status": "PAID"}
    invoice = await books.add(Invoice, customer_id=customer, paid_amount_cents=2000, **sent, **amounts)
    line = {"quantity": 4, "unit_price_cents": 500, "line_total_cents": 2000, "description": "K"}
    await books.add(InvoiceLine, invoice_id=invoice, sku_id=books.ids[Sku], **line)
    money = {"amount_cents": 2000, "currency": "USD", "method": "CHECK", "status": "CLEARED"}
    payment = await books.add(Payment, number="PAY-1", customer_id=customer, received_on=TODAY, **money)
    await books.add(PaymentAllocation, payment_id=payment, invoice_id=invoice, amount_cents=2000)
