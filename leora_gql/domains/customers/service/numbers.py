"""Account numbers that we make: `C` and a number of six digits or more that nobody has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, Integer, Table, Text, bindparam, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db.kept import Kept
from leora_gql.domains.customers.models import Customer

_CUSTOMERS = cast(Table, Customer.__table__)
_DIGITS = 6
_MOST = 2**30
_PROBES = 64

FirstFree = Callable[[Sequence[int]], Awaitable[int | None]]
"""The least of some numbers that nobody has; None when all are taken."""


def account_number(number: int) -> str:
    """The account number of a number.

    >>> account_number(41)
    'C000041'
    """
    return f"C{number:0{_DIGITS}}"


async def free_number(connection: AsyncConnection, *, after: int) -> int:
    """A number above `after` that nobody has, as far as is committed: only an INSERT can claim it.

    It follows one that is taken, or `after`: where numbers are given in turn, it is the next one.
    """

    async def first_free(numbers: Sequence[int]) -> int | None:
        return await _FIRST_FREE.value(connection, numbers=list(numbers))

    return await search(first_free, after=after)


async def search(first_free: FirstFree, *, after: int) -> int:
    """A free number above `after` whose predecessor is taken (or `after`), in a few questions however many are."""
    taken = after
    while taken < _MOST:
        steps = [taken + 2**power for power in range(30)]
        free = await first_free(steps)
        if free is None:
            taken = steps[-1]
            continue
        taken = max([step for step in steps if step < free], default=taken)
        while free - taken > 1:
            stride = max(1, (free - taken) // _PROBES)
            probes = [*range(taken + stride, free, stride), free]
            free = await first_free(probes) or free
            taken = max([probe for probe in probes if probe < free], default=taken)
        return free
    raise LookupError("All account numbers are taken.")


def _first_free() -> Any:
    number = func.unnest(bindparam("numbers", type_=ARRAY(Integer())), type_=Integer()).column_valued(
        "number"
    )
    digits = sql_cast(number, Text())
    width = func.greatest(_DIGITS, func.length(digits), type_=Integer())
    name = literal("C", Text()).concat(func.lpad(digits, width, "0", type_=Text()))
    owner = select(_CUSTOMERS.c.id).where(_CUSTOMERS.c.account_number == name).limit(1).scalar_subquery()
    return select(func.min(number, type_=Integer()).label("free")).where(owner.is_(None))


_FIRST_FREE = Kept(_first_free())
"""Each number is looked up by its unique key: a subquery with a limit is never turned into a join of all rows."""
