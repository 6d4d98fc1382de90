"""The inputs of what is done with an order as a whole."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from leora_gql.domains.orders.inputs.lines import MAX_BOTTLES, not_twice, within_limit
from leora_gql.domains.orders.service import Delivered, Delivery, OrderStep
from leora_gql.graph.mutation_inputs import InputCheck, given

VERSION = "The order's version as it was read; another one is a CONFLICT."


@strawberry.input(description="A draft to submit.")
class SubmitOrderInput:
    """The order."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(default=UNSET, description=VERSION)

    def checked(self, check: InputCheck) -> OrderStep:
        """The order as the service takes it."""
        return checked_step(self.id, self.version, check)


def checked_step(id: str, version: int | None, check: InputCheck) -> OrderStep:  # noqa: A002  the field's name
    """The order that an input names."""
    return OrderStep(id=check.required_key(id, "id", of="Order"), version=given(version))


@strawberry.input(description="An order to approve.")
class ApproveOrderInput:
    """The order."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(default=UNSET, description=VERSION)

    def checked(self, check: InputCheck) -> OrderStep:
        """The order as the service takes it."""
        return checked_step(self.id, self.version, check)


@strawberry.input(description="An order to confirm.")
class ConfirmOrderInput:
    """The order."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(default=UNSET, description=VERSION)

    def checked(self, check: InputCheck) -> OrderStep:
        """The order as the service takes it."""
        return checked_step(self.id, self.version, check)


@strawberry.input(description="An order to call off.")
class CancelOrderInput:
    """The order."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(default=UNSET, description=VERSION)

    def checked(self, check: InputCheck) -> OrderStep:
        """The order as the service takes it."""
        return checked_step(self.id, self.version, check)


@strawberry.input(description="An order to write again.")
class ReorderInput:
    """The order."""

    id: strawberry.ID = strawberry.field(description="The order whose lines are ordered again.")
    version: int | None = strawberry.field(default=UNSET, description=VERSION)

    def checked(self, check: InputCheck) -> OrderStep:
        """The order as the service takes it."""
        return checked_step(self.id, self.version, check)


@strawberry.input(description="Bottles of a line that go out.")
class DeliveredLineInput:
    """A line and how much of it."""

    line_id: strawberry.ID = strawberry.field(description="The line.")
    quantity: int = strawberry.field(description="Bottles, 1 to what is still to be delivered.")

    def checked(self, check: InputCheck) -> Delivered:
        """The line as the service takes it."""
        return Delivered(
            line_id=check.required_key(self.line_id, "lineId", of="OrderLine"),
            quantity=check.whole(self.quantity, "quantity", low=1, high=MAX_BOTTLES),
        )


@strawberry.input(description="An order to deliver, whole or in part.")
class FulfillOrderInput:
    """The order and what goes out."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(default=UNSET, description=VERSION)
    lines: list[DeliveredLineInput] | None = strawberry.field(
        default=UNSET,
        description="What goes out, 1 to 100 lines; all that is still to be delivered otherwise.",
    )

    def checked(self, check: InputCheck) -> Delivery:
        """The delivery as the service takes it."""
        return Delivery(
            id=check.required_key(self.id, "id", of="Order"),
            version=given(self.version),
            lines=self._lines(check),
        )

    def _lines(self, check: InputCheck) -> tuple[Delivered, ...] | None:
        lines = given(self.lines)
        if lines is None:
            return None
        few = within_limit(lines, check, "lines")
        going = tuple(line.checked(check.below("lines", index)) for index, line in enumerate(few))
        not_twice([line.line_id for line in going], check, "lines", below="lineId")
        return going
