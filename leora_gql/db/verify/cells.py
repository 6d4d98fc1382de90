"""What a report says in one cell: of a table and a login, or of a table, a verb and a login."""

from __future__ import annotations

from collections.abc import Sequence

from leora_gql.db.logins import Login
from leora_gql.db.verify import expected
from leora_gql.db.verify.catalogue import Catalogue, Relation
from leora_gql.db.verify.probes import EXECUTE, Context
from leora_gql.db.verify.run import Report


def security_cell(relation: Relation) -> str:
    """Whether row-level security holds the table, the owner included."""
    if relation.name in expected.UNGUARDED:
        return "not needed"
    if not relation.rls:
        return "OFF"
    return "forced" if relation.forced else "NOT FORCED"


def grants_cell(catalogue: Catalogue, table: str, login: Login) -> str:
    """The verbs that a login holds: `s i u(3)`; a number where it is only some of the columns."""
    grants = catalogue.grants_of(table, login.value)
    held = {grant.privilege: grant for grant in grants}
    cells = [
        verb[0].lower() + (f"({len(held[verb].columns)})" if held[verb].columns else "")
        for verb in expected.VERBS
        if verb in held
    ]
    return " ".join(cells) or "–"


def verbs_of(report: Report, subject: str) -> Sequence[str]:
    """What was tried on a table (four verbs) or a function (running it)."""
    tried = {outcome.probe.verb for outcome in report.outcomes if outcome.probe.table == subject}
    return [verb for verb in (*expected.VERBS, EXECUTE) if verb in tried]


def outcomes_cell(report: Report, subject: str, verb: str, login: Login) -> str:
    """What a login gets: nothing, its tenant's or customer's rows, or (a finding) more than it should."""
    outcomes = report.outcomes_of(subject, verb, login)
    if not outcomes:
        return "not probed"
    if report.has_finding(subject, login):
        return "FINDING"
    if not outcomes[0].probe.granted:
        return "refused"
    if subject in expected.GLOBAL | expected.UNGUARDED:
        return "everyone's"
    of_customer = [outcome for outcome in outcomes if outcome.context is Context.OTHER_CUSTOMER]
    if of_customer and not any(outcome.rows for outcome in of_customer):
        return "own customer"
    return "own tenant"
