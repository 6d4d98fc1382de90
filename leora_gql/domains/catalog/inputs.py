"""The inputs of the catalogue's mutations."""

from __future__ import annotations

import re

import strawberry
from strawberry import UNSET

from leora_gql.domains.catalog.enums import SupplierStatus
from leora_gql.domains.catalog.service import NewSupplier
from leora_gql.domains.customers.addresses import AddressInput, checked_address
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck

describe_enum(SupplierStatus)

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@strawberry.input(description="A supplier to add.")
class CreateSupplierInput:
    """All that can be said of a new supplier."""

    name: str = strawberry.field(description="The name, at most 200 characters.")
    slug: str | None = strawberry.field(
        default=UNSET,
        description="Its name in addresses, unique in the tenant: lower-case letters and digits, with single"
        " dashes between. Without it, it is made of the name, with `-2`, `-3` and so on where that is taken.",
    )
    contact_name: str | None = strawberry.field(
        default=UNSET, description="Whom to ask for, at most 200 characters."
    )
    contact_email: str | None = strawberry.field(default=UNSET, description="That person's e-mail address.")
    contact_phone: str | None = strawberry.field(
        default=UNSET, description="That person's telephone number, at most 40 characters."
    )
    address: AddressInput | None = strawberry.field(default=UNSET, description="Where it is.")
    status: SupplierStatus = strawberry.field(
        default=SupplierStatus.ACTIVE, description="Whether we buy from it."
    )

    def checked(self, check: InputCheck) -> NewSupplier:
        """The supplier as the service takes it."""
        return NewSupplier(
            name=check.required_text(self.name, "name", limit=200),
            slug=check.formed(
                self.slug,
                "slug",
                limit=100,
                form=_SLUG,
                means="Lower-case letters and digits, with single dashes between.",
            ),
            contact_name=check.text(self.contact_name, "contactName", limit=200),
            contact_email=check.email(self.contact_email, "contactEmail"),
            contact_phone=check.text(self.contact_phone, "contactPhone", limit=40),
            address=checked_address(self.address, check.below("address")),
            status=self.status,
        )
