"""What an invoice is when so much of it is paid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from leora_gql.domains.billing.enums import InvoiceStatus


@dataclass(frozen=True, slots=True)
class Settlement:
    """How far an invoice is paid."""

    status: InvoiceStatus
    paid_amount_cents: int
    paid_at: dt.datetime | None


def settled(total_cents: int, paid_cents: int, *, at: dt.datetime) -> Settlement:
    """How far an invoice is paid that was sent and has got `paid_cents`, of which the last came at that moment.

    One of total 0 is paid by being sent. Raises `ValueError` when that is negative or more than its total.
    """
    if not 0 <= paid_cents <= total_cents:
        raise ValueError("what is paid of an invoice lies between nothing and its total")
    if paid_cents == total_cents:
        return Settlement(InvoiceStatus.PAID, paid_cents, at)
    if paid_cents == 0:
        return Settlement(InvoiceStatus.SENT, 0, None)
    return Settlement(InvoiceStatus.PARTIALLY_PAID, paid_cents, None)
