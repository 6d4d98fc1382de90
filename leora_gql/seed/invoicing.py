"""Invoices of what was delivered, and the payments that settle them, in the order of time.

Invoices are numbered without gaps on the day they are sent, so they wait in a queue until no
earlier one can come. A paid one waits on for its payment, and is written together with it.
"""

from __future__ import annotations

import datetime as dt
import heapq
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from leora_gql.domains.billing.enums import InvoiceStatus, PaymentMethod, PaymentStatus
from leora_gql.domains.billing.models import Invoice, InvoiceLine, Payment, PaymentAllocation
from leora_gql.domains.billing.proration import NOTHING, invoice_amounts, together
from leora_gql.domains.orders.amounts import OrderAmounts, delivered_value, part_of
from leora_gql.seed.accounts import Account
from leora_gql.seed.catalogue import CURRENCY
from leora_gql.seed.outbox import Outbox
from leora_gql.seed.plan import World
from leora_gql.seed.selling import Line, Sale
from leora_gql.seed.sheets import Sheets

_SAME_CHECK_DAYS: Final = 9


@dataclass(slots=True)
class Part:
    """Bottles of an order's line on an invoice: from number `before` to `after` of its quantity."""

    line: Line
    before: int
    after: int

    @property
    def discount_cents(self) -> int:
        """Their share of the line's discount."""
        return part_of(self.line.discount_cents, self.before, self.after, whole=self.line.quantity)

    @property
    def total_cents(self) -> int:
        """What they cost."""
        return delivered_value(
            self.line.unit_price_cents,
            self.line.quantity,
            discount_cents=self.line.discount_cents,
            before=self.before,
            after=self.after,
        )


@dataclass(slots=True)
class Bill:
    """An invoice to be: sent on `day`, and what becomes of it."""

    id: UUID
    day: dt.date
    made_at: dt.datetime
    sale: Sale
    parts: list[Part]
    amounts: OrderAmounts
    status: InvoiceStatus = InvoiceStatus.SENT
    number: str | None = None
    paid_cents: int = 0
    paid_at: dt.datetime | None = None


@dataclass(slots=True)
class Check:
    """A payment to be, and the invoices that it settles, each with its part."""

    day: dt.date
    status: PaymentStatus
    bills: list[tuple[Bill, int]] = field(default_factory=list[tuple[Bill, int]])


class Invoicing:
    """Bills sales and collects the money; `catch_up` writes what is due by a day."""

    def __init__(self, sheets: Sheets, world: World, *, outbox: Outbox) -> None:
        self.sent = 0
        self.payments = 0
        self._sheets = sheets
        self._world = world
        self._outbox = outbox
        self._dice = world.dice("billing")
        self._queue: list[tuple[dt.date, int, Bill]] = []
        self._queued = 0
        self._checks: dict[UUID, Check] = {}

    def bill(self, sale: Sale) -> None:
        """Queue the invoices of what was delivered of a sale; samples are never billed."""
        if sale.is_sample or not sale.deliveries:
            return
        apart = len(sale.deliveries) == 2 and self._dice.happens(60)
        groups = [[0], [1]] if apart else [list(range(len(sale.deliveries)))]
        billed = NOTHING
        for group in groups:
            parts = [part for line in sale.lines if (part := _part(line, group)).after > part.before]
            value = sum(part.total_cents for part in parts)
            amounts = invoice_amounts(sale.amounts, taken=billed, lines_cents=value)
            billed = together((billed, amounts))
            day = sale.deliveries[group[-1]][0] + dt.timedelta(days=self._dice.choice((0, 1, 1)))
            self._enqueue(sale, parts, amounts, day)

    def catch_up(self, day: dt.date) -> None:
        """Send the invoices of the days before `day`."""
        while self._queue and self._queue[0][0] < day:
            self._send(heapq.heappop(self._queue)[2])

    def finish(self) -> None:
        """Send what is left and write every payment that waits; then the invoices not sent yet."""
        self.catch_up(self._world.calendar.today)
        for customer in list(self._checks):
            self._cash(self._checks.pop(customer))
        for _, _, bill in sorted(self._queue, key=lambda entry: entry[:2]):
            bill.status = InvoiceStatus.DRAFT
            self._write(bill)
        self._queue.clear()

    def _enqueue(self, sale: Sale, parts: list[Part], amounts: OrderAmounts, day: dt.date) -> None:
        calendar = self._world.calendar
        made_at = min(calendar.at(day, 1_000), calendar.now - dt.timedelta(minutes=1))
        self._queued += 1
        bill = Bill(self._dice.id(made_at), day, made_at, sale, parts, amounts)
        heapq.heappush(self._queue, (day, self._queued, bill))

    def _send(self, bill: Bill) -> None:
        dice = self._dice
        self.sent += 1
        bill.number = f"{self._world.plan.invoice_prefix}{self.sent:08d}"
        self._outbox.invoice_sent(bill.id, bill.number, bill.made_at, total_cents=bill.amounts.total_cents)
        if dice.happens(1):
            bill.status = InvoiceStatus.VOID
            self._write(bill)
            self._enqueue(bill.sale, bill.parts, bill.amounts, bill.day + dt.timedelta(days=1))
            return
        self._settle(bill)

    def _settle(self, bill: Bill) -> None:
        """Decide when and how the invoice is paid; without a payment it is written at once."""
        dice, today = self._dice, self._world.calendar.today
        account = bill.sale.account
        pay_on = bill.day + dt.timedelta(days=max(1, account.terms_days + dice.randint(-10, 12)))
        check = self._checks.get(account.id)
        if check and check.day > bill.day and abs((check.day - pay_on).days) <= _SAME_CHECK_DAYS:
            self._put_on(check, bill)
            return
        if bill.amounts.total_cents == 0:
            _pay(bill, 0, bill.made_at)
        if pay_on >= today or bill.amounts.total_cents == 0 or dice.happens(2):
            self._write(bill)
            return
        if check:
            self._cash(self._checks.pop(account.id))
        status = PaymentStatus.CLEARED
        if (today - pay_on).days <= 3:
            status = PaymentStatus.PENDING
        elif dice.happens(2):
            status = dice.choice((PaymentStatus.FAILED, PaymentStatus.REFUNDED))
        self._checks[account.id] = Check(pay_on, status)
        self._put_on(self._checks[account.id], bill)

    def _put_on(self, check: Check, bill: Bill) -> None:
        total = bill.amounts.total_cents
        if total == 0:
            _pay(bill, 0, bill.made_at)
            self._write(bill)
            return
        part = total // 2 if total > 1 and self._dice.happens(4) else total
        check.bills.append((bill, part))

    def _cash(self, check: Check) -> None:
        dice, calendar = self._dice, self._world.calendar
        received = calendar.at(check.day, dice.randint(540, 900))
        cleared = received + dt.timedelta(hours=dice.randint(1, 8))
        account = check.bills[0][0].sale.account
        payment, amount = dice.id(received), sum(part for _, part in check.bills)
        method = dice.choice((PaymentMethod.CHECK, PaymentMethod.ACH, PaymentMethod.ACH, PaymentMethod.CARD))
        for bill, part in check.bills:
            if check.status is PaymentStatus.CLEARED:
                _pay(bill, part, cleared)
            self._write(bill)
        self._write_payment(payment, account, check, amount=amount, method=method, at=received)
        for bill, part in check.bills:
            self._sheets.add(
                PaymentAllocation,
                id=dice.id(received),
                payment_id=payment,
                invoice_id=bill.id,
                amount_cents=part,
                created_at=received,
                updated_at=received,
            )

    def _write_payment(
        self,
        payment: UUID,
        account: Account,
        check: Check,
        *,
        amount: int,
        method: PaymentMethod,
        at: dt.datetime,
    ) -> None:
        self.payments += 1
        number = f"PAY-{self.payments:08d}"
        reference = f"{method.value} {self._dice.randint(1_000, 999_999)}"
        self._outbox.payment(payment, number, at, amount_cents=amount, status=check.status)
        self._sheets.add(
            Payment,
            id=payment,
            number=number,
            customer_id=account.id,
            amount_cents=amount,
            currency=CURRENCY,
            method=method,
            received_on=check.day,
            reference=reference,
            status=check.status,
            created_at=at,
            updated_at=at,
        )

    def _write(self, bill: Bill) -> None:
        draft, amounts = bill.status is InvoiceStatus.DRAFT, bill.amounts
        terms = dt.timedelta(days=bill.sale.account.terms_days)
        self._sheets.add(
            Invoice,
            id=bill.id,
            number=bill.number,
            customer_id=bill.sale.account.id,
            order_id=bill.sale.id,
            status=bill.status,
            issued_on=None if draft else bill.day,
            due_on=None if draft else bill.day + terms,
            paid_at=bill.paid_at,
            subtotal_cents=amounts.subtotal_cents,
            discount_amount_cents=amounts.discount_cents,
            tax_amount_cents=amounts.tax_cents,
            shipping_amount_cents=amounts.shipping_cents,
            total_cents=amounts.total_cents,
            currency=CURRENCY,
            paid_amount_cents=bill.paid_cents,
            created_at=bill.made_at,
            updated_at=bill.paid_at or bill.made_at,
        )
        for part in bill.parts:
            self._sheets.add(
                InvoiceLine,
                id=self._dice.id(bill.made_at),
                invoice_id=bill.id,
                order_line_id=part.line.id,
                sku_id=part.line.item.id,
                description=part.line.item.name,
                quantity=part.after - part.before,
                unit_price_cents=part.line.unit_price_cents,
                discount_amount_cents=part.discount_cents,
                line_total_cents=part.total_cents,
                created_at=bill.made_at,
                updated_at=bill.made_at,
            )


def _part(line: Line, deliveries: list[int]) -> Part:
    before = sum(line.delivered[: deliveries[0]])
    return Part(line, before, before + sum(line.delivered[index] for index in deliveries))


def _pay(bill: Bill, cents: int, at: dt.datetime) -> None:
    bill.paid_cents = cents
    whole = cents == bill.amounts.total_cents
    bill.status = InvoiceStatus.PAID if whole else InvoiceStatus.PARTIALLY_PAID
    bill.paid_at = at if whole else None
