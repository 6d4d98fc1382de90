"""The day as the explorer's tabs tell it: every operation, from the top, with values of the answers before it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from leora_gql.settings import Settings
from tests.api import MANAGER, REP, Api
from tests.postbox import mailed_token

TABS = Path(__file__).resolve().parents[2] / "explorer" / "src" / "examples"
BISTRO = {
    "name": "Corner Bistro",
    "creditLimit": "500.00",
    "licenseNumber": "L-1",
    "licenseExpiresOn": "2199-01-01",
    "shippingAddress": {"line1": "1 Corner", "city": "Albany"},
}
SIGN_IN = "mutation ($input: SignInInput!) { portalSignIn(input: $input) { accessToken } }"
TAKEN = {
    "NewCustomer": {"customer": "createCustomer customer id"},
    "WhatWeSell": {"sku": "skus nodes 0 id", "warehouse": "tenant settings defaultWarehouse"},
    "PortalOrder": {"order": "createOrder order id", "line": "createOrder order lines nodes 0 id"},
    "Invoice": {"invoice": "createInvoice invoice id"},
    "RecordCheck": {"payment": "recordPayment payment id"},
}
"""What a visitor copies out of an operation's answer into the variables: where it stands."""


def at(data: Any, path: str) -> Any:
    for step in path.split():
        data = data[int(step) if step.isdigit() else step]
    return data


@dataclass
class Visitor:
    """Runs the operations of tabs, with the variables as they are filled in."""

    api: Api
    variables: dict[str, Any]

    async def run(self, tab: str, *names: str, **headers: str) -> dict[str, Any]:
        """The last one's data; all of a tab's operations run unless some are named. None is refused."""
        text = (TABS / f"{tab}.graphql").read_text()
        data: dict[str, Any] = {}
        for name in names or re.findall(r"^(?:query|mutation) (\w+)", text, re.MULTILINE):
            body = {"query": text, "operationName": name, "variables": self.variables}
            answer = await self.api.send(body, **headers)
            assert answer.errors == [], (name, answer.errors)
            data = answer.data
            assert all(not payload.get("userErrors") for payload in data.values()), (name, data)
            self.variables |= {key: at(data, path) for key, path in TAKEN.get(name, {}).items()}
        return data

    async def as_staff(self, who: str, tab: str) -> dict[str, Any]:
        return await self.run(tab, authorization=f"Bearer {await self.api.token(who)}")

    async def as_new_buyer(self, tab: str) -> dict[str, Any]:
        """Accept the invitation, sign in, and do the rest."""
        await self.run(tab, "PortalAccept", x_tenant_slug="well-crafted")
        given = {name: self.variables[name] for name in ("email", "password")}
        entered = await self.api(SIGN_IN, {"input": given}, x_tenant_slug="well-crafted")
        token = entered.data["portalSignIn"]["accessToken"]
        return await self.run(tab, "PortalOrder", "PortalSubmit", authorization=f"Bearer {token}")


async def test_the_tabs_walk_through_the_day(api: Api, settings: Settings) -> None:
    today = dt.datetime.now(ZoneInfo("America/New_York")).date().isoformat()
    email = f"gale-{uuid4()}@corner-bistro.test"
    visitor = Visitor(api, {"input": BISTRO, "email": email, "password": "a-long-night-out", "today": today})
    await visitor.as_staff(REP, "day-1-rep")
    await visitor.as_staff(MANAGER, "day-2-manager")
    visitor.variables["token"] = await mailed_token(settings, email)
    placed = await visitor.as_new_buyer("day-3-buyer")
    assert placed["submitOrder"]["order"]["status"] == "PENDING"
    sent = await visitor.as_staff(MANAGER, "day-4-delivery")
    assert sent["fulfillOrder"]["order"]["status"] == "PARTIALLY_FULFILLED"
    await visitor.as_staff(MANAGER, "day-5-billing")
    customer, invoice = visitor.variables["customer"], visitor.variables["invoice"]
    document = "query ($id: ID!) { invoice(id: $id) { total paidAmount customer { id } } }"
    books = await api.data(document, {"id": invoice}, as_=MANAGER)
    assert books["invoice"] == {"total": "275.00", "paidAmount": "100.00", "customer": {"id": customer}}
