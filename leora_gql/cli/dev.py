"""`leora dev`: everything that development needs, in one command.

This process owns the port and the database, and watches the code; a child (`dev_server`) serves, and is
replaced when code changes. The child loads while the database gets ready.
"""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from leora_gql.cli.banner import announce
from leora_gql.cli.listening import listen
from leora_gql.cli.reloading import Child, Watch
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, load_settings

_out = Console(highlight=False, soft_wrap=True)
_LOOK_EVERY = 0.4
"""Seconds between two looks at the files."""


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
        child = Child(listening)
        try:
            _run(settings, child, started=started)
        finally:
            child.end()
    _out.print("Stopped.")


def _run(settings: Settings, child: Child, *, started: float) -> None:
    from leora_gql.cli.ready import hand_down, make_ready
    from leora_gql.db.connect import reachable

    with reachable(settings) as ready:
        try:
            make_ready(ready)
            child.go(hand_down(ready))
            threading.Thread(target=announce, args=(ready, started), daemon=True).start()
            _watch(ready, child)
        finally:
            child.end()


def _watch(settings: Settings, child: Child) -> None:
    """Replace the child at each change, until a signal says to end."""
    from leora_gql.cli.ready import hand_down, refresh

    ending = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    watch = Watch()
    while not ending.wait(_LOOK_EVERY):
        if child.ended_by_itself() and not child.was_replaced:
            raise OperatorError("The server ended by itself; the lines above say why.")
        changed = watch.changed()
        if changed is not None:
            _out.print(f"{changed} changed: starting again.", markup=False)
            child.end()
            refresh(settings)
            child.start()
            child.go(hand_down(settings))


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
