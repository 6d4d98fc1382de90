"""The inputs of the mutations of products."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import UNSET

from leora_gql.domains.catalog.enums import ProductStatus
from leora_gql.domains.editing import Edit
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck, given

describe_enum(ProductStatus)

_WEB_ADDRESS = re.compile(r"https?://\S+")
_FULL = Decimal(100)


@strawberry.input(description="What is told of a product besides what every product has.")
class ProductDetails:
    """The fields that can be empty, alike in a new product and in a changed one."""

    description: str | None = strawberry.field(
        default=UNSET, description="What it is like, for buyers, at most 10,000 characters."
    )
    brand: str | None = strawberry.field(
        default=UNSET, description="The brand or producer on the label, at most 200 characters."
    )
    varietal: str | None = strawberry.field(
        default=UNSET, description="The grape or base, such as Pinot Noir, at most 100 characters."
    )
    vintage: int | None = strawberry.field(
        default=UNSET, description="The year of harvest, 1700 to 2200; null for non-vintage."
    )
    region: str | None = strawberry.field(
        default=UNSET, description="The region of origin, at most 200 characters."
    )
    country: str | None = strawberry.field(
        default=UNSET, description="The country of origin, at most 200 characters."
    )
    style: str | None = strawberry.field(
        default=UNSET, description="The style, such as dry or barrel-aged, at most 100 characters."
    )
    color: str | None = strawberry.field(
        default=UNSET, description="The colour, such as red, at most 100 characters."
    )
    alcohol_type: str | None = strawberry.field(
        default=UNSET, description="The class of alcohol for the authorities, at most 100 characters."
    )
    alcohol_percent: Decimal | None = strawberry.field(
        default=UNSET, description="Alcohol by volume in percent, 0 to 100, at most two decimals."
    )
    image_url: str | None = strawberry.field(
        default=UNSET, description="The web address of a picture, at most 2,000 characters."
    )


@strawberry.input(description="A product to add.")
class CreateProductInput(ProductDetails):
    """All that can be said of a new product."""

    supplier_id: strawberry.ID = strawberry.field(description="Who supplies it.")
    code: str = strawberry.field(
        description="The product's code, unique in the tenant, at most 64 characters."
    )
    name: str = strawberry.field(description="The product's name, at most 200 characters.")
    category: str = strawberry.field(
        description="The kind of drink: Wine, Spirits, Beer, …, at most 100 characters."
    )
    status: ProductStatus = strawberry.field(
        default=ProductStatus.DRAFT, description="Whether it is offered: DRAFT or ACTIVE."
    )
    is_sample_only: bool = strawberry.field(
        default=False, description="Whether it is given as a sample only, never sold."
    )

    def checked(self, check: InputCheck) -> Mapping[str, object]:
        """The product's values by column; what is left out is null."""
        readers = _readers(check)
        return {**dict.fromkeys(readers), **check.patch(self, **readers)}


@strawberry.input(description="What is to be different of a product; what is left out stays as it is.")
class UpdateProductInput(ProductDetails):
    """The product, and its new values."""

    id: strawberry.ID = strawberry.field(description="The product.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that was read; another one by now is a CONFLICT."
    )
    supplier_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Who supplies it; not null."
    )
    code: str | None = strawberry.field(
        default=UNSET,
        description="The product's code, unique in the tenant, at most 64 characters; not null.",
    )
    name: str | None = strawberry.field(
        default=UNSET, description="The product's name, at most 200 characters; not null."
    )
    category: str | None = strawberry.field(
        default=UNSET,
        description="The kind of drink: Wine, Spirits, Beer, …, at most 100 characters; not null.",
    )
    status: ProductStatus | None = strawberry.field(
        default=UNSET,
        description="Whether it is offered; not null. `archiveProduct` archives; DRAFT or ACTIVE bring an archived"
        " product back.",
    )
    is_sample_only: bool | None = strawberry.field(
        default=UNSET, description="Whether it is given as a sample only, never sold; not null."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The edit as the service takes it."""
        return Edit(
            id=check.required_key(self.id, "id", of="Product"),
            version=given(self.version),
            values=check.patch(self, **_readers(check)),
        )


@strawberry.input(description="A product to archive.")
class ArchiveProductInput:
    """The product."""

    id: strawberry.ID = strawberry.field(description="The product.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that was read; another one by now is a CONFLICT."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The edit as the service takes it."""
        return Edit(
            id=check.required_key(self.id, "id", of="Product"),
            version=given(self.version),
            values={"status": ProductStatus.ARCHIVED},
        )


def _readers(check: InputCheck) -> dict[str, Callable[[Any, str], object]]:
    """How each column's value is read."""

    def text(limit: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.text(value, field, limit=limit)

    def required(limit: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.required_text(value, field, limit=limit)

    return {
        "supplier_id": lambda value, field: check.required_key(value, field, of="Supplier"),
        "code": required(64),
        "name": required(200),
        "category": required(100),
        "description": lambda value, field: check.prose(value, field, limit=10_000),
        **dict.fromkeys(("brand", "region", "country"), text(200)),
        **dict.fromkeys(("varietal", "style", "color", "alcohol_type"), text(100)),
        "vintage": lambda value, field: check.count(value, field, low=1700, high=2200),
        "alcohol_percent": lambda value, field: check.decimal(
            value, field, low=Decimal(0), high=_FULL, places=2
        ),
        "image_url": lambda value, field: check.formed(
            value, field, limit=2_000, form=_WEB_ADDRESS, means="This is not a web address."
        ),
        "status": check.required,
        "is_sample_only": check.required,
    }
