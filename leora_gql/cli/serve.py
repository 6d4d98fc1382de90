"""`leora serve`: the production form. It starts nothing, changes nothing and refuses what is not fit."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer
from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from leora_gql.cli.listening import listen
from leora_gql.cli.logs import configure_logging
from leora_gql.cli.serving import server_options
from leora_gql.db import fitness
from leora_gql.db.connect import login_urls
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, load_settings


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
    os.environ.update({"HOST": settings.host, "PORT": str(settings.port)})
    config = Config(
        "leora_gql.cli.worker:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        timeout_graceful_shutdown=20,
        **server_options(settings),
    )
    if workers > 1:
        Multiprocess(config, sockets=[listening]).run()
        return
    server = Server(config)
    server.run(sockets=[listening])
    if not server.started:
        raise OperatorError("The server did not start; the lines above say why.")
