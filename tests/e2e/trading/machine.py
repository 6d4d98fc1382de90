"""The state machine: whatever is asked of the product, it does what the model says, and nothing is ever amiss."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.domains.noted import key_of
from tests.e2e.trading.acts import Act, Hand, Outcome, Seen, as_one, in_some_order, one
from tests.e2e.trading.desk import Desk, money
from tests.e2e.trading.house import House, Product, a_world
from tests.e2e.trading.model import BUYERS, STAFF, World, may
from tests.e2e.trading.plays import MAKERS, chain, opening
from tests.e2e.trading.reading import looked
from tests.e2e.trading.record import last_said, untrue

T = TypeVar("T")
SEEDS = st.integers(0, 2**48)
_TERMS = ("updateTenantSettings", "updateCustomer", "updateSku")
"""What others read without locking it: never done at once with them, since nobody promises what they then see."""


_OFTEN: Mapping[str, int] = {
    **dict.fromkeys(("submitOrder", "fulfillOrder", "createInvoice", "recordPayment", "clearPayment"), 4),
    **dict.fromkeys(("createOrder", "confirmOrder", "sendInvoice", "updateOrderLines"), 3),
    **dict.fromkeys(("approveOrder", "cancelOrder", "voidInvoice", "adjustInventory", "refundPayment"), 2),
}
"""How often a mutation is asked for, where others are once."""


def _of_one_person(acts: Sequence[Act], act: Act) -> bool:
    return may(act.who, act.mutation) and all(other.who == act.who for other in acts)


def _may_meet(world: World, acts: Sequence[Act], act: Act) -> bool:
    """Whether acts can be at once with the answers of some order.

    What the terms are is read without locking them. The samples of a representative are counted without locking
    anything that two customers share: of two orders at once neither may know of the other.
    """
    return act.mutation not in _TERMS and not (
        _samples(world, act) and any(_samples(world, one) for one in acts)
    )


def _samples(world: World, act: Act) -> bool:
    asked = getattr(act.predict, "keywords", {})
    return act.mutation == "submitOrder" and world.orders[asked["order"]].sample


class Trading(RuleBasedStateMachine):
    """Orders, stock, invoices and payments of one distributor."""

    loop: ClassVar[asyncio.Runner]
    product: ClassVar[Product]
    tally: ClassVar[Counter[tuple[str, str]]]
    """Acts by mutation and what came of them; `steps` by how they were done."""

    def __init__(self) -> None:
        super().__init__()
        world = a_world()
        self.house = self.wait(House.open(self.product, world))
        self.desk = Desk(world, self.house.names)
        self.hands = self.keys = 0
        assert self.wait(self.house.facts()) == world.shape()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def hand(self, seed: int) -> Hand:
        self.hands += 1
        return Hand(seed, self.hands)

    @initialize()
    def begin(self) -> None:
        """Each example begins with orders under way, so that it gets to payments and refunds."""
        for act in opening(self.desk):
            self.play(act, Hand(0, 0), how="begun")

    @rule(seed=SEEDS)
    def alone(self, seed: int) -> None:
        """An act alone."""
        self.desk.versions = True
        hand = self.hand(seed)
        self.play(self.act(hand), hand)

    @rule(seed=SEEDS)
    def bill(self, seed: int) -> None:
        """An act about invoices and payments, where there is something to do."""
        self.desk.versions = True
        hand = self.hand(seed)
        self.play(self.act(hand, about=("invoice", "payment")), hand)

    def play(self, act: Act, hand: Hand, *, how: str = "alone") -> None:
        """Do an act alone; now and then the same request comes once more, and is not done again."""
        self.keys += 1
        again = hand.once_in(10)
        asking = self.house.ask_again(act, f"key-{self.keys}") if again else self.house.ask([act])
        codes = self.wait(asking)
        expected, world = one(self.desk.world, act)
        self.agree([act], expected, world, self.wait(self.house.seen(codes)))
        if codes == [()]:
            self._told(act)
        self.count(how, [act], codes)
        self.look(hand)

    def _told(self, act: Act) -> None:
        """The payload says what is so now."""
        row = next(value for field, value in self.house.told["data"]["a0"].items() if field != "userErrors")
        if act.about in ("order", "invoice"):
            rows = self.desk.world.orders if act.about == "order" else self.desk.world.invoices
            one = rows[self.house.names.of[key_of(row["id"])]]
            assert (row["status"], row["total"]) == (one.status, money(one.amounts.total))

    @rule(seed=SEEDS, count=st.integers(2, 3))
    def together(self, seed: int, count: int) -> None:
        """Acts of one person that are one operation: all, or nothing."""
        hand = self.hand(seed)
        acts = chain(self.desk, hand) if self.desk.world.orders and hand.once_in(2) else []
        acts = acts or self.draw(hand, count, _of_one_person)
        codes = self.wait(self.house.ask(acts))
        expected, world = as_one(self.desk.world, acts)
        self.agree(acts, expected, world, self.wait(self.house.seen(codes)))
        self.count("together", acts, codes)

    @rule(seed=SEEDS, count=st.integers(2, 4))
    def at_once(self, seed: int, count: int) -> None:
        """Acts of several people at the same moment: as if one had come after the other."""
        hand, world = self.hand(seed), self.desk.world
        rows = (world.orders, world.orders, world.invoices, world.payments, world.skus)
        hot = frozenset(hand.of(list(kind)) for kind in rows if kind) if hand.once_in(2) else frozenset[str]()
        self.desk.hot = hot
        acts = self.draw(hand, count, lambda acts, act: _may_meet(world, acts, act))
        self.desk.hot = frozenset()
        codes = self.wait(self.house.at_once(acts))
        seen = self.wait(self.house.seen(codes))
        after = in_some_order(world, acts, seen)
        assert after is not None, (
            "no order explains it",
            [*map(str, acts)],
            seen.outcome,
            self.differences(seen),
        )
        self.desk.world = after
        self.whole()
        self.count("at once", acts, codes)
        self.look(hand)

    def look(self, hand: Hand) -> None:
        """Now and then somebody reads what there is, and sees all that is theirs and nothing else."""
        if not hand.once_in(8):
            return
        who, customer = hand.of([*STAFF, *BUYERS]), hand.of(list(self.desk.world.customers))
        customer = BUYERS.get(who, customer)
        assert self.wait(self.house.look(who, self.desk.world, customer)) == looked(
            self.desk.world, who, customer
        )
        self.tally["looked", who] += 1

    def draw(self, hand: Hand, count: int, fits: Callable[[Sequence[Act], Act], bool]) -> list[Act]:
        """As many acts as were drawn and fit to those before them; at least one."""
        acts: list[Act] = []
        self.desk.versions = False
        for _ in range(count):
            act = self.act(hand)
            if fits(acts, act):
                acts.append(act)
        return acts or [MAKERS["createOrder"][0](self.desk, hand)]

    def act(self, hand: Hand, about: Sequence[str] = ()) -> Act:
        """An act that there is something to do with; mostly of these kinds of rows."""
        ready = [name for name, (_, ready) in MAKERS.items() if ready(self.desk.world)]
        fit = [name for name in ready if any(kind in name.lower() for kind in about)]
        names = [name for name in fit or ready for _ in range(_OFTEN.get(name, 1))]
        act = MAKERS[hand.of(names)][0](self.desk, hand)
        note(str(act))
        return act

    def agree(self, acts: Sequence[Act], expected: Outcome, world: World, seen: Seen) -> None:
        """What was seen is what the model says."""
        assert seen.outcome.codes == expected.codes, ([*map(str, acts)], expected.codes, self.house.told)
        self.desk.world = world
        differ = self.differences(seen)
        assert not differ, ([*map(str, acts)], differ)
        assert seen.outcome.events == expected.events, [*map(str, acts)]
        self.whole()

    def differences(self, seen: Seen) -> dict[Any, Any]:
        """What the model says and what is, where they differ."""
        model = self.desk.world.shape()
        return {
            about: (model.get(about), seen.facts.get(about))
            for about in {**model, **seen.facts}
            if model.get(about) != seen.facts.get(about)
        }

    def whole(self) -> None:
        """Nothing is amiss, and what the last events say is so."""
        said = last_said(self.house.news, self.house.names)
        assert untrue(said, self.desk.world) == []
        amiss = self.wait(self.house.amiss())
        assert amiss == [], amiss

    def count(self, how: str, acts: Sequence[Act], codes: Sequence[tuple[str, ...]]) -> None:
        self.tally["steps" if how != "begun" else "begun", how] += 1
        for act, refused in zip(acts, codes, strict=True):
            self.tally[act.mutation, refused[0] if refused else "done"] += 1

    def teardown(self) -> None:
        self.wait(self.house.verified(self.desk.world))
