"""The rules by which invoices and payments come about and change."""

from leora_gql.domains.billing.service.create import InvoicePart, NewInvoice, create_invoice
from leora_gql.domains.billing.service.send import send_invoice
from leora_gql.domains.billing.service.targets import Target
from leora_gql.domains.billing.service.void import void_invoice

__all__ = [
    "InvoicePart",
    "NewInvoice",
    "Target",
    "create_invoice",
    "send_invoice",
    "void_invoice",
]
