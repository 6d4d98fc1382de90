"""Which fields may stand beside each other: the rules by which GraphQL merges selections."""

from __future__ import annotations

from dataclasses import dataclass, field

from graphql import GraphQLCompositeType, is_abstract_type


@dataclass(slots=True)
class Shape:
    """What the answer holds at a place, whatever type stands there: by response key, type and shape below."""

    keys: dict[str, tuple[str, Shape]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placed:
    """A field that was selected on a type: its call as text (name and arguments), and what is below it."""

    on: GraphQLCompositeType
    call: str
    below: Scope


@dataclass(slots=True)
class Scope:
    """All that is selected at one place of the answer, through whichever fragments."""

    shape: Shape = field(default_factory=Shape)
    placed: dict[str, list[Placed]] = field(default_factory=dict)

    def place(self, key: str, on: GraphQLCompositeType, call: str, *, returns: str) -> Scope | None:
        """Select a field on a type under a response key: the scope below it, or None where it would clash."""
        known = self.shape.keys.get(key)
        if known is not None and known[0] != returns:
            return None
        same = [one for one in self.placed.get(key, ()) if _overlap(one.on, on)]
        if any(one.call != call or one.below is not same[0].below for one in same):
            return None
        shape = known[1] if known else Shape()
        below = same[0].below if same else Scope(shape)
        self.shape.keys[key] = (returns, shape)
        if not any(one.on == on for one in same):
            self.placed.setdefault(key, []).append(Placed(on, call, below))
        return below

    def take(self, other: Scope) -> bool:
        """Select all that another scope holds here as well; False where that would clash."""
        for key, several in other.placed.items():
            for one in several:
                returns = other.shape.keys[key][0]
                below = self.place(key, one.on, one.call, returns=returns)
                if below is None or not below.take(one.below):
                    return False
        return True


def _overlap(one: GraphQLCompositeType, other: GraphQLCompositeType) -> bool:
    """Whether a row could be of both types: two different object types exclude each other."""
    return one == other or is_abstract_type(one) or is_abstract_type(other)
