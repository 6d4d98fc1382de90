"""What the tests of billing share: delivered orders of their own, the mutations, and all that a change may leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.api import ADMIN, Api
from tests.domains.noted import global_id
from tests.domains.orders.shop import Shop, line
from tests.domains.orders.shop import create as create_order

CREATE = """
mutation ($input: CreateInvoiceInput!) {
  createInvoice(input: $input) {
    invoice {
      id number status issuedOn dueOn paidAt version currency
      subtotal discountAmount taxAmount shippingAmount total paidAmount balanceDue
      order { id } customer { id }
      lines { nodes { description quantity unitPrice discountAmount lineTotal orderLine { id } sku { id } } }
    }
    invoiceEdge { node { id } }
    userErrors { code message field }
  }
}
"""
CHANGED = """
mutation ($input: %sInput!) {
  %s(input: $input) {
    invoice { id number status issuedOn dueOn paidAt paidAmount balanceDue version }
    userErrors { code message field }
  }
}
"""
SEND, VOID = CHANGED % ("SendInvoice", "sendInvoice"), CHANGED % ("VoidInvoice", "voidInvoice")
DELIVER = """
WITH line AS (
    UPDATE leora.order_lines SET fulfilled_quantity = round(quantity * CAST(:part AS numeric)),
        discount_amount_cents = CAST(:line_discount AS bigint),
        line_total_cents = unit_price_cents * quantity - CAST(:line_discount AS bigint)
    WHERE order_id = :id RETURNING line_total_cents
), sums AS (SELECT sum(line_total_cents) AS subtotal FROM line)
UPDATE leora.orders SET status = CAST(:status AS text), placed_at = now(),
    fulfilled_at = CASE WHEN CAST(:status AS text) = 'FULFILLED' THEN now() END,
    cancelled_at = CASE WHEN CAST(:status AS text) = 'CANCELLED' THEN now() END,
    subtotal_cents = subtotal, discount_amount_cents = CAST(:discount AS bigint),
    tax_amount_cents = CAST(:tax AS bigint),
    shipping_amount_cents = CAST(:shipping AS bigint),
    total_cents = subtotal - CAST(:discount AS bigint) + CAST(:tax AS bigint) + CAST(:shipping AS bigint)
FROM sums WHERE id = :id
"""
TRACES = """
SELECT (SELECT count(*) FROM leora.invoices) AS invoices, (SELECT count(*) FROM leora.invoice_lines) AS lines,
    (SELECT sum(version) FROM leora.invoices) AS invoice_versions,
    (SELECT count(*) FROM leora.payments) AS payments, (SELECT sum(version) FROM leora.payments) AS payment_versions,
    (SELECT count(*) FROM leora.payment_allocations) AS allocations,
    (SELECT count(*) FROM leora.webhook_events) AS events,
    (SELECT count(*) FROM leora.audit_log WHERE action <> 'SIGN_IN') AS entries,
    (SELECT sum(invoice_number) FROM leora.tenant_heads) AS numbers
"""
LAST_EVENTS = """
SELECT type, payload FROM leora.webhook_events WHERE tenant_id = :tenant ORDER BY sequence DESC LIMIT :count
"""
LAST_ENTRY = """
SELECT operation, action, entity_type, entity_id, changes FROM leora.audit_log
WHERE tenant_id = :tenant ORDER BY sequence DESC LIMIT 1
"""
NOWHERE = "0195ffff-ffff-7fff-bfff-ffffffffffff"


@dataclass(frozen=True)
class Delivered:
    """An order of which something is delivered, by its rows."""

    row: dict[str, Any]
    lines: list[dict[str, Any]]

    @property
    def id(self) -> str:
        return global_id("Order", self.row["id"])

    @property
    def customer_id(self) -> str:
        return global_id("Customer", self.row["customer_id"])

    def line(self, index: int, quantity: int) -> dict[str, Any]:
        return {"orderLineId": global_id("OrderLine", self.lines[index]["id"]), "quantity": quantity}


class Books(Shop):
    """The demo tenant's orders, invoices and payments, as the database says and as the product makes them."""

    def __init__(self, api: Api, shop: Shop) -> None:
        super().__init__(shop.runner)
        self.api = api

    async def delivered(
        self,
        quantities: tuple[int, ...] = (12, 6),
        *,
        status: str = "FULFILLED",
        part: float = 1,
        customer: dict[str, Any] | None = None,
        is_sample: bool = False,
        **amounts: int,
    ) -> Delivered:
        """An order, of whose bottles a part is delivered; its amounts as given in cents."""
        buyer = customer or await self.customer()
        wanted = zip(await self.skus(len(quantities)), quantities, strict=True)
        payload = await create_order(
            self.api,
            customerId=global_id("Customer", buyer["id"]),
            lines=[line(sku, quantity) for sku, quantity in wanted],
            isSample=is_sample,
        )
        number = payload["order"]["number"]
        row = await self.one("SELECT * FROM leora.orders WHERE number = :number", number=number)
        given = {"discount": 0, "line_discount": 0, "tax": 0, "shipping": 0, **amounts}
        await self.runner.write(DELIVER, id=row["id"], status=status, part=part, **given)
        return await self.order(row["id"])

    async def order(self, key: UUID) -> Delivered:
        """An order as it stands."""
        lines = await self.runner.sql(
            "SELECT * FROM leora.order_lines WHERE order_id = :id ORDER BY position", id=key
        )
        return Delivered(await self.one("SELECT * FROM leora.orders WHERE id = :id", id=key), lines)

    async def create(self, as_: str = ADMIN, **given: Any) -> dict[str, Any]:
        """The payload of `createInvoice`."""
        return (await self.api.data(CREATE, {"input": given}, as_=as_))["createInvoice"]

    async def draft(self, **amounts: Any) -> dict[str, Any]:
        """A draft for all of an order."""
        return (await self.create(orderId=(await self.delivered(**amounts)).id))["invoice"]

    async def send(self, **given: Any) -> dict[str, Any]:
        """The payload of `sendInvoice`."""
        return (await self.api.data(SEND, {"input": given}, as_=ADMIN))["sendInvoice"]

    async def void(self, **given: Any) -> dict[str, Any]:
        """The payload of `voidInvoice`."""
        return (await self.api.data(VOID, {"input": given}, as_=ADMIN))["voidInvoice"]

    async def sent(self, **amounts: Any) -> dict[str, Any]:
        """A sent invoice for all of an order, with what `createInvoice` says of it."""
        draft = await self.draft(**amounts)
        return {**draft, **(await self.send(id=draft["id"]))["invoice"]}

    async def traces(self) -> dict[str, Any]:
        """All that a change of the books may leave."""
        return await self.one(TRACES)

    async def events(self, count: int = 1) -> list[tuple[str, dict[str, Any]]]:
        """The last events, oldest first."""
        rows = await self.runner.sql(LAST_EVENTS, tenant=await self.runner.tenant(), count=count)
        return [(row["type"], row["payload"]) for row in reversed(rows)]

    async def entry(self) -> dict[str, Any]:
        """The last entry of the audit log."""
        return await self.one(LAST_ENTRY, tenant=await self.runner.tenant())


def refused(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """The problems of a payload that has nothing else."""
    assert [value for name, value in payload.items() if name != "userErrors" and value is not None] == []
    assert all(error["message"] for error in payload["userErrors"])
    return [(error["code"], error["field"]) for error in payload["userErrors"]]
