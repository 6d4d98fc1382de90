"""The inputs of the customers' mutations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from leora_gql.domains.customers.addresses import AddressInput, checked_address
from leora_gql.domains.customers.enums import CreditStatus, CustomerStatus
from leora_gql.domains.editing import Edit
from leora_gql.graph.batches import Batch, ErrorPolicy, batch_items, batch_policy, read_batch
from leora_gql.graph.build import describe_enum
from leora_gql.graph.mutation_inputs import InputCheck, given
from leora_gql.graph.problems import UserErrorCode

describe_enum(CreditStatus)
describe_enum(CustomerStatus)

_RESERVED: Mapping[str, tuple[str, ...]] = {
    "customers.financials": ("credit_limit", "credit_status", "tax_exempt", "payment_terms_days"),
    "pricing.manage": ("tier",),
}
"""What takes a permission of its own besides `customers.manage`: money, and which prices are the customer's."""


@strawberry.input(description="What is told of a customer besides what every customer has.")
class CustomerDetails:
    """The fields alike in a new customer and in a changed one."""

    trade_name: str | None = strawberry.field(
        default=UNSET, description="The name over the door, where it is another, at most 200 characters."
    )
    tier: str | None = strawberry.field(
        default=UNSET,
        description="The price tier, such as GOLD, at most 50 characters; null for standard prices. Needs"
        " `pricing.manage`, null too.",
    )
    sales_rep_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The member of active staff who looks after it; null: nobody."
    )
    territory: str | None = strawberry.field(
        default=UNSET, description="The sales territory that it lies in, at most 100 characters."
    )
    primary_contact_name: str | None = strawberry.field(
        default=UNSET, description="Whom to ask for, at most 200 characters."
    )
    primary_contact_email: str | None = strawberry.field(
        default=UNSET, description="That person's e-mail address."
    )
    primary_contact_phone: str | None = strawberry.field(
        default=UNSET, description="That person's telephone number, at most 40 characters."
    )
    billing_address: AddressInput | None = strawberry.field(
        default=UNSET, description="Where invoices go, as a whole."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=UNSET, description="Where goods go, as a whole."
    )
    credit_limit: Decimal | None = strawberry.field(
        default=UNSET,
        description="The most that it may owe, in the tenant's currency, at most two decimals; null for no limit."
        " Needs `customers.financials`, null too; to raise or remove it, `orders.approve` as well.",
    )
    credit_status: CreditStatus | None = strawberry.field(
        default=UNSET,
        description="Whether it may buy on credit; GOOD at first, not null. Needs `customers.financials`; for GOOD"
        " from HOLD, `orders.approve` as well.",
    )
    tax_exempt: bool | None = strawberry.field(
        default=UNSET,
        description="Whether its orders are free of tax, as for resale; true at first, not null."
        " Needs `customers.financials`.",
    )
    payment_terms_days: int | None = strawberry.field(
        default=UNSET,
        description="Days from invoice to due date, 0 to 365; null for the tenant's own terms."
        " Needs `customers.financials`, null too.",
    )
    license_number: str | None = strawberry.field(
        default=UNSET, description="The number of its liquor licence, at most 100 characters."
    )
    license_state: str | None = strawberry.field(
        default=UNSET, description="The state that issued the licence, at most 50 characters."
    )
    license_expires_on: dt.date | None = strawberry.field(
        default=UNSET, description="The licence's last day, 1900 to 2199."
    )
    notes: str | None = strawberry.field(
        default=UNSET, description="Our notes on the customer, at most 10,000 characters."
    )


@strawberry.input(description="A customer to add.")
class CreateCustomerInput(CustomerDetails):
    """All that can be said of a new customer."""

    account_number: str | None = strawberry.field(
        default=UNSET,
        description="The account number, unique in the tenant, at most 50 characters. Without it, it is `C` and a free"
        " number of six digits or more.",
    )
    name: str = strawberry.field(description="The legal name, at most 200 characters.")
    status: CustomerStatus = strawberry.field(
        default=CustomerStatus.ACTIVE, description="Whether we sell to it: ACTIVE, PROSPECT or INACTIVE."
    )

    def checked(self, check: InputCheck) -> Mapping[str, object]:
        """The customer's values by column; what is left out is null or has its default."""
        _guard(self, check)
        account_number: Callable[[Any, str], object] = lambda value, field: check.text(value, field, limit=50)  # noqa: E731
        readers = {**_readers(check), "account_number": account_number}
        values = {**dict.fromkeys(readers), **check.patch(self, **readers)}
        first = {"credit_status": CreditStatus.GOOD, "tax_exempt": True}
        return _stored({name: first.get(name) if one is None else one for name, one in values.items()})


@strawberry.input(description="What is to be different of a customer; what is left out stays as it is.")
class UpdateCustomerInput(CustomerDetails):
    """The customer, and its new values."""

    id: strawberry.ID = strawberry.field(description="The customer.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that was read; another one by now is a CONFLICT."
    )
    account_number: str | None = strawberry.field(
        default=UNSET,
        description="The account number, unique in the tenant, at most 50 characters; not null.",
    )
    name: str | None = strawberry.field(
        default=UNSET, description="The legal name, at most 200 characters; not null."
    )
    status: CustomerStatus | None = strawberry.field(
        default=UNSET, description="Whether we sell to it; not null. `closeCustomer` closes."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The edit as the service takes it."""
        _guard(self, check)
        readers = _readers(check)
        return Edit(
            id=check.required_key(self.id, "id", of="Customer"),
            version=given(self.version),
            values=_stored(
                check.patch(
                    self,
                    account_number=lambda value, field: check.required_text(value, field, limit=50),
                    **readers,
                )
            ),
        )


@strawberry.input(description="A customer to close.")
class CloseCustomerInput:
    """The customer."""

    id: strawberry.ID = strawberry.field(description="The customer.")
    version: int | None = strawberry.field(
        default=UNSET, description="The version that was read; another one by now is a CONFLICT."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The edit as the service takes it."""
        return Edit(
            id=check.required_key(self.id, "id", of="Customer"),
            version=given(self.version),
            values={"status": CustomerStatus.CLOSED},
        )


@strawberry.input(description="A customer and the sales representative who is to look after it.")
class CustomerAssignmentInput:
    """One assignment."""

    customer_id: strawberry.ID = strawberry.field(description="The customer; not a closed one.")
    sales_rep_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="A member of active staff, or null for nobody; it must be given."
    )

    def checked(self, check: InputCheck) -> Edit:
        """The edit as the service takes it."""
        if self.sales_rep_id is UNSET:
            check.refuse(UserErrorCode.REQUIRED, "Give somebody, or null for nobody.", "salesRepId")
        return Edit(
            id=check.required_key(self.customer_id, "customerId", of="Customer"),
            version=None,
            values={"sales_rep_id": check.key(self.sales_rep_id, "salesRepId", of="User")},
        )


@strawberry.input(description="Assignments to make.")
class AssignCustomersInput:
    """The items of the bulk mutation."""

    items: list[CustomerAssignmentInput] = batch_items("The assignments, 1 to 100.")
    error_policy: ErrorPolicy = batch_policy()

    def checked(self, check: InputCheck) -> Batch:
        """The batch of edits."""
        return read_batch(self.items, self.error_policy, check)


def _guard(details: CustomerDetails, check: InputCheck) -> None:
    """What takes a permission of its own is given, null included, by those who hold it."""
    for permission, names in _RESERVED.items():
        for name in names:
            given_at_all = getattr(details, name) is not UNSET or None
            check.allow(given_at_all, to_camel_case(name), allowed=check.principal.can(permission))


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    """Values by column: the limit is in cents there."""
    return {"credit_limit_cents" if name == "credit_limit" else name: one for name, one in values.items()}


def _readers(check: InputCheck) -> dict[str, Callable[[Any, str], object]]:
    """How each value is read, but for the account number."""

    def text(limit: int) -> Callable[[Any, str], object]:
        return lambda value, field: check.text(value, field, limit=limit)

    def address(value: Any, field: str) -> object:
        return checked_address(value, check.below(field))

    return {
        "name": lambda value, field: check.required_text(value, field, limit=200),
        "status": check.required,
        **dict.fromkeys(("trade_name", "primary_contact_name"), text(200)),
        "tier": text(50),
        "sales_rep_id": lambda value, field: check.key(value, field, of="User"),
        **dict.fromkeys(("territory", "license_number"), text(100)),
        "primary_contact_email": check.email,
        "primary_contact_phone": text(40),
        **dict.fromkeys(("billing_address", "shipping_address"), address),
        "credit_limit": check.money,
        "credit_status": check.required,
        "tax_exempt": check.required,
        "payment_terms_days": lambda value, field: check.count(value, field, low=0, high=365),
        "license_state": text(50),
        "license_expires_on": check.date,
        "notes": lambda value, field: check.prose(value, field, limit=10_000),
    }
