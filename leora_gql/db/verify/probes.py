"""Live probes: every table, every verb, every login, and nobody's tenant to do it in.

Each is one statement that must be refused or reach no row. They run in one block per login and
context, each rolled back by itself, and the transaction around them is rolled back too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from leora_gql.db.logins import Login
from leora_gql.db.policies import Driver
from leora_gql.db.verify import expected
from leora_gql.db.verify.catalogue import Catalogue, Relation
from leora_gql.db.verify.findings import Finding
from leora_gql.db.verify.rows import Column, ProbeTenant

EXECUTE = "EXECUTE"
READING = frozenset({"SELECT", EXECUTE})
_REFUSED = "42501"
_CHECK_FAILED = "23514"
_LOOKUP = "leora.lookup_"

_BLOCK = """
DO $probes$
DECLARE
    probe record;
    reached bigint;
    outcomes jsonb := '{}';
BEGIN
    FOR probe IN SELECT * FROM jsonb_to_recordset($json$%s$json$) AS given (name text, statement text) LOOP
        BEGIN
            EXECUTE probe.statement;
            GET DIAGNOSTICS reached = ROW_COUNT;
            RAISE EXCEPTION USING ERRCODE = 'LP000', MESSAGE = reached::text;
        EXCEPTION
            WHEN SQLSTATE 'LP000' THEN
                outcomes := outcomes || jsonb_build_object(probe.name, jsonb_build_array('', SQLERRM));
            WHEN OTHERS THEN
                outcomes := outcomes || jsonb_build_object(probe.name, jsonb_build_array(SQLSTATE, SQLERRM));
        END;
    END LOOP;
    PERFORM set_config('leora.probes', outcomes::text, true);
END
$probes$
"""


class Context(StrEnum):
    """What the transaction is bound to while it is probed."""

    NONE = "no tenant"
    EMPTY = "an empty tenant"
    FOREIGN = "a foreign tenant"
    OTHER_CUSTOMER = "another customer"
    OWN = "its own tenant"


@dataclass(frozen=True, slots=True)
class Probe:
    """One statement of one login."""

    table: str
    verb: str
    login: Login
    granted: bool
    statement: str

    @property
    def name(self) -> str:
        """Unique among the probes of a login."""
        return f"{self.verb} {self.table}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: PostgreSQL's error (`state` is empty when there was none), or the rows reached."""

    probe: Probe
    context: Context
    state: str
    message: str

    @property
    def rows(self) -> int:
        """How many rows it reached."""
        return 0 if self.state else int(self.message)


def probes_for(catalogue: Catalogue, login: Login, tenant: ProbeTenant) -> Sequence[Probe]:
    """All probes of a login: four verbs for each table, and the look-up functions."""
    found = [
        Probe(table.name, verb, login, granted, statement)
        for table in catalogue.tables()
        for verb, granted, statement in _statements(catalogue, table, login, tenant)
    ]
    found += [
        Probe(routine.signature, EXECUTE, login, login.value in routine.executors, _call(routine.signature))
        for routine in catalogue.routines
        if routine.signature.startswith(_LOOKUP)
    ]
    return found


def _call(signature: str) -> str:
    return f"SELECT 1 FROM {signature.partition('(')[0]}('%')"


def _statements(
    catalogue: Catalogue, table: Relation, login: Login, tenant: ProbeTenant
) -> Iterator[tuple[str, bool, str]]:
    held = {grant.privilege: grant for grant in catalogue.grants_of(table.name, login.value)}
    columns = tenant.columns[table.name]
    open_to = {verb: frozenset(grant.columns or table.columns) for verb, grant in held.items()}
    yield "SELECT", "SELECT" in held, f"SELECT 1 FROM leora.{table.name} LIMIT 1"
    yield "INSERT", "INSERT" in held, _insert(table, open_to.get("INSERT"), tenant)
    yield "UPDATE", "UPDATE" in held, _update(table, open_to.get("UPDATE"), columns)
    yield "DELETE", "DELETE" in held, f"DELETE FROM leora.{table.name}"


def _insert(table: Relation, columns: frozenset[str] | None, tenant: ProbeTenant) -> str:
    row = tenant.row(table.name)
    if row is None:
        return f"INSERT INTO leora.{table.name} DEFAULT VALUES"
    return row.insert(None if columns is None else sorted(columns))


def _update(table: Relation, columns: frozenset[str] | None, known: Sequence[Column]) -> str:
    candidates = [column.name for column in known if not column.generated]
    allowed = [name for name in candidates if columns is None or name in columns]
    name = next((name for name in reversed(allowed) if name not in {"tenant_id", "id"}), candidates[0])
    return f"UPDATE leora.{table.name} SET {name} = DEFAULT"


def settings_of(context: Context, tenant: ProbeTenant) -> Mapping[str, str]:
    """The settings that a context is made of. A foreign one borrows the other tenant's customer and buyer."""
    buyer = {"actor_kind": "PORTAL_USER", "actor_id": str(tenant.id_in("portal_users"))}
    customer = {"customer_id": str(tenant.id_in("customers"))}
    if context is Context.NONE:
        return {}
    if context is Context.EMPTY:
        return {"tenant_id": "", "actor_kind": "", "actor_id": "", "customer_id": ""}
    if context is Context.FOREIGN:
        return {"tenant_id": str(uuid4()), **buyer, **customer}
    if context is Context.OTHER_CUSTOMER:
        stranger = {"actor_kind": "PORTAL_USER", "actor_id": str(uuid4()), "customer_id": str(uuid4())}
        return {"tenant_id": str(tenant.id), **stranger}
    return {"tenant_id": str(tenant.id), **buyer, **customer}


async def run_probes(
    connection: Driver, probes: Sequence[Probe], context: Context, settings: Mapping[str, str]
) -> Sequence[Outcome]:
    """Run them on a connection that acts as the login already, inside a transaction."""
    for name, value in settings.items():
        await connection.execute(f"SET LOCAL app.current_{name} = '{value}'")
    given = json.dumps([{"name": probe.name, "statement": probe.statement} for probe in probes])
    await connection.execute(_BLOCK % given)
    outcomes = json.loads(str(await connection.fetchval("SELECT current_setting('leora.probes')")))
    return [Outcome(probe, context, *outcomes[probe.name]) for probe in probes]


def judge(outcome: Outcome) -> Iterator[Finding]:
    """The finding that an outcome amounts to, if it does."""
    probe = outcome.probe
    if outcome.context is Context.OWN:
        yield from _judge_own(outcome)
        return
    where = f"{probe.verb} with {outcome.context.value}"
    if not probe.granted:
        if outcome.state != _REFUSED:
            yield Finding(probe.table, probe.login, f"{where} is not refused: {_result(outcome)}")
        return
    if probe.verb == "INSERT":
        if _may_reach(outcome):
            return
        if not outcome.state:
            yield Finding(probe.table, probe.login, f"{where} writes a row of another tenant")
        elif not _refusal(outcome.state):
            yield Finding(probe.table, probe.login, f"{where} proves nothing: {_result(outcome)}")
        return
    if outcome.state and not _refusal(outcome.state):
        yield Finding(probe.table, probe.login, f"{where} proves nothing: {_result(outcome)}")
    if outcome.rows and not _may_reach(outcome):
        yield Finding(probe.table, probe.login, f"{where} reaches rows that it should not")


def _judge_own(outcome: Outcome) -> Iterator[Finding]:
    """In its own tenant a login that may read must be able to: else refusals elsewhere prove nothing."""
    probe = outcome.probe
    if probe.granted and outcome.state and probe.verb in READING:
        yield Finding(probe.table, probe.login, f"{probe.verb} fails in its own tenant: {outcome.message}")
    if probe.granted and not outcome.state and probe.verb == "SELECT" and not outcome.rows:
        yield Finding(
            probe.table, probe.login, "SELECT gives nothing in its own tenant, so it proves nothing"
        )


def _may_reach(outcome: Outcome) -> bool:
    table = outcome.probe.table
    if table in expected.GLOBAL | expected.UNGUARDED:
        return outcome.probe.verb == "SELECT"
    if outcome.context is not Context.OTHER_CUSTOMER:
        return False
    searched = table.removeprefix(_LOOKUP) if outcome.probe.verb == EXECUTE else ""
    return table in expected.CUSTOMERLESS or searched.startswith(tuple(expected.CUSTOMERLESS))


def _refusal(state: str) -> bool:
    """Refused for lack of rights or by a policy, or (on INSERT) by a trigger that looked and saw nothing."""
    return state in {_REFUSED, _CHECK_FAILED}


def _result(outcome: Outcome) -> str:
    return f"{outcome.state} {outcome.message}" if outcome.state else f"{outcome.rows} rows"
