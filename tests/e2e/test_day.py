"""A day at Well Crafted, through HTTP: from a new customer to its last payment, every number checked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_gql.db.logins import Login
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.audit.verification import verify
from leora_gql.settings import Settings, decode_key
from tests.api import ADMIN, MANAGER, REP, Api
from tests.graph.principals import Runner
from tests.postbox import mailed_token

BUYER = "gale@corner-bistro.test"
PASSWORD = "a-long-night-at-the-bistro"
ORDER = """
order {
  id number status total subtotal shippingAmount taxAmount
  lines { nodes { id unitPrice quantity fulfilledQuantity } }
}
"""
ACCEPT = """
mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { accepted userErrors { code } } }
"""
INVOICE = "invoice { id number status subtotal shippingAmount total paidAmount balanceDue issuedOn dueOn }"


@dataclass
class Day:
    """Asks as somebody, and takes no refusal for an answer."""

    api: Api

    async def do(self, who: str, mutation: str, payload: str, /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation that is done."""
        told = await self.ask(who, mutation, payload, **given)
        assert told["userErrors"] == [], (mutation, told["userErrors"])
        return told

    async def ask(self, who: str, mutation: str, payload: str, /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation."""
        kind = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input)"
            f" {{ {payload} userErrors {{ code message field }} }} }}"
        )
        return (await self.read(who, document, input=given))[mutation]

    async def read(self, who: str, document: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        token = self.api.tokens.get(who) or await self.api.token(who)
        answer = await self.api(document, variables, authorization=f"Bearer {token}")
        assert answer.errors == [], answer.errors
        return answer.data


@pytest.fixture
def day(api: Api) -> Day:
    return Day(api)


async def a_wine(runner: Runner) -> tuple[str, str]:
    """The id of a SKU that is sold, and the warehouse that orders take from first."""
    rows = await runner.sql(
        "SELECT encode(textsend('Sku:' || s.id), 'base64') AS id, t.default_warehouse"
        " FROM leora.skus s JOIN leora.products p ON p.tenant_id = s.tenant_id AND p.id = s.product_id"
        " JOIN leora.tenant_settings t ON t.tenant_id = s.tenant_id"
        " WHERE s.tenant_id = :tenant AND s.status = 'ACTIVE' AND p.status = 'ACTIVE' AND NOT p.is_sample_only"
        " ORDER BY s.code LIMIT 1",
        tenant=await runner.tenant(),
    )
    return rows[0]["id"], rows[0]["default_warehouse"]


async def a_buyer_of(day: Day, customer: str, settings: Settings) -> None:
    """Invite a buyer, who chooses a password and signs in."""
    await day.do(
        MANAGER,
        "invitePortalUser",
        "portalUser { id }",
        customerId=customer,
        email=BUYER,
        firstName="Gale",
        lastName="Corner",
    )
    given = {"token": await mailed_token(settings, BUYER), "password": PASSWORD}
    accepted = await day.api(ACCEPT, {"input": given}, x_tenant_slug="well-crafted")
    assert accepted.data["acceptInvitation"] == {"accepted": True, "userErrors": []}
    sign_in = (
        "mutation ($input: SignInInput!) { portalSignIn(input: $input) { accessToken userErrors { code } } }"
    )
    entered = await day.api(
        sign_in, {"input": {"email": BUYER, "password": PASSWORD}}, x_tenant_slug="well-crafted"
    )
    day.api.tokens[BUYER] = entered.data["portalSignIn"]["accessToken"]


async def pay(day: Day, customer: str, invoice: str, amount: str) -> None:
    """A cheque comes, and clears."""
    payment = await day.do(
        MANAGER,
        "recordPayment",
        "payment { id status amount }",
        customerId=customer,
        amount=amount,
        method="CHECK",
        receivedOn=dt.datetime.now(ZoneInfo("America/New_York")).date().isoformat(),
        allocations=[{"invoiceId": invoice, "amount": amount}],
    )
    assert payment["payment"]["status"] == "PENDING"
    await day.do(MANAGER, "clearPayment", "payment { status }", id=payment["payment"]["id"])


async def a_customer(day: Day, sku: str, warehouse: str) -> str:
    """A new customer with a price of its own, and bottles to sell to it."""
    created = await day.do(
        REP,
        "createCustomer",
        "customer { id accountNumber taxExempt }",
        name="Corner Bistro",
        creditLimit="500.00",
        licenseNumber="L-1",
        licenseExpiresOn="2199-01-01",
        shippingAddress={"line1": "1 Corner", "city": "Albany"},
    )
    customer: str = created["customer"]["id"]
    prices = await day.do(
        MANAGER,
        "upsertPriceListEntries",
        "results { priceListEntry { unitPrice } userErrors { code message } }",
        items=[{"skuId": sku, "customerId": customer, "priceList": "Bistro", "unitPrice": "20.00"}],
    )
    assert prices["results"] == [{"priceListEntry": {"unitPrice": "20.00"}, "userErrors": []}]
    await day.do(
        MANAGER, "receiveInventory", "inventoryItem { id }", skuId=sku, warehouse=warehouse, quantity=100
    )
    return customer


async def an_order(day: Day, sku: str) -> dict[str, Any]:
    """What the buyer orders and submits: above its credit limit."""
    order = (await day.do(BUYER, "createOrder", ORDER, lines=[{"skuId": sku, "quantity": 30}]))["order"]
    amounts = (order["subtotal"], order["shippingAmount"], order["taxAmount"], order["total"])
    assert amounts == ("600.00", "35.00", "0.00", "635.00")
    assert [line["unitPrice"] for line in order["lines"]["nodes"]] == ["20.00"]
    placed = (await day.do(BUYER, "submitOrder", ORDER, id=order["id"]))["order"]
    assert placed["status"] == "PENDING"
    return order


async def a_delivery(day: Day, order: dict[str, Any]) -> None:
    """The order needs approval, is approved, confirmed, and partly delivered."""
    document = "query ($id: ID!) { order(id: $id) { requiresApproval approvalReasons } }"
    seen = await day.read(MANAGER, document, id=order["id"])
    assert seen["order"] == {"requiresApproval": True, "approvalReasons": ["CREDIT_LIMIT"]}
    early = await day.ask(ADMIN, "confirmOrder", ORDER, id=order["id"])
    assert (early["order"], len(early["userErrors"])) == (None, 1)
    await day.do(MANAGER, "approveOrder", ORDER, id=order["id"])
    assert (await day.do(ADMIN, "confirmOrder", ORDER, id=order["id"]))["order"]["status"] == "CONFIRMED"
    lines = [{"lineId": order["lines"]["nodes"][0]["id"], "quantity": 12}]
    sent = await day.do(ADMIN, "fulfillOrder", ORDER, id=order["id"], lines=lines)
    assert sent["order"]["status"] == "PARTIALLY_FULFILLED"
    assert sent["order"]["lines"]["nodes"][0]["fulfilledQuantity"] == 12


async def test_a_day(day: Day, runner: Runner, settings: Settings) -> None:
    sku, warehouse = await a_wine(runner)
    customer = await a_customer(day, sku, warehouse)
    await a_buyer_of(day, customer, settings)
    order = await an_order(day, sku)
    await a_delivery(day, order)

    draft = (await day.do(MANAGER, "createInvoice", INVOICE, orderId=order["id"]))["invoice"]
    assert (draft["status"], draft["number"]) == ("DRAFT", None)
    assert (draft["subtotal"], draft["shippingAmount"], draft["total"]) == ("240.00", "35.00", "275.00")
    invoice = (await day.do(MANAGER, "sendInvoice", INVOICE, id=draft["id"]))["invoice"]
    assert invoice["status"] == "SENT"
    assert invoice["number"]
    await pay(day, customer, invoice["id"], "100.00")
    await pay(day, customer, invoice["id"], "175.00")

    document = "query ($id: ID!) { invoice(id: $id) { number status paidAmount balanceDue } }"
    paid = await day.read(BUYER, document, id=invoice["id"])
    assert paid["invoice"] == {
        "number": invoice["number"],
        "status": "PAID",
        "paidAmount": "275.00",
        "balanceDue": "0.00",
    }
    await nothing_is_amiss(runner, order["id"])


async def nothing_is_amiss(runner: Runner, order: str) -> None:
    """The bottles are where the books say, the events came in order, and the audit log is whole."""
    tenant = await runner.tenant()
    rows = await runner.sql(
        "SELECT i.id FROM leora.inventory i LEFT JOIN leora.inventory_movements m"
        " ON m.tenant_id = i.tenant_id AND m.inventory_id = i.id GROUP BY i.tenant_id, i.id, i.on_hand, i.reserved"
        " HAVING coalesce(sum(m.on_hand_delta), 0) <> i.on_hand OR coalesce(sum(m.reserved_delta), 0) <> i.reserved"
    )
    assert rows == []
    events = await runner.sql(
        "SELECT type FROM leora.webhook_events WHERE tenant_id = :tenant AND encode(textsend('Order:' || entity_id),"
        " 'base64') = :order ORDER BY sequence",
        tenant=tenant,
        order=order,
    )
    assert [row["type"] for row in events] == [
        "order.created",
        "order.submitted",
        "order.approved",
        "order.confirmed",
        "order.partially_fulfilled",
    ]
    key = decode_key(runner.settings.audit_key.get_secret_value())
    admin = await runner.principal(ADMIN)
    async with with_tenant(runner.pools, admin.scope, login=Login.STAFF, read_only=True) as connection:
        assert (await verify(connection, tenant, key=key)).faults == []
