"""Why an order that is submitted needs somebody's approval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leora_gql.domains.intelligence.samples import SampleAllowance
from leora_gql.domains.orders.amounts import OrderAmounts
from leora_gql.domains.orders.enums import ApprovalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What decides about it. Amounts in cents; `exposure_cents` is what the customer owes without this order.

    `samples` is the representative's month where the order's bottles are samples.
    """

    amounts: OrderAmounts
    exposure_cents: int
    credit_limit_cents: int | None
    minimum_order_cents: int
    overridden: bool
    line_discounts_cents: int
    bottles: int
    samples: SampleAllowance | None


def approval_reasons(order: Submission) -> Sequence[ApprovalReason]:
    """The reasons, in the order of their list; none when it can be confirmed as it is.

    An order that costs nothing takes nobody above a credit limit, and samples have no minimum.
    """
    amounts, limit = order.amounts, order.credit_limit_cents
    above_limit = limit is not None and order.exposure_cents + amounts.total_cents > limit
    net = amounts.subtotal_cents - amounts.discount_cents
    found = {
        ApprovalReason.CREDIT_LIMIT: above_limit and amounts.total_cents > 0,
        ApprovalReason.MINIMUM_ORDER: order.samples is None and net < order.minimum_order_cents,
        ApprovalReason.PRICE_OVERRIDE: order.overridden,
        ApprovalReason.DISCOUNT: amounts.discount_cents + order.line_discounts_cents > 0,
        ApprovalReason.SAMPLE_ALLOWANCE: order.samples is not None and order.samples.exceeds(order.bottles),
    }
    return [reason for reason, holds in found.items() if holds]
