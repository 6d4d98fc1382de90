"""The inputs of the mutations of invoices and payments."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import strawberry
from strawberry import UNSET

from leora_gql.domains.billing.enums import PaymentMethod
from leora_gql.domains.billing.service import Allocation, InvoicePart, NewInvoice, NewPayment, Target
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck, given
from leora_gql.graph.problems import UserErrorCode

describe_enum(PaymentMethod)

MAX_LINES = 100
MAX_ALLOCATIONS = 100
MAX_BOTTLES = 100_000
_CURRENCY = re.compile(r"[A-Z]{3}")


@strawberry.input(description="Bottles of an order's line to invoice.")
class InvoiceLineInput:
    """Which line, and how much of it."""

    order_line_id: strawberry.ID = strawberry.field(
        description="The line of the order; at most one of the lines names it."
    )
    quantity: int = strawberry.field(
        description="Bottles, from 1 to what is delivered of the line and not invoiced yet."
    )

    def checked(self, check: InputCheck) -> InvoicePart:
        """The part as the service takes it."""
        return InvoicePart(
            order_line_id=check.required_key(self.order_line_id, "orderLineId", of="OrderLine"),
            quantity=check.whole(self.quantity, "quantity", low=1, high=MAX_BOTTLES),
        )


@strawberry.input(description="An order to invoice.")
class CreateInvoiceInput:
    """Which order, and what of it."""

    order_id: strawberry.ID = strawberry.field(description="The order; a cancelled one as far as delivered.")
    lines: list[InvoiceLineInput] | None = strawberry.field(
        default=UNSET,
        description="What of it to invoice, 1 to 100 lines. Without it, all that is delivered and not invoiced yet.",
    )

    def checked(self, check: InputCheck) -> NewInvoice:
        """The invoice as the service takes it."""
        return NewInvoice(
            order_id=check.required_key(self.order_id, "orderId", of="Order"), parts=self._parts(check)
        )

    def _parts(self, check: InputCheck) -> tuple[InvoicePart, ...] | None:
        lines = given(self.lines)
        if lines is None:
            return None
        if not lines:
            check.refuse(UserErrorCode.REQUIRED, "Give at least one line, or leave the lines out.", "lines")
        if len(lines) > MAX_LINES:
            check.refuse(UserErrorCode.OUT_OF_RANGE, f"At most {MAX_LINES} lines.", "lines")
            return ()
        parts: list[InvoicePart] = []
        for index, line in enumerate(lines):
            below = check.below("lines", index)
            part = line.checked(below)
            if any(part.order_line_id == other.order_line_id for other in parts):
                below.refuse(UserErrorCode.INVALID, "Another line names that line already.", "orderLineId")
            parts.append(part)
        return tuple(parts)


@strawberry.input(description="A draft to send.")
class SendInvoiceInput:
    """Which invoice."""

    id: strawberry.ID = strawberry.field(description="The invoice.")
    version: int | None = strawberry.field(
        default=UNSET, description="Its version as you read it; when it has moved on, nothing is done."
    )

    def checked(self, check: InputCheck) -> Target:
        """The invoice as the service takes it."""
        return target(self.id, self.version, check, of="Invoice")


@strawberry.input(description="An invoice to take back.")
class VoidInvoiceInput:
    """Which invoice."""

    id: strawberry.ID = strawberry.field(description="The invoice.")
    version: int | None = strawberry.field(
        default=UNSET, description="Its version as you read it; when it has moved on, nothing is done."
    )

    def checked(self, check: InputCheck) -> Target:
        """The invoice as the service takes it."""
        return target(self.id, self.version, check, of="Invoice")


@strawberry.input(description="What of a payment settles one invoice.")
class PaymentAllocationInput:
    """Which invoice, and how much of it."""

    invoice_id: strawberry.ID = strawberry.field(
        description="An invoice of the customer that is sent; at most one of the allocations names it."
    )
    amount: Decimal = strawberry.field(
        description="How much of the payment goes to it, 0.01 to what is left to pay of it when pending payments count."
    )

    def checked(self, check: InputCheck) -> Allocation:
        """The allocation as the service takes it."""
        return Allocation(
            invoice_id=check.required_key(self.invoice_id, "invoiceId", of="Invoice"),
            amount_cents=check.money(self.amount, "amount", low=1) or 0,
        )


@strawberry.input(description="A payment that a customer made.")
class RecordPaymentInput:
    """How much came, how, and for what."""

    customer_id: strawberry.ID = strawberry.field(description="Who paid.")
    amount: Decimal = strawberry.field(description="How much, 0.01 or more with at most two decimals.")
    currency: str | None = strawberry.field(
        default=UNSET, description="Its ISO 4217 code, that of the invoices; the distributor's otherwise."
    )
    method: PaymentMethod = strawberry.field(description="How it was paid.")
    received_on: dt.date = strawberry.field(
        description="The day on which we got it, today or earlier, from 1900."
    )
    reference: str | None = strawberry.field(
        default=UNSET, description="The number of the check or transfer, at most 200 characters."
    )
    allocations: list[PaymentAllocationInput] = strawberry.field(
        description="The invoices that it settles, 1 to 100; they add up to the amount."
    )

    def checked(self, check: InputCheck) -> NewPayment:
        """The payment as the service takes it."""
        amount = check.money(self.amount, "amount", low=1) or 0
        fine = not check.problems
        allocations = self._allocations(check)
        added = sum(one.amount_cents for one in allocations)
        if fine and not check.problems and added != amount:
            check.refuse(UserErrorCode.INVALID, "The allocations do not add up to the amount.", "allocations")
        return NewPayment(
            customer_id=check.required_key(self.customer_id, "customerId", of="Customer"),
            amount_cents=amount,
            currency=check.formed(
                self.currency,
                "currency",
                limit=3,
                form=_CURRENCY,
                means="Three capital letters, such as USD.",
            ),
            method=self.method,
            received_on=check.date(self.received_on, "receivedOn") or self.received_on,
            reference=check.text(self.reference, "reference", limit=200),
            allocations=allocations,
        )

    def _allocations(self, check: InputCheck) -> tuple[Allocation, ...]:
        if not self.allocations:
            check.refuse(UserErrorCode.REQUIRED, "Say at least one invoice that it settles.", "allocations")
        if len(self.allocations) > MAX_ALLOCATIONS:
            check.refuse(UserErrorCode.OUT_OF_RANGE, f"At most {MAX_ALLOCATIONS} allocations.", "allocations")
            return ()
        made: list[Allocation] = []
        for index, allocation in enumerate(self.allocations):
            below = check.below("allocations", index)
            one = allocation.checked(below)
            if any(one.invoice_id == other.invoice_id for other in made):
                below.refuse(UserErrorCode.INVALID, "Another allocation names that invoice.", "invoiceId")
            made.append(one)
        return tuple(made)


@strawberry.input(description="A pending payment whose money is there.")
class ClearPaymentInput:
    """Which payment."""

    id: strawberry.ID = strawberry.field(description="The payment.")
    version: int | None = strawberry.field(
        default=UNSET, description="Its version as you read it; when it has moved on, nothing is done."
    )

    def checked(self, check: InputCheck) -> Target:
        """The payment as the service takes it."""
        return target(self.id, self.version, check, of="Payment")


@strawberry.input(description="A pending payment whose money does not come.")
class FailPaymentInput:
    """Which payment."""

    id: strawberry.ID = strawberry.field(description="The payment.")
    version: int | None = strawberry.field(
        default=UNSET, description="Its version as you read it; when it has moved on, nothing is done."
    )

    def checked(self, check: InputCheck) -> Target:
        """The payment as the service takes it."""
        return target(self.id, self.version, check, of="Payment")


@strawberry.input(description="A cleared payment to give back whole.")
class RefundPaymentInput:
    """Which payment."""

    id: strawberry.ID = strawberry.field(description="The payment.")
    version: int | None = strawberry.field(
        default=UNSET, description="Its version as you read it; when it has moved on, nothing is done."
    )

    def checked(self, check: InputCheck) -> Target:
        """The payment as the service takes it."""
        return target(self.id, self.version, check, of="Payment")


def target(key: str, version: int | None, check: InputCheck, *, of: str) -> Target:
    """The row whose status is to change."""
    return Target(id=check.required_key(key, "id", of=of), version=given(version))
