"""The boundary made and proven by an administrator that is no superuser, as hosted databases have them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import URL

from leora_gql.db import migrate, policies
from leora_gql.db.logins import Login, for_login
from leora_gql.db.policies import Driver
from leora_gql.db.verify import verify_boundary
from leora_gql.errors import OperatorError

ROLES = "leora_owner, leora_definer, leora_lookup, " + ", ".join(login.value for login in Login)


@pytest.fixture
def administrator(empty_url: URL) -> Iterator[URL]:
    """The address of an empty database for its owner, who may make roles and manages ours."""
    policies.create_roles(empty_url)
    name, database = f"leora_test_admin_{uuid4().hex[:8]}", empty_url.database

    async def make(connection: Driver) -> None:
        await connection.execute(f"CREATE ROLE {name} LOGIN CREATEROLE")
        await connection.execute(f"GRANT {ROLES} TO {name} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
        await connection.execute(f"ALTER DATABASE {database} OWNER TO {name}")

    async def drop(connection: Driver) -> None:
        await connection.execute(f"ALTER DATABASE {database} OWNER TO CURRENT_USER")
        await connection.execute(f"DROP OWNED BY {name} CASCADE")
        await connection.execute(f"DROP ROLE {name}")

    policies.run(empty_url, make)
    yield empty_url.set(username=name)
    policies.run(empty_url, drop)


def test_an_ordinary_administrator_makes_and_proves_the_boundary(administrator: URL) -> None:
    migrate.prepare(administrator)
    policies.apply(administrator)

    report = verify_boundary(administrator, {login: for_login(administrator, login) for login in Login})

    assert [str(finding) for finding in report.findings] == []
    assert report.notes == []


def test_applying_needs_somebody_who_may_be_the_owner(direct_url: URL) -> None:
    with pytest.raises(OperatorError, match="permission denied to set role"):
        policies.apply(for_login(direct_url, Login.STAFF))


def test_a_wrong_statement_is_named_with_its_file(direct_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [*policies.statements(), ("99_wrong.sql", "GRANT SELECT ON leora.nothing TO leora_staff")]
    monkeypatch.setattr(policies, "statements", lambda: files)

    with pytest.raises(OperatorError, match=r"policies/99_wrong\.sql: relation .*nothing.* does not exist"):
        policies.apply(direct_url)


def test_a_password_becomes_the_verifier_of_the_standard() -> None:
    """The example of RFC 7677."""
    verifier = policies.scram_verifier("pencil", salt=base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))

    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_a_password_reaches_the_database_as_its_verifier_only(
    empty_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = policies.scram_verifier("it's 1 password")
    monkeypatch.setattr(policies, "scram_verifier", lambda password: verifier)
    policies.create_roles(empty_url, passwords={Login.WORKER: "it's 1 password"})
    try:
        asked = "SELECT rolpassword FROM pg_authid WHERE rolname = 'leora_worker'"
        stored = policies.run(empty_url, lambda connection: connection.fetchval(asked))
    finally:
        policies.run(
            empty_url, lambda connection: connection.execute("ALTER ROLE leora_worker PASSWORD NULL")
        )

    assert stored == verifier
