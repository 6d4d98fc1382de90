"""Makes the load: `python -m benchmark.load`, a process of its own that reads jobs and writes results, a line each.

Every connection asks, waits for the whole answer and asks again. Answers with another status than 200, without
data or with errors are failures: they are counted, and neither the rate nor the latencies know of them.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import cast
from uuid import uuid4

import uvloop

UNIQUE = "$UNIQUE"
"""Where a body holds this, each request has a number of its own there: 32 hexadecimal digits, as a UUID has."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_GOOD, _DATA, _ERRORS = b"HTTP/1.1 200", b'{"data":{', b'"errors":'
_LAST_BYTES = 300
"""Where errors stand when there are any; looking through a whole list for them would cost more than asking for it."""

_MOST_SECONDS = 900.0
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to ask: the bodies in turn, until the seconds are over or so many requests were made."""

    port: int
    token: str
    bodies: Sequence[str]
    connections: int
    seconds: float = _MOST_SECONDS
    warm_seconds: float = 0.0
    requests: int | None = None

    def messages(self) -> Iterator[bytes]:
        """The requests as bytes, one after another."""
        if any(UNIQUE in body for body in self.bodies):
            stem = uuid4().hex[:20]
            for number, body in enumerate(itertools.cycle(self.bodies)):
                yield self._message(body.replace(UNIQUE, f"{stem}{number:012x}"))
        ready = [self._message(body) for body in self.bodies]
        yield from itertools.cycle(ready)

    def _message(self, body: str) -> bytes:
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\ncontent-type: application/json\r\n"
            f"accept: application/json\r\nauthorization: Bearer {self.token}\r\n"
            f"content-length: {len(body.encode())}\r\n\r\n"
        )
        return (head + body).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a job. `total` counts the requests of the warm-up too, `cpu_us` is this process's per request."""

    requests: int
    total: int
    failures: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_us: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


@dataclass(slots=True)
class _Run:
    """One job under way, shared by its connections."""

    job: Job
    messages: Iterator[bytes]
    begins: float
    ends: float
    sent: int = 0
    failures: int = 0
    latencies: list[float] = field(default_factory=list[float])

    def next(self) -> bytes | None:
        """The next request; None when there is to be no other."""
        over = time.perf_counter() >= self.ends and self.latencies  # a slow one is waited for
        if over or (self.job.requests is not None and self.sent >= self.job.requests):
            return None
        self.sent += 1
        return next(self.messages)


class _Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._got = bytearray()
        self._body = self._length = 0
        self._asked = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        self._ask()

    def _ask(self) -> None:
        message = self._run.next()
        if message is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._asked = time.perf_counter()
        self._transport.write(message)

    def data_received(self, data: bytes) -> None:
        got = self._got
        got += data
        if not self._length and not self._measured(got):
            return
        if len(got) >= self._length:
            self._count(got)
            got.clear()
            self._length = 0
            self._ask()

    def _measured(self, got: bytearray) -> bool:
        """Whether the head of the answer is there; then it is known how long the whole is."""
        head = got.find(b"\r\n\r\n")
        if head < 0:
            return False
        length = _LENGTH.search(got, 0, head + 2)
        if length is None:
            self.done.set_exception(ConnectionError(f"an answer without a length: {bytes(got[:200])!r}"))
            self._transport.abort()
            return False
        self._body = head + 4
        self._length = self._body + int(length[1])
        return True

    def _count(self, answer: bytearray) -> None:
        run = self._run
        good = answer.startswith(_GOOD) and answer.startswith(_DATA, self._body)
        if not good or answer.find(_ERRORS, -_LAST_BYTES) >= 0:
            run.failures += 1
        elif self._asked >= run.begins:
            run.latencies.append(time.perf_counter() - self._asked)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))


async def run(job: Job) -> Outcome:
    """Do a job. Raises `OSError` (`ConnectionError`, `TimeoutError`) when the server does not do its part."""
    loop = asyncio.get_running_loop()
    now, cpu = time.perf_counter(), time.process_time()
    run = _Run(job, job.messages(), now + job.warm_seconds, now + job.warm_seconds + job.seconds)
    async with asyncio.timeout(job.warm_seconds + job.seconds + _PATIENCE_SECONDS):
        made = [
            await loop.create_connection(lambda: _Connection(run), "127.0.0.1", job.port)
            for _ in range(job.connections)
        ]
        await asyncio.gather(*(connection.done for _, connection in made))
    took = time.perf_counter() - run.begins
    latencies = sorted(run.latencies)
    if not latencies:
        raise ConnectionError("not one good answer")
    return Outcome(
        requests=len(latencies),
        total=run.sent,
        failures=run.failures,
        seconds=took,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        cpu_us=(time.process_time() - cpu) / run.sent * 1e6,
    )


def main() -> None:
    """Do the jobs that come on standard input until it ends."""
    for line in sys.stdin:
        outcome = uvloop.run(run(Job(**json.loads(line))))
        print(json.dumps(asdict(outcome)), flush=True)


if __name__ == "__main__":
    main()
