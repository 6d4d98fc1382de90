"""What the report says of a run."""

from __future__ import annotations

from benchmark.load import Outcome
from benchmark.measure import Sample, Spread, Summary, ratio
from benchmark.plot import plot
from benchmark.report import Report, Result, tables


def sample(rate: float) -> Sample:
    outcome = Outcome(
        requests=int(rate), total=int(rate), failures=0, seconds=1.0, p50_ms=1.0, p99_ms=9.0, cpu_us=5.0
    )
    return Sample(outcome=outcome, server_us=120.0, postgres_us=180.0)


def report(compiled: float, written: float) -> Report:
    rates = {"compiled": [sample(compiled)] * 3, "written": [sample(written)] * 3}
    result = Result(
        operation="orders",
        leaves=820,
        connections=16,
        stacks={name: Summary.of(samples) for name, samples in rates.items()},
        ratios={"compiled/written": ratio(rates, "compiled", "written")},
    )
    return Report(
        scale=10, workers=1, pool=4, rounds=3, seconds=1.0, results=[result], memory_mb={"compiled": 99.0}
    )


def test_ratios_are_those_of_the_rounds_and_not_of_the_medians() -> None:
    samples = {"a": [sample(10), sample(30), sample(200)], "b": [sample(10), sample(10), sample(100)]}
    assert ratio(samples, "a", "b") == Spread(median=2.0, low=1.5, high=2.5)


def test_a_goal_is_reached_or_it_is_not() -> None:
    goals = {goal.text: goal.reached for goal in report(950, 1000).goals()}
    assert goals == {"compiled ÷ by hand, lists, at least": True, "MB of a worker, at most": True}
    assert not next(report(800, 1000).goals()).reached


def test_the_table_has_rates_costs_and_ratios() -> None:
    text = tables(report(950, 1000))
    assert "| 20 orders with customer and lines (820) | 950/s (120 + 180 µs, p99 9.0 ms) |" in text
    assert "0.95 (0.95–0.95)" in text


def test_the_picture_has_a_bar_for_each_stack() -> None:
    picture = plot(report(950, 1000).results, title="a & b")
    assert picture.count("<rect") == 1 + 2 + 2
    assert "a &amp; b" in picture
