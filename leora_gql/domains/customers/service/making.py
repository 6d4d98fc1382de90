"""Adding customers."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import cast
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from leora_gql.db.kept import Kept
from leora_gql.db.model import new_id
from leora_gql.domains.change import Change
from leora_gql.domains.customers.models import Customer
from leora_gql.domains.customers.service.numbers import account_number, free_number
from leora_gql.domains.customers.service.rules import UNTOLD, closing, unfit_sales_rep
from leora_gql.domains.events import EventType
from leora_gql.domains.making import note_made
from leora_gql.graph.problems import Problem, UserErrorCode

_CUSTOMERS = cast(Table, Customer.__table__)
_TAKEN = Problem(UserErrorCode.DUPLICATE, "Another customer has that account number.", ("accountNumber",))


async def create_customer(change: Change, new: Mapping[str, object]) -> UUID | Problem:
    """Add a customer of these values; gives its key. Without an account number it gets one that is free.

    Locks nothing. Two that want the same account number at once wait for each other at its unique key; the later one
    is refused if it was given, and takes another one if it was made.
    """
    problem = closing(new) or await unfit_sales_rep(change, new["sales_rep_id"])
    if problem is not None:
        return problem
    if new["account_number"] is not None:
        return await _inserted(change, new) or _TAKEN
    number = 0
    while True:
        number = await free_number(change.connection, after=number)
        key = await _inserted(change, {**new, "account_number": account_number(number)})
        if key is not None:
            return key


async def _inserted(change: Change, values: Mapping[str, object]) -> UUID | None:
    """The key of the new row; None when another one has its account number."""
    key = new_id()
    statement = _insert(tuple(sorted(values)))
    if await statement.value(change.connection, tenant_id=change.tenant_id, id=key, **values) is None:
        return None
    note_made(change, key, values, entity="Customer", event=EventType.CUSTOMER_CREATED, untold=UNTOLD)
    return key


@functools.lru_cache(maxsize=1024)
def _insert(names: tuple[str, ...]) -> Kept:
    """Gives nothing when the account number is taken."""
    statement = insert(_CUSTOMERS).on_conflict_do_nothing().returning(_CUSTOMERS.c.id)
    return Kept(statement, names=("tenant_id", "id", *names))
