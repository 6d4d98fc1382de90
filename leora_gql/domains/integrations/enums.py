"""The closed lists of the integrations domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class WebhookStatus(DescribedEnum):
    """Whether a subscription gets its events."""

    ACTIVE = "ACTIVE", "Gets its events."
    PAUSED = "PAUSED", "Was paused by a person."
    DISABLED = "DISABLED", "Was switched off after too many failures."


class DeliveryStatus(DescribedEnum):
    """How far the delivery of an event has come."""

    PENDING = "PENDING", "Waits for its first attempt."
    DELIVERING = "DELIVERING", "An attempt is under way."
    SUCCEEDED = "SUCCEEDED", "The receiver accepted it."
    FAILED = "FAILED", "The last attempt failed; another will follow."
    EXHAUSTED = "EXHAUSTED", "Every attempt failed; none will follow."


class TokenKind(DescribedEnum):
    """Which way an integration token works."""

    INBOUND = "INBOUND", "A third party calls this API with it."
    OUTBOUND = "OUTBOUND", "We call a third party with it."
