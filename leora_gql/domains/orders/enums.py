"""The closed lists of the orders domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class OrderStatus(DescribedEnum):
    """How far an order has come."""

    DRAFT = "DRAFT", "Being written; its lines can change."
    PENDING = "PENDING", "Submitted: stock is reserved, and it waits for confirmation."
    CONFIRMED = "CONFIRMED", "Accepted; waits for delivery."
    PARTIALLY_FULFILLED = "PARTIALLY_FULFILLED", "Some of its bottles are delivered."
    FULFILLED = "FULFILLED", "All of its bottles are delivered."
    CANCELLED = "CANCELLED", "Called off; what was delivered stays delivered."


class ApprovalReason(DescribedEnum):
    """Why an order needs approval before it can be confirmed."""

    CREDIT_LIMIT = "CREDIT_LIMIT", "It would take the customer above the credit limit."
    MINIMUM_ORDER = "MINIMUM_ORDER", "It is below the minimum order amount."
    PRICE_OVERRIDE = "PRICE_OVERRIDE", "A line's price was overridden."
    DISCOUNT = "DISCOUNT", "A discount was given."
    SAMPLE_ALLOWANCE = "SAMPLE_ALLOWANCE", "Its samples are above the rep's allowance."
