"""Sending an invoice: its number, the day, and until when it is to be paid."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, func, select, update

from leora_gql.db.kept import Kept
from leora_gql.domains.billing.enums import InvoiceStatus
from leora_gql.domains.billing.models import Invoice
from leora_gql.domains.billing.service.settle import note_settled
from leora_gql.domains.billing.service.targets import Target, read_target
from leora_gql.domains.billing.settlement import Settlement, settled
from leora_gql.domains.change import Change
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.events import EventType
from leora_gql.domains.tenancy.clock import today
from leora_gql.domains.tenancy.models import TenantHead, TenantSettings
from leora_gql.graph.problems import Problem

_INVOICES, _CUSTOMERS = cast(Table, Invoice.__table__), cast(Table, Customer.__table__)
_SETTINGS, _HEADS = cast(Table, TenantSettings.__table__), cast(Table, TenantHead.__table__)
_DIGITS = 8


async def send_invoice(change: Change, target: Target) -> UUID | Problem:
    """Give a draft the next number of the tenant and its dates; gives its key.

    The invoice must be locked. It is numbered when all services of the operation have run, since the number comes from
    the tenant's head row: whoever sends next waits for this transaction, and a number that is rolled back is given
    again. One of total 0 is paid at once. Another status than DRAFT is INVALID_TRANSITION.
    """
    row = await read_target(
        change, _READ, target, entity="Invoice", allowed={InvoiceStatus.DRAFT}, verb="sent"
    )
    if isinstance(row, Problem):
        return row
    change.at_the_end(target.id, lambda: _number(change, target.id, row))
    return target.id


async def _number(change: Change, key: UUID, row: Mapping[str, Any]) -> None:
    issued_on: dt.date = row["today"]
    drawn = await _NEXT_NUMBER.value(change.connection, tenant=change.tenant_id)
    after = {
        "number": f"{row['prefix']}{drawn:0{_DIGITS}d}",
        "issued_on": issued_on,
        "due_on": issued_on + dt.timedelta(days=row["terms_days"]),
    }
    standing = settled(row["total_cents"], 0, at=change.now)
    await _WRITE.run(
        change.connection,
        key=key,
        **{f"new_{name}": value for name, value in after.items()},
        new_status=standing.status,
        new_paid_at=standing.paid_at,
    )
    _note(change, key, {**row, **after}, standing)


def _note(change: Change, key: UUID, row: Mapping[str, Any], standing: Settlement) -> None:
    """Note that it was sent; and paid at once, when there is nothing to pay."""
    dated = {name: row[name] for name in ("number", "issued_on", "due_on")}
    sent = {"status": InvoiceStatus.SENT, **dated}
    told = {name: row[name] for name in ("customer_id", "order_id", "total_cents", "currency")}
    change.edited(
        EventType.INVOICE_SENT,
        "Invoice",
        key,
        before={"status": row["status"], **dict.fromkeys(dated)},
        after=sent,
        payload={**sent, **told},
    )
    if standing.status is InvoiceStatus.PAID:
        unpaid = {"id": key, "status": InvoiceStatus.SENT, "paid_amount_cents": 0, "paid_at": None}
        note_settled(change, EventType.INVOICE_PAID, {**row, **unpaid}, asdict(standing))


_READ = Kept(
    select(
        *(_INVOICES.c[name] for name in ("status", "version", "customer_id", "order_id")),
        _INVOICES.c.total_cents,
        _INVOICES.c.currency,
        today().label("today"),
        _SETTINGS.c.invoice_number_prefix.label("prefix"),
        func.coalesce(_CUSTOMERS.c.payment_terms_days, _SETTINGS.c.payment_terms_days).label("terms_days"),
    )
    .select_from(
        _INVOICES.join(
            _CUSTOMERS,
            and_(_CUSTOMERS.c.tenant_id == _INVOICES.c.tenant_id, _CUSTOMERS.c.id == _INVOICES.c.customer_id),
        ).join(_SETTINGS, _SETTINGS.c.tenant_id == _INVOICES.c.tenant_id)
    )
    .where(_INVOICES.c.id == bindparam("key"))
)
_NEXT_NUMBER = Kept(
    update(_HEADS)
    .where(_HEADS.c.tenant_id == bindparam("tenant"))
    .values(invoice_number=_HEADS.c.invoice_number + 1)
    .returning(_HEADS.c.invoice_number)
)
_WRITE = Kept(
    update(_INVOICES)
    .where(_INVOICES.c.id == bindparam("key"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=_INVOICES.c[name].type)
            for name in ("status", "number", "issued_on", "due_on", "paid_at")
        }
    )
)
