"""Bulk mutations: up to 100 items of one kind, each done or refused by itself.

    @strawberry.input(description="Prices to set.")
    class UpsertPriceListEntriesInput:
        items: list[PriceListEntryInput] = batch_items("The prices, 1 to 100.")
        error_policy: ErrorPolicy = batch_policy()

        def checked(self, check: InputCheck) -> Batch:
            return read_batch(self.items, self.error_policy, check)

The service is that of one item; paths in its problems begin at the item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import strawberry

from leora_gql.db.model import DescribedEnum
from leora_gql.graph.mutation_inputs import InputCheck, MutationInput
from leora_gql.graph.problems import Problem, UserErrorCode

MOST_ITEMS = 100


class ErrorPolicy(DescribedEnum):
    """What happens to the good items of a bulk mutation when others are refused."""

    REJECT_ALL = "REJECT_ALL", "Nothing is done unless all of it can be."
    REJECT_FAILED_ITEMS = "REJECT_FAILED_ITEMS", "What can be done is done; the rest says why not."


@dataclass(frozen=True, slots=True)
class Batch:
    """The items of a bulk input in their order: the service's value of each, or what is wrong with it."""

    items: tuple[object, ...]
    problems: tuple[tuple[Problem, ...], ...]
    reject_all: bool


def batch_items(description: str) -> Any:
    """The field of the items."""
    return strawberry.field(description=description)


def batch_policy() -> Any:
    """The field of the policy."""
    return strawberry.field(
        default=ErrorPolicy.REJECT_ALL, description="What happens to the other items when one is refused."
    )


def read_batch(items: Sequence[MutationInput[Any]], policy: ErrorPolicy, check: InputCheck) -> Batch:
    """The batch of an input's items."""
    if not items:
        check.refuse(UserErrorCode.REQUIRED, "Give at least one item.", "items")
    if len(items) > MOST_ITEMS:
        check.refuse(UserErrorCode.OUT_OF_RANGE, f"At most {MOST_ITEMS} items.", "items")
        return Batch((), (), reject_all=True)
    values: list[object] = []
    problems: list[tuple[Problem, ...]] = []
    for index, item in enumerate(items):
        own = InputCheck(check.principal, path=("items", str(index)))
        values.append(item.checked(own))
        problems.append(tuple(own.problems))
    return Batch(tuple(values), tuple(problems), reject_all=policy is ErrorPolicy.REJECT_ALL)


def of_item(problem: Problem, index: int) -> Problem:
    """A problem that the service found with an item, with its path from the input's root."""
    return replace(problem, field=("items", str(index), *(problem.field or ())))
