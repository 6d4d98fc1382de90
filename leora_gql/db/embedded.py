"""PostgreSQL 18 of our own, for when there is no `DATABASE_URL`.

It listens on a unix socket only, in a folder that only its account (and root) can enter. Every
command that uses it holds a shared lock on it; the last one to leave stops it, and one that was killed
leaves nothing behind that the next start does not put right.

>>> with EmbeddedServer(Path(".leora")) as server:  # doctest: +SKIP
...     print(server.url(database="leora"))
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import URL

from leora_gql.db.embedded_account import Account, account_for, open_the_way
from leora_gql.db.embedded_config import HOST_BASED_ACCESS, Profile, configuration
from leora_gql.db.embedded_install import programs
from leora_gql.db.embedded_process import forget_stale_lock, is_running
from leora_gql.errors import OperatorError

SUPERUSER = "postgres"
_PORT = 5432
_LONGEST_SOCKET_DIR = 90
_START_SECONDS = 120
_INITDB = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")


class EmbeddedServer:
    """A PostgreSQL server whose data lives in `<data_dir>/pg`; a context manager, sync and async.

    `database` is created when missing. Start and stop raise `OperatorError` with the server's own
    reason: a full disk, a folder it cannot reach, a damaged cluster.
    """

    def __init__(
        self, data_dir: Path, *, database: str = "leora", profile: Profile = Profile.DURABLE
    ) -> None:
        self.root = data_dir.absolute() / "pg"
        self.cluster = self.root / "data"
        self.log = self.root / "postgres.log"
        self.database = database
        self.profile = profile
        self._users: int | None = None
        self._socket_dir = _socket_dir(self.root)
        self._as: Account | None = None
        self._programs: Path | None = None

    def url(self, *, user: str = SUPERUSER, database: str = "leora") -> URL:
        """The address of a database for a role. Connections need no password: the socket is private."""
        return URL.create(
            "postgresql",
            username=user,
            database=database,
            query={"host": str(self._socket_dir), "port": str(_PORT)},
        )

    def start(self) -> None:
        """Start the server, or join the one that runs; returns when it takes connections."""
        self._prepare()
        with self._alone():
            self._users = self._lock_shared()
            try:
                if not (self.cluster / "PG_VERSION").exists():
                    self._initialise()
                if not self._joined():
                    self._launch()
                self._ensure_database()
            except BaseException:
                self._leave()
                raise

    def stop(self) -> None:
        """Leave the server; stop it when nobody else uses it."""
        if self._users is None:
            return
        with self._alone():
            self._leave()

    def __enter__(self) -> Self:
        """Start, or join."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave, and stop when last."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start, or join, without blocking the event loop."""
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave, and stop when last, without blocking the event loop."""
        await asyncio.to_thread(self.stop)

    @property
    def _account(self) -> Account:
        if self._as is None:
            self._as = account_for(self.root)
        return self._as

    @property
    def _bin(self) -> Path:
        if self._programs is None:
            self._programs = programs(self.root, self._account)
        return self._programs

    def _prepare(self) -> None:
        try:
            account = self._account
            self.root.mkdir(parents=True, exist_ok=True)
            account.own(self.root)
            self.root.chmod(0o700)
            self._prepare_socket_dir(account)
        except OSError as error:
            raise OperatorError(
                f"The embedded database cannot use {self.root}: {error.strerror or error}."
                " Give another folder with DATA_DIR (or --data)."
            ) from error
        open_the_way(self.root, account)

    def _prepare_socket_dir(self, account: Account) -> None:
        folder = self._socket_dir
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid not in {os.geteuid(), account.uid} or folder.is_symlink():
            raise OperatorError(f"{folder} belongs to somebody else. Delete it, or give a shorter --data.")
        account.own(folder)
        folder.chmod(0o700)

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keep other processes from starting or stopping the server meanwhile."""
        lock = _open_lock(self.root / "start.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _lock_shared(self) -> int:
        users = _open_lock(self.root / "users.lock")
        fcntl.flock(users, fcntl.LOCK_SH)
        return users

    def _leave(self) -> None:
        """Give up the shared lock; when it can be had exclusively, nobody else is there: stop."""
        users, self._users = self._users, None
        if users is None:
            return
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            self._halt()
        finally:
            os.close(users)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there: half a one is never left."""
        fresh = self.root / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        options = ["-D", str(fresh), f"--username={SUPERUSER}", "--auth=trust", *_INITDB]
        done = self._run("initdb", [*options, "--no-instructions", "--no-sync"])
        if done.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise self._failure("could not be initialised", done.stderr + done.stdout)
        fresh.rename(self.cluster)

    def _joined(self) -> bool:
        """Whether a server runs and answers; waits for one that is still starting, or dying."""
        deadline = time.monotonic() + _START_SECONDS
        while is_running(self.cluster):
            if self._psql("SELECT 1").returncode == 0:
                return True
            if time.monotonic() > deadline:
                raise self._failure("runs and does not answer", self._logged(0)[-2000:])
            time.sleep(0.05)
        return False

    def _launch(self) -> None:
        forget_stale_lock(self.cluster, socket_dir=self._socket_dir)
        self._write("postgresql.conf", configuration(self.profile, socket_dir=self._socket_dir))
        self._write("pg_hba.conf", HOST_BASED_ACCESS)
        seen = self.log.stat().st_size if self.log.exists() else 0
        done = self._run(
            "pg_ctl",
            ["start", "-D", str(self.cluster), "-l", str(self.log), "-w", "-t", str(_START_SECONDS), "-s"],
        )
        if done.returncode != 0:
            raise self._failure("did not start", self._logged(seen) or done.stderr)

    def _halt(self) -> None:
        if not is_running(self.cluster):
            return
        for mode in ("fast", "immediate"):
            stop = ["stop", "-D", str(self.cluster), "-m", mode, "-w", "-t", "30", "-s"]
            if self._run("pg_ctl", stop).returncode == 0:
                break
        if self._socket_dir.parent != self.root:
            shutil.rmtree(self._socket_dir, ignore_errors=True)

    def _ensure_database(self) -> None:
        quoted = self.database.replace("'", "''")
        found = self._psql(f"SELECT 1 FROM pg_database WHERE datname = '{quoted}'")
        if found.returncode == 0 and not found.stdout.strip():
            name = self.database.replace('"', '""')
            found = self._psql(f'CREATE DATABASE "{name}"')
        if found.returncode != 0:
            raise self._failure(f"has no database {self.database}", found.stderr)

    def _psql(self, statement: str) -> subprocess.CompletedProcess[str]:
        where = ["-h", str(self._socket_dir), "-p", str(_PORT), "-U", SUPERUSER, "-d", "postgres"]
        return self._run("psql", [*where, "-XAtqc", statement])

    def _write(self, name: str, text: str) -> None:
        path = self.cluster / name
        try:
            path.write_text(text)
        except OSError as error:
            raise self._failure("could not be configured", str(error)) from error
        self._account.own(path)

    def _run(self, program: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL's as its account, out of reach of the terminal's Ctrl-C.

        Its output goes through files: the server that pg_ctl leaves running would keep a pipe open.
        """
        account = self._account
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(  # noqa: S603 -- PostgreSQL's own programs
                [str(self._bin / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd="/",
                umask=0o077,
                start_new_session=True,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                user=None if account.is_ours else account.uid,
                group=None if account.is_ours else account.gid,
                extra_groups=None if account.is_ours else (),
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())

    def _logged(self, since: int) -> str:
        if not self.log.exists():
            return ""
        with self.log.open(errors="replace") as file:
            file.seek(since)
            return file.read()

    def _failure(self, what: str, output: str) -> OperatorError:
        if "No space left on device" in output or "Disk quota exceeded" in output:
            return OperatorError(
                f"The embedded PostgreSQL {what}: the disk that holds {self.root} is full."
                " Free some space there, or give another folder with --data (DATA_DIR)."
            )
        telling = [line for line in output.splitlines() if any(word in line for word in _TELLING)]
        reason = "\n  ".join((telling or output.strip().splitlines())[-3:]) or "it gave no reason"
        return OperatorError(f"The embedded PostgreSQL {what}:\n  {reason}\nIts log is {self.log}.")


_TELLING = ("FATAL", "PANIC", "ERROR", "error:", "could not")


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _socket_dir(root: Path) -> Path:
    """Beside the data, or where the path is too long for a socket, a private folder in /tmp."""
    beside = root / "socket"
    if len(os.fsencode(beside)) <= _LONGEST_SOCKET_DIR:
        return beside
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"leora-{name}"
