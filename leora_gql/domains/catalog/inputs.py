"""The inputs of the catalogue's mutations."""

from __future__ import annotations

import re

import strawberry
from strawberry import UNSET

from leora_gql.domains.catalog.enums import SupplierStatus
from leora_gql.domains.catalog.service import NewSupplier
from leora_gql.domains.customers.addresses import AddressInput, checked_address
from leora_gql.domains.editing import Edit
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck, given

describe_enum(SupplierStatus)

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SLUG_MEANS = "Lower-case letters and digits, with single dashes between."


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
                means=_SLUG_MEANS,
            ),
            contact_name=check.text(self.contact_name, "contactName", limit=200),
            contact_email=check.email(self.contact_email, "contactEmail"),
            contact_phone=check.text(self.contact_phone, "contactPhone", limit=40),
            address=checked_address(self.address, check.below("address")),
            status=self.status,
        )


@strawberry.input(description="What is to be different of a supplier; what is left out stays as it is.")
class UpdateSupplierInput:
    """The supplier, and its new values."""

    id: strawberry.ID = strawberry.field(description="The supplier.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that was read; another one by now is a CONFLICT."
    )
    name: str | None = strawberry.field(
        default=UNSET, description="The name, at most 200 characters; not null."
    )
    slug: str | None = strawberry.field(
        default=UNSET,
        description="Its name in addresses, unique in the tenant: lower-case letters and digits, with single"
        " dashes between; not null.",
    )
    contact_name: str | None = strawberry.field(
        default=UNSET, description="Whom to ask for, at most 200 characters; null: nobody."
    )
    contact_email: str | None = strawberry.field(
        default=UNSET, description="That person's e-mail address; null: none."
    )
    contact_phone: str | None = strawberry.field(
        default=UNSET, description="That person's telephone number, at most 40 characters; null: none."
    )
    address: AddressInput | None = strawberry.field(
        default=UNSET, description="Where it is, as a whole; null: not known."
    )
    status: SupplierStatus | None = strawberry.field(
        default=UNSET, description="Whether we buy from it; not null."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The edit as the service takes it."""
        return Edit(
            id=check.required_key(self.id, "id", of="Supplier"),
            version=given(self.version),
            values=check.patch(
                self,
                name=lambda value, field: check.required_text(value, field, limit=200),
                slug=lambda value, field: check.required_formed(
                    value, field, limit=100, form=_SLUG, means=_SLUG_MEANS
                ),
                contact_name=lambda value, field: check.text(value, field, limit=200),
                contact_email=check.email,
                contact_phone=lambda value, field: check.text(value, field, limit=40),
                address=lambda value, field: checked_address(value, check.below(field)),
                status=check.required,
            ),
        )
