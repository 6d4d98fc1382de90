"""`leora dev` as a process of its own, and the demo accounts that it makes."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from leora_gql.demo import PASSWORD
from tests.cli.commands import free_port

ROOT = Path(__file__).resolve().parents[2]
STAFF, PORTAL = "admin@wellcrafted.test", "buyer@harborview.test"
FIRST_START_SECONDS = 300


@dataclass(frozen=True)
class Server:
    """A running `leora dev` on demo data."""

    url: str

    def token(self, email: str) -> str:
        """Signs somebody in and gives the access token."""
        name = "portalSignIn" if email == PORTAL else "signIn"
        query = f"mutation In($input: SignInInput!) {{ {name}(input: $input) {{ accessToken }} }}"
        variables = {"input": {"email": email, "password": PASSWORD}}
        answer = httpx.post(self.url, json={"query": query, "variables": variables}, timeout=30)
        return answer.json()["data"][name]["accessToken"]


@contextmanager
def running(folder: Path) -> Generator[Server]:
    """Gives `leora dev`, started with its data in `folder` and stopped at the end."""
    port, log = free_port(), folder / "log"
    command = [
        sys.executable,
        "-m",
        "leora_gql.cli.main",
        "dev",
        "--port",
        str(port),
        "--data",
        str(folder / "data"),
    ]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/readyz", log)
        yield Server(f"http://127.0.0.1:{port}/graphql")
    finally:
        process.terminate()
        process.wait(60)


def wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Asks until the server is ready; fails with its output when it ends or takes too long."""
    deadline = time.monotonic() + FIRST_START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"leora dev did not become ready:\n{log.read_text()[-4000:]}")
