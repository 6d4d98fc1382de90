"""Changing customers, and closing them for good."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from leora_gql.domains.change import Change
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.customers.service.rules import UNTOLD, closed, closing, eased_credit, unfit_sales_rep
from leora_gql.domains.editing import Edit, read_for_edit, write_edit
from leora_gql.domains.events import EventType
from leora_gql.graph.problems import Problem


async def update_customer(change: Change, new: Edit) -> UUID | Problem | Sequence[Problem]:
    """Change a customer; gives its key. Needs it locked. A closed one stays as it is.

    Another sales representative must be active, and is told of as an assignment too. More credit is for those who
    approve orders.
    """
    row = await read_for_edit(change, Customer, new, entity="Customer", also=("sales_rep_id", "status"))
    if isinstance(row, Problem):
        return row
    rep = new.values.get("sales_rep_id", row["sales_rep_id"])
    other_rep = rep != row["sales_rep_id"]
    problem = closed(row, "id") or closing(new.values)
    if problem is None and other_rep:
        problem = await unfit_sales_rep(change, rep)
    if problem is not None:
        return problem
    eased = eased_credit(change, new.values, row)
    if eased:
        return eased
    key = await write_edit(
        change, Customer, new, row, entity="Customer", event=EventType.CUSTOMER_UPDATED, untold=UNTOLD
    )
    if other_rep:
        change.told(EventType.CUSTOMER_ASSIGNED, "Customer", key, {"sales_rep_id": rep})
    return key


async def close_customer(change: Change, new: Edit) -> UUID | Problem:
    """Close a customer for good; gives its key. Needs it locked."""
    row = await read_for_edit(change, Customer, new, entity="Customer")
    if isinstance(row, Problem):
        return row
    return closed(row, "id") or await write_edit(
        change, Customer, new, row, entity="Customer", event=EventType.CUSTOMER_CLOSED
    )
