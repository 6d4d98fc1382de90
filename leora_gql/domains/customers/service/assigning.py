"""Giving customers to sales representatives."""

from __future__ import annotations

from uuid import UUID

from leora_gql.domains.change import Change
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.customers.service.rules import closed, unfit_sales_rep
from leora_gql.domains.editing import Edit, read_for_edit, write_edit
from leora_gql.domains.events import EventType
from leora_gql.graph.problems import Problem, no_such


async def assign_customer(change: Change, new: Edit) -> UUID | Problem:
    """Give a customer to a member of active staff, or to nobody; gives its key. Needs it locked.

    A closed customer stays with whom it was.
    """
    row = await read_for_edit(change, Customer, new, entity="Customer", also=("status",))
    if isinstance(row, Problem):
        return no_such("Customer", "customerId")
    problem = closed(row, "customerId") or await unfit_sales_rep(change, new.values["sales_rep_id"])
    return problem or await write_edit(
        change, Customer, new, row, entity="Customer", event=EventType.CUSTOMER_ASSIGNED
    )
