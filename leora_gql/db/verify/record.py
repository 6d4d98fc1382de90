"""The boundary as text: `policies/boundary.txt`, one line per fact, sorted, reviewed like code.

`leora rls record` writes it from a database that was just migrated; `leora rls verify` compares. So a
grant, policy or function that is not written down is a finding, whoever added it and wherever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from leora_gql.db.resources import folder
from leora_gql.db.verify.catalogue import Catalogue, Grant, Policy, Role, Routine
from leora_gql.db.verify.expected import VERBS
from leora_gql.db.verify.findings import Finding

FILE = "boundary.txt"
_NUMBERS = ("order_number_", "payment_number_")


def lines(catalogue: Catalogue) -> Sequence[str]:
    """Every fact of the boundary that is the same in all databases."""
    return sorted(
        [
            *(_of_role(role) for role in catalogue.roles),
            f"schema: owner {catalogue.schema_owner}",
            *(f"schema: {grantee} {right}" for grantee, right in catalogue.schema_rights),
            *(f"default: {line}" for line in catalogue.default_rights),
            *(f"table {table.name}: row security" for table in catalogue.tables() if table.rls),
            *(f"table {table.name}: without row security" for table in catalogue.tables() if not table.rls),
            *_of_grants(catalogue),
            *(_of_policy(policy) for policy in catalogue.policies),
            *(_of_routine(routine) for routine in catalogue.routines),
        ]
    )


@cache
def recorded() -> Sequence[str]:
    """The lines of the file; none when there is no file."""
    path = path_of_record()
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def path_of_record() -> Path:
    """Where the file is."""
    return folder("policies") / FILE


def write(catalogue: Catalogue) -> Path:
    """Write down the boundary of a database; gives the file."""
    path = path_of_record()
    path.write_text("\n".join(lines(catalogue)) + "\n", "utf-8")
    recorded.cache_clear()
    return path


def record_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """Where the database differs from the file, a finding for each line too many or too few."""
    actual, wanted = set(lines(catalogue)), set(recorded())
    if not wanted:
        yield Finding(FILE, None, "is missing: run `leora rls record` on a freshly migrated database")
        return
    for line in actual - wanted:
        yield _difference(line, f"is in the database and not in {FILE}")
    for line in wanted - actual:
        yield _difference(line, f"is in {FILE} and not in the database")


def _difference(line: str, what: str) -> Finding:
    subject, _, fact = line.partition(": ")
    kind, _, name = subject.partition(" ")
    role = name if kind == "role" else fact.partition(" ")[0] if kind == "grant" else None
    return Finding(name or subject, role, f"{kind} “{fact}” {what}")


def _of_role(role: Role) -> str:
    facts = ["LOGIN" if role.login else "NOLOGIN", "INHERIT" if role.inherit else "NOINHERIT"]
    facts += [*role.powers, *(f"in {other}" for other in role.member_of), *role.settings]
    return f"role {role.name}: {' '.join(facts)}"


def _of_grants(catalogue: Catalogue) -> Iterator[str]:
    held: dict[tuple[str, str], list[Grant]] = defaultdict(list)
    for grant in catalogue.grants:
        if not grant.relation.startswith(_NUMBERS):
            held[grant.relation, grant.grantee].append(grant)
    for (relation, grantee), grants in held.items():
        for grant in sorted(grants, key=_verb):
            columns = f" ({', '.join(grant.columns)})" if grant.columns else ""
            passed_on = " grantable" if grant.grantable else ""
            yield f"grant {relation}: {grantee} {grant.privilege}{columns}{passed_on}"


def _verb(grant: Grant) -> tuple[int, str]:
    return (VERBS.index(grant.privilege) if grant.privilege in VERBS else len(VERBS), grant.privilege)


def _of_policy(policy: Policy) -> str:
    kind = "PERMISSIVE" if policy.permissive else "RESTRICTIVE"
    using = f" USING {_one_line(policy.using)}" if policy.using is not None else ""
    check = f" WITH CHECK {_one_line(policy.check)}" if policy.check is not None else ""
    roles = ", ".join(policy.roles)
    return f"policy {policy.table}: {policy.name} {kind} {policy.command} TO {roles}{using}{check}"


def _of_routine(routine: Routine) -> str:
    rights = "SECURITY DEFINER" if routine.definer else "SECURITY INVOKER"
    volatility = {"i": "IMMUTABLE", "s": "STABLE", "v": "VOLATILE"}[routine.volatility]
    settings = f" SET {'; '.join(routine.settings)}" if routine.settings else ""
    executors = ", ".join(routine.executors) or "nobody else"
    return (
        f"function {routine.signature}: RETURNS {routine.result} {volatility} {rights} OF {routine.owner}"
        f"{settings} FOR {executors} MD5 {routine.body}"
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
