"""Whether the logins that we serve with are held to the boundary, and the schema is the one we know."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from sqlalchemy import URL, Row, text
from sqlalchemy.exc import DBAPIError

from leora_gql.db import revisions
from leora_gql.db.addresses import connected, described
from leora_gql.db.logins import Login
from leora_gql.db.model import SCHEMA
from leora_gql.errors import OperatorError

_ROLE = text(
    """
    SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolbypassrls AS bypasses,
        EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid) AS member,
        EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = to_regnamespace(:schema))
            OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspowner = r.oid AND n.nspname = :schema) AS owner
    FROM pg_roles r WHERE r.rolname = current_user
    """
)
_REVISION = text(f"SELECT revision FROM {SCHEMA}.readiness()")


def check(urls: Mapping[Login, URL]) -> None:
    """Raise `OperatorError`, naming every problem, unless the database may be served through these logins.

    Refused are superusers, owners, members of other roles and roles that bypass row-level security, a
    login under the name of another audience, and a schema that is not at our newest migration.
    """
    asyncio.run(_check(urls))


async def _check(urls: Mapping[Login, URL]) -> None:
    problems = [problem for login, url in urls.items() for problem in await _problems(login, url)]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise OperatorError(
            f"These logins are not fit for serving:\n{listed}\n"
            "`leora db create-roles` makes the right ones, and `leora rls verify` proves them."
        )
    await _check_revision(urls[Login.AUTH])


async def _problems(login: Login, url: URL) -> Sequence[str]:
    async with connected(url) as connection:
        role = (await connection.execute(_ROLE, {"schema": SCHEMA})).one()
    return [f"{login.value} ({described(url)}) {what}" for what in _wrong(login, role)]


def _wrong(login: Login, role: Row[tuple[object, ...]]) -> Sequence[str]:
    wrong = {
        f"logs in as {role.name}": role.name != login.value,
        "is a superuser": role.superuser,
        "bypasses row-level security": role.bypasses,
        "owns tables": role.owner,
        "is a member of another role": role.member,
    }
    return [what for what, is_so in wrong.items() if is_so]


async def _check_revision(url: URL) -> None:
    async with connected(url) as connection:
        try:
            revision: object = await connection.scalar(_REVISION)
        except DBAPIError as error:
            raise OperatorError(
                f"{described(url)} is not migrated, or its boundary not applied: run `leora db upgrade`."
            ) from error
    newest = revisions.newest()
    if revision != newest:
        raise OperatorError(
            f"{described(url)} is at revision {revision}, and this release needs {newest}:"
            " run `leora db upgrade` of this release."
        )
