"""Samples: what a rep may still pull this month, what needs approval, how much feedback came back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True)
class SampleAllowance:
    """A rep's samples in one calendar month of the tenant, in bottles; nothing is carried over."""

    allowance: int
    approval_above: int
    pulled: int = 0

    @property
    def remaining(self) -> int:
        """Bottles left of the allowance, never below zero."""
        return max(0, self.allowance - self.pulled)

    @property
    def exceeded_by(self) -> int:
        """Bottles pulled beyond the allowance."""
        return max(0, self.pulled - self.allowance)

    def exceeds(self, bottles: int) -> bool:
        """Whether so many bottles more would go beyond the allowance."""
        return self.pulled + bottles > self.allowance

    def needs_approval(self, bottles: int) -> bool:
        """Whether a pull of so many bottles more must be approved first."""
        return self.pulled + bottles > self.approval_above


def feedback_rate(with_feedback: int, pulls: int) -> Decimal:
    """The part of the pulls that has feedback, 0 to 1 with four decimals; 0 without pulls.

    Raises `ValueError` when more pulls have feedback than there are.
    """
    if not 0 <= with_feedback <= pulls:
        raise ValueError("pulls with feedback are some of all pulls")
    if pulls == 0:
        return Decimal("0.0000")
    return (Decimal(with_feedback) / pulls).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
