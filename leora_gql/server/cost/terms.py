"""The terms of a formula: sums of what fields cost, each a number or a function of the variables.

A selection that depends on variables is a step; steps stand in order, each naming only those before it,
so that what many places select is evaluated once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from leora_gql.graph.listing import MAX_PAGE
from leora_gql.server.cost.price import BEYOND_ALL, Price

Variables = Mapping[str, Any]
Conditions = frozenset[tuple[str, bool]]
"""Variables and what each must be for a field to count."""


@dataclass(frozen=True, slots=True)
class Page:
    """The size of a page from its `first` and `last`: numbers, or names of variables."""

    given: tuple[int | str, ...]
    default: int

    def value(self, variables: Variables) -> int:
        """The number."""
        values = [variables.get(one) if isinstance(one, str) else one for one in self.given]
        sizes = [int(one) for one in values if isinstance(one, (int, float)) and one == one // 1]
        return min(max(1, *sizes), MAX_PAGE) if sizes else self.default


@dataclass(frozen=True, slots=True)
class Length:
    """How many items the value of a variable has: a list's, or 1, since one value stands for a list of it."""

    variable: str

    def value(self, variables: Variables) -> int:
        """The number."""
        value: object = variables.get(self.variable)
        return len(cast("list[object]", value)) if isinstance(value, list) else 1


Count = int | Page | Length


@dataclass(frozen=True, slots=True)
class Below:
    """What an object's selection costs: a number, and what one of the steps before gives."""

    number: int = 0
    step: int | None = None

    def value(self, values: Sequence[int]) -> int:
        """The number, given those of the steps before."""
        return self.number if self.step is None else self.number + values[self.step]


@dataclass(frozen=True, slots=True)
class Part:
    """A field that costs `count` times what one object of it does, where one of its conditions holds."""

    count: Count
    each: Below
    when: tuple[Conditions, ...] = ()

    @property
    def number(self) -> int | None:
        """What it costs whatever the variables are; None where it depends on them."""
        if self.when or self.each.step is not None or not isinstance(self.count, int):
            return None
        return self.count * self.each.number

    def value(self, values: Sequence[int], variables: Variables) -> int:
        """The number, given those of the steps before."""
        if self.when and not any(_hold(conditions, variables) for conditions in self.when):
            return 0
        count = self.count if isinstance(self.count, int) else self.count.value(variables)
        return count * self.each.value(values)


@dataclass(frozen=True, slots=True)
class Sum:
    """What the fields of a selection cost together."""

    number: int
    parts: tuple[Part, ...] = ()

    def value(self, values: Sequence[int], variables: Variables) -> int:
        """The number, given those of the steps before."""
        return self.number + sum(part.value(values, variables) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Most:
    """What the dearest of several types costs."""

    among: tuple[Below, ...]

    def value(self, values: Sequence[int], variables: Variables) -> int:
        """The number, given those of the steps before."""
        return max(one.value(values) for one in self.among)


Step = Sum | Most


def _hold(conditions: Conditions, variables: Variables) -> bool:
    return all(bool(variables.get(name)) is wanted for name, wanted in conditions)


def summed(parts: Iterable[Part]) -> Sum:
    """The sum of parts, those that depend on no variable added up."""
    number, open_parts = 0, list[Part]()
    for part in parts:
        known = part.number
        if known is None:
            open_parts.append(part)
        else:
            number += known
    return Sum(number, tuple(open_parts))


@dataclass(frozen=True, slots=True)
class Formula:
    """The price of one operation as a formula of its variables.

    `introspected` are the root keys that the base price includes: their objects are not counted again.
    """

    introspected: frozenset[str]
    _defaults: Variables
    _steps: tuple[Step, ...]
    _total: Sum
    _base: Sum

    @property
    def depends(self) -> bool:
        """Whether the price is another with other variables."""
        return bool(self._steps or self._total.parts or self._base.parts)

    def price(self, variables: Variables) -> Price:
        """The price with these variables, coerced or as they came: what cannot be meant is refused later."""
        given = {**self._defaults, **variables} if self._defaults else variables
        values: list[int] = []
        for step in self._steps:
            values.append(step.value(values, given))
        requested, base = self._total.value(values, given), self._base.value(values, given)
        return Price(min(requested, BEYOND_ALL), min(base, BEYOND_ALL))
