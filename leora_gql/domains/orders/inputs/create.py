"""The input that writes an order."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import strawberry
from strawberry import UNSET

from leora_gql.auth.permissions import Audience
from leora_gql.domains.customers.addresses import AddressInput, checked_address
from leora_gql.domains.orders.inputs.lines import OrderLineInput, checked_lines
from leora_gql.domains.orders.service import NewOrder
from leora_gql.graph.mutation_inputs import InputCheck, is_given

MAX_NOTES = 10_000
"""Characters of a note."""


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
        default=UNSET, description="The day on which the customer wants the goods, today or later, to 2199."
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
            lines=checked_lines(self.lines, check),
            billing_address=checked_address(self.billing_address, check.below("billingAddress")),
            shipping_address=checked_address(self.shipping_address, check.below("shippingAddress")),
            po_number=check.text(self.po_number, "poNumber", limit=100),
            notes=check.text(self.notes, "notes", limit=MAX_NOTES),
            internal_notes=check.text(self.internal_notes, "internalNotes", limit=MAX_NOTES),
            requested_delivery_on=check.date(self.requested_delivery_on, "requestedDeliveryOn"),
            is_sample=self.is_sample,
            sales_rep_id=check.key(self.sales_rep_id, "salesRepId", of="User"),
        )

    def _customer(self, check: InputCheck) -> UUID:
        own = check.principal.customer_id
        if own is not None and not is_given(self.customer_id):
            return own
        return check.required_key(self.customer_id, "customerId", of="Customer")
