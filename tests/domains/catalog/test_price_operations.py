"""Prices beside what else an operation does: from when they hold, and what a batch of them takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from leora_gql.db.driver import DriverConnection, Statements
from tests.api import ADMIN, Api
from tests.domains.catalog.test_price_list_entries import TABLE, UPSERT, added, delete, told, upsert
from tests.domains.noted import unchanged
from tests.graph.principals import Runner

pytestmark = pytest.mark.usefixtures("signed_in")

PRICED_AND_ORDERED = """
mutation ($prices: UpsertPriceListEntriesInput!, $order: CreateOrderInput!) {
  upsertPriceListEntries(input: $prices) { results { priceListEntry { id validFrom createdAt } } }
  createOrder(input: $order) { order { lines { nodes { unitPrice } } } userErrors { code message } }
}
"""


async def test_a_price_counts_for_what_is_ordered_in_the_same_operation(
    api: Api, runner: Runner, wine: str, buyers_customer: str
) -> None:
    price = {"skuId": wine, "priceList": "At Once Ordered", "customerId": buyers_customer, "minQuantity": 777}
    order = {"customerId": buyers_customer, "lines": [{"skuId": wine, "quantity": 777}]}
    given = {"prices": {"items": [{**price, "unitPrice": "7.77"}]}, "order": order}
    data = await api.data(PRICED_AND_ORDERED, given, as_=ADMIN)
    assert data["createOrder"]["order"]["lines"]["nodes"] == [{"unitPrice": "7.77"}]
    (result,) = data["upsertPriceListEntries"]["results"]
    entry = result["priceListEntry"]
    assert entry["validFrom"] == entry["createdAt"], "it holds from the transaction's own moment on"
    await delete(api, {"id": entry["id"]})


async def test_an_end_without_a_beginning_is_held_against_now(api: Api, runner: Runner, wine: str) -> None:
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat()
    entry = await added(api, skuId=wine, priceList="Ends Soon", unitPrice="9", validUntil=soon)
    assert entry["validFrom"] < entry["validUntil"]
    past = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)).isoformat()
    async with unchanged(runner, TABLE):
        (result,) = await upsert(
            api, {"skuId": wine, "priceList": "Past", "unitPrice": "9", "validUntil": past}
        )
    assert told([result]) == [[("OUT_OF_RANGE", ["items", "0", "validUntil"])]]


async def test_an_item_more_takes_three_statements_more(
    runner: Runner, wine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its savepoint, its row and the savepoint's end, whatever has its default."""
    pricer, seen = await runner.principal(ADMIN), list[str]()
    _note_statements(monkeypatch, seen)

    async def taken(count: int) -> int:
        names = [f"Taken {count} {number}" for number in range(count)]
        seen.clear()
        items = [{"skuId": wine, "priceList": name, "unitPrice": "9"} for name in names]
        await runner.data(UPSERT, pricer, {"input": {"items": items}})
        return len(seen)

    one = await taken(1)
    assert one > 3
    assert await taken(21) - one <= 20 * 3


def _note_statements(monkeypatch: pytest.MonkeyPatch, seen: list[str]) -> None:
    """Note what is sent of kept statements and of savepoints."""
    rows_of, execute = Statements.rows, DriverConnection.execute

    async def rows(self: Statements, statement: str, arguments: Sequence[object]) -> Any:
        seen.append(statement)
        return await rows_of(self, statement, arguments)

    async def executed(self: DriverConnection, text: str) -> Any:
        seen.append(text)
        return await execute(self, text)

    monkeypatch.setattr(Statements, "rows", rows)
    monkeypatch.setattr(DriverConnection, "execute", executed)
