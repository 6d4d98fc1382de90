"""The inputs that add, change and remove an order's lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import strawberry
from strawberry import UNSET

from leora_gql.auth.permissions import Audience
from leora_gql.domains.orders.service import (
    AddedLines,
    ChangedLines,
    LineChange,
    NewLine,
    NewLinePrice,
    RemovedLines,
)
from leora_gql.domains.orders.service.lines import MAX_LINES
from leora_gql.graph.mutation_inputs import InputCheck, given
from leora_gql.graph.problems import UserErrorCode

MAX_BOTTLES = 100_000
"""Bottles of a line."""
T = TypeVar("T")


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


@strawberry.input(description="Lines to add to a draft.")
class AddOrderLinesInput:
    """An order and more lines for it."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(
        default=UNSET, description="The order's version as it was read; another one is a CONFLICT."
    )
    lines: list[OrderLineInput] = strawberry.field(
        description="What is added at its end, in order; the order has at most 100 lines."
    )

    def checked(self, check: InputCheck) -> AddedLines:
        """The lines as the service takes them."""
        return AddedLines(
            id=check.required_key(self.id, "id", of="Order"),
            version=given(self.version),
            lines=checked_lines(self.lines, check),
        )


@strawberry.input(description="What a line becomes; what is left out stays.")
class OrderLineChangeInput:
    """A line, its quantity and its discount."""

    line_id: strawberry.ID = strawberry.field(description="The line.")
    quantity: int | None = strawberry.field(
        default=UNSET,
        description="Bottles, 1 to 100,000. Another quantity is priced anew; where the price was overridden it takes"
        " `pricing.override`, and keeps that price.",
    )
    discount_amount: Decimal | None = strawberry.field(
        default=UNSET,
        description="The discount on the line as a whole, at most its value."
        " Needs `pricing.override`. For staff only.",
    )

    def checked(self, check: InputCheck) -> LineChange:
        """The change as the service takes it."""
        principal = check.principal
        gives = principal.audience is Audience.STAFF and principal.can("pricing.override")
        check.allow(self.discount_amount, "discountAmount", allowed=gives)
        for value, field in ((self.quantity, "quantity"), (self.discount_amount, "discountAmount")):
            if value is None:
                check.refuse(UserErrorCode.REQUIRED, "This cannot be null.", field)
        quantity = given(self.quantity)
        return LineChange(
            line_id=check.required_key(self.line_id, "lineId", of="OrderLine"),
            quantity=(
                None if quantity is None else check.whole(quantity, "quantity", low=1, high=MAX_BOTTLES)
            ),
            discount_cents=check.money(self.discount_amount, "discountAmount"),
        )


@strawberry.input(description="Lines of a draft to change.")
class UpdateOrderLinesInput:
    """An order and what its lines become."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(
        default=UNSET, description="The order's version as it was read; another one is a CONFLICT."
    )
    lines: list[OrderLineChangeInput] = strawberry.field(description="The lines that change, 1 to 100.")

    def checked(self, check: InputCheck) -> ChangedLines:
        """The changes as the service takes them."""
        few = within_limit(self.lines, check, "lines")
        lines = tuple(line.checked(check.below("lines", index)) for index, line in enumerate(few))
        not_twice([line.line_id for line in lines], check, "lines", below="lineId")
        return ChangedLines(
            id=check.required_key(self.id, "id", of="Order"), version=given(self.version), lines=lines
        )


@strawberry.input(description="Lines to take off a draft.")
class RemoveOrderLinesInput:
    """An order and the lines that it loses."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(
        default=UNSET, description="The order's version as it was read; another one is a CONFLICT."
    )
    line_ids: list[strawberry.ID] = strawberry.field(
        description="The lines that go, 1 to 100; at least one line has to stay."
    )

    def checked(self, check: InputCheck) -> RemovedLines:
        """The lines as the service takes them."""
        line_ids = within_limit(self.line_ids, check, "lineIds")
        below = check.below("lineIds")
        keys = [below.required_key(key, str(index), of="OrderLine") for index, key in enumerate(line_ids)]
        not_twice(keys, check, "lineIds")
        return RemovedLines(
            id=check.required_key(self.id, "id", of="Order"),
            version=given(self.version),
            line_ids=tuple(keys),
        )


@strawberry.input(description="Another price for a line of a draft than the rules give.")
class OverrideLinePriceInput:
    """A line, its price, and why."""

    id: strawberry.ID = strawberry.field(description="The order.")
    version: int | None = strawberry.field(
        default=UNSET, description="The order's version as it was read; another one is a CONFLICT."
    )
    line_id: strawberry.ID = strawberry.field(description="The line.")
    unit_price: Decimal = strawberry.field(description="The price of a bottle, in the order's currency.")
    reason: str = strawberry.field(description="Why, at most 500 characters.")

    def checked(self, check: InputCheck) -> NewLinePrice:
        """The price as the service takes it."""
        return NewLinePrice(
            id=check.required_key(self.id, "id", of="Order"),
            version=given(self.version),
            line_id=check.required_key(self.line_id, "lineId", of="OrderLine"),
            unit_price_cents=check.money(self.unit_price, "unitPrice") or 0,
            reason=check.required_text(self.reason, "reason", limit=500),
        )


def checked_lines(lines: Sequence[OrderLineInput], check: InputCheck) -> tuple[NewLine, ...]:
    """New lines as services take them: 1 to 100, each of another SKU."""
    few = within_limit(lines, check, "lines")
    new = tuple(line.checked(check.below("lines", index)) for index, line in enumerate(few))
    not_twice([line.sku_id for line in new], check, "lines", below="skuId", what="that SKU already")
    return new


def within_limit(items: Sequence[T], check: InputCheck, field: str) -> Sequence[T]:
    """Refuse none, and more than an order has: then no item is looked at."""
    if not items:
        check.refuse(UserErrorCode.REQUIRED, "At least one line.", field)
    if len(items) > MAX_LINES:
        check.refuse(UserErrorCode.OUT_OF_RANGE, f"At most {MAX_LINES} lines.", field)
        return ()
    return items


def not_twice(
    keys: Sequence[UUID], check: InputCheck, field: str, *, below: str = "", what: str = "that id"
) -> None:
    """Refuse each key that stands there before. What is no id at all is refused for that."""
    seen: set[UUID] = set()
    for index, key in enumerate(keys):
        if key in seen and key.int:
            path = (field, str(index), below) if below else (field, str(index))
            check.refuse(UserErrorCode.INVALID, f"Another line has {what}.", *path)
        seen.add(key)
