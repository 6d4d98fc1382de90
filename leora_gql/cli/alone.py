"""The only worker of `leora serve`: the command line's process becomes it.

By then everything was checked. What was loaded for that would stay as long as the worker serves, some 4 MB.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import NoReturn

from leora_gql.cli.main import run
from leora_gql.errors import OperatorError
from leora_gql.settings import load_settings

_PROGRAM = "import sys; sys.path[:] = {path!r}; from leora_gql.cli.alone import main; main({descriptor})"
"""Modules are looked for where they were looked for before, and nowhere else."""


def become_worker(listening: socket.socket) -> NoReturn:
    """Serve on the socket, with the settings of the environment, in place of what this process does."""
    program = _PROGRAM.format(path=sys.path, descriptor=listening.fileno())
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-c", program])  # noqa: S606  ourselves, by no shell


def main(descriptor: int) -> None:
    """Serve on the socket of that descriptor."""
    run(lambda: _serve(socket.socket(fileno=descriptor)))


def _serve(listening: socket.socket) -> None:
    from uvicorn import Server

    from leora_gql.cli.serving import server_config

    server = Server(server_config(load_settings(), workers=1))
    with listening:
        server.run(sockets=[listening])
    if not server.started:
        raise OperatorError("The server did not start; the lines above say why.")
