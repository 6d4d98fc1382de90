"""Two questions of size: whether a page costs more in a larger database, and whether unknown documents cost memory."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.compare import compare
from benchmark.database import seeded
from benchmark.load import UNIQUE, Job
from benchmark.measure import Effort, Load, Sample, Spread, Summary, loading, ratio, sample
from benchmark.operations import operation
from benchmark.processes import Family
from benchmark.stacks import Plan, Running, running

SCALES = (1, 10, 100)
_CONNECTIONS = 16
_FILLING = 5_000
_UNKNOWN = f"{{ u{UNIQUE}: orders(first: 1) {{ nodes {{ number }} }} }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """One page at every scale; `ratios` divide a scale's time per request by the smallest one's."""

    stacks: Mapping[int, Summary]
    ratios: Mapping[int, Spread]


def grow(folder: Path, *, stack: str, pool: int, effort: Effort) -> Growth:
    """Ask for the same page in databases of every scale in turn; those not there yet are made, which takes minutes."""
    page = operation("growth")
    with contextlib.ExitStack() as started:
        served: dict[int, tuple[Plan, Running]] = {}
        for scale in SCALES:
            database = started.enter_context(seeded(folder, scale))
            plan = Plan(database=database, workers=1, pool=pool, logs=folder / "logs" / f"scale-{scale}")
            (now,) = started.enter_context(running([stack], plan))
            compare([now], page, database)
            served[scale] = plan, now
        load = started.enter_context(loading())
        samples = _rounds(load, served, effort)
    named = {str(scale): of for scale, of in samples.items()}
    first = str(SCALES[0])
    return Growth(
        stacks={scale: Summary.of(samples[scale]) for scale in SCALES},
        ratios={scale: ratio(named, first, str(scale)) for scale in SCALES[1:]},
    )


def _rounds(
    load: Load, served: Mapping[int, tuple[Plan, Running]], effort: Effort
) -> dict[int, list[Sample]]:
    samples: dict[int, list[Sample]] = {scale: [] for scale in served}
    for number in range(effort.rounds):
        turn = number % len(SCALES)
        for scale in (*SCALES[turn:], *SCALES[:turn]):
            plan, now = served[scale]
            job = Job(
                port=now.port,
                token=now.token,
                bodies=now.stack.bodies(operation("growth"), plan.database),
                connections=_CONNECTIONS,
                seconds=effort.seconds,
                warm_seconds=effort.warm_seconds,
            )
            samples[scale].append(sample(load, now, job, Family(plan.database.process)))
    return samples


def flood(now: Running, load: Load, documents: int) -> Sequence[float]:
    """Resident MB of the largest process of a stack: with its caches full, then every tenth of so many documents.

    No two documents are alike. Raises `SystemExit` when any is not answered.
    """
    memory: list[float] = []
    for requests in (_FILLING, *([documents // 10] * 10)):
        body = json.dumps({"query": _UNKNOWN})
        outcome = load.do(
            Job(port=now.port, token=now.token, bodies=(body,), connections=4, requests=requests)
        )
        if outcome.failures:
            raise SystemExit(f"{outcome.failures} of {outcome.total} unknown documents were not answered.")
        memory.append(round(now.family.resident_mb()[0], 1))
    return memory
