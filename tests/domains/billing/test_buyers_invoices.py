"""What buyers see of invoices: those that were sent, wherever they look; what was never sent is ours."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.billing.links import link_for, link_key, write_link
from leora_gql.settings import Settings, decode_key
from tests.api import ADMIN, BUYER, Api
from tests.domains.billing.books import Books
from tests.domains.noted import global_id, key_of
from tests.graph.principals import Runner

SEEN = """
query ($ids: [ID!]!, $order: ID!, $customer: ID!) {
  nodes(ids: $ids) { id }
  invoices(where: {id: {in: $ids}}) { totalCount nodes { id } }
  invoiceLines(where: {invoice: {id: {in: $ids}}}) { totalCount nodes { invoice { id } } }
  order(id: $order) { invoices { totalCount nodes { id } } }
  customer(id: $customer) { invoices(where: {id: {in: $ids}}) { totalCount } }
  orders(where: {invoices: {some: {id: {in: $ids}}}}) { totalCount }
}
"""
STATEMENT = """
query ($id: ID!, $from: Date!, $to: Date!) { customer(id: $id) { statement(from: $from, to: $to) {
  openingBalance closingBalance movements { number amount }
} } }
"""
EXPOSURE = text("SELECT leora.customer_exposure(:customer, 'USD')")


@dataclass(frozen=True)
class Three:
    """Invoices of a buyer's customer, each for an order of its own."""

    customer: dict[str, Any]
    draft: dict[str, Any]
    dropped: dict[str, Any]
    sent: dict[str, Any]

    @property
    def hidden(self) -> list[dict[str, Any]]:
        return [self.draft, self.dropped]


@pytest.fixture
async def three(books: Books) -> Three:
    customer = await books.own_customer(BUYER)
    draft, dropped = [await books.draft(customer=customer) for _ in range(2)]
    await books.void(id=dropped["id"])
    return Three(customer, draft, dropped, await books.sent(customer=customer))


async def seen(api: Api, three: Three, *invoices: dict[str, Any], as_: str = BUYER) -> Any:
    given = {
        "ids": [one["id"] for one in invoices],
        "order": invoices[0]["order"]["id"],
        "customer": global_id("Customer", three.customer["id"]),
    }
    return await api.data(SEEN, given, as_=as_)


async def test_what_was_never_sent_is_nowhere_for_buyers(api: Api, three: Three) -> None:
    for one in three.hidden:
        assert await seen(api, three, one) == {
            "nodes": [None],
            "invoices": {"totalCount": 0, "nodes": []},
            "invoiceLines": {"totalCount": 0, "nodes": []},
            "order": {"invoices": {"totalCount": 0, "nodes": []}},
            "customer": {"invoices": {"totalCount": 0}},
            "orders": {"totalCount": 0},
        }
        ours = await seen(api, three, one, as_=ADMIN)
        assert (ours["invoices"]["totalCount"], ours["order"]["invoices"]["totalCount"]) == (1, 1)
        assert ours["invoiceLines"]["totalCount"] == len(one["lines"]["nodes"]) > 0


async def test_what_was_sent_is_seen_also_when_it_is_void_by_now(
    api: Api, books: Books, three: Three
) -> None:
    for _ in range(2):
        told = await seen(api, three, three.sent)
        assert told == await seen(api, three, three.sent, as_=ADMIN)
        assert (told["invoices"]["totalCount"], told["customer"]["invoices"]["totalCount"]) == (1, 1)
        assert told["invoiceLines"]["totalCount"] == len(three.sent["lines"]["nodes"])
        await books.void(id=three.sent["id"])


@pytest.mark.parametrize("login", [Login.PORTAL, Login.PORTAL_WRITE])
async def test_neither_login_of_buyers_reads_them(
    runner: Runner, pools: Pools, three: Three, login: Login
) -> None:
    buyer = await runner.principal(BUYER)
    keys = [UUID(key_of(one["id"])) for one in (*three.hidden, three.sent)]
    async with with_tenant(pools, buyer.scope, login=login, read_only=True) as connection:
        for table, column in (("invoices", "id"), ("invoice_lines", "invoice_id")):
            found = await connection.scalars(
                text(f"SELECT {column} FROM leora.{table} WHERE {column} = ANY (:keys)"), {"keys": keys}
            )
            assert set(found.all()) == {keys[-1]}


async def test_what_the_customer_owes_counts_drafts_all_the_same(
    books: Books, pools: Pools, three: Three
) -> None:
    admin, buyer = await books.runner.principal(ADMIN), await books.runner.principal(BUYER)
    told: list[int] = []
    for login, who in ((Login.STAFF, admin), (Login.PORTAL_WRITE, buyer)):
        async with with_tenant(pools, who.scope, login=login) as connection:
            told.append((await connection.execute(EXPOSURE, {"customer": three.customer["id"]})).scalar_one())
    assert told[0] == told[1]
    assert told[0] >= round(100 * float(three.draft["total"]))


async def test_statements_never_told_of_them(api: Api, three: Three) -> None:
    today = dt.datetime.now(dt.UTC).date()
    given = {
        "id": global_id("Customer", three.customer["id"]),
        "from": str(today - dt.timedelta(days=2)),
        "to": str(today),
    }
    told = [await api.data(STATEMENT, given, as_=account) for account in (BUYER, ADMIN)]
    assert told[0] == told[1]
    numbers = [one["number"] for one in told[0]["customer"]["statement"]["movements"]]
    assert three.sent["number"] in numbers
    assert None not in numbers


async def test_a_genuine_link_of_a_buyer_leads_to_none_of_them(
    client: httpx.AsyncClient, runner: Runner, settings: Settings, three: Three
) -> None:
    key, buyer = link_key(decode_key(settings.cursor_key.get_secret_value())), await runner.principal(BUYER)
    codes = []
    for one in (*three.hidden, three.sent):
        link = link_for(buyer, UUID(key_of(one["id"])), now=dt.datetime.now(dt.UTC))
        codes.append((await client.get(f"/invoices/{write_link(link, key)}.pdf")).status_code)
    assert codes == [404, 404, 200]
