"""Addresses: a JSON column of customers, suppliers and orders, an object in the API."""

from __future__ import annotations

import strawberry

from leora_gql.graph.mutation_inputs import InputCheck, given

_MAX_PART = 200


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


@strawberry.input(description="A postal address; what is left out or blank is not stored.")
class AddressInput:
    """The six keys of an address."""

    line1: str | None = strawberry.field(default=strawberry.UNSET, description="Street and number.")
    line2: str | None = strawberry.field(default=strawberry.UNSET, description="Suite, floor or the like.")
    city: str | None = strawberry.field(default=strawberry.UNSET, description="City or town.")
    region: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="State or province; in the United States its two letters.",
    )
    postal_code: str | None = strawberry.field(default=strawberry.UNSET, description="ZIP or postal code.")
    country: str | None = strawberry.field(default=strawberry.UNSET, description="Country.")

    def checked(self, check: InputCheck) -> dict[str, str]:
        """The object to store: the keys that say something, each of at most 200 characters."""
        parts = {
            "line1": check.text(self.line1, "line1", limit=_MAX_PART),
            "line2": check.text(self.line2, "line2", limit=_MAX_PART),
            "city": check.text(self.city, "city", limit=_MAX_PART),
            "region": check.text(self.region, "region", limit=_MAX_PART),
            "postal_code": check.text(self.postal_code, "postalCode", limit=_MAX_PART),
            "country": check.text(self.country, "country", limit=_MAX_PART),
        }
        return {key: value for key, value in parts.items() if value is not None}


def checked_address(value: AddressInput | None, check: InputCheck) -> dict[str, str] | None:
    """The address to store; None when none is given, or an empty one. `check` is the address's own."""
    address = given(value)
    return None if address is None else address.checked(check) or None
