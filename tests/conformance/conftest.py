"""What the checks of real clients need: Node's packages, Chromium, and the product as a person starts it."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.conformance.product import ROOT, Server, running

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "explorer"))

import bundle  # noqa: E402 - explorer/bundle.py, found by the line above

Check = Callable[..., None]


def install(folder: Path) -> None:
    """Installs the folder's npm packages, once for each lock file."""
    stamp, lock = folder / "node_modules" / ".lock.sha256", folder / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        bundle.npm_ci(folder)
        stamp.write_text(wanted)


@pytest.fixture(scope="session")
def check() -> Check:
    """Gives `check(script, *arguments, **environment)`: runs one of the scripts here, which must succeed."""
    install(HERE)
    install(HERE / "clients")
    (HERE / "run").mkdir(exist_ok=True)

    def run(script: str, *arguments: str, **environment: str) -> None:
        done = subprocess.run(
            [bundle.tools()[0], HERE / script, *arguments],
            cwd=HERE,
            env={**bundle.environment(), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, f"{script} failed:\n{done.stdout}{done.stderr}"

    return run


@pytest.fixture(scope="session")
def fuzz() -> Check:
    """Gives `fuzz(url, **environment)`: Schemathesis from an environment of its own, which must find nothing."""
    made, wanted = HERE / "run" / "schemathesis", ROOT / "requirements" / "fuzz.txt"
    stamp, digest = made / "requirements.sha256", hashlib.sha256(wanted.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        subprocess.run([sys.executable, "-m", "venv", "--clear", made], check=True)
        install = [made / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes"]
        subprocess.run([*install, "--requirement", wanted], check=True, stdout=subprocess.DEVNULL)
        stamp.write_text(digest)

    def run(url: str, **environment: str) -> None:
        tool = {"SCHEMATHESIS": str(made / "bin" / "schemathesis")}
        done = subprocess.run(
            ["bash", HERE / "fuzz.sh", url],
            env={**os.environ, **tool, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        assert done.returncode == 0, f"fuzz.sh failed:\n{done.stdout}{done.stderr}"

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """Gives the browser, installing Debian's where there is none and that can be done."""
    if not shutil.which("chromium") and shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, check=True, stdout=subprocess.DEVNULL)
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert browser, "The browser checks need Chromium: install Debian's package, or name one by CHROMIUM=."
    return browser


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """Gives `leora dev`, started on an empty folder."""
    with running(tmp_path_factory.mktemp("dev")) as started:
        yield started
