"""`/invoices/{token}.pdf`: an invoice as a document, for who has a link to it (`domains/billing/links.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from inspect import isawaitable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.clock import utc_now
from leora_gql.auth.principal import Principal
from leora_gql.db.engine import Pools
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.billing.links import InvoiceLink, link_key, read_link
from leora_gql.domains.billing.service.document import InvoiceDocument, read_document
from leora_gql.errors import Forbidden, RateLimited, TooExpensive, Unauthenticated, Unavailable
from leora_gql.graph.access import check_access
from leora_gql.graph.fields import Access
from leora_gql.server.caller import Caller
from leora_gql.server.callers import new_request_id
from leora_gql.server.context import login_of
from leora_gql.server.rate import RateLimiter
from leora_gql.settings import Settings, decode_key

_ACCESS = Access("invoices.view")
COST = 5_000
"""What a document costs its holder: a hundred lines take half a second of processor time."""
AT_ONCE = 2
MOST_WAITING = 8
PATH = "/invoices/{token}.pdf"
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class InvoicePdfs:
    """Serves the documents. Whatever is wrong with a link, or with whom it was made for, the answer is the same 404."""

    def __init__(self, settings: Settings, pools: Pools, auth: Authenticator, limiter: RateLimiter) -> None:
        self._key = link_key(decode_key(settings.cursor_key.get_secret_value()))
        self._pools = pools
        self._auth = auth
        self._limiter = limiter
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._present = 0

    async def __call__(self, request: Request) -> Response:
        """The PDF; 404 for a link that is none, has ended or leads to nothing.

        429 for who asks for too many; 503 without a database, and while too many are asked for.
        """
        link = read_link(request.path_params["token"], self._key, now=utc_now())
        if link is None:
            return _answer("Not found.", 404)
        try:
            holder = await self._holder(link)
            await self._charge(holder, request)
            async with self._turn():
                return await self._answer(link, holder)
        except (Unauthenticated, Forbidden):
            return _answer("Not found.", 404)
        except TooExpensive as error:
            return _answer(error.message, 429)
        except RateLimited as error:
            return _answer(error.message, 429, {"Retry-After": str(error.retry_after)})
        except Unavailable as error:
            return _answer("Try again later.", 503, {"Retry-After": str(error.retry_after)})

    async def _answer(self, link: InvoiceLink, holder: Principal) -> Response:
        document = await self._read(link, holder)
        if document is None:
            return _answer("Not found.", 404)
        from leora_gql.domains.billing.pdf import invoice_pdf  # its library is large, and few ask for it

        body = await asyncio.to_thread(invoice_pdf, document)
        name = f'inline; filename="{_plain(document.number)}.pdf"'
        return Response(body, media_type="application/pdf", headers={**_HEADERS, "Content-Disposition": name})

    async def _holder(self, link: InvoiceLink) -> Principal:
        """Whom the link was made for, as they are now. Raises `Unauthenticated`, `Forbidden`."""
        holder = await self._auth.standing(link.tenant_id, kind=link.actor_kind, principal_id=link.actor_id)
        check_access(_ACCESS, holder)
        if holder.customer_id != link.customer_id:
            raise Unauthenticated
        return holder

    async def _charge(self, holder: Principal, request: Request) -> None:
        """Charge it as an operation of theirs from that address. Raises `RateLimited`, `TooExpensive`."""
        caller = Caller(
            principal=holder,
            tenant_slug=holder.tenant_slug,
            request_id=new_request_id(),
            address=request.client.host if request.client else None,
        )
        charged = self._limiter.charge(caller, COST)
        if isawaitable(charged):
            await charged

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Some are made at a time, and some wait: it is work for the processor that would keep all others waiting."""
        if self._present >= AT_ONCE + MOST_WAITING:
            raise Unavailable("Too many documents are asked for at once.")
        self._present += 1
        try:
            async with self._turns:
                yield
        finally:
            self._present -= 1

    async def _read(self, link: InvoiceLink, holder: Principal) -> InvoiceDocument | None:
        async with with_tenant(
            self._pools, holder.scope, login=login_of(holder), read_only=True
        ) as connection:
            return await read_document(connection, link.invoice_id)


def _answer(text: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(text, status_code=status, headers={**_HEADERS, **(headers or {})})


def _plain(number: str) -> str:
    """The number as a file's name."""
    return "".join(one if one.isascii() and (one.isalnum() or one == "-") else "_" for one in number)
