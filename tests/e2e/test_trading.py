"""Thousands of steps of trade, drawn at random: every answer as the model says, every row, and nothing amiss."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import URL

from tests import postgres
from tests.e2e.trading.house import Product
from tests.e2e.trading.machine import Trading
from tests.e2e.trading.plays import MAKERS

STEPS = 2_000
EXAMPLES, EACH = 22, 100
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


@pytest.fixture
def trading(own_url: URL) -> Generator[type[Trading]]:
    """The machine, on a database of its own and one event loop."""
    with asyncio.Runner() as loop:
        made = postgres.settings_for(own_url, data_dir=postgres.run_folder())
        Trading.loop, Trading.tally = loop, Counter()
        Trading.product = loop.run(Product.open(own_url, made))
        yield Trading
        loop.run(Trading.product.close())


def test_whatever_comes_it_adds_up(trading: type[Trading]) -> None:
    before = trading.loop.run(trading.product.deadlocks())
    run_state_machine_as_test(
        trading,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=EACH,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=[*SLOW],
            report_multiple_bugs=False,
        ),
    )
    tally = trading.tally
    assert sum(count for (what, _), count in tally.items() if what == "steps") >= STEPS
    for mutation in MAKERS:
        assert tally[mutation, "done"] > 0, (mutation, tally)
        tried = sum(count for (what, _), count in tally.items() if what == mutation)
        assert tried > tally[mutation, "done"], (mutation, tally)
    assert trading.loop.run(trading.product.deadlocks()) == before
