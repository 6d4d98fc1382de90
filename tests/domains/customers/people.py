"""What the tests of customers share: the mutations, customers of their own, and staff."""

from __future__ import annotations

import itertools
from typing import Any

from tests.api import ADMIN, Api
from tests.domains.noted import global_id
from tests.graph.principals import Runner

_NUMBERS = itertools.count(1)
ROW = """
customer {
  id accountNumber name tradeName status tier territory primaryContactName primaryContactEmail primaryContactPhone
  billingAddress { line1 city } shippingAddress { line1 city } creditLimit creditStatus taxExempt paymentTermsDays
  licenseNumber licenseState licenseExpiresOn notes version salesRep { id }
}
"""


def document(name: str, *, row: str = ROW) -> str:
    """The mutation of that name, with all of its row."""
    given = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {given}!) {{ {name}(input: $input) {{ {row} userErrors {{ code message field }} }} }}"


async def call(api: Api, name: str, as_: str = ADMIN, /, **given: Any) -> dict[str, Any]:
    """The payload of an answer without errors."""
    return (await api.data(document(name), {"input": given}, as_=as_))[name]


async def a_customer(api: Api, **given: Any) -> dict[str, Any]:
    number = next(_NUMBERS)
    values = {"name": f"Customer {number}", "accountNumber": f"OWN-{number}", **given}
    payload = await call(api, "createCustomer", **values)
    assert payload["userErrors"] == []
    return payload["customer"]


async def a_user(runner: Runner, email: str, tenant: str = "well-crafted") -> str:
    """The global id of a member of staff."""
    rows = await runner.sql(
        "SELECT u.id FROM leora.users u JOIN leora.tenants t ON t.id = u.tenant_id"
        " WHERE u.email = :email AND t.slug = :tenant",
        email=email,
        tenant=tenant,
    )
    return global_id("User", rows[0]["id"])
