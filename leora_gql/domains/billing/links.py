"""Links to an invoice as a document: signed, for fifteen minutes, and for whom they were made alone.

A link says the tenant, the invoice, who asked for it and until when. Whoever has it reads that one invoice as that
caller would now: their permissions and the database still decide whether there is anything to see.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import struct
from dataclasses import dataclass
from uuid import UUID

from leora_gql.auth.principal import ActorKind, Principal

LIFETIME = dt.timedelta(minutes=15)
_KINDS: tuple[ActorKind, ...] = (ActorKind.USER, ActorKind.PORTAL_USER, ActorKind.INTEGRATION)
_FORM = struct.Struct(">B16s16s16s16sQ")
_MAC_BYTES = 32
_LENGTH = 4 * ((_FORM.size + _MAC_BYTES + 2) // 3)
_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLink:
    """One invoice, for one caller, until a moment in seconds of Unix time."""

    invoice_id: UUID
    tenant_id: UUID
    actor_kind: ActorKind
    actor_id: UUID
    customer_id: UUID | None
    expires_at: int


def link_for(principal: Principal, invoice_id: UUID, *, now: dt.datetime) -> InvoiceLink:
    """A link for the caller that begins now."""
    return InvoiceLink(
        invoice_id=invoice_id,
        tenant_id=principal.tenant_id,
        actor_kind=principal.kind,
        actor_id=principal.id,
        customer_id=principal.customer_id,
        expires_at=int((now + LIFETIME).timestamp()),
    )


def link_key(secret: bytes) -> bytes:
    """The key of the links, made of a secret that signs other things as well."""
    return hmac.digest(secret, b"leora: links to invoices", "sha256")


def write_link(link: InvoiceLink, key: bytes) -> str:
    """The link as letters, digits, dashes and underscores."""
    body = _FORM.pack(
        _KINDS.index(link.actor_kind),
        link.tenant_id.bytes,
        link.invoice_id.bytes,
        link.actor_id.bytes,
        (link.customer_id or _NOBODY).bytes,
        link.expires_at,
    )
    return base64.urlsafe_b64encode(body + hmac.digest(key, body, "sha256")).rstrip(b"=").decode()


def read_link(token: str, key: bytes, *, now: dt.datetime) -> InvoiceLink | None:
    """What `write_link` wrote; None for what it did not write with that key, and for what has ended."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, mac = raw[: _FORM.size], raw[_FORM.size :]
    if len(token) > _LENGTH or not hmac.compare_digest(mac, hmac.digest(key, body, "sha256")):
        return None
    fields: tuple[int, bytes, bytes, bytes, bytes, int] = _FORM.unpack(body)
    kind, tenant, invoice, actor, customer, expires_at = fields
    if now.timestamp() >= expires_at:
        return None
    buyer = UUID(bytes=customer)
    return InvoiceLink(
        invoice_id=UUID(bytes=invoice),
        tenant_id=UUID(bytes=tenant),
        actor_kind=_KINDS[kind],
        actor_id=UUID(bytes=actor),
        customer_id=None if buyer == _NOBODY else buyer,
        expires_at=expires_at,
    )
