"""Invoices as PDFs: the link, what it gives, for whom and how long; and texts that are long or odd."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import re
import threading
import zlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from leora_gql.app import create_app
from leora_gql.auth.principal import ActorKind, Principal
from leora_gql.db.model import new_id
from leora_gql.domains.billing import pdf
from leora_gql.domains.billing.enums import InvoiceStatus
from leora_gql.domains.billing.links import link_for, link_key, read_link, write_link
from leora_gql.domains.billing.pdf import invoice_pdf, printable
from leora_gql.domains.billing.service.document import DocumentLine, InvoiceDocument
from leora_gql.server import invoices
from leora_gql.settings import Settings, decode_key
from tests.api import ADMIN, BUYER, OTHER_ADMIN, OTHER_BUYER
from tests.domains.billing.books import NOWHERE, Books
from tests.graph.principals import Runner

URL = "query ($id: ID!) { invoice(id: $id) { pdfUrl } }"
NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
KEY = b"k" * 32


def words(pdf: bytes) -> str:
    """The text that is drawn on the pages."""
    found: list[str] = []
    for stream in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL):
        try:
            page = zlib.decompress(stream)
        except zlib.error:
            continue
        found += [text.decode("cp1252") for text in re.findall(rb"\((.*?)\) Tj", page)]
    return "\n".join(found)


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


async def url(books: Books, invoice: dict[str, Any], as_: str = ADMIN) -> str | None:
    return (await books.api.data(URL, {"id": invoice["id"]}, as_=as_))["invoice"]["pdfUrl"]


async def test_a_sent_invoice_is_there_as_a_pdf(client: httpx.AsyncClient, books: Books) -> None:
    draft = await books.draft(tax=777, shipping=2_500)
    assert await url(books, draft) is None
    invoice = {**draft, **(await books.send(id=draft["id"]))["invoice"]}
    path = await url(books, invoice)
    assert path is not None
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == f'inline; filename="{invoice["number"]}.pdf"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.content.startswith(b"%PDF-")
    text = words(answer.content)
    total = f"{float(invoice['total']):,.2f}"
    for expected in (invoice["number"], total, "7.77", "25.00", "Balance due USD", "Well Crafted"):
        assert expected in text, expected
    for line in invoice["lines"]["nodes"]:
        assert line["description"].split()[0] in text


async def test_a_buyer_gets_its_own_while_invoices_are_shown(client: httpx.AsyncClient, books: Books) -> None:
    customer = await books.own_customer(BUYER)
    invoice = await books.sent(customer=customer)
    path = await url(books, invoice, BUYER)
    assert path is not None
    assert (await client.get(path)).status_code == 200
    for stranger in (OTHER_BUYER, OTHER_ADMIN):
        assert await books.api.data(URL, {"id": invoice["id"]}, as_=stranger) == {"invoice": None}
    switch = "UPDATE leora.tenant_settings SET portal_invoices_enabled = :on WHERE tenant_id = :tenant"
    await books.runner.write(switch, on=False, tenant=customer["tenant_id"])
    try:
        assert (await client.get(path)).status_code == 404
    finally:
        await books.runner.write(switch, on=True, tenant=customer["tenant_id"])


async def test_a_link_ends_and_cannot_be_changed(client: httpx.AsyncClient, books: Books) -> None:
    path = await url(books, await books.sent())
    assert path is not None
    token = path.removeprefix("/invoices/").removesuffix(".pdf")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    answers = [await client.get("/invoices/x.pdf"), await client.get(f"/invoices/{'A' * 5_000}.pdf")]
    for place in (0, 1, 20, 40, 60, 70, len(raw) - 1):
        other = bytearray(raw)
        other[place] ^= 1
        changed = base64.urlsafe_b64encode(bytes(other)).rstrip(b"=").decode()
        answers.append(await client.get(f"/invoices/{changed}.pdf"))
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=15, seconds=1), tick=True):
        answers.append(await client.get(path))
    assert {(one.status_code, one.text) for one in answers} == {(404, "Not found.")}
    assert (await client.get(path)).status_code == 200


async def test_a_genuine_link_to_what_its_holder_may_not_see_is_not_found(
    client: httpx.AsyncClient, books: Books, runner: Runner, settings: Settings
) -> None:
    key = link_key(decode_key(settings.cursor_key.get_secret_value()))
    invoice, draft = await books.sent(), await books.draft()
    found = await books.one(
        "SELECT id, customer_id FROM leora.invoices WHERE number = :n", n=invoice["number"]
    )
    other_buyer = await runner.principal(OTHER_BUYER)
    assert other_buyer.customer_id != found["customer_id"]
    foreign = await runner.principal(OTHER_ADMIN, tenant="cellar-door")
    ours = await runner.principal(ADMIN)
    hidden = [(other_buyer, found["id"]), (foreign, found["id"]), (ours, NOWHERE), (ours, key_of(draft))]
    for principal, invoice_id in hidden:
        link = link_for(principal, type(found["id"])(str(invoice_id)), now=dt.datetime.now(dt.UTC))
        answer = await client.get(f"/invoices/{write_link(link, key)}.pdf")
        assert (answer.status_code, answer.text) == (404, "Not found.")


def path_of(books: Books, principal: Principal, invoice_id: UUID) -> str:
    """A genuine link that the principal may have asked for a moment ago."""
    key = link_key(decode_key(books.runner.settings.cursor_key.get_secret_value()))
    return f"/invoices/{write_link(link_for(principal, invoice_id, now=dt.datetime.now(dt.UTC)), key)}.pdf"


async def somebody(runner: Runner, *, status: str = "ACTIVE", admin: bool = True) -> Principal:
    """A member of staff of the test's own."""
    like = await runner.principal(ADMIN)
    who = replace(like, id=new_id())
    await runner.write(
        "INSERT INTO leora.users (tenant_id, id, email, first_name, last_name, status, password_hash)"
        " VALUES (:tenant, :id, :email, 'Some', 'Body', :status, 'x')",
        tenant=who.tenant_id,
        id=who.id,
        email=f"{who.id}@x.test",
        status=status,
    )
    if admin:
        await runner.write(
            "INSERT INTO leora.user_roles (tenant_id, user_id, role_id)"
            " SELECT tenant_id, :id, role_id FROM leora.user_roles WHERE user_id = :like",
            id=who.id,
            like=like.id,
        )
    return who


async def test_a_link_ends_with_what_its_holder_may(
    client: httpx.AsyncClient, books: Books, runner: Runner
) -> None:
    invoice = UUID(key_of(await books.sent()))
    may = await somebody(runner)
    lacking = [await somebody(runner, status="DISABLED"), await somebody(runner, admin=False)]
    assert (await client.get(path_of(books, may, invoice))).status_code == 200
    for who in lacking:
        answer = await client.get(path_of(books, who, invoice))
        assert (answer.status_code, answer.text) == (404, "Not found.")


@pytest.mark.parametrize(
    ("closed", "opened"),
    [
        (
            "UPDATE leora.tenant_settings SET portal_enabled = false WHERE tenant_id = :tenant",
            "UPDATE leora.tenant_settings SET portal_enabled = true WHERE tenant_id = :tenant",
        ),
        (
            "UPDATE leora.tenants SET status = 'SUSPENDED' WHERE id = :tenant",
            "UPDATE leora.tenants SET status = 'ACTIVE' WHERE id = :tenant",
        ),
    ],
)
async def test_a_buyers_link_ends_with_the_portal(
    client: httpx.AsyncClient, books: Books, runner: Runner, closed: str, opened: str
) -> None:
    invoice = UUID(key_of(await books.sent(customer=await books.own_customer(BUYER))))
    buyer = await runner.principal(BUYER)
    await runner.write(closed, tenant=buyer.tenant_id)
    try:
        answer = await client.get(path_of(books, buyer, invoice))
        assert (answer.status_code, answer.text) == (404, "Not found.")
    finally:
        await runner.write(opened, tenant=buyer.tenant_id)
    assert (await client.get(path_of(books, buyer, invoice))).status_code == 200


async def test_documents_are_charged_to_their_holder(
    settings: Settings, books: Books, runner: Runner
) -> None:
    invoice, who, another = UUID(key_of(await books.sent())), await somebody(runner), await somebody(runner)
    limited = settings.model_copy(update={"rate_limit_principal": f"{2 * invoices.COST}/hour"})
    app = create_app(limited)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://leora.test") as client,
    ):
        path = path_of(books, who, invoice)
        answers = [await client.get(path) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert 3_500 < int(answers[-1].headers["retry-after"]) <= 3_600
        assert (await client.get(path_of(books, another, invoice))).status_code == 200


async def test_two_are_made_at_a_time_and_few_wait(
    client: httpx.AsyncClient, books: Books, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(books, await somebody(runner), UUID(key_of(await books.sent())))
    made, going_on, counting = list[int](), set[int](), threading.Lock()

    def counted(asked: InvoiceDocument) -> bytes:
        with counting:
            going_on.add(threading.get_ident())
            made.append(len(going_on))
        try:
            return invoice_pdf(asked)
        finally:
            with counting:
                going_on.discard(threading.get_ident())

    monkeypatch.setattr(pdf, "invoice_pdf", counted)
    answers = await asyncio.gather(*(client.get(path) for _ in range(30)))
    statuses = [one.status_code for one in answers]
    assert (statuses.count(200), statuses.count(503)) == (10, 20)
    assert {one.headers["retry-after"] for one in answers if one.status_code == 503} == {"1"}
    assert (len(made), max(made) <= 2) == (10, True)
    assert (await client.get(path)).status_code == 200


def key_of(row: dict[str, Any]) -> str:
    return base64.b64decode(row["id"]).decode().partition(":")[2]


@pytest.mark.parametrize("kind", [ActorKind.USER, ActorKind.PORTAL_USER, ActorKind.INTEGRATION])
def test_a_link_is_read_as_it_was_written(kind: ActorKind) -> None:
    customer = new_id() if kind is ActorKind.PORTAL_USER else None
    principal = Principal(
        kind=kind,
        id=new_id(),
        tenant_id=new_id(),
        tenant_slug="x",
        permissions=frozenset(),
        customer_id=customer,
    )
    link = link_for(principal, new_id(), now=NOON)
    token = write_link(link, KEY)
    assert read_link(token, KEY, now=NOON) == link
    assert read_link(token, b"other" * 8, now=NOON) is None
    assert read_link(token, KEY, now=NOON + dt.timedelta(minutes=15)) is None


def document(text: str, *, lines: int = 1, status: InvoiceStatus = InvoiceStatus.SENT) -> InvoiceDocument:
    line = DocumentLine(
        description=text,
        quantity=100_000,
        unit_price_cents=10**9,
        discount_amount_cents=1,
        line_total_cents=10**15,
    )
    address = dict.fromkeys(("line1", "line2", "city", "region", "postal_code", "country"), text[:200])
    return InvoiceDocument(
        seller=text[:200],
        customer=text[:200],
        trade_name=text[:100],
        account_number=text[:50],
        billing_address=address,
        shipping_address=None,
        number="INV-00000001",
        status=status,
        issued_on=NOON.date(),
        due_on=NOON.date(),
        order_number=None,
        po_number=text[:100],
        currency="USD",
        subtotal_cents=10**15,
        discount_amount_cents=1,
        tax_amount_cents=1,
        shipping_amount_cents=1,
        total_cents=10**15,
        paid_amount_cents=0,
        balance_due_cents=10**15,
        lines=(line,) * lines,
    )


@pytest.mark.parametrize(
    "text",
    [
        "Château d'Yquem – Grüner “Veltliner” €",
        "酒" * 500,
        "W" * 500,
        "a (b) \\c\\ " * 50,
        "مرحبا שלום हिन्दी 🍷\u202e\u0000\x07",
        "x",
    ],
)
def test_no_text_breaks_it(text: str) -> None:
    made = invoice_pdf(document(text, lines=3))
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")


def test_a_hundred_long_lines_take_several_pages() -> None:
    made = invoice_pdf(document("Long words of wine " * 20, lines=100))
    assert pages(made) > 3
    assert f"Page 2 of {pages(made)}" in " ".join(words(made).split())


def test_a_void_one_says_so() -> None:
    assert "VOID INVOICE" in words(invoice_pdf(document("x", status=InvoiceStatus.VOID)))


def test_letters_that_the_font_lacks_lose_their_accents_or_become_question_marks() -> None:
    assert printable("Château Żubrówka 酒\n x") == "Château Zubrówka ? x"
