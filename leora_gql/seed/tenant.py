"""One demo tenant from its founding to today's figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.domains.audit.enums import AuditAction
from leora_gql.domains.audit.service import AuditEvent
from leora_gql.domains.catalog.models import InventoryMovement
from leora_gql.domains.events import EventType
from leora_gql.domains.intelligence.metrics import Tally
from leora_gql.domains.orders.enums import OrderStatus
from leora_gql.domains.orders.models import OrderAllocation
from leora_gql.seed.accounts import Accounts
from leora_gql.seed.catalogue import stock_catalogue
from leora_gql.seed.fieldwork import Fieldwork
from leora_gql.seed.figures import Figures, windows
from leora_gql.seed.invoicing import Invoicing
from leora_gql.seed.outbox import Outbox, Secrets
from leora_gql.seed.people import Staff, found_tenant, hire, sign_in
from leora_gql.seed.plan import World
from leora_gql.seed.schedule import schedule, unpack
from leora_gql.seed.selling import Sale, Selling
from leora_gql.seed.sheets import Sheets
from leora_gql.seed.stock import Stock

_HELD: Final = frozenset({OrderAllocation.__tablename__, InventoryMovement.__tablename__})
_SIGNED_IN: Final = 200
"""At most so many people have sessions."""


@dataclass(slots=True)
class _Business:
    """The parts of a tenant at work."""

    sheets: Sheets
    world: World
    staff: Staff
    accounts: Accounts
    stock: Stock
    selling: Selling
    invoicing: Invoicing
    outbox: Outbox
    tally: Tally
    figures: Figures
    fieldwork: Fieldwork


async def seed_tenant(
    connection: AsyncConnection,
    world: World,
    *,
    keys: Secrets,
    begin: Callable[[int], None],
    advance: Callable[[int], None],
) -> dict[str, int]:
    """Make the tenant in the owner's transaction that is bound to it; gives rows by table.

    `begin` is told how many orders there will be, `advance` of each batch of them.
    """
    sheets = Sheets(connection, world.tenant, held=_HELD)
    try:
        business = await _open(connection, sheets, world, keys)
        await _trade(business, begin, advance)
        await _look_back(business)
        await sheets.flush()
        await business.outbox.close(connection, invoices_sent=business.invoicing.sent)
        await sheets.flush()
        await sheets.release(OrderAllocation, InventoryMovement)
        await _advance_sequences(connection, business)
        await sheets.analyse(grown=1)
    finally:
        await sheets.stop()
    return dict(sheets.counts)


async def _look_back(business: _Business) -> None:
    """What the reps did, how every account stands, and the stock behind it all."""
    sheets = business.sheets
    for account in business.accounts.buying:
        business.fieldwork.visit(account)
        await sheets.breathe()
    business.fieldwork.request_samples(business.accounts.buying[0])
    for customer, rep in business.accounts.every:
        business.figures.snapshot(customer, rep, business.fieldwork)
        await sheets.breathe()
    business.figures.write_metrics()
    business.stock.close()


async def _open(connection: AsyncConnection, sheets: Sheets, world: World, keys: Secrets) -> _Business:
    roles = await found_tenant(connection, world)
    staff = hire(sheets, world, roles)
    items = stock_catalogue(sheets, world)
    await sheets.flush()
    accounts = Accounts(sheets, world, staff=staff, items=items)
    for number in range(world.size.customers):
        accounts.open(number)
        await sheets.breathe()
    people = [staff.admin, staff.manager, *staff.reps]
    sign_in(sheets, world, users=people[:_SIGNED_IN], portal_users=accounts.portal_users[:_SIGNED_IN])
    stock = Stock(sheets, world, items=items, staff=staff)
    outbox = Outbox(sheets, world, staff=staff, keys=keys)
    _audited_setup(outbox, world, staff)
    kept = windows(world)
    tally = Tally(lambda day: kept.get(day, ()))
    return _Business(
        sheets=sheets,
        world=world,
        staff=staff,
        accounts=accounts,
        stock=stock,
        selling=Selling(sheets, world, staff=staff, stock=stock),
        invoicing=Invoicing(sheets, world, outbox=outbox),
        outbox=outbox,
        tally=tally,
        figures=Figures(sheets, world, tally=tally),
        fieldwork=Fieldwork(sheets, world, staff=staff, stock=stock, tally=tally),
    )


async def _trade(business: _Business, begin: Callable[[int], None], advance: Callable[[int], None]) -> None:
    """Every order in the order of time, with what follows from it."""
    accounts, world = business.accounts.buying, business.world
    entries = schedule(accounts, world)
    begin(len(entries))
    written = 0
    for entry in unpack(entries, accounts, world):
        business.invoicing.catch_up(entry.day)
        sale = business.selling.sell(entry)
        business.invoicing.bill(sale)
        business.figures.count(sale)
        _tell(business.outbox, sale)
        written += 1
        if await business.sheets.breathe():
            advance(written)
            written = 0
    business.invoicing.finish()
    await business.sheets.flush()
    advance(written)


def _tell(outbox: Outbox, sale: Sale) -> None:
    if sale.status is OrderStatus.DRAFT:
        outbox.order(
            EventType.ORDER_CREATED, sale.id, sale.number, sale.entry.at, total_cents=sale.amounts.total_cents
        )
        return
    delivered = sale.deliveries[-1][1] if sale.status is OrderStatus.FULFILLED else None
    for kind, at in (
        (EventType.ORDER_SUBMITTED, sale.entry.at),
        (EventType.ORDER_APPROVED, sale.approved_at),
        (EventType.ORDER_CONFIRMED, sale.confirmed_at),
        (EventType.ORDER_FULFILLED, delivered),
        (EventType.ORDER_CANCELLED, sale.cancelled_at),
    ):
        outbox.order(kind, sale.id, sale.number, at, total_cents=sale.amounts.total_cents)
    outbox.approved(sale.id, sale.approved_at)


def _audited_setup(outbox: Outbox, world: World, staff: Staff) -> None:
    at = world.calendar.at(world.calendar.ago(14), 570)
    terms = {"paymentTermsDays": {"before": 21, "after": 30}}
    outbox.did(
        at,
        staff.admin,
        "updateTenantSettings",
        AuditEvent(
            action=AuditAction.UPDATE, entity_type="TenantSettings", entity_id=world.tenant, changes=terms
        ),
    )
    for user in (staff.admin, staff.manager, *staff.reps[:3]):
        entry = AuditEvent(action=AuditAction.SIGN_IN, entity_type="User", entity_id=user)
        outbox.did(world.calendar.at(world.calendar.ago(3), 540), user, "signIn", entry)


async def _advance_sequences(connection: AsyncConnection, business: _Business) -> None:
    """Let the next numbers follow the last ones."""
    last = {"order": business.selling.count, "payment": business.invoicing.payments}
    for kind, number in last.items():
        await connection.execute(
            text("SELECT setval(('leora.' || leora.number_sequence(:tenant, :kind))::regclass, :number)"),
            {"tenant": business.world.tenant, "kind": kind, "number": number},
        )
