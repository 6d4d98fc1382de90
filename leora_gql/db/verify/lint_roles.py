"""Rules for roles, functions, keys and the schema itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from leora_gql.db.logins import OWNER
from leora_gql.db.verify import expected
from leora_gql.db.verify.catalogue import PUBLIC, Catalogue, Key, Role, Routine
from leora_gql.db.verify.findings import Finding

_PINNED = re.compile(r"search_path=pg_catalog(, leora)?(, pg_temp)?")
_TIMEOUT = re.compile(r"statement_timeout=[1-9][0-9]*(ms|s|min)?")


def role_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with the roles and the schema's own rights."""
    there = {role.name for role in catalogue.roles}
    for name in sorted(expected.OURS - there):
        yield Finding(name, name, "the role does not exist: run `leora db create-roles`")
    for role in catalogue.roles:
        yield from _of_role(role)
    if catalogue.schema_owner != OWNER:
        yield Finding("schema leora", catalogue.schema_owner, f"is not owned by {OWNER}")
    for grantee, right in catalogue.schema_rights:
        if grantee not in expected.OURS or right != "USAGE":
            yield Finding("schema leora", grantee, f"has {right} on the schema")
    for oddity in catalogue.oddities:
        yield Finding(oddity.subject, oddity.role, oddity.what)


def _of_role(role: Role) -> Iterator[Finding]:
    is_login = role.name in expected.LOGINS
    if role.login and not is_login:
        yield Finding(role.name, role.name, "can log in, and nobody may as this role")
    for power in role.powers:
        yield Finding(role.name, role.name, f"has {power}")
    if role.inherit and is_login:
        yield Finding(role.name, role.name, "inherits (INHERIT) what it is made a member of")
    for other in role.member_of:
        yield Finding(role.name, role.name, f"is a member of {other}")
    if is_login and not any(_TIMEOUT.fullmatch(setting) for setting in role.settings):
        yield Finding(role.name, role.name, "has no statement_timeout")
    if not is_login:
        for member in sorted(set(role.members) & expected.OURS):
            yield Finding(role.name, member, f"can act as {role.name} (it is a member)")


def routine_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with functions."""
    for routine in catalogue.routines:
        if PUBLIC in routine.executors:
            yield Finding(routine.signature, PUBLIC, "everybody may run it")
        for role in sorted(set(routine.executors) - expected.OURS - {PUBLIC}):
            yield Finding(routine.signature, role, "a role that is not ours may run it")
        if routine.definer:
            yield from _of_definer(routine)
        elif routine.owner != OWNER:
            yield Finding(routine.signature, routine.owner, f"is owned by {routine.owner} and not by {OWNER}")


def _of_definer(routine: Routine) -> Iterator[Finding]:
    if routine.owner not in expected.EXEMPT:
        yield Finding(routine.signature, routine.owner, f"is SECURITY DEFINER and runs as {routine.owner}")
    if not any(_PINNED.fullmatch(setting) for setting in routine.settings):
        yield Finding(routine.signature, None, "is SECURITY DEFINER without a pinned search_path")
    if routine.for_triggers:
        yield Finding(routine.signature, None, "is a trigger function and SECURITY DEFINER")


def key_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """What is wrong with unique and foreign keys: those of a tenant's rows carry the tenant."""
    tenantless = expected.GLOBAL | expected.UNGUARDED | {expected.ROOT}
    for key in catalogue.keys:
        if key.table in tenantless:
            continue
        if "tenant_id" not in key.columns and not _is_global(key):
            kind = "foreign key" if key.kind == "f" else "unique key"
            yield Finding(key.table, None, f"the {kind} {key.name} does not carry tenant_id")
        elif key.kind == "f" and not _is_global(key) and not _keeps_tenant(key):
            yield Finding(key.table, None, f"the foreign key {key.name} does not tie tenant_id to its own")


def _is_global(key: Key) -> bool:
    return key.kind == "f" and key.target_table in expected.GLOBAL


def _keeps_tenant(key: Key) -> bool:
    target = "id" if key.target_table == expected.ROOT else "tenant_id"
    return ("tenant_id", target) in zip(key.columns, key.target_columns, strict=True)
