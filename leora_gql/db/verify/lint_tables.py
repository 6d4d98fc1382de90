"""Rules for tables, their policies and the rights on them."""

from __future__ import annotations

from collections.abc import Iterator

from leora_gql.db.logins import DEFINER, OWNER, Login
from leora_gql.db.verify import expected
from leora_gql.db.verify.catalogue import PUBLIC, Catalogue, Grant, Policy, Relation
from leora_gql.db.verify.findings import Finding


def table_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with tables and policies."""
    for relation in catalogue.relations:
        yield from _of_relation(relation)
    for table in catalogue.tables():
        if table.name not in expected.UNGUARDED:
            yield from _of_security(table)
            yield from _of_floor(table, catalogue)
        for policy in catalogue.policies_of(table.name):
            yield from _of_policy(policy)


def grant_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with the rights on tables and sequences."""
    kinds = {relation.name: relation for relation in catalogue.relations}
    for grant in catalogue.grants:
        yield from _of_grant(grant)
        if kinds[grant.relation].kind == "S":
            if (grant.grantee, grant.privilege) != (DEFINER, "USAGE"):
                yield _wrong(grant, "has a right on a sequence; numbers come from leora.next_number")
        else:
            yield from _of_table_grant(grant, kinds[grant.relation])


def _of_relation(relation: Relation) -> Iterator[Finding]:
    if relation.kind in {"v", "m", "f"}:
        kind = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}[relation.kind]
        yield Finding(relation.name, None, f"is {kind}; the schema holds tables and sequences only")
    if relation.owner != OWNER:
        yield Finding(relation.name, relation.owner, f"is owned by {relation.owner} and not by {OWNER}")
    if relation.has_rules:
        yield Finding(relation.name, None, "has a rewrite rule, which can redirect statements")


def _of_security(table: Relation) -> Iterator[Finding]:
    if not table.rls:
        yield Finding(table.name, None, "row-level security is not enabled")
    if not table.forced:
        yield Finding(table.name, OWNER, "row-level security is not forced, so the owner escapes it")


def _of_floor(table: Relation, catalogue: Catalogue) -> Iterator[Finding]:
    if table.name in expected.GLOBAL:
        return
    column = "id" if table.name == expected.ROOT else "tenant_id"
    if column not in table.columns:
        yield Finding(table.name, None, f"has no {column}, so its rows belong to nobody")
        return
    test = expected.FLOOR_TEST.format(column=column)
    floors = [p for p in catalogue.policies_of(table.name) if p.name == expected.FLOOR]
    if not floors:
        yield Finding(table.name, None, f"the policy {expected.FLOOR} is missing")
    for floor in floors:
        if floor.permissive or floor.command != "ALL":
            yield Finding(table.name, None, f"{expected.FLOOR} is not RESTRICTIVE FOR ALL")
        for part, text in (("USING", floor.using), ("WITH CHECK", floor.check)):
            if text != test:
                yield Finding(table.name, None, f"{expected.FLOOR} {part} is {text} and not {test}")
        for role in sorted(expected.FLOOR_ROLES - set(floor.roles)):
            yield Finding(table.name, role, f"{expected.FLOOR} does not hold this role")
        for role in sorted(set(floor.roles) - expected.FLOOR_ROLES):
            yield Finding(table.name, role, f"{expected.FLOOR} names a role that it should not")


def _of_policy(policy: Policy) -> Iterator[Finding]:
    for role in policy.roles:
        if role == PUBLIC:
            yield Finding(policy.table, PUBLIC, f"the policy {policy.name} is for everybody")
        elif role not in expected.OURS:
            yield Finding(policy.table, role, f"the policy {policy.name} is for a role that is not ours")
    portal = sorted(expected.PORTAL_LOGINS & set(policy.roles))
    if not policy.permissive or not portal or policy.table in expected.PORTAL_TENANT_WIDE:
        return
    for role in portal:
        for part, text in (("USING", policy.using), ("WITH CHECK", policy.check)):
            if text == "true":
                yield Finding(policy.table, role, f"the policy {policy.name} has {part} true")


def _of_grant(grant: Grant) -> Iterator[Finding]:
    if grant.grantee == PUBLIC:
        yield _wrong(grant, "everybody")
    elif grant.grantee not in expected.OURS:
        yield _wrong(grant, "a role that is not ours")
    if grant.grantable:
        yield _wrong(grant, "may pass it on")


def _of_table_grant(grant: Grant, table: Relation) -> Iterator[Finding]:
    login, verb = grant.grantee, grant.privilege
    if verb not in expected.VERBS:
        yield _wrong(grant, "no login needs it")
    if login not in expected.LOGINS:
        return
    if table.name in expected.UNGUARDED | expected.GLOBAL and verb != "SELECT":
        yield _wrong(grant, "only migrations write here")
    if login in expected.READ_ONLY_LOGINS and verb != "SELECT":
        yield _wrong(grant, "this login only reads")
    if table.name in expected.APPEND_ONLY and verb in {"UPDATE", "DELETE"}:
        yield _wrong(grant, "rows are only ever added")
    if verb == "SELECT":
        yield from _of_reading(grant, table)


def _of_reading(grant: Grant, table: Relation) -> Iterator[Finding]:
    login = grant.grantee
    columns = frozenset(grant.columns or table.columns)
    for column in sorted(columns):
        allowed = expected.SECRETS.get((table.name, column))
        if allowed is not None and login not in allowed:
            yield Finding(table.name, login, f"may read the secret column {column}")
    if login not in expected.PORTAL_LOGINS:
        return
    if table.name in expected.PORTAL_CLOSED:
        yield Finding(table.name, login, "may read a table that is closed to the portal")
    hidden = expected.PORTAL_HIDDEN.get(table.name, frozenset[str]())
    if login == Login.PORTAL.value:
        hidden |= expected.PORTAL_READ_HIDDEN.get(table.name, frozenset[str]())
    for column in sorted(columns & hidden):
        yield Finding(table.name, login, f"may read {column}, which is not for the portal")


def _wrong(grant: Grant, why: str) -> Finding:
    columns = f" ({', '.join(grant.columns)})" if grant.columns else ""
    return Finding(grant.relation, grant.grantee, f"has {grant.privilege}{columns}: {why}")
