"""The input that changes what an order says besides its lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import strawberry
from strawberry import UNSET

from leora_gql.auth.permissions import Audience
from leora_gql.domains.customers.addresses import AddressInput, checked_address
from leora_gql.domains.editing import Edit
from leora_gql.domains.orders.inputs.create import MAX_NOTES
from leora_gql.graph.mutation_inputs import InputCheck, given
from leora_gql.graph.problems import UserErrorCode


@strawberry.input(description="What an order becomes; what is left out stays, what is null is cleared.")
class UpdateOrderInput:
    """Details of a draft; of an order that is submitted only the notes."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(
        default=UNSET, description="The order's version as it was read; another one is a CONFLICT."
    )
    po_number: str | None = strawberry.field(
        default=UNSET, description="The customer's own number for it, at most 100 characters."
    )
    notes: str | None = strawberry.field(
        default=UNSET,
        description="What the customer and we say to each other about it, at most 10,000 characters.",
    )
    internal_notes: str | None = strawberry.field(
        default=UNSET,
        description="What we say about it among ourselves, at most 10,000 characters."
        " Needs `orders.internal_notes`. For staff only.",
    )
    billing_address: AddressInput | None = strawberry.field(
        default=UNSET, description="Where the invoice goes."
    )
    shipping_address: AddressInput | None = strawberry.field(default=UNSET, description="Where the goods go.")
    requested_delivery_on: dt.date | None = strawberry.field(
        default=UNSET, description="The day on which the customer wants the goods, today or later, to 2199."
    )
    discount_amount: Decimal | None = strawberry.field(
        default=UNSET,
        description="The discount on the order as a whole, at most its subtotal; it asks for approval."
        " Needs `pricing.override`. For staff only.",
    )
    sales_rep_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The sales representative that it counts for. For staff only."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The change as the service takes it."""
        principal = check.principal
        staff = principal.audience is Audience.STAFF
        _reserve(
            check, self.internal_notes, "internalNotes", staff and principal.can("orders.internal_notes")
        )
        _reserve(check, self.discount_amount, "discountAmount", staff and principal.can("pricing.override"))
        _reserve(check, self.sales_rep_id, "salesRepId", staff)
        if self.discount_amount is None:
            check.refuse(UserErrorCode.REQUIRED, "This cannot be null; 0 is no discount.", "discountAmount")

        def text(value: str | None, field: str) -> str | None:
            return check.text(value, field, limit=100 if field == "poNumber" else MAX_NOTES)

        def address(value: AddressInput | None, field: str) -> dict[str, str] | None:
            return checked_address(value, check.below(field))

        values = check.patch(
            self,
            po_number=text,
            notes=text,
            internal_notes=text,
            billing_address=address,
            shipping_address=address,
            requested_delivery_on=check.date,
            discount_amount=check.money,
            sales_rep_id=lambda value, field: check.key(value, field, of="User"),
        )
        if "discount_amount" in values:
            values["discount_amount_cents"] = values.pop("discount_amount")
        return Edit(
            id=check.required_key(self.id, "id", of="Order"), version=given(self.version), values=values
        )


def _reserve(check: InputCheck, value: object, field: str, allowed: bool) -> None:
    """NOT_ALLOWED for whoever may neither set nor clear a field."""
    if value is not UNSET and not allowed:
        check.refuse(UserErrorCode.NOT_ALLOWED, "You may not set this.", field)
