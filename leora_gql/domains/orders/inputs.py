"""The inputs of the orders' mutations."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import strawberry
from strawberry import UNSET

from leora_gql.auth.permissions import Audience
from leora_gql.domains.customers.addresses import AddressInput, checked_address
from leora_gql.domains.orders.service import NewLine, NewOrder
from leora_gql.graph.mutation_inputs import InputCheck, given, is_given
from leora_gql.graph.problems import UserErrorCode

MAX_LINES = 100
MAX_BOTTLES = 100_000
_NOTES = 10_000


@strawberry.input(description="A line of an order: bottles of one SKU.")
class OrderLineInput:
    """What is ordered, and how much of it."""

    sku_id: strawberry.ID = strawberry.field(description="The SKU; at most one line of an order names it.")
    quantity: int = strawberry.field(description="Bottles, 1 to 100,000.")

    def checked(self, check: InputCheck) -> NewLine:
        """The line as the service takes it."""
        return NewLine(
            sku_id=check.required_key(self.sku_id, "skuId", of="Sku"),
            quantity=check.whole(self.quantity, "quantity", low=1, high=MAX_BOTTLES),
        )


@strawberry.input(description="An order to write, as a draft.")
class CreateOrderInput:
    """What a buyer may say of an order, and what staff may add."""

    customer_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Who buys. Staff must say so; a buyer's own customer otherwise."
    )
    lines: list[OrderLineInput] = strawberry.field(description="What is ordered, 1 to 100 lines in order.")
    billing_address: AddressInput | None = strawberry.field(
        default=UNSET, description="Where the invoice goes; the customer's own billing address otherwise."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=UNSET, description="Where the goods go; the customer's own shipping address otherwise."
    )
    po_number: str | None = strawberry.field(
        default=UNSET, description="The customer's own number for it, at most 100 characters."
    )
    notes: str | None = strawberry.field(
        default=UNSET,
        description="What the customer and we say to each other about it, at most 10,000 characters.",
    )
    requested_delivery_on: dt.date | None = strawberry.field(
        default=UNSET, description="The day on which the customer wants the goods, today or later."
    )
    internal_notes: str | None = strawberry.field(
        default=UNSET,
        description="What we say about it among ourselves, at most 10,000 characters."
        " Needs `orders.internal_notes`. For staff only.",
    )
    is_sample: bool = strawberry.field(
        default=False, description="Whether its bottles are samples: free, and no revenue. For staff only."
    )
    sales_rep_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="The sales representative that it counts for; the customer's own otherwise. For staff only.",
    )

    def checked(self, check: InputCheck) -> NewOrder:
        """The order as the service takes it."""
        staff = check.principal.audience is Audience.STAFF
        may_note = staff and check.principal.can("orders.internal_notes")
        check.allow(self.internal_notes, "internalNotes", allowed=may_note)
        check.allow(self.is_sample or None, "isSample", allowed=staff)
        check.allow(self.sales_rep_id, "salesRepId", allowed=staff)
        return NewOrder(
            customer_id=self._customer(check),
            lines=self._lines(check),
            billing_address=checked_address(self.billing_address, check.below("billingAddress")),
            shipping_address=checked_address(self.shipping_address, check.below("shippingAddress")),
            po_number=check.text(self.po_number, "poNumber", limit=100),
            notes=check.text(self.notes, "notes", limit=_NOTES),
            internal_notes=check.text(self.internal_notes, "internalNotes", limit=_NOTES),
            requested_delivery_on=given(self.requested_delivery_on),
            is_sample=self.is_sample,
            sales_rep_id=check.key(self.sales_rep_id, "salesRepId", of="User"),
        )

    def _customer(self, check: InputCheck) -> UUID:
        own = check.principal.customer_id
        if own is not None and not is_given(self.customer_id):
            return own
        return check.required_key(self.customer_id, "customerId", of="Customer")

    def _lines(self, check: InputCheck) -> tuple[NewLine, ...]:
        if not self.lines:
            check.refuse(UserErrorCode.REQUIRED, "An order has at least one line.", "lines")
        if len(self.lines) > MAX_LINES:
            check.refuse(UserErrorCode.OUT_OF_RANGE, f"An order has at most {MAX_LINES} lines.", "lines")
            return ()
        seen: set[str] = set()
        lines: list[NewLine] = []
        for index, line in enumerate(self.lines):
            below = check.below("lines", index)
            if line.sku_id in seen:
                below.refuse(UserErrorCode.INVALID, "Another line has that SKU already.", "skuId")
            seen.add(line.sku_id)
            lines.append(line.checked(below))
        return tuple(lines)
