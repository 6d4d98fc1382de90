"""What becomes of a payment, and of the invoices that it settles: it arrives, fails, or is given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, Table, and_, bindparam, func, select, update

from leora_gql.db.kept import Kept
from leora_gql.domains.billing.enums import InvoiceStatus, PaymentStatus
from leora_gql.domains.billing.models import Invoice, Payment, PaymentAllocation
from leora_gql.domains.billing.service.targets import Target, read_target
from leora_gql.domains.billing.settlement import settled
from leora_gql.domains.change import Change
from leora_gql.domains.events import EventType
from leora_gql.graph.problems import Problem

_INVOICES, _PAYMENTS = cast(Table, Invoice.__table__), cast(Table, Payment.__table__)
_ALLOCATIONS = cast(Table, PaymentAllocation.__table__)
_SETTLED = ("status", "paid_amount_cents", "paid_at")
_PAID_EVENTS = {
    InvoiceStatus.PARTIALLY_PAID: EventType.INVOICE_PARTIALLY_PAID,
    InvoiceStatus.PAID: EventType.INVOICE_PAID,
}


async def clear_payment(change: Change, target: Target) -> UUID | Problem:
    """The money of a pending payment is there: its invoices are paid as far as it goes. Gives its key.

    The payment and its invoices must be locked. Another status than PENDING is INVALID_TRANSITION.
    """
    problem = await _move(
        change, target, PaymentStatus.PENDING, PaymentStatus.CLEARED, event=EventType.PAYMENT_CLEARED
    )
    if problem is None:
        await _settle(change, target.id, sign=1)
    return problem or target.id


async def fail_payment(change: Change, target: Target) -> UUID | Problem:
    """The money of a pending payment does not come; gives its key. Locks and errors as `clear_payment`."""
    problem = await _move(
        change, target, PaymentStatus.PENDING, PaymentStatus.FAILED, event=EventType.PAYMENT_FAILED
    )
    return problem or target.id


async def refund_payment(change: Change, target: Target) -> UUID | Problem:
    """Give a cleared payment back whole: its invoices are owed again as far as it went. Gives its key.

    The payment and its invoices must be locked. Another status than CLEARED is INVALID_TRANSITION.
    """
    problem = await _move(
        change, target, PaymentStatus.CLEARED, PaymentStatus.REFUNDED, event=EventType.PAYMENT_REFUNDED
    )
    if problem is None:
        await _settle(change, target.id, sign=-1)
    return problem or target.id


async def _move(
    change: Change, target: Target, source: PaymentStatus, status: PaymentStatus, *, event: EventType
) -> Problem | None:
    row = await read_target(
        change, _READ, target, entity="Payment", allowed={source}, verb=status.value.lower()
    )
    if isinstance(row, Problem):
        return row
    await _WRITE.run(change.connection, key=target.id, new_status=status)
    told = {name: row[name] for name in ("number", "customer_id", "amount_cents", "currency")}
    change.edited(
        event,
        "Payment",
        target.id,
        before={"status": source},
        after={"status": status},
        payload={"status": status, **told},
    )
    return None


async def _settle(change: Change, payment_id: UUID, *, sign: int) -> None:
    """Add what the payment brings to what its invoices have got, or take it away."""
    rows = await _SETTLES.rows(change.connection, payment=payment_id)
    after = [
        settled(row["total_cents"], row["paid_amount_cents"] + sign * row["amount_cents"], at=change.now)
        for row in rows
    ]
    await _WRITE_SETTLED.run(
        change.connection,
        ids=[row["id"] for row in rows],
        **{name: [getattr(one, name) for one in after] for name in _SETTLED},
    )
    for row, one in zip(rows, after, strict=True):
        values = {name: getattr(one, name) for name in _SETTLED}
        event = _PAID_EVENTS[one.status] if sign > 0 else EventType.INVOICE_REOPENED
        note_settled(change, event, row, values)


def note_settled(change: Change, event: EventType, row: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Note how far an invoice is paid now."""
    told = {name: row[name] for name in ("number", "customer_id", "order_id", "total_cents", "currency")}
    left = row["total_cents"] - after["paid_amount_cents"]
    change.edited(
        event,
        "Invoice",
        row["id"],
        before={name: row[name] for name in _SETTLED},
        after=after,
        payload={**after, **told, "balance_due_cents": left},
    )


_READ = Kept(
    select(
        *(_PAYMENTS.c[name] for name in ("status", "version", "number", "customer_id")),
        _PAYMENTS.c.amount_cents,
        _PAYMENTS.c.currency,
    ).where(_PAYMENTS.c.id == bindparam("key"))
)
_WRITE = Kept(
    update(_PAYMENTS)
    .where(_PAYMENTS.c.id == bindparam("key"))
    .values(status=bindparam("new_status", type_=_PAYMENTS.c.status.type))
)
_SETTLES = Kept(
    select(
        *(_INVOICES.c[name] for name in ("id", "number", "customer_id", "order_id", "currency")),
        *(_INVOICES.c[name] for name in ("total_cents", *_SETTLED)),
        _ALLOCATIONS.c.amount_cents,
    )
    .select_from(
        _ALLOCATIONS.join(
            _INVOICES,
            and_(
                _INVOICES.c.tenant_id == _ALLOCATIONS.c.tenant_id,
                _INVOICES.c.id == _ALLOCATIONS.c.invoice_id,
            ),
        )
    )
    .where(_ALLOCATIONS.c.payment_id == bindparam("payment"))
    .order_by(_INVOICES.c.id)
)


def _write_settled() -> Any:
    """Takes one array for the ids and for each value."""
    arrays = [
        bindparam("ids", type_=ARRAY(_INVOICES.c.id.type)),
        *(bindparam(name, type_=ARRAY(_INVOICES.c[name].type)) for name in _SETTLED),
    ]
    rows = func.unnest(*arrays).table_valued("id", *_SETTLED).render_derived(name="row")
    return (
        update(_INVOICES).where(_INVOICES.c.id == rows.c.id).values({name: rows.c[name] for name in _SETTLED})
    )


_WRITE_SETTLED = Kept(_write_settled())
