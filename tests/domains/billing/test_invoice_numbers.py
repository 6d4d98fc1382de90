"""Numbers of invoices beside what else an operation does: given last, in order, without gap and circle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, text

from leora_gql.db.addresses import connected
from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.settings import Settings
from tests import postgres
from tests.api import ADMIN, Api
from tests.domains.billing.books import Books
from tests.domains.billing.money import yesterday
from tests.domains.noted import noted, unchanged
from tests.graph.principals import Runner

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
WAITING = """SELECT count(*) AS waiting FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'leora_staff' AND wait_event_type = 'Lock'"""
SENT_WITH_A_SUPPLIER = """
mutation ($invoice: ID!, $slug: String!) {
  sendInvoice(input: {id: $invoice}) { invoice { number } userErrors { code } }
  createSupplier(input: {name: "Beside", slug: $slug}) { userErrors { code } }
}
"""
SUPPLIER = """
mutation ($slug: String!) { createSupplier(input: {name: "Beside", slug: $slug}) { userErrors { code } } }
"""
SEVERAL = """
mutation ($a: ID!, $b: ID!, $slug: String!) {
  one: sendInvoice(input: {id: $a}) { invoice { number status } userErrors { code } }
  createSupplier(input: {name: "Between", slug: $slug}) { userErrors { code } }
  two: sendInvoice(input: {id: $b}) { invoice { number status } userErrors { code } }
}
"""
PAID_AT_ONCE = """
mutation ($invoice: ID!, $payment: RecordPaymentInput!) {
  sendInvoice(input: {id: $invoice}) { invoice { number status } userErrors { code } }
  recordPayment(input: $payment) { payment { status } userErrors { code message } }
}
"""
AGAIN = """
mutation ($invoice: ID!) {
  first: sendInvoice(input: {id: $invoice}) { invoice { number } userErrors { code message } }
  then: %s(input: {id: $invoice}) { invoice { number status } userErrors { code message } }
}
"""
REFUSE_NUMBERS = (
    "CREATE FUNCTION leora.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$",
    "GRANT EXECUTE ON FUNCTION leora.refuse() TO leora_staff",
    (
        "CREATE TRIGGER refuse BEFORE UPDATE ON leora.tenant_heads FOR EACH ROW"
        " WHEN (NEW.invoice_number <> OLD.invoice_number) EXECUTE FUNCTION leora.refuse()"
    ),
)
TABLES = ("invoices", "suppliers", "payments", "tenant_heads")


@pytest.fixture
async def alone(own_url: URL, settings: Settings) -> AsyncGenerator[Runner]:
    """A runner on a database that the test may break."""
    own = postgres.settings_for(own_url, data_dir=settings.data_dir)
    pools = Pools(login_urls(own))
    yield Runner(own_url, pools, own)
    await pools.close()


async def waiting(runner: Runner, count: int) -> None:
    """Return when so many changes wait for a lock."""
    while (await runner.sql(WAITING))[0]["waiting"] < count:
        pass


async def last_number(runner: Runner) -> int:
    rows = await runner.sql(
        "SELECT invoice_number FROM leora.tenant_heads WHERE tenant_id = :t", t=await runner.tenant()
    )
    return rows[0]["invoice_number"]


async def test_who_sends_and_waits_for_another_meets_nobody_in_a_circle(crowd: Runner, books: Books) -> None:
    admin, draft, slug = await crowd.principal(ADMIN), await books.draft(), f"beside-{uuid4()}"
    before, deadlocks = await last_number(crowd), await crowd.sql(DEADLOCKS)
    async with connected(crowd.direct_url) as connection:
        await connection.execute(text("SELECT 1 FROM leora.tenant_heads FOR UPDATE"))
        sending = asyncio.ensure_future(
            crowd.data(SENT_WITH_A_SUPPLIER, admin, {"invoice": draft["id"], "slug": slug})
        )
        await waiting(crowd, 1)
        beside = asyncio.ensure_future(crowd.data(SUPPLIER, admin, {"slug": slug}))
        await waiting(crowd, 2)
        await connection.rollback()
    sent, refused = await asyncio.gather(sending, beside)
    assert sent["createSupplier"] == {"userErrors": []}
    assert sent["sendInvoice"]["invoice"]["number"].endswith(f"{before + 1:08d}")
    assert refused == {"createSupplier": {"userErrors": [{"code": "DUPLICATE"}]}}
    assert await last_number(crowd) == before + 1
    assert await crowd.sql(DEADLOCKS) == deadlocks


async def test_several_of_one_operation_are_numbered_in_their_order(
    api: Api, runner: Runner, books: Books
) -> None:
    drafts = [await books.draft(), await books.draft()]
    before = await last_number(runner)
    given = {"a": drafts[0]["id"], "b": drafts[1]["id"], "slug": f"between-{uuid4()}"}
    async with noted(runner) as left:
        done = await api.data(SEVERAL, given, as_=ADMIN)
    numbers = [int(done[name]["invoice"]["number"][-8:]) for name in ("one", "two")]
    assert numbers == [before + 1, before + 2]
    assert {done[name]["invoice"]["status"] for name in ("one", "two")} == {"SENT"}
    assert [event["type"] for event in left.events] == ["supplier.created", "invoice.sent", "invoice.sent"]
    assert [event["payload"]["number"][-8:] for event in left.events[1:]] == [f"{n:08d}" for n in numbers]
    assert [entry["operation"] for entry in left.entries] == ["createSupplier", "sendInvoice", "sendInvoice"]


async def test_of_operations_at_once_with_several_each_none_is_left_out(crowd: Runner, books: Books) -> None:
    admin = await crowd.principal(ADMIN)
    drafts = [await books.draft() for _ in range(12)]
    before, deadlocks = await last_number(crowd), await crowd.sql(DEADLOCKS)
    pairs = [(drafts[n], drafts[n + 6]) for n in range(6)]
    done = await asyncio.gather(
        *(
            crowd.data(SEVERAL, admin, {"a": one["id"], "b": two["id"], "slug": f"between-{uuid4()}"})
            for one, two in pairs
        )
    )
    numbers = [int(one[name]["invoice"]["number"][-8:]) for one in done for name in ("one", "two")]
    assert sorted(numbers) == list(range(before + 1, before + 13))
    assert await crowd.sql(DEADLOCKS) == deadlocks


async def test_it_can_be_paid_in_the_operation_that_sends_it(api: Api, books: Books) -> None:
    draft = await books.draft()
    payment = {
        "customerId": draft["customer"]["id"],
        "amount": draft["total"],
        "method": "CHECK",
        "receivedOn": yesterday(),
        "allocations": [{"invoiceId": draft["id"], "amount": draft["total"]}],
    }
    done = await api.data(PAID_AT_ONCE, {"invoice": draft["id"], "payment": payment}, as_=ADMIN)
    assert done["recordPayment"] == {"payment": {"status": "PENDING"}, "userErrors": []}
    (sent, recorded) = await books.events(2)
    assert [kind for kind, _ in (sent, recorded)] == ["invoice.sent", "payment.recorded"]
    told = recorded[1]["allocations"][0]["invoiceNumber"]
    assert told == done["sendInvoice"]["invoice"]["number"] == sent[1]["number"]


async def test_it_is_not_sent_twice_in_one_operation(api: Api, runner: Runner, books: Books) -> None:
    draft = await books.draft()
    async with unchanged(runner, *TABLES):
        done = await api.data(AGAIN % "sendInvoice", {"invoice": draft["id"]}, as_=ADMIN)
    (error,) = done["then"]["userErrors"]
    assert (error["code"], "SENT" in error["message"]) == ("INVALID_TRANSITION", True)
    assert [one["code"] for one in done["first"]["userErrors"]] == ["ROLLED_BACK"]


async def test_what_is_sent_and_void_in_one_operation_has_a_number(api: Api, books: Books) -> None:
    draft, before = await books.draft(), await last_number(books.runner)
    done = await api.data(AGAIN % "voidInvoice", {"invoice": draft["id"]}, as_=ADMIN)
    assert done["then"]["invoice"]["status"] == "VOID"
    assert done["then"]["invoice"]["number"].endswith(f"{before + 1:08d}")
    assert [kind for kind, _ in await books.events(2)] == ["invoice.sent", "invoice.voided"]


async def test_an_error_while_numbering_undoes_the_whole_operation(alone: Runner) -> None:
    admin = await alone.principal(ADMIN)
    rows = await alone.sql(
        "SELECT encode(textsend('Invoice:' || id), 'base64') AS id FROM leora.invoices"
        " WHERE status = 'DRAFT' AND tenant_id = :tenant LIMIT 1",
        tenant=await alone.tenant(),
    )
    async with connected(alone.direct_url, autocommit=True) as connection:
        for statement in REFUSE_NUMBERS:
            await connection.execute(text(statement))
    given = {"invoice": rows[0]["id"].replace("\n", ""), "slug": "beside"}
    async with unchanged(alone, *TABLES):
        answer: dict[str, Any] = await alone.run(SENT_WITH_A_SUPPLIER, admin, given)
    assert answer["data"] == {"sendInvoice": None, "createSupplier": None}
    told = [(error["path"], error["extensions"]["code"]) for error in answer["errors"]]
    assert told == [(["sendInvoice"], "INTERNAL"), (["createSupplier"], "INTERNAL")]
