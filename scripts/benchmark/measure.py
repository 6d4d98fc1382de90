"""The rounds: every stack in turn, again and again, so that what the machine does besides meets all of them alike."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import IO

from benchmark.load import Job, Outcome
from benchmark.operations import Operation
from benchmark.processes import Family
from benchmark.stacks import Plan, Running


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One round of one stack; CPU per request in microseconds, of the server's and of PostgreSQL's processes."""

    outcome: Outcome
    server_us: float
    postgres_us: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A median with its quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        if len(values) == 1:
            values = (*values, *values)
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median=round(median, 3), low=round(low, 3), high=round(high, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to try: so many rounds, each so many seconds after a warm-up."""

    rounds: int
    seconds: float
    warm_seconds: float = 0.2


class Load:
    """The process that makes the load."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to: IO[str] = process.stdin
        self._from: IO[str] = process.stdout

    def do(self, job: Job) -> Outcome:
        """Do a job. Raises `SystemExit` when it cannot be done."""
        self._to.write(json.dumps(asdict(job)) + "\n")
        self._to.flush()
        line = self._from.readline()
        if not line:
            raise SystemExit("The load broke off; what it says is above.")
        return Outcome(**json.loads(line))


@contextlib.contextmanager
def loading() -> Generator[Load]:
    """The process that makes the load, as long as the block lasts."""
    command = [sys.executable, "-m", "benchmark.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Load(process)


def sample(load: Load, running: Running, job: Job, postgres: Family) -> Sample:
    """Do a job on a stack and see what it cost."""
    server, database = running.family.cpu_seconds(), postgres.cpu_seconds()
    outcome = load.do(job)
    return Sample(
        outcome=outcome,
        server_us=(running.family.cpu_seconds() - server) / outcome.total * 1e6,
        postgres_us=(postgres.cpu_seconds() - database) / outcome.total * 1e6,
    )


def rounds(
    load: Load,
    stacks: Sequence[Running],
    operation: Operation,
    *,
    plan: Plan,
    connections: int,
    effort: Effort,
) -> dict[str, list[Sample]]:
    """The samples of each stack, round by round; who begins changes from round to round."""
    postgres = Family(plan.database.process)
    samples: dict[str, list[Sample]] = {running.stack.name: [] for running in stacks}
    for number in range(effort.rounds):
        turn = number % len(stacks)
        for running in (*stacks[turn:], *stacks[:turn]):
            job = Job(
                port=running.port,
                token=running.token,
                bodies=running.stack.bodies(operation, plan.database),
                connections=connections,
                seconds=effort.seconds,
                warm_seconds=effort.warm_seconds,
            )
            samples[running.stack.name].append(sample(load, running, job, postgres))
    return samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A stack on one operation: medians over the rounds. `failures` are all that there were."""

    rate: Spread
    p50_ms: float
    p99_ms: float
    server_us: float
    postgres_us: float
    load_us: float
    failures: int

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Summary:
        """The summary of at least one round."""

        def median(value: Callable[[Sample], float]) -> float:
            return round(statistics.median(value(one) for one in samples), 3)

        return cls(
            rate=Spread.of([one.outcome.rate for one in samples]),
            p50_ms=median(lambda one: one.outcome.p50_ms),
            p99_ms=median(lambda one: one.outcome.p99_ms),
            server_us=median(lambda one: one.server_us),
            postgres_us=median(lambda one: one.postgres_us),
            load_us=median(lambda one: one.outcome.cpu_us),
            failures=sum(one.outcome.failures for one in samples),
        )


def ratio(samples: Mapping[str, Sequence[Sample]], of: str, to: str) -> Spread:
    """How many times the rate of one stack is that of another: the spread of the rounds' ratios."""
    pairs = zip(samples[of], samples[to], strict=True)
    return Spread.of([one.outcome.rate / other.outcome.rate for one, other in pairs])
