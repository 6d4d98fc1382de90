"""Taking an invoice back: nothing is owed for it, and what it billed can be invoiced again."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, exists, select, update

from leora_gql.db.kept import Kept
from leora_gql.domains.billing.enums import InvoiceStatus
from leora_gql.domains.billing.models import Invoice, Payment, PaymentAllocation
from leora_gql.domains.billing.service.targets import Target, read_target, still_counts, wrong_status
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.graph.problems import Problem, UserErrorCode

_INVOICES, _PAYMENTS = cast(Table, Invoice.__table__), cast(Table, Payment.__table__)
_ALLOCATIONS = cast(Table, PaymentAllocation.__table__)
_OPEN = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.SENT})
_ALLOWED = _OPEN | {InvoiceStatus.PAID}


async def void_invoice(change: Change, target: Target) -> UUID | Problem:
    """Make a draft or a sent invoice void, and one that is paid because there was nothing to pay; gives its key.

    The invoice must be locked, and its order, which can be invoiced again. One with a payment that is pending or
    cleared is NOT_ALLOWED; another status is INVALID_TRANSITION.
    """
    row = await read_target(change, _READ, target, entity="Invoice", allowed=_ALLOWED, verb="made void")
    if isinstance(row, Problem):
        return row
    if row["status"] not in _OPEN and row["total_cents"]:
        return wrong_status(row, entity="Invoice", verb="made void")
    if row["is_paid_for"]:
        message = "A payment for it is pending or cleared: it must fail or be refunded first."
        return Problem(UserErrorCode.NOT_ALLOWED, message, ("id",))
    await _WRITE.run(change.connection, key=target.id)
    told = {name: row[name] for name in ("number", "customer_id", "order_id", "total_cents", "currency")}
    change.edited(
        EventType.INVOICE_VOIDED,
        "Invoice",
        target.id,
        before={"status": row["status"], "paid_at": row["paid_at"]},
        after={"status": InvoiceStatus.VOID, "paid_at": None},
        payload={"status": InvoiceStatus.VOID, **told},
    )
    return target.id


_READ = Kept(
    select(
        *(_INVOICES.c[name] for name in ("status", "version", "number", "customer_id", "order_id")),
        _INVOICES.c.total_cents,
        _INVOICES.c.currency,
        _INVOICES.c.paid_at,
        exists()
        .where(
            _ALLOCATIONS.c.tenant_id == _INVOICES.c.tenant_id,
            _ALLOCATIONS.c.invoice_id == _INVOICES.c.id,
            and_(
                _PAYMENTS.c.tenant_id == _ALLOCATIONS.c.tenant_id,
                _PAYMENTS.c.id == _ALLOCATIONS.c.payment_id,
            ),
            still_counts(_PAYMENTS.c.status),
        )
        .label("is_paid_for"),
    ).where(_INVOICES.c.id == bindparam("key"))
)
_WRITE = Kept(
    update(_INVOICES)
    .where(_INVOICES.c.id == bindparam("key"))
    .values(status=InvoiceStatus.VOID, paid_at=None)
)
