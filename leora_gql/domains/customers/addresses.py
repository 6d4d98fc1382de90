"""Addresses: a JSON column of customers, suppliers and orders, an object in the API."""

from __future__ import annotations

import strawberry


@strawberry.type(description="A postal address.")
class Address:
    """The six known keys of a stored address; any of them may be missing."""

    line1: str | None = strawberry.field(description="Street and number.")
    line2: str | None = strawberry.field(description="Suite, floor or the like.")
    city: str | None = strawberry.field(description="City or town.")
    region: str | None = strawberry.field(
        description="State or province; in the United States its two letters."
    )
    postal_code: str | None = strawberry.field(description="ZIP or postal code.")
    country: str | None = strawberry.field(description="Country.")
