"""`leora rls verify`: the rules on the catalogue, then the probes; everything found, in one report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import asyncpg
from sqlalchemy import URL

from leora_gql.db.logins import OWNER, Login
from leora_gql.db.policies import Driver, driver, run
from leora_gql.db.verify import expected
from leora_gql.db.verify.catalogue import Catalogue, read_catalogue
from leora_gql.db.verify.findings import Finding, in_order
from leora_gql.db.verify.lint_roles import key_findings, role_findings, routine_findings
from leora_gql.db.verify.lint_tables import grant_findings, table_findings
from leora_gql.db.verify.probes import READING, Context, Outcome, judge, probes_for, run_probes, settings_of
from leora_gql.db.verify.record import record_findings
from leora_gql.db.verify.rows import ProbeTenant, make_up, write_rows

_BOUNDS = "SET LOCAL statement_timeout = '20s'; SET LOCAL lock_timeout = '3s'"
_FOREIGN = (Context.NONE, Context.EMPTY, Context.FOREIGN)


@dataclass(frozen=True)
class Report:
    """What was looked at and what was found. No findings: the boundary holds."""

    catalogue: Catalogue
    findings: Sequence[Finding]
    outcomes: Sequence[Outcome] = field(default_factory=tuple[Outcome, ...])
    notes: Sequence[str] = field(default_factory=tuple[str, ...])

    def subjects(self) -> Sequence[str]:
        """The tables and functions that were probed, by name, tables first."""
        names = {outcome.probe.table for outcome in self.outcomes}
        return sorted(names, key=lambda name: ("(" in name, name))

    def outcomes_of(self, subject: str, verb: str, login: Login) -> Sequence[Outcome]:
        """What came of one verb on one table as one login, in every context."""
        return self._cells.get((subject, verb, login), [])

    def has_finding(self, subject: str, login: Login) -> bool:
        """Whether anything is wrong with a table for a login, or for all."""
        roles = {None, login.value, "PUBLIC"}
        return any(finding.subject == subject and finding.role in roles for finding in self.findings)

    @cached_property
    def _cells(self) -> Mapping[tuple[str, str, Login], Sequence[Outcome]]:
        cells: dict[tuple[str, str, Login], list[Outcome]] = {}
        for outcome in self.outcomes:
            probe = outcome.probe
            cells.setdefault((probe.table, probe.verb, probe.login), []).append(outcome)
        return cells


def verify_boundary(direct_url: URL, login_urls: Mapping[Login, URL]) -> Report:
    """Prove the boundary of the database at `direct_url`, connecting as each of the logins as well.

    Writes nothing that lasts. Raises `OperatorError` when a connection cannot be had.
    """

    async def work(connection: Driver) -> Report:
        return await verify_on(connection, login_urls)

    return run(direct_url, work)


async def verify_on(connection: Driver, login_urls: Mapping[Login, URL]) -> Report:
    """The same on an open connection of an administrator."""
    catalogue = await read_catalogue(connection)
    findings = lint(catalogue)
    if missing := expected.OURS - {role.name for role in catalogue.roles}:
        return Report(catalogue, findings, notes=[f"Not probed: {', '.join(sorted(missing))} do not exist."])
    tenant, outcomes, notes = await _probe_made_up_rows(connection, catalogue)
    for login, url in login_urls.items():
        async with driver(url) as own:
            findings += await _identity_findings(own, login)
            outcomes += await _probe_as(own, login, catalogue, tenant)
    findings += [finding for outcome in outcomes for finding in judge(outcome)]
    return Report(catalogue, in_order(findings), outcomes, notes)


def lint(catalogue: Catalogue) -> list[Finding]:
    """Everything that the catalogue alone shows to be wrong."""
    return in_order(
        [
            *table_findings(catalogue),
            *grant_findings(catalogue),
            *role_findings(catalogue),
            *routine_findings(catalogue),
            *key_findings(catalogue),
            *record_findings(catalogue),
        ]
    )


async def _probe_made_up_rows(
    connection: Driver, catalogue: Catalogue
) -> tuple[ProbeTenant, list[Outcome], list[str]]:
    """Rows of a made-up tenant in every table, each login against them, and nothing of it kept."""
    tenant = await make_up(connection, catalogue)
    outcomes: list[Outcome] = []
    notes: list[str] = []
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(_BOUNDS)
        failed = await _write_as_owner(connection, tenant)
        notes += [f"{table} is not probed with a row: {reason}" for table, reason in failed.items()]
        for context in Context:
            for login in _probed_in(context):
                outcomes += await _as_login(connection, login, context, catalogue, tenant)
    except asyncpg.InsufficientPrivilegeError as error:
        notes.append(f"Rows of the database's own were probed, no made-up ones: {error}.")
    finally:
        await transaction.rollback()
    return tenant, outcomes, notes


async def _write_as_owner(connection: Driver, tenant: ProbeTenant) -> Mapping[str, str]:
    """Write the rows; an administrator that is no superuser may be each login until the rollback."""
    if await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        return await write_rows(connection, tenant)
    logins = ", ".join(login.value for login in Login)
    await connection.execute(f"GRANT {logins} TO CURRENT_USER")
    await connection.execute(f"SET LOCAL ROLE {OWNER}; SET LOCAL app.current_tenant_id = '{tenant.id}'")
    failed = await write_rows(connection, tenant)
    await connection.execute("RESET ROLE; SET LOCAL app.current_tenant_id = ''")
    return failed


def _probed_in(context: Context) -> Iterator[Login]:
    for login in Login:
        if context is not Context.OTHER_CUSTOMER or login in expected.PORTAL_LOGINS:
            yield login


async def _as_login(
    connection: Driver, login: Login, context: Context, catalogue: Catalogue, tenant: ProbeTenant
) -> Sequence[Outcome]:
    await connection.execute(f"SET LOCAL ROLE {login.value}")
    try:
        probes = probes_for(catalogue, login, tenant)
        if context is Context.OWN:
            probes = [probe for probe in probes if probe.verb in READING]
        return await run_probes(connection, probes, context, settings_of(context, tenant))
    finally:
        await connection.execute("RESET ROLE")


async def _probe_as(
    connection: Driver, login: Login, catalogue: Catalogue, tenant: ProbeTenant
) -> Sequence[Outcome]:
    """The same statements over a connection of the login itself, against what the database holds."""
    outcomes: list[Outcome] = []
    probes = probes_for(catalogue, login, tenant)
    for context in _FOREIGN:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute("SET LOCAL lock_timeout = '3s'")
            outcomes += await run_probes(connection, probes, context, settings_of(context, tenant))
        finally:
            await transaction.rollback()
    return outcomes


async def _identity_findings(connection: Driver, login: Login) -> Sequence[Finding]:
    name = str(await connection.fetchval("SELECT session_user::text"))
    return (
        [] if name == login.value else [Finding(login.value, login.value, f"its address logs in as {name}")]
    )
