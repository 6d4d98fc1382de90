"""The customers' mutations."""

from __future__ import annotations

from leora_gql.domains.customers import service
from leora_gql.domains.customers.inputs import (
    AssignCustomersInput,
    CloseCustomerInput,
    CreateCustomerInput,
    CustomerAssignmentInput,
    UpdateCustomerInput,
)
from leora_gql.domains.customers.types import Customer
from leora_gql.domains.editing import Edit
from leora_gql.domains.locks import Locks
from leora_gql.graph.batches import Batch
from leora_gql.graph.mutation import mutation

_MANAGE = "customers.manage"


def _its_row(new: Edit) -> Locks:
    return Locks(customers=frozenset({new.id}))


def _their_rows(batch: Batch) -> Locks:
    return Locks(customers=frozenset(item.id for item in batch.items if isinstance(item, Edit)))


class CustomerMutations:
    """The mutations of customers, for the schema to merge in."""

    create_customer = mutation(
        CreateCustomerInput,
        service.create_customer,
        creates=Customer,
        requires=_MANAGE,
        description="Add a customer.",
    )
    update_customer = mutation(
        UpdateCustomerInput,
        service.update_customer,
        changes=Customer,
        requires=_MANAGE,
        description="Change a customer that is not closed.",
        locks=_its_row,
    )
    close_customer = mutation(
        CloseCustomerInput,
        service.close_customer,
        changes=Customer,
        requires=_MANAGE,
        description="Close a customer for good: it orders no more, and is never changed again.",
        locks=_its_row,
    )
    assign_customers = mutation(
        AssignCustomersInput,
        service.assign_customer,
        changes=Customer,
        each=CustomerAssignmentInput,
        requires=_MANAGE,
        description="Give customers to sales representatives.",
        locks=_their_rows,
    )
