"""The inputs of invitations."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry import UNSET

from leora_gql.domains.identity.inputs.people import PersonFields
from leora_gql.domains.identity.inputs.roles import role_keys
from leora_gql.domains.identity.service.invitations import NewPerson
from leora_gql.graph.mutation_inputs import InputCheck, given, is_given
from leora_gql.graph.problems import UserErrorCode


@strawberry.input(description="A member of staff to invite.")
class InviteUserInput:
    """Who it is, and what it may do."""

    email: str = strawberry.field(
        description="The e-mail address, unique among the tenant's staff in any case; the invitation goes there."
    )
    first_name: str = strawberry.field(description="The first name, at most 100 characters.")
    last_name: str = strawberry.field(description="The last name, at most 100 characters.")
    phone: str | None = strawberry.field(
        default=UNSET, description="The telephone number, at most 40 characters."
    )
    territory: str | None = strawberry.field(
        default=UNSET, description="The sales territory, at most 100 characters."
    )
    manager_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Whom the person reports to."
    )
    role_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET,
        description="The roles that the person has, at most 100; without any, the default ones for staff.",
    )

    def checked(self, check: InputCheck) -> NewPerson:
        """Whom the service invites."""
        read = PersonFields(check)
        values: dict[str, object] = {
            "email": required_email(self.email, check),
            "first_name": read.name(self.first_name, "firstName"),
            "last_name": read.name(self.last_name, "lastName"),
            "phone": read.phone(self.phone, "phone"),
            "territory": read.territory(self.territory, "territory"),
            "manager_id": check.key(self.manager_id, "managerId", of="User"),
        }
        return NewPerson(values=values, role_ids=role_keys(given(self.role_ids) or (), check))


@strawberry.input(description="A buyer to invite.")
class InvitePortalUserInput:
    """Who it is, for whom it buys, and what it may do."""

    customer_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="Whom the person buys for. Staff must say so; a buyer's own customer otherwise.",
    )
    email: str = strawberry.field(
        description="The e-mail address, unique among the tenant's buyers in any case; the invitation goes there."
    )
    first_name: str = strawberry.field(description="The first name, at most 100 characters.")
    last_name: str = strawberry.field(description="The last name, at most 100 characters.")
    phone: str | None = strawberry.field(
        default=UNSET, description="The telephone number, at most 40 characters."
    )
    role_ids: list[strawberry.ID] | None = strawberry.field(
        default=UNSET,
        description="The roles that the person has, at most 100; without any, the default ones for the portal.",
    )

    def checked(self, check: InputCheck) -> NewPerson:
        """Whom the service invites."""
        read = PersonFields(check)
        values: dict[str, object] = {
            "customer_id": self._customer(check),
            "email": required_email(self.email, check),
            "first_name": read.name(self.first_name, "firstName"),
            "last_name": read.name(self.last_name, "lastName"),
            "phone": read.phone(self.phone, "phone"),
        }
        return NewPerson(values=values, role_ids=role_keys(given(self.role_ids) or (), check))

    def _customer(self, check: InputCheck) -> UUID:
        own = check.principal.customer_id
        if own is not None and not is_given(self.customer_id):
            return own
        return check.required_key(self.customer_id, "customerId", of="Customer")


def required_email(value: str, check: InputCheck) -> str:
    """An e-mail address; REQUIRED when it is blank."""
    email = check.email(value, "email")
    if email is None:
        check.refuse(UserErrorCode.REQUIRED, "This must not be blank.", "email")
    return email or ""
