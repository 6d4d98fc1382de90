"""The PostgreSQL of a test run: one server for all of its processes, and databases copied from a template.

The template is migrated, closed by the policies and seeded once per run; a copy takes a fraction of a
second. Nothing of it outlives the run, and what a killed run left is cleared away by the next.
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import URL, text

from leora_gql import seed
from leora_gql.db import migrate, policies
from leora_gql.db.addresses import connected
from leora_gql.db.embedded import EmbeddedServer
from leora_gql.db.embedded_config import Profile
from leora_gql.settings import Settings, load_settings

RUN = "LEORA_TEST_RUN"
"""The environment variable by which the workers of a run find its folder."""

TEMPLATE = "leora_template"
EMPTY = "leora_migrated"
_PREFIX = "leora-tests-"


def begin_run() -> None:
    """Name the run's folder, in the first process of the run; remove those of runs that are gone."""
    if RUN in os.environ:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if not psutil.pid_exists(int(folder.name.removeprefix(_PREFIX))):
            remove(folder)
    os.environ[RUN] = str(Path(tempfile.gettempdir()) / f"{_PREFIX}{os.getpid()}")


def end_run() -> None:
    """Remove the run's folder, in the process that named it."""
    folder = Path(os.environ[RUN])
    if folder.name == f"{_PREFIX}{os.getpid()}":
        remove(folder)


def remove(folder: Path) -> None:
    """Stop the server of a folder, if it still runs, and delete the folder; it may be half deleted already."""
    if (folder / "pg" / "data" / "postmaster.pid").exists():
        server = EmbeddedServer(folder, profile=Profile.PASSING)
        server.start()
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def run_folder() -> Path:
    """The folder that all processes of this run share."""
    folder = Path(os.environ[RUN])
    folder.mkdir(exist_ok=True)
    return folder


def own_folder() -> Path:
    """A folder for a server of one's own: not pytest's, which other runs close to PostgreSQL's account."""
    return Path(tempfile.mkdtemp(dir=run_folder()))


def settings_for(url: URL, *, data_dir: Path) -> Settings:
    """Settings of a test: nothing of the developer's own environment."""
    address = url.render_as_string(hide_password=False)
    return load_settings(
        _env_file=None, environment="test", database_url=address, direct_url=address, data_dir=data_dir
    )


class Databases:
    """Makes databases on the run's server."""

    def __init__(self, server: EmbeddedServer, folder: Path) -> None:
        self._server = server
        self._folder = folder
        self._numbers = itertools.count(1)

    def copy(self, template: str = TEMPLATE) -> URL:
        """A database of one's own, as the template is; its administrator's address."""
        name = f"t_{self._next()}"
        self._ensure_templates()
        url = self._server.url(database=name)
        with self._alone():
            self.administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            policies.create_roles(url)
        return url

    def empty(self) -> URL:
        """A database with nothing in it."""
        name = f"e_{self._next()}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE template0")
        return self._server.url(database=name)

    def _next(self) -> str:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        return f"{worker}_{os.getpid()}_{next(self._numbers)}"

    def drop(self, url: URL) -> None:
        """Drop a database, whoever is connected to it."""
        self.administer(f"DROP DATABASE {url.database} WITH (FORCE)")

    def _ensure_templates(self) -> None:
        with self._alone():
            if (self._folder / "templates").exists():
                return
            self.administer(f"CREATE DATABASE {EMPTY}")
            migrate.prepare(self._server.url(database=EMPTY))
            self.administer(f"CREATE DATABASE {TEMPLATE} TEMPLATE {EMPTY} STRATEGY FILE_COPY")
            url = self._server.url(database=TEMPLATE)
            policies.create_roles(url)
            seed.run(url, settings=settings_for(url, data_dir=self._folder))
            self._administer_in(url, "VACUUM ANALYZE")
            (self._folder / "templates").touch()

    @contextmanager
    def _alone(self) -> Generator[None]:
        with (self._folder / "databases.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def administer(self, statement: str) -> None:
        self._administer_in(self._server.url(database="postgres"), statement)

    def _administer_in(self, url: URL, statement: str) -> None:
        async def execute() -> None:
            async with connected(url, autocommit=True) as connection:
                await connection.execute(text(statement))

        asyncio.run(execute())
