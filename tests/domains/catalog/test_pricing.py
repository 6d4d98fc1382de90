"""Which price counts, and why the others do not."""

from __future__ import annotations

import dataclasses
import datetime as dt
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_gql.domains.catalog.pricing import PriceCandidate, PriceLevel, PriceLoss, resolve_price

NOW = dt.datetime(2025, 6, 15, 12, tzinfo=dt.UTC)
LAST_YEAR = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
BASE = PriceCandidate(PriceLevel.BASE, 2_000, "USD")
STANDARD = PriceCandidate(
    PriceLevel.STANDARD, 1_900, "USD", entry_id=UUID(int=1), price_list="Standard", valid_from=LAST_YEAR
)


def entry(level: PriceLevel, cents: int, **changes: object) -> PriceCandidate:
    candidate = PriceCandidate(
        level, cents, "USD", entry_id=UUID(int=cents), price_list="List", valid_from=LAST_YEAR
    )
    return dataclasses.replace(candidate, **changes)


def test_the_customers_own_price_wins_over_tier_standard_and_base_even_when_dearer() -> None:
    tier, own = entry(PriceLevel.TIER, 1_700), entry(PriceLevel.CUSTOMER, 2_500)
    answer = resolve_price([BASE, STANDARD, tier, own], 1, at=NOW, currency="USD")
    assert answer.winner == own
    assert [(lost.candidate, lost.reason) for lost in answer.lost] == [
        (tier, PriceLoss.LESS_SPECIFIC),
        (STANDARD, PriceLoss.LESS_SPECIFIC),
        (BASE, PriceLoss.LESS_SPECIFIC),
    ]


def test_without_any_entry_the_base_price_counts() -> None:
    answer = resolve_price([BASE], 1, at=NOW, currency="USD")
    assert (answer.winner, answer.lost) == (BASE, ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currency": "EUR"}, PriceLoss.OTHER_CURRENCY),
        ({"valid_from": NOW + dt.timedelta(microseconds=1)}, PriceLoss.NOT_YET_VALID),
        ({"valid_until": NOW}, PriceLoss.NO_LONGER_VALID),
        ({"min_quantity": 13}, PriceLoss.BELOW_MINIMUM_QUANTITY),
        ({"max_quantity": 11}, PriceLoss.ABOVE_MAXIMUM_QUANTITY),
    ],
)
def test_what_does_not_apply_loses_with_its_reason(changes: dict[str, object], reason: PriceLoss) -> None:
    candidate = entry(PriceLevel.CUSTOMER, 1_000, **changes)
    answer = resolve_price([candidate, BASE], 12, at=NOW, currency="USD")
    assert answer.winner == BASE
    assert [(lost.candidate, lost.reason) for lost in answer.lost] == [(candidate, reason)]


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_from": NOW},
        {"valid_until": NOW + dt.timedelta(microseconds=1)},
        {"min_quantity": 12},
        {"max_quantity": 12},
    ],
)
def test_the_edges_of_an_entry_belong_to_it(changes: dict[str, object]) -> None:
    candidate = entry(PriceLevel.STANDARD, 1_000, **changes)
    assert resolve_price([candidate, BASE], 12, at=NOW, currency="USD").winner == candidate


def test_within_a_level_quantity_then_recency_then_price_decide() -> None:
    small = entry(PriceLevel.TIER, 900, min_quantity=6)
    old = entry(PriceLevel.TIER, 800, min_quantity=12)
    dear = entry(PriceLevel.TIER, 1_100, min_quantity=12, valid_from=NOW)
    cheap = entry(PriceLevel.TIER, 1_000, min_quantity=12, valid_from=NOW)
    answer = resolve_price([small, old, dear, cheap], 12, at=NOW, currency="USD")
    assert answer.winner == cheap
    assert [(lost.candidate, lost.reason) for lost in answer.lost] == [
        (dear, PriceLoss.MORE_EXPENSIVE),
        (old, PriceLoss.OLDER),
        (small, PriceLoss.SMALLER_MINIMUM_QUANTITY),
    ]


def test_no_price_in_the_currency_is_no_winner() -> None:
    answer = resolve_price([BASE, STANDARD], 1, at=NOW, currency="EUR")
    assert answer.winner is None
    assert {lost.reason for lost in answer.lost} == {PriceLoss.OTHER_CURRENCY}


candidates = st.lists(
    st.builds(
        PriceCandidate,
        level=st.sampled_from(PriceLevel),
        unit_price_cents=st.integers(0, 5),
        currency=st.sampled_from(["USD", "EUR"]),
        entry_id=st.uuids(),
        min_quantity=st.integers(1, 4),
        max_quantity=st.none() | st.integers(4, 8),
        valid_from=st.sampled_from([LAST_YEAR, NOW, NOW + dt.timedelta(days=1)]),
        valid_until=st.none() | st.just(NOW + dt.timedelta(days=9)),
    ),
    max_size=12,
    unique_by=lambda candidate: candidate.entry_id,
)


@given(candidates.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))), st.integers(1, 9))
def test_every_candidate_wins_or_loses_once_whatever_their_order(
    given_in_two_orders: tuple[list[PriceCandidate], list[PriceCandidate]], quantity: int
) -> None:
    one, other = given_in_two_orders
    answer = resolve_price(one, quantity, at=NOW, currency="USD")
    assert answer == resolve_price(other, quantity, at=NOW, currency="USD")
    ids = [lost.candidate.entry_id for lost in answer.lost]
    ids += [answer.winner.entry_id] if answer.winner else []
    assert sorted(map(str, ids)) == sorted(str(candidate.entry_id) for candidate in one)
