"""Makes `.venv` what the scripts need: `python environment.py run|test`; quick when nothing has changed.

`run` holds what `leora dev` needs, `test` also the tools of the tests and of lint. Packages have exact
versions and hashes (requirements/). Uses uv when it is there, else venv and pip. Node comes along only where
the machine has none. Exits 64 when this interpreter is too old.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older interpreter may well be the one that reads this
    sys.exit(64)

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "stamp.json"
INTERPRETER = VENV / "bin" / "python"

sys.path.insert(0, str(ROOT / "explorer"))

import bundle  # noqa: E402 - explorer/bundle.py, found by the line above

Stamp = dict[str, str]


def digest(*files: Path) -> str:
    """Gives one hash of the files' names and contents."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return whole.hexdigest()


def wanted(kind: str) -> Stamp:
    """Gives the stamp of an environment that is as it should be for `kind`."""
    project = [ROOT / "pyproject.toml", ROOT / "hatch_build.py", *bundle.inputs()]
    return {
        "python": f"{sys.version} {sys.base_prefix} {VENV}",
        kind: digest(ROOT / "requirements" / f"{kind}.txt", ROOT / "requirements" / "node.txt"),
        "project": digest(*project),
    }


def present() -> Stamp:
    """Gives the stamp of the environment that is there, empty when there is none."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


@contextlib.contextmanager
def locked() -> Generator[None]:
    """Holds other scripts of this checkout back while this one installs."""
    file = ROOT / ".cache" / "environment.lock"
    file.parent.mkdir(exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def run(*command: str | Path) -> None:
    """Runs a step of the installation; its output is shown, and its failure ends the script."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONPATH"}
    }
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment, stdout=sys.stderr)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command[:5]))} … failed; what it says is above.")


def make_venv() -> None:
    """Makes an empty `.venv` for this interpreter in place of what was there."""
    shutil.rmtree(VENV, ignore_errors=True)
    base = getattr(sys, "_base_executable", sys.executable)
    if uv := shutil.which("uv"):
        run(uv, "venv", "--quiet", "--no-config", "--python", base, VENV)
    else:
        run(base, "-m", "venv", *([] if importlib.util.find_spec("ensurepip") else ["--without-pip"]), VENV)


def install(*arguments: str) -> None:
    """Installs into `.venv` with uv or pip, whichever made it."""
    if uv := shutil.which("uv"):
        run(uv, "pip", "install", "--quiet", "--no-config", "--python", INTERPRETER, *arguments)
        return
    if (VENV / "bin" / "pip").exists():
        pip = [INTERPRETER, "-m", "pip"]
    elif importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "--python", INTERPRETER]
    else:
        sys.exit("This Python has neither ensurepip nor pip, and there is no uv: install one (python3-venv).")
    run(*pip, "install", "--quiet", "--disable-pip-version-check", "--no-input", *arguments)


def install_packages(kind: str) -> None:
    """Installs the pinned packages of `kind`, and Node where the machine has none that would do."""
    say(f"Installing the pinned packages ({kind}) into .venv; this is done once.")
    files = [f"requirements/{kind}.txt"]
    if bundle.system_node() is None:
        files.append("requirements/node.txt")
    install("--require-hashes", *(part for file in files for part in ("-r", file)))


def install_project() -> None:
    """Installs the project itself in place; its build bundles the explorer."""
    say(
        "Installing leora-gql itself, with the explorer's bundle."
        if not bundle.is_current()
        else "Installing leora-gql itself."
    )
    install("--no-deps", "--no-build-isolation", "--editable", ".")
    if not bundle.is_current():
        say("The explorer could not be bundled (explorer/bundle.py says why when run); all else works.")


def say(sentence: str) -> None:
    """Tells the person at the terminal, beside the output of the script itself."""
    print(sentence, file=sys.stderr, flush=True)


def ensure(kind: str) -> None:
    """Brings `.venv` to what `kind` needs."""
    with locked():
        goal, now = wanted(kind), present()
        if now.get("python") != goal["python"]:
            make_venv()
            now = {"python": goal["python"]}
        if now.get(kind) != goal[kind]:
            install_packages(kind)
            now[kind] = goal[kind]
            STAMP.write_text(json.dumps(now))
        if now.get("project") != goal["project"]:
            install_project()
            STAMP.write_text(json.dumps(now | goal))


if __name__ == "__main__":
    if not (wanted(sys.argv[1]).items() <= present().items()):
        ensure(sys.argv[1])
