"""What decides whether an order can be submitted: the customer's standing, and what must be asked for approval."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, Table, Uuid, bindparam, case, func, select, text, true
from sqlalchemy import cast as sql_cast

from leora_gql.db.kept import Kept
from leora_gql.db.model import SCHEMA
from leora_gql.domains.change import Change
from leora_gql.domains.customers.enums import CreditStatus, CustomerStatus
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.intelligence.samples import SampleAllowance
from leora_gql.domains.orders.service.basis import NO_DEALINGS
from leora_gql.domains.orders.service.existing import Standing
from leora_gql.domains.tenancy.models import TenantSettings
from leora_gql.graph.problems import Problem, UserErrorCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """The customer's standing and the tenant's rules; `exposure_cents` counts only where there is a credit limit."""

    status: CustomerStatus
    credit_status: CreditStatus
    credit_limit_cents: int | None
    license_expires_on: dt.date | None
    exposure_cents: int | None
    minimum_order_amount_cents: int
    default_warehouse: str
    sample_allowance_per_rep: int
    sample_approval_above: int
    today: dt.date


async def read_terms(change: Change, order: Standing) -> Submitting:
    """The standing of the order's customer, whose row the operation has locked."""
    row = await _TERMS.row(change.connection, customer=order.customer_id)
    if row is None:
        raise LookupError("The customer of an order is missing.")
    return Submitting(**row)


def refused_customer(terms: Submitting) -> Sequence[Problem]:
    """Why nothing can be sold to the customer now. A licence counts through its last day."""
    expires = terms.license_expires_on
    found = (
        (
            terms.status in NO_DEALINGS,
            UserErrorCode.CUSTOMER_INACTIVE,
            "We do not sell to this customer now.",
        ),
        (
            expires is not None and expires < terms.today,
            UserErrorCode.LICENSE_EXPIRED,
            f"The customer's licence expired on {expires}.",
        ),
        (
            terms.credit_status is CreditStatus.HOLD,
            UserErrorCode.CREDIT_HOLD,
            "The customer's credit is on hold.",
        ),
    )
    return [Problem(code, message, ("id",)) for holds, code, message in found if holds]


async def samples_of(change: Change, order: Standing, terms: Submitting) -> SampleAllowance | None:
    """This month's samples of the representative that a sample order counts for; None for other orders."""
    if not order.is_sample:
        return None
    rep: UUID | None = order.sales_rep_id or order.created_by_id
    pulled = await _PULLED.value(change.connection, rep=rep)
    return SampleAllowance(
        allowance=terms.sample_allowance_per_rep, approval_above=terms.sample_approval_above, pulled=pulled
    )


def _terms() -> Any:
    buyer, settings = cast(Table, Customer.__table__), cast(Table, TenantSettings.__table__)
    functions: Any = getattr(func, SCHEMA)
    exposure = case(
        (buyer.c.credit_limit_cents.is_not(None), functions.customer_exposure(buyer.c.id)),
        else_=None,
    )
    return (
        select(
            buyer.c.status,
            buyer.c.credit_status,
            buyer.c.credit_limit_cents,
            buyer.c.license_expires_on,
            sql_cast(exposure, BigInteger()).label("exposure_cents"),
            settings.c.minimum_order_amount_cents,
            settings.c.default_warehouse,
            settings.c.sample_allowance_per_rep,
            settings.c.sample_approval_above,
            sql_cast(func.timezone(settings.c.timezone, func.now()), Date()).label("today"),
        )
        .select_from(buyer.join(settings, true()))
        .where(buyer.c.id == bindparam("customer"))
    )


_TERMS = Kept(_terms())
_PULLED = Kept(
    text("""
        SELECT (
            coalesce((
                SELECT sum(p.quantity) FROM leora.sample_pulls p
                WHERE p.user_id = :rep AND p.status = 'PULLED' AND p.pulled_at >= month.first
            ), 0)
            + coalesce((
                SELECT sum(CASE o.status WHEN 'CANCELLED' THEN l.fulfilled_quantity ELSE l.quantity END)
                FROM leora.orders o JOIN leora.order_lines l ON l.tenant_id = o.tenant_id AND l.order_id = o.id
                WHERE (o.sales_rep_id = :rep OR o.sales_rep_id IS NULL AND o.created_by_id = :rep)
                    AND o.is_sample AND o.placed_at >= month.first
            ), 0)
        )::int AS pulled
        FROM (SELECT date_trunc('month', now(), s.timezone) AS first FROM leora.tenant_settings s) AS month
    """)
    .bindparams(bindparam("rep", type_=Uuid()))
    .columns(Column("pulled", BigInteger()))
)
"""Bottles that a representative pulled or ordered as samples in the tenant's calendar month."""
