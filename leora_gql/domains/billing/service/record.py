"""Recording a payment: money from a customer, and which of its invoices it settles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Table, Uuid, and_, bindparam, func, insert, select, true
from sqlalchemy import cast as sql_cast

from leora_gql.db.kept import Kept
from leora_gql.db.model import SCHEMA, new_id
from leora_gql.db.rows import insert_rows
from leora_gql.domains.billing.enums import InvoiceStatus, PaymentMethod, PaymentStatus
from leora_gql.domains.billing.models import Invoice, Payment, PaymentAllocation
from leora_gql.domains.billing.service.targets import still_counts
from leora_gql.domains.change import Change
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.events import EventType
from leora_gql.domains.facts import facts, money
from leora_gql.domains.tenancy.clock import today
from leora_gql.domains.tenancy.models import TenantSettings
from leora_gql.graph.problems import Problem, UserErrorCode, no_such

_INVOICES, _PAYMENTS = cast(Table, Invoice.__table__), cast(Table, Payment.__table__)
_ALLOCATIONS, _CUSTOMERS = cast(Table, PaymentAllocation.__table__), cast(Table, Customer.__table__)
_SETTINGS = cast(Table, TenantSettings.__table__)
_NEVER_OWED = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.VOID})
_PREFIX, _DIGITS = "PAY-", 8


@dataclass(frozen=True, slots=True)
class Allocation:
    """What of the payment settles one invoice."""

    invoice_id: UUID
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayment:
    """A payment to record; its allocations add up to its amount. Without a currency it is in the tenant's."""

    customer_id: UUID
    amount_cents: int
    currency: str | None
    method: PaymentMethod
    received_on: dt.date
    reference: str | None
    allocations: tuple[Allocation, ...]


async def record_payment(change: Change, new: NewPayment) -> UUID | Sequence[Problem]:
    """Write a payment that is pending, with its allocations; gives its key.

    Its invoices must be locked, so that two payments cannot both take what one of them may. An invoice of another
    customer is NOT_FOUND, one that is a draft or void is NOT_ALLOWED, one of another currency a CURRENCY_MISMATCH;
    more than is left when all pending and cleared payments are counted is OVERPAYMENT.
    """
    connection = change.connection
    terms = await _TERMS.row(connection, customer=new.customer_id)
    if terms is None:
        return [no_such("Customer", "customerId")]
    currency: str = new.currency or terms["default_currency"]
    keys = [one.invoice_id for one in new.allocations]
    await change.catch_up(keys)
    invoices = {row["id"]: row for row in await _OWED.rows(connection, invoices=keys)}
    problems: list[Problem] = []
    if new.received_on > terms["today"]:
        problems.append(Problem(UserErrorCode.OUT_OF_RANGE, "That day is still to come.", ("receivedOn",)))
    for index, one in enumerate(new.allocations):
        problem = _of_allocation(
            one, invoices.get(one.invoice_id), new, currency=currency, path=("allocations", str(index))
        )
        if problem is not None:
            problems.append(problem)
    return problems or await _write(change, new, currency=currency, invoices=invoices)


def _of_allocation(
    one: Allocation,
    invoice: Mapping[str, Any] | None,
    new: NewPayment,
    *,
    currency: str,
    path: tuple[str, ...],
) -> Problem | None:
    named, amount = (*path, "invoiceId"), (*path, "amount")
    if invoice is None or invoice["customer_id"] != new.customer_id:
        return no_such("Invoice", *named)
    if invoice["status"] in _NEVER_OWED:
        message = f"The invoice is {invoice['status'].value}: only what is sent can be paid."
        return Problem(UserErrorCode.NOT_ALLOWED, message, named)
    if invoice["currency"] != currency:
        message = f"The invoice is in {invoice['currency']}, the payment in {currency}."
        return Problem(UserErrorCode.CURRENCY_MISMATCH, message, named)
    left = invoice["total_cents"] - invoice["promised_cents"]
    if one.amount_cents > left:
        message = f"{invoice['number']} has only {money(left)} left to pay, pending payments counted."
        return Problem(UserErrorCode.OVERPAYMENT, message, amount)
    return None


async def _write(
    change: Change, new: NewPayment, *, currency: str, invoices: Mapping[UUID, Mapping[str, Any]]
) -> UUID:
    connection, key = change.connection, new_id()
    drawn = await _NEXT_NUMBER.value(connection)
    values = {
        "number": f"{_PREFIX}{drawn:0{_DIGITS}d}",
        "customer_id": new.customer_id,
        "amount_cents": new.amount_cents,
        "currency": currency,
        "method": new.method,
        "received_on": new.received_on,
        "reference": new.reference,
        "status": PaymentStatus.PENDING,
    }
    await _INSERT.run(connection, tenant_id=change.tenant_id, id=key, **values)
    own = {"tenant_id": change.tenant_id, "payment_id": key}
    rows = [{"invoice_id": one.invoice_id, "amount_cents": one.amount_cents} for one in new.allocations]
    await insert_rows(connection, _ALLOCATIONS, [{**own, "id": new_id(), **row} for row in rows])
    settled = [
        facts(
            {
                "invoice_number": invoices[one.invoice_id]["number"],
                "invoice_id": one.invoice_id,
                "amount_cents": one.amount_cents,
            }
        )
        for one in new.allocations
    ]
    change.made(EventType.PAYMENT_RECORDED, "Payment", key, {**values, "allocations": settled})
    return key


def _owed() -> Any:
    """The invoices of those ids, each with what pending and cleared payments bring it."""
    promised = (
        select(sql_cast(func.coalesce(func.sum(_ALLOCATIONS.c.amount_cents), 0), BigInteger()))
        .select_from(
            _ALLOCATIONS.join(
                _PAYMENTS,
                and_(
                    _PAYMENTS.c.tenant_id == _ALLOCATIONS.c.tenant_id,
                    _PAYMENTS.c.id == _ALLOCATIONS.c.payment_id,
                ),
            )
        )
        .where(
            _ALLOCATIONS.c.tenant_id == _INVOICES.c.tenant_id,
            _ALLOCATIONS.c.invoice_id == _INVOICES.c.id,
            still_counts(_PAYMENTS.c.status),
        )
        .scalar_subquery()
    )
    names = ("id", "number", "customer_id", "status", "currency", "total_cents")
    return select(*(_INVOICES.c[name] for name in names), promised.label("promised_cents")).where(
        _INVOICES.c.id == func.any(bindparam("invoices", type_=ARRAY(Uuid())))
    )


_OWED = Kept(_owed())
_TERMS = Kept(
    select(_SETTINGS.c.default_currency, today().label("today"))
    .select_from(_SETTINGS.join(_CUSTOMERS, true()))
    .where(_CUSTOMERS.c.id == bindparam("customer"), _CUSTOMERS.c.tenant_id == _SETTINGS.c.tenant_id)
)
_NEXT_NUMBER = Kept(select(sql_cast(getattr(func, SCHEMA).next_number("payment"), BigInteger())))
_INSERT = Kept(
    insert(_PAYMENTS),
    names=(
        *("tenant_id", "id", "number", "customer_id", "amount_cents"),
        *("currency", "method", "received_on", "reference", "status"),
    ),
)
