"""`leora serve`: the production form. It starts nothing, changes nothing and refuses what is not fit."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from leora_gql.cli.alone import become_worker
from leora_gql.cli.listening import listen
from leora_gql.cli.logs import configure_logging
from leora_gql.db import fitness
from leora_gql.db.connect import login_urls
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, load_settings

INTERPRETER = {"PYTHONNODEBUGRANGES": "1"}
"""Of the processes that serve: no tables of where in a line each instruction stands, which only carets show."""


def serve(
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes; each has pools of its own.")] = 1,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port; else PORT, else 4000.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on; else HOST.")] = None,
) -> None:
    """Serve on a database that is there, migrated, and closed to everybody but our logins."""
    given = {"port": port, "host": host}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    configure_logging(settings)
    check_fitness(settings)
    with listen(settings.host, settings.port) as listening:
        _serve(settings, listening, workers=workers)


def check_fitness(settings: Settings) -> None:
    """Raise `OperatorError` unless secrets are strong, the schema is ours, and the logins are held to it."""
    if settings.database_url is None:
        raise OperatorError(
            "DATABASE_URL is not set, and `leora serve` starts no database of its own."
            " Example: DATABASE_URL=postgresql://leora_staff:password@db.example.com:5432/leora"
        )
    settings.require_strong_secrets()
    fitness.check(login_urls(settings))


def _serve(settings: Settings, listening: socket.socket, *, workers: int) -> None:
    os.environ.update({"HOST": settings.host, "PORT": str(settings.port), **INTERPRETER})
    if workers == 1:
        become_worker(listening)
    from uvicorn.supervisors import Multiprocess

    from leora_gql.cli.serving import server_config

    Multiprocess(server_config(settings, workers=workers), sockets=[listening]).run()
