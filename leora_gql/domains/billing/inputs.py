"""The inputs of the mutations of invoices."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from leora_gql.domains.billing.service import InvoicePart, NewInvoice, Target
from leora_gql.graph.mutation_inputs import InputCheck, given
from leora_gql.graph.problems import UserErrorCode

MAX_LINES = 100
MAX_BOTTLES = 100_000


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


def target(key: str, version: int | None, check: InputCheck, *, of: str) -> Target:
    """The row whose status is to change."""
    return Target(id=check.required_key(key, "id", of=of), version=given(version))
