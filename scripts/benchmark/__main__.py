"""The gateway beside hand-written SQL and PostGraphile: `scripts/bench --help`.

All stacks serve one embedded database as one login, for one tenant and member of staff, with as many connections.
Their answers are compared, then each is loaded in turn, round by round. Everything stays on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import bundle

from benchmark.compare import compare
from benchmark.database import seeded
from benchmark.growth import flood, grow
from benchmark.measure import Effort, Load, Summary, loading, ratio, rounds
from benchmark.operations import ALL, TITLES, operation
from benchmark.plot import plot
from benchmark.report import GOAL_CONNECTIONS, PAIRS, Report, Result, machine, put_into_readme, tables
from benchmark.stacks import STACKS, Plan, Running, running
from benchmark.writers import measure_writers, table
from leora_gql.errors import OperatorError

OUT = Path("bench")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The command line, complete."""

    stacks: list[str]
    operations: list[str]
    connections: list[int]
    effort: Effort
    workers: int
    pool: int
    scale: int
    data: Path
    quick: bool
    growth: bool
    writers: bool
    unique: int | None

    @classmethod
    def parse(cls, arguments: list[str]) -> Given:
        """Read it; `--quick` changes what is not said otherwise."""
        parser = _parser()
        given = parser.parse_args(arguments)
        quick = bool(given.quick)
        for name, allowed in (("stacks", STACKS), ("operations", TITLES)):
            if unknown := set(getattr(given, name)) - set(allowed):
                parser.error(f"--{name}: {', '.join(sorted(unknown))}; there are {', '.join(allowed)}")
        return cls(
            stacks=[name for name in STACKS if name in given.stacks],
            operations=given.operations,
            connections=given.connections or ([GOAL_CONNECTIONS] if quick else [1, GOAL_CONNECTIONS, 64]),
            effort=Effort(
                rounds=given.rounds or (2 if quick else 9),
                seconds=given.seconds or (0.3 if quick else 2.0),
            ),
            workers=given.workers,
            pool=given.pool,
            scale=given.scale or (1 if quick else 10),
            data=given.data.absolute(),
            quick=quick,
            growth=given.growth,
            writers=given.writers,
            unique=given.unique,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = _list_of(str)
    add = parser.add_argument
    add("--quick", action="store_true", help="whether it all works: short rounds at scale 1, nothing is kept")
    add("--stacks", type=names, default=list(STACKS), help=f"of {','.join(STACKS)}")
    add("--operations", type=names, default=list(ALL), help=f"of {','.join(ALL)}")
    add("--connections", type=_list_of(int), help="how many at a time (1,16,64)")
    add("--rounds", type=int, help="rounds of each stack (9)")
    add("--seconds", type=float, help="of each round, after a short warm-up (2)")
    add("--workers", type=int, default=1, choices=(1, 2), help="processes of each stack (1)")
    add("--pool", type=int, default=4, help="database connections of each process (4)")
    add("--scale", type=int, help="of the seeded database (10)")
    add(
        "--data",
        type=Path,
        default=Path(".leora-bench"),
        help="where databases and logs are kept (.leora-bench)",
    )
    add(
        "--growth",
        action="store_true",
        help="instead: one page at scale 1, 10 and 100 (made once, some minutes)",
    )
    add(
        "--writers",
        action="store_true",
        help="instead: orders submitted by 1, 8 and 32 writers of one tenant (a database of its own)",
    )
    add(
        "--unique", type=int, metavar="N", help="instead: the gateway's memory over N documents, no two alike"
    )
    return parser


def _list_of(kind: Callable[[str], T]) -> Callable[[str], list[T]]:
    return lambda text: [kind(item.strip()) for item in text.split(",")]


def main() -> None:
    """Run what the command line asks for."""
    signal.signal(signal.SIGTERM, _stop)
    given = Given.parse(sys.argv[1:])
    try:
        if given.growth:
            measure_growth(given)
        elif given.writers:
            measure_submissions(given)
        elif given.unique:
            measure_memory(given, given.unique)
        else:
            measure_stacks(given)
    except (OperatorError, bundle.BuildError) as error:
        sys.exit(str(error))


def _stop(*_: object) -> None:
    """End by an exception, so that everything that was started is ended too."""
    sys.exit(1)


def measure_stacks(given: Given) -> None:
    """Compare the stacks, print the tables, and keep them unless this is a quick run."""
    with seeded(given.data, given.scale) as database:
        plan = Plan(database=database, workers=given.workers, pool=given.pool, logs=given.data / "logs")
        with running(given.stacks, plan) as stacks, loading() as load:
            try:
                results = list(_results(given, plan, stacks, load))
                memory = {now.stack.name: round(now.family.resident_mb()[0], 1) for now in stacks}
            finally:
                database.forget_suppliers()
    report = Report(
        scale=given.scale,
        workers=given.workers,
        pool=given.pool,
        rounds=given.effort.rounds,
        seconds=given.effort.seconds,
        results=results,
        memory_mb=memory,
    )
    print(tables(report))
    if not given.quick:
        _keep(report)


def _results(given: Given, plan: Plan, stacks: list[Running], load: Load) -> Iterator[Result]:
    for chosen in (operation(name) for name in given.operations):
        leaves = compare(stacks, chosen, plan.database)
        for connections in given.connections:
            print(f"{chosen.title}, {connections} connections", file=sys.stderr, flush=True)
            samples = rounds(load, stacks, chosen, plan=plan, connections=connections, effort=given.effort)
            yield Result(
                operation=chosen.name,
                leaves=leaves,
                connections=connections,
                stacks={name: Summary.of(taken) for name, taken in samples.items()},
                ratios={f"{a}/{b}": ratio(samples, a, b) for a, b in PAIRS if {a, b} <= samples.keys()},
            )


def _keep(report: Report) -> None:
    name = "stacks" if report.workers == 1 else f"stacks-{report.workers}-workers"
    report.write(OUT / f"{name}.json")
    shown = [result for result in report.results if result.connections == GOAL_CONNECTIONS]
    if shown:
        title = f"Requests per second, {GOAL_CONNECTIONS} connections, scale {report.scale}"
        (OUT / f"{name}.svg").write_text(plot(shown, title=title))
    if shown and report.workers == 1:
        put_into_readme("bench", tables(report, connections=[GOAL_CONNECTIONS]))


def measure_growth(given: Given) -> None:
    """One page at every scale."""
    stack = next(name for name in given.stacks if not STACKS[name].is_peer)
    growth = grow(given.data, stack=stack, pool=given.pool, effort=given.effort)
    for scale, summary in growth.stacks.items():
        print(
            f"scale {scale:4}: {summary.rate.median:8,.0f}/s, p50 {summary.p50_ms:.2f} ms,"
            f" PostgreSQL {summary.postgres_us:.0f} µs"
        )
    for scale, spread in growth.ratios.items():
        print(f"scale {scale} takes {spread.median:.2f} ({spread.low:.2f}–{spread.high:.2f}) times as long")
    _keep_json("growth", {"stack": stack, **asdict(growth)}, given)


def measure_submissions(given: Given) -> None:
    """Orders of one tenant, submitted by more and more writers; a round is so many orders, however long they take."""
    found = measure_writers(
        given.data,
        scale=given.scale,
        workers=given.workers,
        pool=given.pool,
        effort=given.effort,
        submissions=64 if given.quick else 320,
    )
    print(table(found))
    run = {"scale": given.scale, "workers": given.workers, "pool": given.pool, "rounds": given.effort.rounds}
    name = "writers" if given.workers == 1 else f"writers-{given.workers}-workers"
    _keep_json(name, {**run, **asdict(found)}, given)


def measure_memory(given: Given, documents: int) -> None:
    """The gateway's memory while it is asked documents that it never saw."""
    stack = next(name for name in given.stacks if not STACKS[name].is_peer)
    with seeded(given.data, given.scale) as database:
        plan = Plan(database=database, workers=1, pool=given.pool, logs=given.data / "logs")
        with running([stack], plan) as (now,), loading() as load:
            memory = flood(now, load, documents)
    print(
        f"{memory[0]:.0f} MB with full caches, {memory[-1]:.0f} MB after {documents:,} unknown documents;"
        f" on the way {', '.join(f'{mb:.0f}' for mb in memory[1:])}"
    )
    _keep_json("unique", {"stack": stack, "documents": documents, "memory_mb": list(memory)}, given)


def _keep_json(name: str, found: dict[str, object], given: Given) -> None:
    if not given.quick:
        OUT.mkdir(exist_ok=True)
        (OUT / f"{name}.json").write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
