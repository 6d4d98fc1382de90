"""What the tests of bad input have to put it into: an order of each kind, SKUs and customers that cannot be sold to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.api import ADMIN, BUYER, Api
from tests.domains.catalog.goods import a_product, a_sku
from tests.domains.noted import NOWHERE, global_id, key_of
from tests.domains.orders.desk import done, shopper, stocked
from tests.domains.orders.shop import line
from tests.graph.principals import Runner

WAREHOUSE = "Bad day"
DEAREST = 10**15
"""In cents, what the price of a bottle can be at most."""


@dataclass
class World:
    """Ids by the names that inputs give them, as `$draft`; a buyer has some of its own."""

    api: Api
    runner: Runner
    ids: dict[str, str] = field(default_factory=dict[str, str])
    of_buyer: dict[str, str] = field(default_factory=dict[str, str])
    _skus: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def filled(self, value: Any, who: str) -> Any:
        """An input with the ids that its names stand for."""
        if isinstance(value, str) and value.startswith("$"):
            return (self.of_buyer if who == BUYER and value[1:] in self.of_buyer else self.ids)[value[1:]]
        if isinstance(value, list):
            return [self.filled(part, who) for part in value]
        if isinstance(value, dict):
            return {name: self.filled(part, who) for name, part in value.items()}
        return value

    async def open(self) -> None:
        """Make all of it."""
        await self._goods()
        await self._drafts()
        await self._orders()
        await self._strangers()
        await self._take_away()

    async def _goods(self) -> None:
        for name in ("sku", "second", "third", "inactive", "euro", "dear"):
            self._skus[name] = await stocked(self.runner, **{WAREHOUSE: 1_000})
            self.ids[name] = global_id("Sku", self._skus[name]["id"])
        product = await a_product(self.api, status="ACTIVE")
        self.ids["product"], self.ids["supplier"] = product["id"], product["supplier"]["id"]
        self.ids["shelved"] = (await a_sku(self.api, productId=self.ids["product"]))["id"]
        self._skus["shelved"] = {"id": key_of(self.ids["shelved"])}
        await self._write(
            "UPDATE leora.skus SET base_price_cents = :cents WHERE id = :id", "dear", cents=DEAREST
        )
        await self._write("UPDATE leora.skus SET currency = 'EUR' WHERE id = :id", "euro")

    async def _write(self, statement: str, sku: str, **values: Any) -> None:
        await self.runner.write(statement, id=self._skus[sku]["id"], **values)

    async def _draft(self, customer: str | None, *names: str, quantity: int = 20) -> dict[str, Any]:
        lines = [line(self._skus[name], quantity) for name in names]
        if customer is None:
            return await done(self.api, "createOrder", BUYER, lines=lines)
        return await done(self.api, "createOrder", customerId=customer, lines=lines)

    async def _drafts(self) -> None:
        licence = dt.date(2020, 1, 31)
        self.ids["customer"] = await shopper(self.runner)
        self.ids["dormant"] = await shopper(self.runner)
        self.ids["expired"] = await shopper(self.runner, license_expires_on=licence)
        for into, customer in ((self.ids, self.ids["customer"]), (self.of_buyer, None)):
            for name, skus in (
                ("draft", ("sku", "second")),
                ("stale", ("inactive", "sku")),
                ("old", ("shelved",)),
            ):
                order = await self._draft(customer, *skus)
                into[name], into[f"{name}_line"] = order["id"], order["lines"]["nodes"][0]["id"]
                into[f"{name}_other"] = order["lines"]["nodes"][-1]["id"]
            cancelled = await self._draft(customer, "sku")
            await done(self.api, "cancelOrder", ADMIN if customer else BUYER, id=cancelled["id"])
            into["cancelled"], into["cancelled_line"] = cancelled["id"], cancelled["lines"]["nodes"][0]["id"]
        for name in ("dormant", "expired"):
            self.ids[f"{name}_draft"] = (await self._draft(self.ids[name], "sku"))["id"]

    async def _orders(self) -> None:
        """One that is confirmed, one that is delivered, and one whose invoice is sent."""
        for name in ("confirmed", "delivered", "billed"):
            order = await self._draft(self.ids["customer"], "sku", quantity=60)
            self.ids[name], self.ids[f"{name}_line"] = order["id"], order["lines"]["nodes"][0]["id"]
            for step in ("submitOrder", "confirmOrder", *(("fulfillOrder",) if name != "confirmed" else ())):
                await done(self.api, step, id=order["id"])
        invoice = await self._do("createInvoice", {"orderId": self.ids["billed"]}, "invoice { id }")
        self.ids["invoice"] = invoice["invoice"]["id"]
        await self._do("sendInvoice", {"id": self.ids["invoice"]}, "invoice { id }")

    async def _do(self, name: str, given: dict[str, Any], fields: str) -> dict[str, Any]:
        kind = name[0].upper() + name[1:]
        payload = f"{{ {fields} userErrors {{ code field }} }}"
        query = f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {payload} }}"
        done = (await self.api.data(query, {"input": given}, as_=ADMIN))[name]
        assert done["userErrors"] == []
        return done

    async def _strangers(self) -> None:
        """What is another tenant's, another type's, or nobody's."""
        rows = await self.runner.sql(
            "SELECT (SELECT id FROM leora.skus s WHERE s.tenant_id = t.id ORDER BY id LIMIT 1) AS sku,"
            " (SELECT id FROM leora.customers c WHERE c.tenant_id = t.id ORDER BY id LIMIT 1) AS customer"
            " FROM leora.tenants t WHERE t.slug = 'cellar-door'"
        )
        self.ids["foreign"] = global_id("Sku", rows[0]["sku"])
        self.ids["stranger"] = global_id("Customer", rows[0]["customer"])
        self.ids["unknown"] = global_id("Sku", NOWHERE)
        self.ids["nobody"] = global_id("Customer", NOWHERE)

    async def _take_away(self) -> None:
        """What could be ordered when the drafts were written, and cannot now."""
        await self._write("UPDATE leora.skus SET status = 'INACTIVE' WHERE id = :id", "inactive")
        await self.runner.write(
            "UPDATE leora.products SET status = 'ARCHIVED' WHERE id = :id", id=key_of(self.ids["product"])
        )
        await self.runner.write(
            "UPDATE leora.customers SET status = 'INACTIVE' WHERE id = :id", id=key_of(self.ids["dormant"])
        )
