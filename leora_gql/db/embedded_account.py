"""Which account the embedded PostgreSQL runs as, and that it can reach its files.

PostgreSQL refuses to run as root. As an ordinary user it runs as that user. As root it runs as the
owner of the data it already has, else as the account `embedded_postgres` (made when missing), else
as `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from leora_gql.errors import OperatorError

ACCOUNT = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group that the server's processes and files belong to."""

    uid: int
    gid: int
    name: str

    @property
    def is_ours(self) -> bool:
        """Whether it is the account of this process."""
        return self.uid == os.geteuid()

    def own(self, path: Path) -> None:
        """Give a file or folder to the account."""
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)


def account_for(data: Path) -> Account:
    """The account to run the server as, for the data in `data` (which need not exist yet)."""
    if os.geteuid() != 0:
        return _account(pwd.getpwuid(os.geteuid()))
    owner = data.stat().st_uid if data.exists() else 0
    if owner != 0:
        return _account(pwd.getpwuid(owner))
    return _unprivileged()


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)


def _unprivileged() -> Account:
    if not _exists(ACCOUNT) and (useradd := shutil.which("useradd")):
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 -- a fixed command
    for name in (ACCOUNT, "nobody"):
        if _exists(name):
            return _account(pwd.getpwnam(name))
    raise OperatorError(
        "PostgreSQL does not run as root, and there is no account to run it as."
        f" Make one (useradd --system {ACCOUNT}), run as an ordinary user, or set DATABASE_URL."
    )


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def open_the_way(path: Path, account: Account) -> None:
    """Let the account pass through the folders above `path`: search permission (o+x), nothing more.

    Raises `OperatorError` when a folder cannot be opened or the account still cannot get there.
    """
    if account.is_ours:
        return
    for folder in reversed(path.absolute().parents):
        if not folder.stat().st_mode & stat.S_IXOTH and folder.stat().st_uid != account.uid:
            try:
                folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
            except OSError as error:
                raise _blocked(path, account, f"{folder} cannot be opened: {error.strerror}") from error
    if not may_run(path, account):
        raise _blocked(path, account, "a folder above it does not let it pass")


def may_run(path: Path, account: Account) -> bool:
    """Whether the account can run the program at `path`, or pass through the folder."""
    if account.is_ours:
        return os.access(path, os.X_OK)
    tried = subprocess.run(  # noqa: S603 -- a fixed command, the path as an argument
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        check=False,
        user=account.uid,
        group=account.gid,
        extra_groups=(),
        cwd="/",
    )
    return tried.returncode == 0


def _blocked(path: Path, account: Account, why: str) -> OperatorError:
    return OperatorError(
        f"The embedded PostgreSQL runs as {account.name}, because it does not run as root, and cannot"
        f" reach {path}: {why}. Give its data another place (DATA_DIR=/var/lib/leora), run as an"
        " ordinary user, or set DATABASE_URL."
    )
