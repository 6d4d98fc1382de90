"""There is one way to a tenant's rows: the tenant transaction. Nothing outside `db` opens another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import leora_gql

PACKAGE = Path(leora_gql.__file__).parent
ONLY_DB = {
    "an engine of its own": r"\bcreate_(async_)?engine\(",
    "a driver's connection": r"\basyncpg\.(connect|create_pool)\(",
    "the settings that row-level security reads": r"set_config\(|SET (LOCAL )?app\.",
    "another role": r"\bSET (LOCAL |SESSION )?(ROLE|SESSION AUTHORIZATION)\b",
    "a transaction": r"\.begin(_nested)?\(\)",
    "a pool, or a transaction of one": r"pools?\.(pool|transaction)\(|\.(take|give_back)\(",
    "what is under a session": r"\bconnection_of\(|\.(driver|statements)\.",
}
SESSIONS = {"seed/people.py", "cli/tenant.py"}
"""Who makes sessions besides: inside the owner's transaction, which is bound to one tenant as well."""
POOLS = {"auth/lookup.py", "server/health.py"}
"""Who takes a connection without a tenant: to call the definer functions of sign-in and readiness."""


def sources() -> list[tuple[str, str]]:
    """Every module outside `db`, with its text."""
    files = (path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] != "db")
    return [(path.relative_to(PACKAGE).as_posix(), path.read_text()) for path in files]


@pytest.mark.parametrize("what", ONLY_DB)
def test_only_the_database_package_opens(what: str) -> None:
    assert [name for name, text in sources() if re.search(ONLY_DB[what], text)] == []


def test_sessions_come_from_the_tenant_transaction() -> None:
    assert {name for name, text in sources() if "AsyncSession(" in text} == SESSIONS


def test_connections_come_from_the_tenant_transaction() -> None:
    assert {name for name, text in sources() if re.search(r"pools\.connect\(", text)} == POOLS
