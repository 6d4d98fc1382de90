"""The mutations of billing."""

from __future__ import annotations

from leora_gql.domains.billing import service
from leora_gql.domains.billing.inputs import (
    ClearPaymentInput,
    CreateInvoiceInput,
    FailPaymentInput,
    RecordPaymentInput,
    RefundPaymentInput,
    SendInvoiceInput,
    VoidInvoiceInput,
)
from leora_gql.domains.billing.service import NewInvoice, NewPayment, Target
from leora_gql.domains.billing.types import Invoice, Payment
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


def _customer_and_invoices(new: NewPayment) -> Locks:
    return Locks(
        customers=frozenset({new.customer_id}),
        invoices=frozenset(one.invoice_id for one in new.allocations),
    )


def _payment_and_its_invoices(target: Target) -> Locks:
    payments = frozenset({target.id})
    return Locks(payments=payments, invoices_of_payments=payments)


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
        description="Give a draft its number and its dates: it is owed from now on, or paid if there is nothing to"
        " pay.",
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
    record_payment = mutation(
        RecordPaymentInput,
        service.record_payment,
        creates=Payment,
        requires="payments.record",
        locks=_customer_and_invoices,
        description="Record a payment and which invoices it settles. It is pending, and counts as paid once cleared.",
    )
    clear_payment = mutation(
        ClearPaymentInput,
        service.clear_payment,
        changes=Payment,
        requires="payments.record",
        locks=_payment_and_its_invoices,
        description="The money of a pending payment is there: its invoices are paid as far as it goes.",
    )
    fail_payment = mutation(
        FailPaymentInput,
        service.fail_payment,
        changes=Payment,
        requires="payments.record",
        locks=_payment_and_its_invoices,
        description="The money of a pending payment does not come.",
    )
    refund_payment = mutation(
        RefundPaymentInput,
        service.refund_payment,
        changes=Payment,
        requires="payments.record",
        locks=_payment_and_its_invoices,
        description="Give a cleared payment back whole: its invoices are owed again as far as it went.",
    )
