"""Every hole that is cut into the boundary is found and named.

Each is cut inside a transaction that is rolled back, so no other test ever meets it; the last tests cut
three for good, ask the command itself, and mend them with `leora rls apply`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import URL

from leora_gql.cli.main import main
from leora_gql.db import policies
from leora_gql.db.logins import Login, for_login
from leora_gql.db.policies import Driver, driver
from leora_gql.db.verify import Finding, lint, read_catalogue, verify_boundary, verify_on
from leora_gql.db.verify.probes import judge
from tests.isolation.sabotages import SABOTAGES, Sabotage

REACHING = {name: sabotage for name, sabotage in SABOTAGES.items() if sabotage.reaches_rows}
LASTING = ("the floor is dropped", "FORCE is removed", "a right is more than was written down")


@pytest.fixture
async def connection(direct_url: URL) -> AsyncIterator[Driver]:
    """An administrator's connection in a transaction that nothing survives."""
    async with driver(direct_url) as connection:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()


def named(sabotage: Sabotage, findings: Sequence[Finding]) -> bool:
    return any(
        sabotage.subject in finding.subject
        and sabotage.says in finding.what
        and sabotage.role in {None, finding.role}
        for finding in findings
    )


@pytest.mark.parametrize("sabotage", SABOTAGES.values(), ids=SABOTAGES.keys())
async def test_the_catalogue_shows_it(connection: Driver, sabotage: Sabotage) -> None:
    await connection.execute(sabotage.sql)

    findings = lint(await read_catalogue(connection))

    assert named(sabotage, findings), [str(finding) for finding in findings]


@pytest.mark.parametrize("sabotage", REACHING.values(), ids=REACHING.keys())
async def test_the_probes_alone_run_into_it(connection: Driver, sabotage: Sabotage) -> None:
    await connection.execute(sabotage.sql)

    report = await verify_on(connection, {})

    found = [finding for outcome in report.outcomes for finding in judge(outcome)]
    assert any(sabotage.subject in finding.subject or sabotage.subject == finding.role for finding in found)


def test_without_sabotage_nothing_is_found(direct_url: URL) -> None:
    report = verify_boundary(direct_url, {login: for_login(direct_url, login) for login in Login})

    assert [str(finding) for finding in report.findings] == []
    assert report.notes == []


def test_every_table_is_probed_by_every_login_in_every_way(direct_url: URL) -> None:
    report = verify_boundary(direct_url, {login: for_login(direct_url, login) for login in Login})

    tables = [table.name for table in report.catalogue.tables()]
    missing = [
        (table, verb, login, context)
        for table in tables
        for verb in ("SELECT", "INSERT", "UPDATE", "DELETE")
        for login in Login
        for context in ("no tenant", "an empty tenant", "a foreign tenant")
        if sum(outcome.context == context for outcome in report.outcomes_of(table, verb, login)) < 2
    ]
    assert len(tables) > 35
    assert missing == []


@pytest.mark.parametrize("name", LASTING)
def test_the_command_names_it_and_apply_mends_it(
    name: str, own_url: URL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sabotage = SABOTAGES[name]
    monkeypatch.setenv("DATABASE_URL", own_url.render_as_string(hide_password=False))
    monkeypatch.delenv("DIRECT_URL", raising=False)
    try:
        policies.run(own_url, lambda connection: connection.execute(sabotage.sql))
        assert not _ready(own_url)
        assert _exit_code("verify") == 1
        told = capsys.readouterr().err
    finally:
        assert _exit_code("apply") == 0

    assert f"{sabotage.subject}" in told
    assert sabotage.says in told
    assert _exit_code("verify") == 0
    assert _ready(own_url)


def _exit_code(command: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        main(["rls", command])
    return int(exit_.value.code or 0)


def _ready(direct_url: URL) -> bool:
    asked = "SELECT policies_hold FROM leora.readiness()"
    return bool(
        policies.run(for_login(direct_url, Login.AUTH), lambda connection: connection.fetchval(asked))
    )
