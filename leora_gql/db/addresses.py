"""Addresses of databases as people write them, made into what the driver takes."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from leora_gql.errors import OperatorError

_FOREIGN_OPTIONS = frozenset(
    {"pgbouncer", "connection_limit", "pool_timeout", "schema", "connect_timeout", "socket_timeout"}
    | {"sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "gssencmode", "options"}
    | {"application_name", "statement_cache_size", "target_session_attrs", "pool_mode", "supa"}
)
"""Options of other clients (libpq, Prisma, Supabase) that asyncpg would refuse or that we translate."""


def for_asyncpg(url: URL) -> tuple[URL, dict[str, Any]]:
    """The address as SQLAlchemy's asyncpg dialect takes it, and the `connect_args` that go with it.

    `sslmode` and its files become an SSL context; options of other clients are left out.
    """
    query = {key: value for key, value in url.query.items() if key not in _FOREIGN_OPTIONS}
    arguments: dict[str, Any] = {}
    mode = _text(url.query.get("sslmode"))
    if mode:
        arguments["ssl"] = _ssl(mode, url.query)
    return url.set(drivername="postgresql+asyncpg", query=query), arguments


@asynccontextmanager
async def connected(url: URL, *, autocommit: bool = False) -> AsyncGenerator[AsyncConnection]:
    """A connection for administration, closed at the end.

    Raises `OperatorError` when it cannot be had.
    """
    engine = administration(url, autocommit=autocommit)
    try:
        connection = engine.connect()
        try:
            await connection.start()
        except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError) as error:
            raise unreachable(url, error) from error
        async with aclosing(connection):
            yield connection
    finally:
        await engine.dispose()


def statements(cached: int) -> dict[str, Any]:
    """The `connect_args` for so many cached prepared statements.

    Without a cache, names are never used twice: behind a pooler the next client may meet our statements.
    """
    arguments: dict[str, Any] = {"statement_cache_size": cached, "prepared_statement_cache_size": cached}
    if cached == 0:
        arguments["prepared_statement_name_func"] = lambda: f"__leora_{uuid4().hex}__"
    return arguments


def _ssl(mode: str, query: Mapping[str, str | tuple[str, ...]]) -> ssl.SSLContext | str:
    root = _text(query.get("sslrootcert"))
    certificate = _text(query.get("sslcert"))
    if not root and not certificate:
        return mode
    try:
        context = ssl.create_default_context(cafile=root if root and root != "system" else None)
        context.check_hostname = mode == "verify-full"
        if not mode.startswith("verify") and not root:
            context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(certificate, _text(query.get("sslkey")))
    except OSError as error:
        files = ", ".join(path for path in (root, certificate) if path)
        raise OperatorError(
            f"The certificates in the database's address cannot be read ({files}): {error}"
        ) from error
    return context


def _text(value: str | tuple[str, ...] | None) -> str | None:
    return value[-1] if isinstance(value, tuple) else value


def administration(url: URL, *, autocommit: bool = False) -> AsyncEngine:
    """An engine for migrations and administration: one connection at a time, nothing cached or kept."""
    address, arguments = for_asyncpg(url)
    return create_async_engine(
        address,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        connect_args={
            "timeout": 10,
            "server_settings": {"application_name": "leora administration"},
            **statements(0),
            **arguments,
        },
    )


def described(url: URL) -> str:
    """The address as it may be shown: without the password."""
    return url.render_as_string(hide_password=True)


def unreachable(url: URL, error: BaseException) -> OperatorError:
    """What to tell the person at the terminal when `url` could not be used."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    said = str(cause).strip() or type(cause).__name__
    if url.username and f'role "{url.username}" does not exist' in said:
        advice = "`leora db upgrade` makes the logins."
    else:
        advice = "Is the server running, and are DATABASE_URL and DIRECT_URL right?"
    return OperatorError(f"{described(url)} cannot be used: {said}. {advice}")
