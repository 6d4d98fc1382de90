"""The serving child of `leora dev`, and the files whose change replaces it."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from leora_gql.db.resources import PACKAGE, folder

_GRACE = 8
"""Seconds that a child may take to end before it is killed."""


_PROGRAM = "import gc; gc.disable(); from leora_gql.cli.dev_server import main; main()"
"""Collecting garbage while everything is loaded costs half a second and finds none."""


class Child:
    """A process that loads the product at once, and serves from when it is told where the database is.

    It is told over its standard input, and ends when that is closed: also when this process is killed.
    """

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._process = self._launch()
        self.was_replaced = False

    def start(self) -> None:
        """Start another one, after the one before has ended."""
        self.was_replaced = True
        self._process = self._launch()

    def go(self, environment: Mapping[str, str]) -> None:
        """Let it serve, with these settings."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(dict(environment)).encode() + b"\n")
                self._process.stdin.flush()

    def ended_by_itself(self) -> bool:
        """Whether it is gone without having been asked to."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it: let it finish what it does, but not for long."""
        process = self._process
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _launch(self) -> subprocess.Popen[bytes]:
        """In a process group of its own: Ctrl-C reaches this process alone, which ends the child in order."""
        number = self._listening.fileno()
        return subprocess.Popen(  # noqa: S603 -- our own module
            [sys.executable, "-c", _PROGRAM, str(number)],
            stdin=subprocess.PIPE,
            pass_fds=[number],
            process_group=0,
        )


class Watch:
    """Notices when the product's code, its migrations or its policies change."""

    def __init__(self) -> None:
        self._seen = self._look()

    def changed(self) -> str | None:
        """The name of a file that was changed, added or removed since the last call; None when none was."""
        now = self._look()
        different = sorted(now.items() ^ self._seen.items())
        self._seen = now
        return different[0][0].name if different else None

    def _look(self) -> dict[Path, float]:
        times: dict[Path, float] = {}
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):
                times[path] = path.stat().st_mtime
        return times

    def _files(self) -> Iterator[Path]:
        yield from PACKAGE.rglob("*.py")
        yield from folder("migrations").rglob("*.py")
        yield from folder("policies").glob("*.sql")
