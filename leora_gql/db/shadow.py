"""Whether models and migrations say the same, and what a migration must say when they do not.

Both are built in a shadow database, in a transaction that is rolled back, and PostgreSQL's own
catalogue of the two is compared: columns with types, defaults and collations, every constraint and index.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.script import Script
from sqlalchemy import URL, MetaData, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db import migrate, policies
from leora_gql.db.addresses import connected, described
from leora_gql.db.model import SCHEMA
from leora_gql.errors import OperatorError

Catalogue = Mapping[tuple[str, str], str]
"""What a schema holds: (kind, name) to its definition."""

_COLUMNS = """
SELECT 'column', format('%s.%s', r.relname, c.attname), concat_ws(' ',
    format_type(c.atttypid, c.atttypmod),
    CASE WHEN c.attcollation <> t.typcollation
        THEN 'COLLATE ' || (SELECT quote_ident(collname) FROM pg_collation WHERE oid = c.attcollation) END,
    CASE WHEN c.attnotnull THEN 'NOT NULL' END,
    CASE c.attgenerated WHEN 's' THEN 'STORED' WHEN 'v' THEN 'VIRTUAL' ELSE 'DEFAULT' END
        || ' ' || pg_get_expr(d.adbin, d.adrelid),
    CASE WHEN c.attidentity <> '' THEN 'IDENTITY ' || c.attidentity::text END)
FROM pg_attribute c
JOIN pg_class r ON r.oid = c.attrelid
JOIN pg_type t ON t.oid = c.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.attrelid AND d.adnum = c.attnum
WHERE r.relnamespace = to_regnamespace(:schema) AND r.relkind IN ('r', 'p')
    AND c.attnum > 0 AND NOT c.attisdropped AND r.relname <> 'alembic_version'
"""
_CONSTRAINTS = """
SELECT 'constraint', format('%s.%s', r.relname, k.conname), pg_get_constraintdef(k.oid)
FROM pg_constraint k
JOIN pg_class r ON r.oid = k.conrelid
WHERE k.connamespace = to_regnamespace(:schema) AND k.contype IN ('c', 'f', 'p', 'u', 'x')
    AND r.relname <> 'alembic_version'
"""
_INDEXES = """
SELECT 'index', format('%s.%s', r.relname, i.relname), pg_get_indexdef(x.indexrelid)
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class r ON r.oid = x.indrelid
WHERE r.relnamespace = to_regnamespace(:schema) AND r.relname <> 'alembic_version'
"""
_TABLES = """
SELECT 'table', relname, 'TABLE' FROM pg_class
WHERE relnamespace = to_regnamespace(:schema) AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
"""


def drift(direct_url: URL, metadata: MetaData, *, shadow_url: URL | None = None) -> Sequence[str]:
    """The differences between models and migrations, one sentence each; none when they agree.

    The shadow is `shadow_url`, else a database made beside `direct_url`'s and dropped again. Raises
    `OperatorError` when neither can be used, or the migrations do not run.
    """
    return asyncio.run(_drift(direct_url, metadata, shadow_url))


def write_revision(
    direct_url: URL,
    message: str,
    *,
    metadata: MetaData,
    shadow_url: URL | None = None,
    autogenerate: bool = True,
) -> Path:
    """Write a new migration; its body is what takes the shadow database to the models.

    Raises `OperatorError` as `drift` does.
    """
    return asyncio.run(_write_revision(direct_url, message, metadata, shadow_url, autogenerate))


async def catalogue(connection: AsyncConnection) -> Catalogue:
    """What the schema holds on this connection."""
    found: dict[tuple[str, str], str] = {}
    for statement in (_TABLES, _COLUMNS, _CONSTRAINTS, _INDEXES):
        for kind, name, definition in (await connection.execute(text(statement), {"schema": SCHEMA})).all():
            found[str(kind), str(name)] = str(definition)
    return found


def compare(migrated: Catalogue, modelled: Catalogue) -> Sequence[str]:
    """The differences of two catalogues, a missing table without its parts."""
    tables = {name for kind, name in migrated.keys() ^ modelled.keys() if kind == "table"}
    differences: list[str] = []
    for key in sorted(migrated.keys() | modelled.keys()):
        kind, name = key
        if kind != "table" and name.partition(".")[0] in tables:
            continue
        differences += _difference(f"{kind} {name}", migrated.get(key), modelled.get(key))
    return differences


def _difference(what: str, migrated: str | None, modelled: str | None) -> Sequence[str]:
    if migrated == modelled:
        return []
    if modelled is None:
        return [f"{what}: the migrations make it, the models do not have it ({migrated})"]
    if migrated is None:
        return [f"{what}: the models have it, the migrations do not make it ({modelled})"]
    return [f"{what}: the migrations say {migrated}; the models say {modelled}"]


async def _drift(direct_url: URL, metadata: MetaData, shadow_url: URL | None) -> Sequence[str]:
    async with _migrated(direct_url, shadow_url) as connection:
        migrated = await catalogue(connection)
        for table in [name for kind, name in migrated if kind == "table"]:
            await connection.execute(text(f'DROP TABLE {SCHEMA}."{table}" CASCADE'))
        await connection.run_sync(metadata.create_all)
        modelled = await catalogue(connection)
    return compare(migrated, modelled)


async def _write_revision(
    direct_url: URL, message: str, metadata: MetaData, shadow_url: URL | None, autogenerate: bool
) -> Path:
    written: list[Path] = []

    def write(config: migrate.Config) -> None:
        made = command.revision(
            config, message, autogenerate=autogenerate, rev_id=_next_number(), splice=False
        )
        if isinstance(made, Script):
            written.append(Path(made.path))

    async with _migrated(direct_url, shadow_url) as connection:
        await connection.run_sync(lambda given: migrate.run_alembic(given, write, metadata=metadata))
    return written[0]


def _next_number() -> str:
    """Revisions are numbered, so that files list in the order in which they run."""
    return f"{len(migrate.history()) + 1:04}"


@asynccontextmanager
async def _migrated(direct_url: URL, shadow_url: URL | None) -> AsyncGenerator[AsyncConnection]:
    """A connection to a shadow database at head, in a transaction that is rolled back."""
    async with _shadow(direct_url, shadow_url) as url, migrate.owned(url) as connection:
        await connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        await connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        await connection.run_sync(
            lambda given: migrate.run_alembic(given, lambda config: command.upgrade(config, "head"))
        )
        await connection.execute(text(f"SET LOCAL search_path = {SCHEMA}, public, extensions"))
        yield connection
        await connection.rollback()


@asynccontextmanager
async def _shadow(direct_url: URL, shadow_url: URL | None) -> AsyncGenerator[URL]:
    if shadow_url is not None:
        if _place(shadow_url) == _place(direct_url):
            raise OperatorError("SHADOW_DATABASE_URL is the database itself. Give an empty one of its own.")
        await asyncio.to_thread(policies.create_roles, shadow_url)
        yield shadow_url
        return
    name = f"{(direct_url.database or '')[:40]}_shadow_{secrets.token_hex(4)}"
    await _administer(direct_url, f'CREATE DATABASE "{name}" TEMPLATE template0')
    url = direct_url.set(database=name)
    try:
        await asyncio.to_thread(policies.create_roles, url)
        yield url
    finally:
        await _administer(direct_url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _administer(url: URL, statement: str) -> None:
    async with connected(url, autocommit=True) as connection:
        try:
            await connection.execute(text(statement))
        except DBAPIError as error:
            raise OperatorError(
                f"A shadow database cannot be made beside {described(url)}: {error.orig}."
                " Set SHADOW_DATABASE_URL to an empty database of its own."
            ) from error


def _place(url: URL) -> tuple[str | None, int, str | None]:
    host = url.host or str(url.query.get("host", ""))
    return host, url.port or 5432, url.database
