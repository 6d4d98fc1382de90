"""The inputs of the mutations of people."""

from __future__ import annotations

import re

import strawberry
from strawberry import UNSET

from leora_gql.domains.editing import Edit
from leora_gql.domains.identity.enums import UserStatus
from leora_gql.domains.identity.service.people import Exit
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck, given
from leora_gql.graph.problems import UserErrorCode

describe_enum(UserStatus)

NAME, PHONE, TERRITORY, AVATAR = 100, 40, 100, 2_000
_WEB = re.compile(r"https://[^\s/]+(/\S*)?")


class PersonFields:
    """How the fields are read that members of staff and buyers have in common."""

    def __init__(self, check: InputCheck) -> None:
        self._check = check

    def name(self, value: str | None, field: str) -> str:
        """A first or last name."""
        return self._check.required_text(value or "", field, limit=NAME)

    def phone(self, value: str | None, field: str) -> str | None:
        """A telephone number."""
        return self._check.text(value, field, limit=PHONE)

    def territory(self, value: str | None, field: str) -> str | None:
        """A sales territory."""
        return self._check.text(value, field, limit=TERRITORY)

    def avatar_url(self, value: str | None, field: str) -> str | None:
        """The address of a picture."""
        means = "This is not the address of a picture: it begins with https://."
        return self._check.formed(value, field, limit=AVATAR, form=_WEB, means=means)

    def status(self, value: UserStatus | None, field: str) -> UserStatus | None:
        """A status, which nobody is without."""
        if value is None:
            self._check.refuse(UserErrorCode.REQUIRED, "Everybody has a status.", field)
        return value


@strawberry.input(description="What can be changed of every person.")
class PersonEdit:
    """All but the e-mail address, which is who somebody is."""

    version: int | None = strawberry.field(
        default=UNSET, description="The version that you read; another one is a CONFLICT."
    )
    first_name: str | None = strawberry.field(
        default=UNSET, description="The first name, at most 100 characters."
    )
    last_name: str | None = strawberry.field(
        default=UNSET, description="The last name, at most 100 characters."
    )
    phone: str | None = strawberry.field(
        default=UNSET, description="The telephone number, at most 40 characters."
    )
    avatar_url: str | None = strawberry.field(
        default=UNSET,
        description="The address of a picture: it begins with `https://`, at most 2,000 characters.",
    )
    status: UserStatus | None = strawberry.field(
        default=UNSET,
        description="`ACTIVE` lets somebody in again who was disabled; nothing else can be set.",
    )

    def personal(self, check: InputCheck) -> dict[str, object]:
        """The values of these fields that are given."""
        read = PersonFields(check)
        return check.patch(
            self,
            first_name=read.name,
            last_name=read.name,
            phone=read.phone,
            avatar_url=read.avatar_url,
            status=read.status,
        )


@strawberry.input(description="What to change of a member of staff. What is left out stays as it is.")
class UpdateUserInput(PersonEdit):
    """A member of staff is somewhere, and reports to somebody."""

    id: strawberry.ID = strawberry.field(description="The member of staff.")
    territory: str | None = strawberry.field(
        default=UNSET, description="The sales territory, at most 100 characters."
    )
    manager_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="Whom the person reports to: nobody who reports to it."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The change as the service takes it."""
        values = self.personal(check) | check.patch(
            self,
            territory=PersonFields(check).territory,
            manager_id=lambda value, field: check.key(value, field, of="User"),
        )
        key = check.required_key(self.id, "id", of="User")
        return Edit(id=key, version=given(self.version), values=values)


@strawberry.input(description="What to change of a buyer. What is left out stays as it is.")
class UpdatePortalUserInput(PersonEdit):
    """A buyer stays its customer's."""

    id: strawberry.ID = strawberry.field(description="The buyer.")

    def checked(self, check: InputCheck) -> Edit:
        """The change as the service takes it."""
        values = self.personal(check)
        key = check.required_key(self.id, "id", of="PortalUser")
        return Edit(id=key, version=given(self.version), values=values)


@strawberry.input(description="The member of staff to disable.")
class DisableUserInput:
    """Who can no longer sign in."""

    id: strawberry.ID = strawberry.field(description="The member of staff.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that you read; another one is a CONFLICT."
    )

    def checked(self, check: InputCheck) -> Exit:
        """Whom the service disables."""
        return Exit(id=check.required_key(self.id, "id", of="User"), version=given(self.version))


@strawberry.input(description="The buyer to disable.")
class DisablePortalUserInput:
    """Who can no longer sign in."""

    id: strawberry.ID = strawberry.field(description="The buyer.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that you read; another one is a CONFLICT."
    )

    def checked(self, check: InputCheck) -> Exit:
        """Whom the service disables."""
        return Exit(id=check.required_key(self.id, "id", of="PortalUser"), version=given(self.version))
