"""The lines of an order that is being written: their prices, and what the order comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from leora_gql.domains.catalog.pricing import pricing_rule, resolve_price
from leora_gql.domains.orders.amounts import OrderAmounts, line_total, liters, order_amounts, shipping
from leora_gql.domains.orders.service.basis import Basis, Buyer, Offer, Terms
from leora_gql.graph.problems import Problem, UserErrorCode

MAX_LINES = 100
MAX_CENTS = 10**15
"""A line costs less than this."""
_MAX_LITERS = 10**9


@dataclass(frozen=True, slots=True)
class NewLine:
    """Bottles of one SKU."""

    sku_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A line with its SKU, its price, and the rule that gave it (none for samples, which are free)."""

    line: NewLine
    offer: Offer
    unit_price_cents: int
    rule: dict[str, object] | None

    @property
    def total_cents(self) -> int:
        """What the line costs."""
        return line_total(self.unit_price_cents, self.line.quantity)


def priced(line: NewLine, basis: Basis, *, is_sample: bool, path: tuple[str, ...]) -> PricedLine | Problem:
    """The line at the price of the moment, or why it cannot be sold; `path` is the line's in the input."""
    sku, quantity = (*path, "skuId"), (*path, "quantity")
    offer = basis.offers.get(line.sku_id)
    if offer is None:
        return Problem(UserErrorCode.NOT_FOUND, "There is no such SKU.", sku)
    if not offer.sold:
        return not_sold(offer.code, *sku)
    if offer.sample_only and not is_sample:
        return Problem(UserErrorCode.NOT_ALLOWED, f"{offer.code} is given as a sample only.", sku)
    if liters(line.quantity, offer.bottle_ml) >= _MAX_LITERS:
        return too_much(*quantity)
    if is_sample:
        return PricedLine(line=line, offer=offer, unit_price_cents=0, rule=None)
    terms = basis.terms
    winner = resolve_price(offer.candidates, line.quantity, at=terms.now, currency=terms.currency).winner
    if winner is None:
        message = f"{offer.code} has no price in {terms.currency}."
        return Problem(UserErrorCode.CURRENCY_MISMATCH, message, sku)
    if winner.unit_price_cents * line.quantity >= MAX_CENTS:
        return too_much(*quantity)
    return PricedLine(
        line=line, offer=offer, unit_price_cents=winner.unit_price_cents, rule=pricing_rule(winner)
    )


def not_sold(code: str, *path: str) -> Problem:
    """The SKU or its product is not sold now."""
    return Problem(UserErrorCode.SKU_INACTIVE, f"{code} is not sold now.", path)


def too_much(*path: str) -> Problem:
    """No amount of money or column of litres holds that many bottles."""
    return Problem(UserErrorCode.OUT_OF_RANGE, "That is too much for one order.", path)


def amounts_of(
    line_totals: Sequence[int], terms: Terms, buyer: Buyer, *, is_sample: bool, discount_cents: int = 0
) -> OrderAmounts:
    """What an order of the lines comes to. Raises `ValueError` for a discount above the lines' sum."""
    freight = shipping(
        sum(line_totals) - discount_cents,
        flat_rate_cents=terms.shipping_cents,
        free_from_cents=terms.free_shipping_from_cents,
    )
    return order_amounts(
        line_totals,
        discount_cents=discount_cents,
        tax_rate=terms.tax_rate,
        tax_exempt=buyer.tax_exempt,
        shipping_cents=0 if is_sample else freight,
    )
