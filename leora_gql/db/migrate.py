"""Migrations: one linear history, each run all or nothing.

An upgrade is one transaction, the boundary (`policies/`) included, under an advisory lock: one that
is interrupted leaves the database as it was, and of two at once the second finds nothing to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationInfo
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from leora_gql.db import policies
from leora_gql.db.addresses import connected
from leora_gql.db.logins import OWNER
from leora_gql.db.model import SCHEMA
from leora_gql.db.resources import folder
from leora_gql.errors import OperatorError

OLDEST_POSTGRES = 15
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('leora migrations'))")


@dataclass(frozen=True, slots=True)
class Revision:
    """One migration: its name, what it follows (None: it is the first) and what it says it does."""

    name: str
    after: str | None
    summary: str


def history() -> Sequence[Revision]:
    """Every migration, the oldest first."""
    scripts = [_revision(script) for script in _directory().walk_revisions()]
    return list(reversed(scripts))


def head() -> str:
    """The newest migration. Raises `OperatorError` when the history is not one line, or empty."""
    heads = _directory().get_heads()
    if len(heads) != 1:
        raise OperatorError(f"The migrations should have one newest revision and have: {', '.join(heads)}.")
    return heads[0]


def current(direct_url: URL) -> str | None:
    """The migration that the database is at; None for a database without any."""
    return asyncio.run(_current(direct_url))


def pending(direct_url: URL) -> Sequence[Revision]:
    """What an upgrade to head would run, in its order."""
    return _after(current(direct_url))


def _after(at: str | None) -> Sequence[Revision]:
    revisions = history()
    names = [revision.name for revision in revisions]
    if at is not None and at not in names:
        raise OperatorError(
            f"The database is at revision {at}, which this release does not know: it is older than the"
            " database. Deploy the release that made it."
        )
    return revisions if at is None else revisions[names.index(at) + 1 :]


def upgrade(direct_url: URL, revision: str = "head") -> Sequence[str]:
    """Bring the database to a revision, and its boundary with it; gives the revisions that ran.

    Raises `OperatorError` when the database is unfit, a migration fails, or roles are missing.
    """
    return asyncio.run(_upgrade(direct_url, revision))


def prepare(direct_url: URL, revision: str = "head") -> Sequence[str]:
    """Make the roles where this login may, then upgrade; gives the revisions that ran.

    Raises `OperatorError` as `upgrade` does.
    """
    if asyncio.run(_may_create_roles(direct_url)):
        policies.create_roles(direct_url)
    else:
        policies.check_roles_exist(direct_url)
    return upgrade(direct_url, revision)


def downgrade(direct_url: URL, revision: str) -> Sequence[str]:
    """Take the database back to a revision (`base`: to nothing); gives the revisions that were undone.

    The boundary belongs to the newest revision, so afterwards nobody but the owner has any rights:
    `leora rls apply` of the release that fits gives them back.
    """
    return asyncio.run(_downgrade(direct_url, revision))


def stamp(direct_url: URL, revision: str) -> None:
    """Write down that the database is at a revision, and run nothing."""
    asyncio.run(_stamp(direct_url, revision))


def before(revision: str) -> str:
    """The revision that another one follows; `base` for the first."""
    return named(revision).after or "base"


def named(revision: str) -> Revision:
    """The migration of that name (or its unique beginning). Raises `OperatorError` when there is none."""
    try:
        script = _directory().get_revision(revision)
    except CommandError:
        script = None
    if script is None:
        raise OperatorError(f"There is no migration {revision}. `leora db history` lists them.")
    return _revision(script)


def drop_everything(direct_url: URL) -> None:
    """Drop the schema and all that is in it. What this destroys is gone."""

    async def drop() -> None:
        async with owned(direct_url) as connection:
            await connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))

    asyncio.run(drop())


@asynccontextmanager
async def transaction(direct_url: URL) -> AsyncGenerator[AsyncConnection]:
    """One transaction as the login of `direct_url`; rolled back on an error.

    Raises `OperatorError` when the server cannot be reached.
    """
    async with connected(direct_url) as connection, connection.begin():
        yield connection


@asynccontextmanager
async def owned(direct_url: URL) -> AsyncGenerator[AsyncConnection]:
    """One transaction as the owner, alone among migrations; rolled back on an error.

    Raises `OperatorError` when the server cannot be reached, is unfit, or does not let us be the owner.
    """
    async with transaction(direct_url) as connection:
        await _check_server(connection)
        await connection.execute(_LOCK)
        await connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await become_owner(connection)
        yield connection


async def become_owner(connection: AsyncConnection) -> None:
    """Act as the owner of everything until the transaction's end."""
    await become(connection, OWNER)


async def become(connection: AsyncConnection, role: str) -> None:
    """Act as one of the roles that nobody logs in as, until the transaction's end."""
    try:
        await connection.execute(text(f"SET LOCAL ROLE {role}"))
    except DBAPIError as error:
        raise OperatorError(
            f"This login cannot act as {role}: run `leora db create-roles` with an administrator's"
            " address in DIRECT_URL, or --admin-url."
        ) from error


def run_alembic(
    connection: Connection, action: Callable[[Config], object], **attributes: Any
) -> Sequence[str]:
    """Run one of Alembic's commands on a connection; gives the revisions it went through."""
    done: list[str] = []

    def note(step: MigrationInfo) -> None:
        done.extend(str(name) for name in step.up_revision_ids)

    config = _config()
    config.attributes |= {"connection": connection, "on_step": note, **attributes}
    try:
        action(config)
    except CommandError as error:
        raise OperatorError(f"{error}. `leora db history` lists the migrations.") from error
    except DBAPIError as error:
        raise OperatorError(
            f"The migration after {done[-1] if done else 'the one the database is at'} failed, and nothing"
            f" was changed: {str(error.orig).strip()}"
        ) from error
    return done


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _directory() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _revision(script: Script) -> Revision:
    after = script.down_revision
    if after is not None and not isinstance(after, str):
        raise OperatorError(f"The migration {script.revision} follows more than one: keep one line.")
    return Revision(name=script.revision, after=after, summary=script.doc)


async def _check_server(connection: AsyncConnection) -> None:
    row = await connection.execute(
        text("SELECT current_setting('server_version_num')::int / 10000, lower('É') = 'é'")
    )
    version, lowers = row.one()
    if version < OLDEST_POSTGRES:
        raise OperatorError(f"PostgreSQL {OLDEST_POSTGRES} or newer is needed, and this is {version}.")
    if not lowers:
        raise OperatorError(
            "The database cannot lower-case letters beyond ASCII (its character type is C), so searching"
            " names would miss some. Create it with a UTF-8 locale, e.g. CREATE DATABASE leora TEMPLATE"
            " template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'und' LOCALE 'C'"
        )


async def _read_current(connection: AsyncConnection) -> str | None:
    there = await connection.scalar(text(f"SELECT to_regclass('{SCHEMA}.alembic_version')"))
    if there is None:
        return None
    found: object = await connection.scalar(text(f"SELECT version_num FROM {SCHEMA}.alembic_version"))
    return None if found is None else str(found)


async def _current(direct_url: URL) -> str | None:
    async with transaction(direct_url) as connection:
        if not await connection.scalar(
            text("SELECT 1 FROM pg_roles WHERE rolname = :owner"), {"owner": OWNER}
        ):
            return None
        await become_owner(connection)
        return await _read_current(connection)


async def _upgrade(direct_url: URL, revision: str) -> Sequence[str]:
    async with owned(direct_url) as connection:
        at = await _read_current(connection)
        _after(at)
        if at is not None and at != head():
            await _clear_boundary(connection)
        await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        done = await connection.run_sync(run_alembic, lambda config: command.upgrade(config, revision))
        if await _read_current(connection) == head():
            await connection.execute(text("RESET ROLE"))
            await policies.apply_on(await driver_of(connection))
        return done


async def _downgrade(direct_url: URL, revision: str) -> Sequence[str]:
    async with owned(direct_url) as connection:
        if await _read_current(connection) is not None:
            await _clear_boundary(connection)
        return await connection.run_sync(run_alembic, lambda config: command.downgrade(config, revision))


async def _may_create_roles(direct_url: URL) -> bool:
    async with transaction(direct_url) as connection:
        may = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        return bool(await connection.scalar(may))


async def _stamp(direct_url: URL, revision: str) -> None:
    async with owned(direct_url) as connection:
        await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        await connection.run_sync(run_alembic, lambda config: command.stamp(config, revision))


async def _clear_boundary(connection: AsyncConnection) -> None:
    """Take policies and grants away, as they would hold on to the tables that migrations change."""
    await policies.clear_on(await driver_of(connection))


async def driver_of(connection: AsyncConnection) -> policies.Driver:
    """The driver's own connection, which takes many statements at once."""
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if driver is None:
        raise OperatorError("The connection to the database was lost.")
    return driver
