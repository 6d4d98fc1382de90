"""Submissions by many writers: who shares what, in which order the rounds go, and what the table says."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import Any
from uuid import UUID

from benchmark.load import Outcome
from benchmark.measure import Sample
from benchmark.writers import (
    GROUPS,
    LINES,
    VARIANTS,
    WRITERS,
    Cell,
    Market,
    creation,
    summarised,
    table,
    turns,
)

MARKET = Market(
    skus=[UUID(int=number) for number in range(GROUPS * LINES)],
    customers=[UUID(int=number) for number in range(1000, 1000 + GROUPS)],
)


def skus(draft: dict[str, Any]) -> set[str]:
    return {line["skuId"] for line in draft["lines"]}


def sample(rate: float, latency_ms: float) -> Sample:
    outcome = Outcome(
        requests=100,
        total=100,
        failures=0,
        seconds=100 / rate,
        p50_ms=latency_ms,
        p99_ms=latency_ms * 2,
        cpu_us=5.0,
    )
    return Sample(outcome=outcome, server_us=1500.0, postgres_us=2500.0)


def test_orders_of_their_own_skus_that_can_be_under_way_together_share_nothing() -> None:
    drafts = [MARKET.draft("own", number) for number in range(GROUPS + 5)]
    for first in range(len(drafts) - max(WRITERS)):
        together = drafts[first : first + max(WRITERS)]
        assert len(set[str]().union(*map(skus, together))) == LINES * len(together)
        assert len({draft["customerId"] for draft in together}) == len(together)
    assert drafts[0] == drafts[GROUPS]


def test_orders_of_shared_skus_share_them_and_no_customer() -> None:
    drafts = [MARKET.draft("shared", number) for number in range(max(WRITERS))]
    assert all(skus(one) == skus(other) for one, other in pairwise(drafts))
    assert len({draft["customerId"] for draft in drafts}) == len(drafts)


def test_in_every_round_everything_has_its_turn_and_another_one_is_first() -> None:
    rounds = [turns(number) for number in range(len(VARIANTS) * len(WRITERS))]
    assert all(sorted(each) == sorted(rounds[0]) for each in rounds)
    assert Counter(each[0] for each in rounds) == dict.fromkeys(rounds[0], 1)


def test_drafts_are_written_several_at_a_time() -> None:
    body = json.loads(creation([MARKET.draft("own", 0), MARKET.draft("own", 1)]))
    assert body["query"] == (
        "mutation ($o0: CreateOrderInput!, $o1: CreateOrderInput!)"
        " { o0: createOrder(input: $o0) { order { id } } o1: createOrder(input: $o1) { order { id } } }"
    )
    assert body["variables"] == {"o0": MARKET.draft("own", 0), "o1": MARKET.draft("own", 1)}


def test_the_table_has_rates_gains_and_costs() -> None:
    samples: dict[Cell, list[Sample]] = {
        cell: [sample(100 * (1 + (cell == ("own", 8))), 8.0 + cell[1])] * 3 for cell in turns(0)
    }
    found = summarised(samples, 100)
    assert found.gains["own"][8].median == 2.0
    rows = table(found).splitlines()
    assert len(rows) == 2 + len(VARIANTS) * len(WRITERS)
    assert rows[2] == "| own | 1 | 100 (100–100) | 1 | 9.0 | 18.0 | 1,500 | 2,500 |"
    assert rows[3] == "| own | 8 | 200 (200–200) | 2.00 (2.00–2.00) | 16.0 | 32.0 | 1,500 | 2,500 |"
