"""The boundary as SQL: who may log in, and what each login may reach (`policies/*.sql`).

`create_roles` needs an administrator and is run once per database; `apply` runs after every
migration, as the owner, in one transaction: a reader sees the old boundary or the new one, never a
half. Both are idempotent.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from leora_gql.db.addresses import administration, unreachable
from leora_gql.db.logins import DEFINER, LOOKUP, OWNER, Login
from leora_gql.db.resources import folder
from leora_gql.errors import OperatorError

ROLES_FILE = "00_roles.sql"
_CLEARING = ("10_schema.sql", "20_floor.sql")
_SCRAM_ITERATIONS = 4096
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('leora policies'))"

Driver = asyncpg.Connection
T = TypeVar("T")


def statements() -> Sequence[tuple[str, str]]:
    """The files that `apply` runs, in their order: name and text; read anew, since `leora dev` lives through edits."""
    files = sorted(path for path in folder("policies").glob("*.sql") if path.name != ROLES_FILE)
    return [(path.name, path.read_text("utf-8")) for path in files]


def apply(direct_url: URL) -> None:
    """Make the boundary of the database at `direct_url` what the files say.

    Raises `OperatorError` naming the file that PostgreSQL refused; then nothing has changed.
    """
    run(direct_url, apply_on)


async def clear_on(connection: Driver) -> None:
    """Take every login's rights and policies away, for migrations that change what they stand on.

    Row-level security and the floor stay: the owner still reaches the rows of the tenant it names.
    """
    async with connection.transaction():
        for name, sql in statements():
            if name in _CLEARING:
                await _execute(connection, name, f"SET LOCAL ROLE {OWNER};\n{sql}")


async def apply_on(connection: Driver) -> None:
    """The same on an open connection."""
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '15s'")
        await connection.execute(_LOCK)
        for name, sql in statements():
            await _execute(connection, name, f"SET LOCAL ROLE {OWNER};\n{sql}")
        await connection.execute("RESET ROLE")


def create_roles(admin_url: URL, *, passwords: Mapping[Login, str] | None = None) -> None:
    """Make the roles and logins, and give them the database at `admin_url`.

    `admin_url` logs in a superuser, or one with CREATEROLE that owns the database; it becomes a
    member of the owning roles. Logins without an entry in `passwords` keep what they have.
    """

    async def make(connection: Driver) -> None:
        async with connection.transaction():
            await connection.execute(_LOCK)
            await _execute(connection, ROLES_FILE, (folder("policies") / ROLES_FILE).read_text("utf-8"))
            for login, password in (passwords or {}).items():
                verifier = scram_verifier(password)
                await connection.execute(f"ALTER ROLE {login.value} PASSWORD '{verifier}'")

    run(admin_url, make)


def check_roles_exist(direct_url: URL) -> None:
    """Raise `OperatorError` saying how to make the roles when one of them is missing."""
    wanted = [OWNER, DEFINER, LOOKUP, *(login.value for login in Login)]

    async def look(connection: Driver) -> None:
        there = await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname = ANY($1)", wanted)
        missing = sorted(set(wanted) - {str(row["rolname"]) for row in there})
        if missing:
            raise OperatorError(
                f"The database has no role {', '.join(missing)}: run `leora db create-roles`."
            )

    run(direct_url, look)


def scram_verifier(password: str, *, salt: bytes | None = None) -> str:
    """What PostgreSQL stores for a password (SCRAM-SHA-256), so that no log sees the password itself."""
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server_key)]
    return f"SCRAM-SHA-256${_SCRAM_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"


@asynccontextmanager
async def driver(url: URL) -> AsyncGenerator[Driver]:
    """A connection of the driver itself, which takes many statements at once.

    Raises `OperatorError` when there is none to be had.
    """
    engine = administration(url, autocommit=True)
    try:
        try:
            connection = await engine.connect()
        except (OSError, TimeoutError, DBAPIError, asyncpg.PostgresError) as error:
            raise unreachable(url, error) from error
        try:
            raw = await connection.get_raw_connection()
            if raw.driver_connection is None:
                raise OperatorError("The connection to the database was lost.")
            yield raw.driver_connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


def run(url: URL, work: Callable[[Driver], Coroutine[Any, Any, T]]) -> T:
    """Do the work on one connection, from code that is not asynchronous itself."""

    async def connected() -> T:
        async with driver(url) as connection:
            return await work(connection)

    return asyncio.run(connected())


async def _execute(connection: Driver, name: str, sql: str) -> None:
    try:
        await connection.execute(sql)
    except asyncpg.PostgresError as error:
        context = f" ({error.context})" if getattr(error, "context", None) else ""
        raise OperatorError(f"policies/{name}: {error}{context}") from error
