"""The database that a command works on."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import URL

from leora_gql.db.connect import direct_url, reachable
from leora_gql.settings import Settings, load_settings


@contextmanager
def database() -> Generator[tuple[Settings, URL]]:
    """The settings and the administrator's address, with the database running."""
    with reachable(load_settings()) as settings:
        yield settings, direct_url(settings)
