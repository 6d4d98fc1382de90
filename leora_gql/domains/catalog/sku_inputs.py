"""The inputs of the mutations of SKUs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import UNSET

from leora_gql.domains.catalog.enums import SkuStatus
from leora_gql.domains.editing import Edit
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck, given

describe_enum(SkuStatus)

_DIGITS = re.compile(r"[0-9]{8,14}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST_ML = 100_000
_MOST_UNITS = 10_000
_MOST_GRAMS = 1_000_000


@strawberry.input(description="What is told of a SKU besides what every SKU has.")
class SkuDetails:
    """The fields that can be empty, alike in a new SKU and in a changed one."""

    upc: str | None = strawberry.field(
        default=UNSET, description="The Universal Product Code, 8 to 14 digits."
    )
    gtin: str | None = strawberry.field(
        default=UNSET, description="The Global Trade Item Number, 8 to 14 digits."
    )
    cost: Decimal | None = strawberry.field(
        default=UNSET,
        description="What a bottle costs us, at most two decimals. Needs `catalog.cost`, null too.",
    )
    weight_grams: int | None = strawberry.field(
        default=UNSET, description="The weight of a full bottle in grams, 1 to 1,000,000."
    )


@strawberry.input(description="A SKU to add: a product in one bottle size.")
class CreateSkuInput(SkuDetails):
    """All that can be said of a new SKU."""

    product_id: strawberry.ID = strawberry.field(description="The product in the bottle.")
    code: str = strawberry.field(description="The SKU's code, unique in the tenant, at most 64 characters.")
    name: str = strawberry.field(description="The SKU's name, bottle size included, at most 200 characters.")
    bottle_ml: int = strawberry.field(description="The bottle's volume in millilitres, 1 to 100,000.")
    units_per_case: int = strawberry.field(description="Bottles in a case, 1 to 10,000.")
    base_price: Decimal = strawberry.field(
        description="The price of a bottle where no price list has one, at most two decimals."
    )
    currency: str | None = strawberry.field(
        default=UNSET,
        description="The currency of price and cost, three upper-case letters; the tenant's own otherwise.",
    )
    status: SkuStatus = strawberry.field(default=SkuStatus.ACTIVE, description="Whether it can be ordered.")

    def checked(self, check: InputCheck) -> Mapping[str, object]:
        """The SKU's values by column; what is left out is null."""
        _guard_cost(self, check)
        readers = {**_readers(check), "currency": _currency(check, required=False)}
        return _stored({**dict.fromkeys(readers), **check.patch(self, **readers)})


@strawberry.input(description="What is to be different of a SKU; what is left out stays as it is.")
class UpdateSkuInput(SkuDetails):
    """The SKU, and its new values."""

    id: strawberry.ID = strawberry.field(description="The SKU.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that was read; another one by now is a CONFLICT."
    )
    product_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The product in the bottle; not null."
    )
    code: str | None = strawberry.field(
        default=UNSET, description="The SKU's code, unique in the tenant, at most 64 characters; not null."
    )
    name: str | None = strawberry.field(
        default=UNSET, description="The SKU's name, bottle size included, at most 200 characters; not null."
    )
    bottle_ml: int | None = strawberry.field(
        default=UNSET, description="The bottle's volume in millilitres, 1 to 100,000; not null."
    )
    units_per_case: int | None = strawberry.field(
        default=UNSET, description="Bottles in a case, 1 to 10,000; not null."
    )
    base_price: Decimal | None = strawberry.field(
        default=UNSET,
        description="The price of a bottle where no price list has one, at most two decimals; not null.",
    )
    currency: str | None = strawberry.field(
        default=UNSET, description="The currency of price and cost, three upper-case letters; not null."
    )
    status: SkuStatus | None = strawberry.field(
        default=UNSET,
        description="Whether it can be ordered; not null. A DISCONTINUED SKU does not come back.",
    )

    def checked(self, check: InputCheck) -> Edit:
        """The edit as the service takes it."""
        _guard_cost(self, check)
        readers = {**_readers(check), "currency": _currency(check, required=True)}
        return Edit(
            id=check.required_key(self.id, "id", of="Sku"),
            version=given(self.version),
            values=_stored(check.patch(self, **readers)),
        )


def _guard_cost(details: SkuDetails, check: InputCheck) -> None:
    check.allow(details.cost is not UNSET or None, "cost", allowed=check.principal.can("catalog.cost"))


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    """Values by column: amounts are in cents there."""
    return {f"{name}_cents" if name in {"base_price", "cost"} else name: one for name, one in values.items()}


def _currency(check: InputCheck, *, required: bool) -> Callable[[Any, str], object]:
    read = check.required_formed if required else check.formed
    means = "A currency is three upper-case letters, such as USD."
    return lambda value, field: read(value, field, limit=3, form=_CURRENCY, means=means)


def _readers(check: InputCheck) -> dict[str, Callable[[Any, str], object]]:
    """How each value is read, but for the currency."""

    def required(limit: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.required_text(value, field, limit=limit)

    def digits(value: Any, field: str) -> object:
        return check.formed(value, field, limit=14, form=_DIGITS, means="This is 8 to 14 digits.")

    def count(high: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.count(value, field, low=1, high=high)

    def counted(high: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.count(check.required(value, field), field, low=1, high=high)

    return {
        "product_id": lambda value, field: check.required_key(value, field, of="Product"),
        "code": required(64),
        "name": required(200),
        "bottle_ml": counted(_MOST_ML),
        "units_per_case": counted(_MOST_UNITS),
        **dict.fromkeys(("upc", "gtin"), digits),
        "base_price": lambda value, field: check.money(check.required(value, field), field),
        "cost": check.money,
        "weight_grams": count(_MOST_GRAMS),
        "status": check.required,
    }
