"""The serving child of `leora dev`: given the number of its socket, and its settings on standard input."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import threading

from uvicorn import Config, Server

from leora_gql.app import create_app
from leora_gql.cli.logs import configure_logging
from leora_gql.cli.serving import server_options
from leora_gql.schema import product_schema
from leora_gql.settings import load_settings


def main() -> None:
    """Wait for the settings, serve until standard input ends."""
    product_schema()
    gc.freeze()
    gc.enable()
    line = sys.stdin.readline()
    if not line:
        return
    os.environ.update(json.loads(line))
    settings = load_settings()
    configure_logging(settings)
    config = Config(
        create_app(settings),
        log_level="info" if settings.log_level == "debug" else "warning",
        timeout_graceful_shutdown=3,
        **server_options(settings),
    )
    threading.Thread(target=_end_with_input, daemon=True).start()
    Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _end_with_input() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
