"""Orders made up by a seeded dice and written through the product: drafts, other prices, discounts, settings."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from leora_gql.auth.principal import Principal
from tests.graph.principals import Runner

ALL_OF_IT = """
  id number subtotal discountAmount taxAmount shippingAmount total
  lines(first: 20) { nodes { id quantity unitPrice discountAmount lineTotal } }
"""
BATCH = 30
"""As many aliases as one operation may have."""
OVERRIDDEN, LINE_DISCOUNTED, DISCOUNTED = range(6), range(3, 12), range(6, 18)
"""Which orders of a batch that staff comes back to get what; a few get two of it, the others nothing."""
RATES = ("0", "0.08875", "0.0333", "0.07", "0.00001", "0.99999", "0.0625", "0.105")
FLAT_RATES = ("0", "0.01", "9.99", "25.00", "12345.67")
THRESHOLDS = (None, "0.01", "149.99", "500", "20000", "999999.99")


@dataclass(frozen=True)
class Terms:
    """How the tenant sold when an order got its amounts."""

    tax_rate: Decimal
    shipping_cents: int
    free_from_cents: int | None


@dataclass
class Shopping:
    """What is ordered from, and what came of it."""

    runner: Runner
    dice: random.Random
    customers: Sequence[str]
    skus: Sequence[str]
    in_force: dict[str, Terms] = field(default_factory=dict[str, Terms])
    """By order number."""
    told: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """What the product said last of each order, by its number."""
    kinds: Counter[str] = field(default_factory=Counter[str])

    async def batch(self, staff: Principal, buyer: Principal) -> None:
        """Settle other terms, then write a batch of orders and change what staff changes of them."""
        terms = await self._settle(staff)
        who = buyer if self.dice.random() < 0.1 else staff
        made = await self._write(who, terms)
        if who is staff and self.dice.random() < 0.25:
            await self._change(staff, made, terms)
        self.kinds["by a buyer"] += len(made) if who is buyer else 0

    async def _settle(self, staff: Principal) -> Terms:
        rate, flat = self.dice.choice(RATES), self.dice.choice(FLAT_RATES)
        threshold = self.dice.choice(THRESHOLDS)
        given = {"taxRate": rate, "shippingFlatRate": flat, "freeShippingThreshold": threshold}
        document = (
            "mutation ($input: UpdateTenantSettingsInput!) { updateTenantSettings(input: $input)"
            " { userErrors { code message field } } }"
        )
        payload = (await self.runner.data(document, staff, {"input": given}))["updateTenantSettings"]
        assert payload["userErrors"] == []
        return Terms(Decimal(rate), cents(flat), None if threshold is None else cents(threshold))

    async def _write(self, who: Principal, terms: Terms) -> list[dict[str, Any]]:
        inputs = [self._order(n, staff=who.customer_id is None) for n in range(BATCH)]
        return await self._do(who, [("createOrder", one) for one in inputs], terms)

    def _order(self, n: int, *, staff: bool) -> dict[str, Any]:
        dice = self.dice
        count = dice.randint(1, 20) if dice.random() < 0.05 else min(20, int(dice.expovariate(0.6)) + 1)
        lines = [{"skuId": sku, "quantity": self._quantity()} for sku in dice.sample(self.skus, count)]
        if not staff:
            return {"lines": lines}
        sample = n >= DISCOUNTED.stop and dice.random() < 0.2
        self.kinds["a sample"] += sample
        return {"customerId": dice.choice(self.customers), "lines": lines, "isSample": sample}

    def _quantity(self) -> int:
        return self.dice.choice((1, self.dice.randint(1, 24), self.dice.randint(1, 5_000)))

    async def _change(self, staff: Principal, made: Sequence[dict[str, Any]], terms: Terms) -> None:
        """Other prices, discounts on lines, and discounts on orders that know what the others come to."""
        steps: list[tuple[str, dict[str, Any]]] = []
        for n, order in enumerate(made):
            line = self.dice.choice(order["lines"]["nodes"])
            price, subtotal = cents(line["unitPrice"]), cents(order["subtotal"])
            worth = price * line["quantity"]
            if n in OVERRIDDEN:
                price = self.dice.randint(0, 60_000)
                subtotal += price * line["quantity"] - worth
                worth = price * line["quantity"]
                steps.append(("overrideLinePrice", _override(order, line, price)))
                self.kinds["an overridden price"] += 1
            if n in LINE_DISCOUNTED:
                off = self.dice.choice((worth, self.dice.randint(0, worth)))
                subtotal -= off
                change = {"lineId": line["id"], "discountAmount": amount(off)}
                steps.append(("updateOrderLines", {"id": order["id"], "lines": [change]}))
                self.kinds["a line for nothing"] += off == worth
            if n in DISCOUNTED:
                off = self._discount(subtotal, terms)
                steps.append(("updateOrder", {"id": order["id"], "discountAmount": amount(off)}))
        steps.sort(key=lambda step: ("overrideLinePrice", "updateOrderLines", "updateOrder").index(step[0]))
        await self._do(staff, steps, terms)

    def _discount(self, subtotal: int, terms: Terms) -> int:
        """The discount on an order, where it can be one with which the order just gets or misses free shipping."""
        free_from = terms.free_from_cents
        kind = self.dice.choice(("all of it", "just free", "just not free", "any"))
        if free_from is not None and free_from <= subtotal and kind in {"just free", "just not free"}:
            self.kinds[kind] += 1
            return subtotal - free_from + (kind == "just not free")
        if kind == "all of it":
            self.kinds[kind] += 1
            return subtotal
        return self.dice.randint(0, subtotal)

    async def _do(
        self, who: Principal, steps: Sequence[tuple[str, dict[str, Any]]], terms: Terms
    ) -> list[dict[str, Any]]:
        """The steps as one operation; what it says of their orders."""
        variables = {f"i{n}": given for n, (_, given) in enumerate(steps)}
        data = await self.runner.data(document([name for name, _ in steps]), who, variables)
        assert [payload["userErrors"] for payload in data.values()] == [[]] * len(steps)
        orders = [payload["order"] for payload in data.values()]
        for order in orders:
            self.in_force[order["number"]] = terms
            self.told[order["number"]] = order
        return orders


def document(names: Sequence[str]) -> str:
    """One operation of these mutations; each takes its own variable."""
    kinds = [name[0].upper() + name[1:] for name in names]
    variables = ", ".join(f"$i{n}: {kind}Input!" for n, kind in enumerate(kinds))
    calls = " ".join(
        f"m{n}: {name}(input: $i{n}) {{ order {{ ...Whole }} userErrors {{ code message field }} }}"
        for n, name in enumerate(names)
    )
    return f"mutation ({variables}) {{ {calls} }} fragment Whole on Order {{ {ALL_OF_IT} }}"


def cents(amount: str) -> int:
    """An amount of the API in cents."""
    return int(Decimal(amount) * 100)


def amount(cents: int) -> str:
    """Cents as the API takes an amount."""
    return str(Decimal(cents).scaleb(-2))


def _override(order: dict[str, Any], line: dict[str, Any], price: int) -> dict[str, Any]:
    return {"id": order["id"], "lineId": line["id"], "unitPrice": amount(price), "reason": "As agreed."}
