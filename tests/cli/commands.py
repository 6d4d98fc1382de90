"""`leora` as a process of its own, for the tests of commands that serve."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

LEORA = [sys.executable, "-c", "from leora_gql.cli.main import main; main()"]
ROOT = Path(__file__).parents[2]
_PATIENCE = 120
_STRONG = base64.b64encode(bytes(range(100, 132))).decode()
SECRETS = {
    "JWT_SIGNING_KEYS": f"k1:HS256:{_STRONG}",
    "REFRESH_KEYS": f"k1:{_STRONG}",
    "CURSOR_KEY": _STRONG,
    "AUDIT_KEY": _STRONG,
    "ENCRYPTION_KEY": _STRONG,
}
"""All that production asks for."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Command:
    """A running `leora`, in a process group of its own so that Ctrl-C can be sent to all of it."""

    def __init__(self, *words: str, port: int, folder: Path, **environment: str) -> None:
        self.port = port
        self._output = folder / f"output-{port}-{time.monotonic_ns()}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*LEORA, *words, "--port", str(port)],
                cwd=folder,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def until_ready(self) -> httpx.Response:
        """Its answer to /readyz, as soon as there is one."""
        deadline = time.monotonic() + _PATIENCE
        with httpx.Client(timeout=_PATIENCE) as client:  # making one takes longer than a hundred looks
            while True:
                assert self.process.poll() is None, self.output
                try:
                    return client.get(self.url("/readyz"))
                except httpx.TransportError:
                    assert time.monotonic() < deadline, self.output
                    time.sleep(0.01)  # who looks all the time takes it from who starts

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(_PATIENCE)

    def ctrl_c(self) -> int:
        """What the terminal does: an interrupt for every process of the group. Gives the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.wait()

    def kill(self) -> None:
        """What no process can prepare for, for every process of the group."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.wait()

    def end(self) -> None:
        """Whatever happened, leave nothing running."""
        if self.process.poll() is None:
            self.process.terminate()
            self.wait()
