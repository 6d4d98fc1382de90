"""Making the database of `leora dev` ready: migrated, closed, and filled when it is empty."""

from __future__ import annotations

import asyncio

from rich.console import Console
from sqlalchemy import URL, text

from leora_gql.cli.main import complain
from leora_gql.db import fitness, migrate
from leora_gql.db.addresses import connected
from leora_gql.db.connect import direct_url, login_urls
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings

_out = Console(highlight=False, soft_wrap=True)
_NO_TENANT = text(
    r"SELECT NOT EXISTS (SELECT FROM pg_class WHERE relkind = 'S' AND relname LIKE 'order\_number\_%')"
)


def make_ready(settings: Settings) -> None:
    """Bring the database up to date, fill it when it is empty, and see that it may be served.

    Raises `OperatorError` saying what is in the way.
    """
    migrate.prepare(direct_url(settings))
    _fill(settings)
    fitness.check(login_urls(settings))


def refresh(settings: Settings) -> None:
    """After a change: what cannot be applied is said, and the server goes on with what there is."""
    try:
        migrate.prepare(direct_url(settings))
    except OperatorError as error:
        complain(str(error))


def hand_down(settings: Settings) -> dict[str, str]:
    """The environment that gives another process the same settings."""
    values = {
        "DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "DIRECT_URL": settings.direct_url.get_secret_value() if settings.direct_url else "",
        "DATA_DIR": str(settings.data_dir),
        "HOST": settings.host,
        "PORT": str(settings.port),
    }
    return {name: value for name, value in values.items() if value}


def _fill(settings: Settings) -> None:
    """Make the demo tenants in an empty database, or where making them was interrupted."""
    begun = settings.data_dir / "seeding"
    if not begun.exists() and not asyncio.run(_is_empty(direct_url(settings))):
        return
    from leora_gql import seed

    _out.print("The database is empty: making the demo tenants.")
    begun.touch()
    seed.run(direct_url(settings), settings=settings)
    begun.unlink()


async def _is_empty(url: URL) -> bool:
    """Whether there is no tenant. Their rows are out of sight here, but each has sequences of its own."""
    async with connected(url) as connection:
        return await connection.scalar(_NO_TENANT) is True
