"""Processes: starting one until it answers, what a family of them costs, and ending them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import psutil

_START_SECONDS = 60.0
_END_SECONDS = 15.0


class Family:
    """A process and its descendants."""

    def __init__(self, pid: int) -> None:
        self._first = psutil.Process(pid)

    def members(self) -> list[psutil.Process]:
        """The first process and all below it that live."""
        return [self._first, *self._first.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """CPU time of all of them since they began, of those that ended too."""
        ended = self._first.cpu_times()
        total = ended.children_user + ended.children_system
        for process in self.members():
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    def resident_mb(self) -> list[float]:
        """Resident memory of each member in MB, largest first."""
        return sorted((process.memory_info().rss / 1e6 for process in self.members()), reverse=True)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(
    command: Sequence[str | Path], *, port: int, environment: Mapping[str, str], log: Path
) -> Generator[Family]:
    """The server of a command, from when it takes connections until the block ends; then it is ended.

    Its output goes to `log`. Raises `SystemExit` with the end of it when the server does not start.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_open(process, port, log)
        yield Family(process.pid)
    finally:
        _end(process)


def _wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"A server did not start ({log}):\n{log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
