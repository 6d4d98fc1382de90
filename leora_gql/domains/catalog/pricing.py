"""Price resolution: which price counts for a customer, and why every other one does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from uuid import UUID

from leora_gql.db.model import DescribedEnum
from leora_gql.domains.facts import money
from leora_gql.graph.node import encode_id

_ALWAYS = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class PriceLevel(IntEnum):
    """Where a price comes from; the lower level wins."""

    CUSTOMER = 0
    TIER = 1
    STANDARD = 2
    BASE = 3


class PriceLoss(DescribedEnum):
    """Why a price that might count does not."""

    OTHER_CURRENCY = "OTHER_CURRENCY", "It is in another currency than the distributor's."
    NOT_YET_VALID = "NOT_YET_VALID", "It holds only later."
    NO_LONGER_VALID = "NO_LONGER_VALID", "It held only before."
    BELOW_MINIMUM_QUANTITY = "BELOW_MINIMUM_QUANTITY", "It holds from more bottles only."
    ABOVE_MAXIMUM_QUANTITY = "ABOVE_MAXIMUM_QUANTITY", "It holds up to fewer bottles only."
    LESS_SPECIFIC = (
        "LESS_SPECIFIC",
        "Another one is closer to the customer: its own, its tier's, the standard list's.",
    )
    SMALLER_MINIMUM_QUANTITY = "SMALLER_MINIMUM_QUANTITY", "Another one is for larger quantities."
    OLDER = "OLDER", "Another one holds since a later moment."
    MORE_EXPENSIVE = "MORE_EXPENSIVE", "Another one is alike, and not dearer."


@dataclass(frozen=True, slots=True)
class PriceCandidate:
    """A price that might count: an entry of a price list, or the SKU's base price (no `entry_id`).

    `unit_price_cents` is per bottle; valid from `valid_from` to just before `valid_until`.
    """

    level: PriceLevel
    unit_price_cents: int
    currency: str
    entry_id: UUID | None = None
    price_list: str | None = None
    min_quantity: int = 1
    max_quantity: int | None = None
    valid_from: dt.datetime = _ALWAYS
    valid_until: dt.datetime | None = None


def listed_price(row: Mapping[str, Any]) -> PriceCandidate:
    """The candidate that a row of `price_list_entries` is, whoever it is for."""
    level = PriceLevel.STANDARD
    if row["customer_id"] is not None:
        level = PriceLevel.CUSTOMER
    elif row["customer_tier"] is not None:
        level = PriceLevel.TIER
    return PriceCandidate(
        level,
        row["unit_price_cents"],
        row["currency"],
        entry_id=row["id"],
        price_list=row["price_list"],
        min_quantity=row["min_quantity"],
        max_quantity=row["max_quantity"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
    )


@dataclass(frozen=True, slots=True)
class LostPrice:
    """A candidate that is not the price, and the first reason why."""

    candidate: PriceCandidate
    reason: PriceLoss


@dataclass(frozen=True, slots=True)
class PriceAnswer:
    """The price that counts and every candidate that lost; no winner when nothing is in the currency."""

    winner: PriceCandidate | None
    lost: tuple[LostPrice, ...]


def resolve_price(
    candidates: Iterable[PriceCandidate], quantity: int, *, at: dt.datetime, currency: str
) -> PriceAnswer:
    """The price of `quantity` bottles at a moment, among the candidates of one SKU and customer.

    The level decides (customer, tier, standard, base), then the largest satisfied minimum
    quantity, the latest `valid_from`, the lowest price, the smallest id. Losers stand in that order,
    those that did not apply at all last.
    """
    ranked = sorted(candidates, key=_rank)
    excluded = [(candidate, _exclusion(candidate, quantity, at, currency)) for candidate in ranked]
    applying = [candidate for candidate, reason in excluded if reason is None]
    winner = applying[0] if applying else None
    beaten = [LostPrice(loser, _beaten_by(applying[0], loser)) for loser in applying[1:]]
    barred = [LostPrice(candidate, reason) for candidate, reason in excluded if reason is not None]
    return PriceAnswer(winner, (*beaten, *barred))


def _rank(candidate: PriceCandidate) -> tuple[int, int, dt.timedelta, int, int]:
    latest_first = _ALWAYS - candidate.valid_from
    tie_break = candidate.entry_id.int if candidate.entry_id else 0
    return candidate.level, -candidate.min_quantity, latest_first, candidate.unit_price_cents, tie_break


def _exclusion(candidate: PriceCandidate, quantity: int, at: dt.datetime, currency: str) -> PriceLoss | None:
    if candidate.currency != currency:
        return PriceLoss.OTHER_CURRENCY
    if at < candidate.valid_from:
        return PriceLoss.NOT_YET_VALID
    if candidate.valid_until is not None and at >= candidate.valid_until:
        return PriceLoss.NO_LONGER_VALID
    if quantity < candidate.min_quantity:
        return PriceLoss.BELOW_MINIMUM_QUANTITY
    if candidate.max_quantity is not None and quantity > candidate.max_quantity:
        return PriceLoss.ABOVE_MAXIMUM_QUANTITY
    return None


def _beaten_by(winner: PriceCandidate, loser: PriceCandidate) -> PriceLoss:
    if loser.level != winner.level:
        return PriceLoss.LESS_SPECIFIC
    if loser.min_quantity != winner.min_quantity:
        return PriceLoss.SMALLER_MINIMUM_QUANTITY
    if loser.valid_from != winner.valid_from:
        return PriceLoss.OLDER
    return PriceLoss.MORE_EXPENSIVE


def pricing_rule(winner: PriceCandidate) -> dict[str, object]:
    """What an order line keeps of the price that it was given, as JSON."""
    return {
        "level": winner.level.name,
        "priceList": winner.price_list,
        "entryId": encode_id("PriceListEntry", winner.entry_id) if winner.entry_id else None,
        "minQuantity": winner.min_quantity,
        "unitPrice": money(winner.unit_price_cents),
        "currency": winner.currency,
    }
