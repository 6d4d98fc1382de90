"""An act: a mutation that somebody asks for, and what the model says will come of it."""

from __future__ import annotations

import pickle
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.e2e.trading.model import Fact, Malformed, Refused, World, may

T = TypeVar("T")
PAYLOADS = {
    "order": "order { id status total version }",
    "invoice": "invoice { id status total balanceDue }",
    "payment": "payment { id status amount }",
    "stock": "inventoryItem { id onHand reserved }",
    "customer": "customer { id }",
    "sku": "sku { id }",
    "terms": "tenant { id }",
}


def copied(world: World) -> World:
    """A world of its own; several times as fast as `copy.deepcopy`."""
    return pickle.loads(pickle.dumps(world, pickle.HIGHEST_PROTOCOL))


@dataclass(frozen=True)
class Act:
    """Who asks for what. `about` is the kind of the row that it makes or changes; `makes` the name of a new one.

    `stale` says that it names a version that is not the row's any more.
    """

    who: str
    mutation: str
    given: Mapping[str, Any]
    predict: Callable[[World], list[str]]
    about: str
    makes: str | None = None
    stale: bool = False

    def __str__(self) -> str:
        """As the model knows it."""
        asked: Mapping[str, Any] = getattr(self.predict, "keywords", {})
        return f"{self.mutation} {dict(asked)} by {self.who}{' of an old version' if self.stale else ''}"

    @property
    def input_type(self) -> str:
        return f"{self.mutation[0].upper()}{self.mutation[1:]}Input"

    def done(self, world: World) -> list[str]:
        """The types of the events of doing it in that world. Raises `Refused`, and then the world is as it was."""
        if not may(self.who, self.mutation):
            raise Refused("FORBIDDEN")
        if not self.stale:
            return self.predict(world)
        try:
            self.predict(copied(world))
        except Refused as refused:
            if isinstance(refused, Malformed) or refused.codes == ("NOT_FOUND",):
                raise
        raise Refused("CONFLICT")


@dataclass(frozen=True)
class Outcome:
    """The codes of each act's refusal (none: it was done), and the types of the events of all."""

    codes: Sequence[tuple[str, ...]]
    events: Counter[str]


@dataclass(frozen=True)
class Seen:
    """What really came of acts: the refusals, the events, and the tenant's facts afterwards."""

    outcome: Outcome
    facts: Mapping[Fact, Fact]


def one(world: World, act: Act) -> tuple[Outcome, World]:
    """What comes of one act, and the world after it: the same object."""
    try:
        return Outcome([()], Counter(act.done(world))), world
    except Refused as refused:
        return Outcome([refused.codes], Counter()), world


def as_one(world: World, acts: Sequence[Act]) -> tuple[Outcome, World]:
    """What comes of acts that are one operation: all of them in order, or nothing."""
    malformed = {n: codes for n, act in enumerate(acts) if (codes := _malformed(world, act))}
    if malformed:
        return _undone(len(acts), malformed), world
    after, events = copied(world), Counter[str]()
    for act in acts:
        for place in _new_places(act):
            after.stock.setdefault(place, [0, 0])
    for n, act in enumerate(acts):
        try:
            events.update(act.done(after))
        except Refused as refused:
            return _undone(len(acts), {n: refused.codes}), world
    return Outcome([()] * len(acts), events), after


def _new_places(act: Act) -> list[tuple[str, str]]:
    """Where an act puts bottles: the operation makes the empty item before it does anything."""
    asked: Mapping[str, Any] = getattr(act.predict, "keywords", {})
    place = {"receiveInventory": "warehouse", "transferInventory": "target"}.get(act.mutation)
    return [] if place is None else [(asked["sku"], asked[place])]


def _malformed(world: World, act: Act) -> tuple[str, ...]:
    try:
        act.done(copied(world))
    except Malformed as refused:
        return refused.codes
    except Refused:
        pass
    return ()


def _undone(count: int, codes: Mapping[int, tuple[str, ...]]) -> Outcome:
    return Outcome([codes.get(n, ("ROLLED_BACK",)) for n in range(count)], Counter())


def in_some_order(world: World, acts: Sequence[Act], seen: Seen) -> World | None:
    """The world after acts that were done at once: there is an order in which one after the other explains all."""
    return _ordered(world, dict(enumerate(acts)), seen, Counter())


def _ordered(world: World, left: Mapping[int, Act], seen: Seen, events: Counter[str]) -> World | None:
    if not left:
        return world if events == seen.outcome.events and world.shape() == seen.facts else None
    for n, act in left.items():
        outcome, after = one(copied(world), act)
        if outcome.codes[0] != seen.outcome.codes[n]:
            continue
        rest = {m: other for m, other in left.items() if m != n}
        found = _ordered(after, rest, seen, events + outcome.events)
        if found is not None:
            return found
    return None


class Hand:
    """Draws what an act is made of, from one number and how many were drawn before.

    Acts that are done at once have no order, and so a world that differs from run to run: Hypothesis may not see what
    is drawn from it, or would find that the same example draws something else.
    """

    def __init__(self, seed: int, before: int) -> None:
        self._random = random.Random(f"{seed} {before}")

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def of(self, items: Sequence[T]) -> T:
        return self._random.choice(items)

    def some(self, items: Sequence[T], *, most: int) -> list[T]:
        """A few of them, at least one."""
        return self._random.sample(list(items), self.number(1, min(most, len(items))))

    def once_in(self, count: int) -> bool:
        return self.number(1, count) == count
