"""What a run found: its results, the goals beside them, and the tables that people read."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmark.measure import Spread, Summary
from benchmark.operations import LISTS, READS, TITLES
from benchmark.stacks import STACKS

PAIRS = (
    ("compiled", "written"),
    ("compiled", "peer"),
    ("compiled", "resolved"),
    ("written", "peer"),
    ("resolved", "peer"),
)
"""Which stack's rate is divided by which other's."""

GOAL_CONNECTIONS = 16
_MEMORY_MB = 120
_README = Path("README.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One operation at one number of connections."""

    operation: str
    leaves: int
    connections: int
    stacks: Mapping[str, Summary]
    ratios: Mapping[str, Spread]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run. `memory_mb` holds the resident memory of each stack's largest process at its end."""

    scale: int
    workers: int
    pool: int
    rounds: int
    seconds: float
    results: Sequence[Result]
    memory_mb: Mapping[str, float]

    def write(self, path: Path) -> None:
        """Keep the run as JSON, with the machine that it was made on."""
        path.parent.mkdir(parents=True, exist_ok=True)
        goals = [asdict(goal) for goal in self.goals()]
        whole = {
            "taken_on": dt.datetime.now(dt.UTC).date().isoformat(),
            "machine": machine(),
            **asdict(self),
            "goals": goals,
        }
        path.write_text(json.dumps(whole, indent=1) + "\n")

    def goals(self) -> Iterator[Goal]:
        """The goals that this run can tell about, each with the worst of the operations it is set for."""
        single = ("order",)
        yield from self._at_least("compiled ÷ by hand, lists", 0.9, "compiled/written", LISTS)
        yield from self._at_least("compiled ÷ by hand, one object", 0.8, "compiled/written", single)
        yield from self._at_least("compiled ÷ PostGraphile, lists", 4, "compiled/peer", LISTS)
        yield from self._at_least("compiled ÷ PostGraphile, one object", 3, "compiled/peer", single)
        yield from self._at_least("mutation ÷ PostGraphile", 1.5, "compiled/peer", ("supplier",))
        yield from self._at_least("compiled ÷ resolved, lists", 10, "compiled/resolved", LISTS)
        tails = [
            result.stacks["compiled"].p99_ms / result.stacks["peer"].p99_ms
            for result in self._results(READS)
            if {"compiled", "peer"} <= result.stacks.keys()
        ]
        if tails:
            yield Goal(
                text="p99 ÷ PostGraphile's, at most", goal=1, found=max(tails), reached=max(tails) <= 1
            )
        if "compiled" in self.memory_mb:
            found = self.memory_mb["compiled"]
            yield Goal(
                text="MB of a worker, at most", goal=_MEMORY_MB, found=found, reached=found <= _MEMORY_MB
            )

    def _at_least(self, text: str, goal: float, pair: str, operations: Sequence[str]) -> Iterator[Goal]:
        found = [result.ratios[pair].median for result in self._results(operations) if pair in result.ratios]
        if found:
            yield Goal(text=f"{text}, at least", goal=goal, found=min(found), reached=min(found) >= goal)

    def _results(self, operations: Sequence[str]) -> Iterator[Result]:
        for result in self.results:
            if result.operation in operations and result.connections == GOAL_CONNECTIONS:
                yield result


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is aimed at, and the worst that was found."""

    text: str
    goal: float
    found: float
    reached: bool


def machine() -> dict[str, object]:
    """What the numbers depend on."""
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def tables(report: Report, *, connections: Sequence[int] | None = None) -> str:
    """The run as Markdown: a table for each number of connections, and the goals."""
    parts: list[str] = []
    for number in sorted({result.connections for result in report.results}):
        if connections is None or number in connections:
            chosen = [result for result in report.results if result.connections == number]
            parts.append(f"**{number} connection{'s' * (number > 1)}**\n\n" + _table(chosen))
    goals = [
        [goal.text, f"{goal.goal:g}", f"{goal.found:.2f}", "yes" if goal.reached else "**no**"]
        for goal in report.goals()
    ]
    if goals:
        parts.append(markdown(["goal (16 connections)", "", "worst found", "reached"], goals))
    memory = ", ".join(f"{STACKS[name].title} {mb:.0f}" for name, mb in report.memory_mb.items())
    parts.append(f"Resident memory of a worker at the end, MB: {memory}.")
    return "\n\n".join(parts)


def _table(results: Sequence[Result]) -> str:
    stacks = [name for name in STACKS if name in results[0].stacks]
    pairs = list(results[0].ratios)
    names = [STACKS[name].title for name in stacks]
    heads = [" ÷ ".join(STACKS[name].title for name in pair.split("/")) for pair in pairs]
    rows = [
        [
            f"{TITLES[result.operation]} ({result.leaves})",
            *(_cell(result.stacks[name]) for name in stacks),
            *(
                f"{spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f})"
                for spread in result.ratios.values()
            ),
        ]
        for result in results
    ]
    return markdown(["operation (leaves)", *names, *heads], rows)


def _cell(summary: Summary) -> str:
    failed = f", {summary.failures} failed" if summary.failures else ""
    return (
        f"{summary.rate.median:,.0f}/s ({summary.server_us:,.0f} + {summary.postgres_us:,.0f} µs,"
        f" p99 {summary.p99_ms:.1f} ms{failed})"
    )


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def put_into_readme(section: str, text: str) -> None:
    """Replace what the README holds between the markers of a section. Raises `SystemExit` when it has none."""
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    readme = _README.read_text()
    if begin not in readme or end not in readme:
        raise SystemExit(f"README.md has no {begin} … {end}.")
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    _README.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", readme))
