"""`leora dev`: everything that development needs, in one command.

This process owns the database and the port; a child of it serves and is replaced when code changes.
"""

from __future__ import annotations

import asyncio
import fcntl
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import URL, text
from starlette.applications import Starlette
from uvicorn import Config, Server
from uvicorn.supervisors.statreload import StatReload

from leora_gql.cli.banner import announce
from leora_gql.cli.listening import listen
from leora_gql.cli.logs import configure_logging
from leora_gql.cli.main import complain
from leora_gql.db import fitness, migrate
from leora_gql.db.addresses import connected
from leora_gql.db.connect import direct_url, login_urls, reachable
from leora_gql.db.resources import PACKAGE, folder
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, load_settings

_out = Console(highlight=False, soft_wrap=True)
_NO_TENANT = text(
    r"SELECT NOT EXISTS (SELECT FROM pg_class WHERE relkind = 'S' AND relname LIKE 'order\_number\_%')"
)


def dev(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port; else PORT, else 4000.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on; else HOST.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="The folder of the embedded database; else DATA_DIR.")
    ] = None,
) -> None:
    """Start the database, bring it up to date, fill it when it is empty, and serve with reload."""
    started = time.monotonic()
    given = {"port": port, "host": host, "data_dir": data}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    if settings.is_production:
        raise OperatorError("`leora dev` is not for LEORA_ENV=production: use `leora serve`.")
    with _only_one(settings.data_dir), listen(settings.host, settings.port) as listening:
        _run(settings, listening, started=started)
    _out.print("Stopped.")


def application() -> Starlette:
    """The application of the serving child, which ends with its parent."""
    from leora_gql.app import create_app

    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    settings = load_settings()
    configure_logging(settings)
    return create_app(settings)


def _run(settings: Settings, listening: socket.socket, *, started: float) -> None:
    with reachable(settings) as ready:
        url = direct_url(ready)
        migrate.prepare(url)
        _fill(ready)
        fitness.check(login_urls(ready))
        _hand_down(ready)
        _serve(ready, listening, started=started, before_restart=lambda: _prepare_again(url))


class _Reloader(StatReload):
    """Watches the package, and what the database is made from; brings that up to date before a restart."""

    def __init__(
        self, config: Config, *, listening: socket.socket, before_restart: Callable[[], None]
    ) -> None:
        super().__init__(config, target=Server(config).run, sockets=[listening])
        self._before_restart = before_restart

    def iter_py_files(self) -> Iterator[Path]:
        yield from PACKAGE.rglob("*.py")
        yield from folder("migrations").rglob("*.py")
        yield from folder("policies").glob("*.sql")

    def restart(self) -> None:
        self._before_restart()
        super().restart()


@contextmanager
def _only_one(data_dir: Path) -> Generator[None]:
    """Hold the data folder's lock, which the system gives up when this process ends in whatever way."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(data_dir / "dev.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OperatorError(
            f"{data_dir} cannot be used: {error.strerror}. Give another folder with --data (DATA_DIR)."
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode().strip() or "unknown"
            raise OperatorError(
                f"Another `leora dev` (process {holder}) works on {data_dir}. Stop it, or give this one"
                " a folder and a port of its own: leora dev --data .leora2 --port 4001"
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(lock)


def _fill(settings: Settings) -> None:
    """Make the demo tenants in an empty database, or where making them was interrupted."""
    from leora_gql import seed

    begun = settings.data_dir / "seeding"
    if not begun.exists() and not asyncio.run(_is_empty(direct_url(settings))):
        return
    _out.print("The database is empty: making the demo tenants.")
    begun.touch()
    seed.run(direct_url(settings), settings=settings)
    begun.unlink()


async def _is_empty(url: URL) -> bool:
    """Whether there is no tenant. Their rows are out of sight here, but each has sequences of its own."""
    async with connected(url) as connection:
        return await connection.scalar(_NO_TENANT) is True


def _hand_down(settings: Settings) -> None:
    """Give the child the same settings, by the environment."""
    values = {
        "DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "DIRECT_URL": settings.direct_url.get_secret_value() if settings.direct_url else "",
        "DATA_DIR": str(settings.data_dir),
        "HOST": settings.host,
        "PORT": str(settings.port),
    }
    os.environ.update({name: value for name, value in values.items() if value})


def _serve(
    settings: Settings, listening: socket.socket, *, started: float, before_restart: Callable[[], None]
) -> None:
    config = Config(
        "leora_gql.cli.dev:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        log_level="info" if settings.log_level == "debug" else "warning",
        reload=True,
        reload_delay=0.5,
        reload_dirs=[str(PACKAGE)],
        timeout_graceful_shutdown=3,
        server_header=False,
    )
    reloader = _Reloader(config, listening=listening, before_restart=before_restart)
    signal.signal(signal.SIGHUP, reloader.signal_handler)
    threading.Thread(target=announce, args=(settings, started), daemon=True).start()
    reloader.run()


def _prepare_again(url: URL) -> None:
    """Before a restart: what cannot be applied is said, and the server goes on with what there is."""
    try:
        migrate.prepare(url)
    except OperatorError as error:
        complain(str(error))


def _end_after(parent: BaseProcess) -> None:
    """End with the parent, even one that was killed: the port must not stay taken."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
