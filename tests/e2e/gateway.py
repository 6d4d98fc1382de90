"""`leora serve`, killed and started again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from sqlalchemy import URL

from tests import postgres
from tests.api import Api
from tests.cli.commands import Command, free_port

LANES = 16
"""Connections of the gateway's callers."""
PATIENCE = 60
"""Seconds that callers wait for an answer."""


class Gateway:
    """The served product, one process after the other; `api` asks the one that runs."""

    api: Api

    def __init__(self, url: URL, folder: Path, *, connections: int) -> None:
        self._url = url
        self._connections = connections
        self._folder = folder
        self._tokens: dict[str, str] = {}
        self._lives: list[tuple[Command, httpx.AsyncClient]] = []

    async def start(self) -> None:
        """Serve, in a new process; returns when it is ready."""
        command = Command(
            "serve",
            port=free_port(),
            folder=self._folder,
            LEORA_ENV="test",
            DATA_DIR=str(postgres.run_folder()),
            DATABASE_URL=self._url.render_as_string(hide_password=False),
            DATABASE_POOL_SIZE=str(self._connections),
        )
        limits = httpx.Limits(max_connections=LANES, max_keepalive_connections=LANES)
        client = httpx.AsyncClient(base_url=command.url(""), timeout=PATIENCE, limits=limits)
        self._lives.append((command, client))
        ready = await asyncio.to_thread(command.until_ready)
        assert ready.status_code == 200, ready.text
        self.api = Api(client, self._tokens)

    def kill(self) -> None:
        """Kill it, in the middle of whatever it does."""
        command, _ = self._lives[-1]
        command.kill()

    async def end(self) -> None:
        """Leave nothing running."""
        for command, client in self._lives:
            await asyncio.to_thread(command.end)
            await client.aclose()
