"""The closed lists of the tenancy domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class TenantStatus(DescribedEnum):
    """Whether a distributor's people can sign in."""

    ACTIVE = "ACTIVE", "In business."
    SUSPENDED = "SUSPENDED", "Nobody of it can sign in."


class SubscriptionTier(DescribedEnum):
    """What a distributor subscribes to."""

    STARTER = "STARTER", "The smallest plan."
    GROWTH = "GROWTH", "The middle plan."
    ENTERPRISE = "ENTERPRISE", "The largest plan."
