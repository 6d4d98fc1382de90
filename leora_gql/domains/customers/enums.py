"""The closed lists of the customers domain."""

from __future__ import annotations

from leora_gql.db.model import DescribedEnum


class CustomerStatus(DescribedEnum):
    """Whether we sell to a customer."""

    ACTIVE = "ACTIVE", "Buys from us."
    PROSPECT = "PROSPECT", "May become a customer."
    INACTIVE = "INACTIVE", "Does not buy at present."
    CLOSED = "CLOSED", "Closed for good."


class CreditStatus(DescribedEnum):
    """Whether a customer may buy on credit."""

    GOOD = "GOOD", "In good standing."
    HOLD = "HOLD", "No new orders until the account is settled."
