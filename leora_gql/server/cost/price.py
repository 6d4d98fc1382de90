"""A price, what it is held against, and what an answer did cost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, cast

from graphql import GraphQLError

from leora_gql.server.limits import too_expensive

BEYOND_ALL: Final = 2**53
"""What anything dearer costs, and a document whose price would take too long to tell: JSON's last integer."""


@dataclass(frozen=True, slots=True)
class Price:
    """What an operation costs with its variables.

    `requested` is never less than `actual`. `base` is the part that is the same in both: mutations'
    own, and introspection.
    """

    requested: int
    base: int

    def actual(self, objects: int) -> int:
        """What an answer with that many objects did cost."""
        return self.base + objects


def exceeding(price: Price, limit: int) -> GraphQLError | None:
    """The error of an operation that would cost more than the limit; None for one that would not."""
    if price.requested <= limit:
        return None
    if price.requested == BEYOND_ALL:
        return too_expensive(f"The operation would cost more than can be told; at most {limit:,} may be.")
    return too_expensive(f"The operation would cost {price.requested:,}; at most {limit:,} may be.")


def objects_in(data: object, *, without: Collection[str] = ()) -> int:
    """How many objects the `data` of an answer holds, as `measured` counts them."""
    return measured(data, without=without)[0]


def measured(data: object, *, without: Collection[str] = ()) -> tuple[int, int]:
    """How many objects the `data` of an answer holds, the root not counted and root keys `without` left out.

    And how many characters all of their texts have together, which the answer will not be shorter than.
    What is JSON text already (`orjson.Fragment`), as values of the JSON scalar are, holds none.
    """
    if not isinstance(data, dict):
        return 0, 0
    root = cast("dict[str, object]", data)
    pending = [value for key, value in root.items() if key not in without]
    found = characters = 0
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, dict):
            found += 1
            pending.extend(cast("dict[str, object]", value).values())
        elif isinstance(value, list):
            pending.extend(cast("list[object]", value))
    return found, characters
