"""The mutations of billing."""

from __future__ import annotations

from leora_gql.domains.billing import service
from leora_gql.domains.billing.inputs import CreateInvoiceInput, SendInvoiceInput, VoidInvoiceInput
from leora_gql.domains.billing.service import NewInvoice, Target
from leora_gql.domains.billing.types import Invoice
from leora_gql.domains.locks import Locks
from leora_gql.graph.mutation import mutation


def _order_and_its_invoices(new: NewInvoice) -> Locks:
    orders = frozenset({new.order_id})
    return Locks(orders=orders, invoices_of_orders=orders)


def _invoice(target: Target) -> Locks:
    return Locks(invoices=frozenset({target.id}))


def _invoice_and_its_order(target: Target) -> Locks:
    invoices = frozenset({target.id})
    return Locks(invoices=invoices, orders_of_invoices=invoices)


class BillingMutations:
    """The mutations of invoices and payments, for the schema to merge in."""

    create_invoice = mutation(
        CreateInvoiceInput,
        service.create_invoice,
        creates=Invoice,
        requires="invoices.manage",
        locks=_order_and_its_invoices,
        description="Invoice what of an order is delivered and not invoiced yet, or a part of that: a draft with"
        " lines of its own. It bears its part of the order's discount and tax, and the first one the shipping.",
    )
    send_invoice = mutation(
        SendInvoiceInput,
        service.send_invoice,
        changes=Invoice,
        requires="invoices.manage",
        locks=_invoice,
        description="Give a draft its number and its dates: it is owed from now on.",
    )
    void_invoice = mutation(
        VoidInvoiceInput,
        service.void_invoice,
        changes=Invoice,
        requires="invoices.manage",
        locks=_invoice_and_its_order,
        description="Take back a draft or an invoice for which no payment is pending or cleared. What it billed"
        " can be invoiced again.",
    )
