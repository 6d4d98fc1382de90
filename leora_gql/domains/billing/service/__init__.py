"""The rules by which invoices and payments come about and change."""

from leora_gql.domains.billing.service.create import InvoicePart, NewInvoice, create_invoice
from leora_gql.domains.billing.service.record import Allocation, NewPayment, record_payment
from leora_gql.domains.billing.service.send import send_invoice
from leora_gql.domains.billing.service.settle import clear_payment, fail_payment, refund_payment
from leora_gql.domains.billing.service.targets import Target
from leora_gql.domains.billing.service.void import void_invoice

__all__ = [
    "Allocation",
    "InvoicePart",
    "NewInvoice",
    "NewPayment",
    "Target",
    "clear_payment",
    "create_invoice",
    "fail_payment",
    "record_payment",
    "refund_payment",
    "send_invoice",
    "void_invoice",
]
