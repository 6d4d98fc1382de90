"""The closed lists of the billing domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class InvoiceStatus(DescribedEnum):
    """How far an invoice has come."""

    DRAFT = "DRAFT", "Not sent yet; has no number."
    SENT = "SENT", "Sent to the customer; nothing is paid."
    PARTIALLY_PAID = "PARTIALLY_PAID", "Some of it is paid."
    PAID = "PAID", "All of it is paid."
    VOID = "VOID", "Taken back; nothing is owed."


class PaymentMethod(DescribedEnum):
    """How a customer pays."""

    CHECK = "CHECK", "A paper check."
    ACH = "ACH", "A bank transfer through the Automated Clearing House."
    CARD = "CARD", "A payment card."
    CASH = "CASH", "Cash."
    CREDIT = "CREDIT", "Credit that we gave the customer."


class PaymentStatus(DescribedEnum):
    """Whether the money has arrived."""

    PENDING = "PENDING", "Recorded; does not count as paid yet."
    CLEARED = "CLEARED", "Arrived: counts as paid."
    FAILED = "FAILED", "Did not arrive."
    REFUNDED = "REFUNDED", "Was given back whole; no longer counts as paid."


class StatementMovementKind(DescribedEnum):
    """What changed a customer's debt."""

    INVOICE = "INVOICE", "An invoice was sent."
    VOID = "VOID", "An invoice was taken back."
    PAYMENT = "PAYMENT", "A payment that cleared was received."
    REFUND = "REFUND", "A payment was given back."
