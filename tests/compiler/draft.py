"""One operation in the making: the choices that Hypothesis makes, and what they must agree on."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import GraphQLSchema
from hypothesis import strategies as st
from strawberry.utils.str_converters import to_snake_case

from leora_gql.auth.principal import Principal
from leora_gql.graph.access import may
from leora_gql.graph.entity import Entity
from leora_gql.graph.fields import ColumnSpec
from tests.compiler.values import Values

T = TypeVar("T")


@functools.cache
def _upto(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@st.composite
def _part(draw: st.DrawFn, draft: Draft) -> Any:
    """What the draft makes next, as a part of its own: Hypothesis shrinks by leaving whole parts out."""
    draft.draw = draw
    return draft.next()


snake_case = functools.cache(to_snake_case)
"""The Python name of a field, from its name in the schema."""


@dataclass(slots=True)
class Variable:
    """A declared variable. Without a value given, its default holds, or nothing at all."""

    name: str
    kind: str
    value: Any
    given: bool
    default: str | None

    def declaration(self) -> str:
        """As it stands in front of the operation."""
        return f"${self.name}: {self.kind}" + ("" if self.default is None else f" = {self.default}")


@dataclass(slots=True)
class Draft:
    """What an operation is made with. Every choice shrinks to its first option, every chance to no.

    `mischief` lets bad input in, `denied` fields that the principal may not read, `by_hand` fields whose
    resolvers are written by hand. `room` is how many selections, `conditions` how many comparisons may follow.
    """

    draw: Any
    schema: GraphQLSchema
    values: Values
    room: int = 30
    conditions: int = 12
    mischief: bool = False
    denied: bool = False
    by_hand: bool = False
    variables: list[Variable] = field(default_factory=list)
    fragments: list[Any] = field(default_factory=list)
    features: set[str] = field(default_factory=set)
    aliases: int = 0
    next: Callable[[], Any] = field(init=False)
    parts: st.SearchStrategy[Any] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = _part(self)
        self.mischief = self.chance(10)
        self.denied = self.chance(12)
        self.by_hand = self.chance(16)

    def part(self, make: Callable[[], T]) -> T:
        """What `make` makes, as something that shrinking can leave out or replace by a part of itself."""
        self.next = make
        return self.draw(self.parts)

    def upto(self, most: int) -> int:
        """A number from 0, to which it shrinks."""
        return self.draw(_upto(most)) if most > 0 else 0

    def chance(self, one_in: int) -> bool:
        """True about once in so many times."""
        return self.upto(one_in - 1) == one_in - 1

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, the first being the simplest."""
        return options[self.upto(len(options) - 1)]

    def bad(self) -> bool:
        """Whether the next input is a bad one."""
        return self.mischief and self.chance(4)

    def known(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """What is the same all through the operation, worked out once for all operations of its kind."""
        remembered = self.values.remembered.setdefault((self.denied, self.by_hand), {})
        if key not in remembered:
            remembered[key] = work_out()
        return remembered[key]

    def met(self, feature: str) -> None:
        """Note that the operation uses something, for the statistics."""
        self.features.add(feature)

    @property
    def principal(self) -> Principal:
        """For whom the operation is."""
        return self.values.principal

    def reachable(self, entity: Entity, name: str | None = None) -> bool:
        """Whether to use a field of an entity (or the entity at all): those denied now and then only."""
        if self.denied:
            return True
        if not entity.open_to(self.principal):
            return False
        spec = entity.fields.get(name) if name else None
        if spec is None:
            return True
        open_target = isinstance(spec, ColumnSpec) or entity.target(str(name)).open_to(self.principal)
        return open_target and may(spec.access, self.principal)
