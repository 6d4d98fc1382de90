"""From the settings to addresses: which database, as whom, with how many connections.

With `DATABASE_URL` any PostgreSQL from version 15 on is served, poolers included; without it the
embedded server is started. Either way the rest of the product sees settings with addresses in them.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import URL

from leora_gql.db.embedded_install import not_installed
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login, for_login
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, database_url

if TYPE_CHECKING:
    from leora_gql.db.embedded import EmbeddedServer

DATABASE = "leora"
"""The name of the database in the embedded server."""

_SHARES = {Login.STAFF: 4, Login.PORTAL: 2, Login.PORTAL_WRITE: 1, Login.AUTH: 1, Login.WORKER: 1}
_LEAST = {Login.STAFF: 2, Login.AUTH: 2}
"""At least this many connections, else one: every request asks the sign-in login, some while it writes."""
_POOLER_PORT = "6543"
STATEMENTS_KEPT = 100
"""Prepared statements per connection and way of answering: at 0.1 to 0.8 MB of the server's memory each."""

_NO_DATABASE = (
    "There is no database. Set DATABASE_URL, e.g. DATABASE_URL=postgresql://postgres:…@host:5432/leora"
)


@contextmanager
def reachable(settings: Settings) -> Generator[Settings]:
    """The settings with a database behind them, for as long as the block lasts.

    Without `DATABASE_URL` the embedded server is started, or used when it runs already, and stopped
    with its last user. Raises `OperatorError` when that cannot be done.
    """
    if settings.database_url is not None:
        yield settings
        return
    with _embedded(settings.data_dir) as server:
        yield at(settings, server.url(database=DATABASE))


def _embedded(data_dir: Path) -> EmbeddedServer:
    """The embedded server; what it is made of comes with the extra `embedded` only."""
    try:
        from leora_gql.db.embedded import EmbeddedServer
    except ModuleNotFoundError as error:
        raise not_installed() from error
    return EmbeddedServer(data_dir)


def at(settings: Settings, url: URL) -> Settings:
    """The same settings with `url` as the one database; its user is the administrator."""
    address = SecretStr(url.render_as_string(hide_password=False))
    return settings.model_copy(update={"database_url": address, "direct_url": settings.direct_url or address})


def direct_url(settings: Settings) -> URL:
    """The address that migrations and administration use: `DIRECT_URL`, else `DATABASE_URL`."""
    value = settings.direct_url or settings.database_url
    if value is None:
        raise OperatorError(_NO_DATABASE)
    return database_url(value)


def login_urls(settings: Settings) -> dict[Login, URL]:
    """The address of each login: its own setting, else `DATABASE_URL` with the user swapped."""
    shared = settings.database_url or settings.direct_url
    if shared is None:
        raise OperatorError(_NO_DATABASE)
    own = {
        Login.STAFF: settings.staff_database_url,
        Login.PORTAL: settings.portal_database_url,
        Login.PORTAL_WRITE: settings.portal_write_database_url,
        Login.AUTH: settings.auth_database_url,
        Login.WORKER: settings.worker_database_url,
    }
    return {
        login: database_url(value) if value else for_login(database_url(shared), login)
        for login, value in own.items()
    }


def pool_sizes(settings: Settings) -> dict[Login, int]:
    """Connections per login: the process's budget shared out, at least one each and two to sign in."""
    sizes = {login: _LEAST.get(login, 1) for login in _SHARES}
    for _ in range(settings.database_pool_size - sum(sizes.values())):
        neediest = max(sizes, key=lambda login: _SHARES[login] / sizes[login])
        sizes[neediest] += 1
    return sizes


def statement_cache(settings: Settings) -> int:
    """Prepared statements per connection; `auto` is 0 behind what looks like a transaction pooler."""
    if settings.db_statement_cache != "auto":
        return settings.db_statement_cache
    urls = [*login_urls(settings).values()]
    return 0 if any(_looks_pooled(url) for url in urls) else STATEMENTS_KEPT


def open_pools(settings: Settings) -> Pools:
    """The pools of one process, by the settings; close them with `await pools.close()`.

    Who writes waits for a connection as long as its request may take.
    """
    return Pools(
        login_urls(settings),
        sizes=pool_sizes(settings),
        statement_cache=statement_cache(settings),
        write_wait_seconds=settings.request_timeout_seconds,
    )


def _looks_pooled(url: URL) -> bool:
    port = url.query.get("port", url.port)
    return str(port) == _POOLER_PORT or "pooler" in (url.host or "") or url.query.get("pgbouncer") == "true"
