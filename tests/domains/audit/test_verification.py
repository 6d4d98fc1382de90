"""`leora audit verify` finds whatever is done to the log behind the product's back."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import URL

from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.owner import every_tenant
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.audit.verification import Verified, verify
from leora_gql.settings import Settings, decode_key
from tests import postgres
from tests.api import ADMIN
from tests.graph.principals import Runner

CREATE = """
mutation ($name: String!) { createSupplier(input: {name: $name}) { supplier { id } userErrors { code } } }
"""
_SWAP = """
UPDATE leora.audit_log l SET sequence = (SELECT -sum(sequence) FROM leora.audit_log WHERE sequence < 0) + l.sequence
WHERE sequence < 0
"""
SABOTAGES = {
    "a changed value": (
        "UPDATE leora.audit_log SET changes = jsonb_set(changes, '{name,after}', '\"Other\"') WHERE {second}",
        "says something else",
    ),
    "another actor": ("UPDATE leora.audit_log SET actor_id = id WHERE {second}", "says something else"),
    "another moment": (
        "UPDATE leora.audit_log SET created_at = created_at + interval '1 microsecond' WHERE {second}",
        "says something else",
    ),
    "a flipped byte of the text": (
        "UPDATE leora.audit_log SET canonical = replace(canonical, 'CREATE', 'DELETE') WHERE {second}",
        "does not follow",
    ),
    "a flipped byte of the hash": (
        "UPDATE leora.audit_log SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE {second}",
        "does not follow",
    ),
    "a removed entry": ("DELETE FROM leora.audit_log WHERE {second}", "what was between is gone"),
    "the last one removed": ("DELETE FROM leora.audit_log WHERE {last}", "The log ends at entry"),
    "two in each other's place": (
        "UPDATE leora.audit_log SET sequence = -sequence WHERE {second} OR {last};" + _SWAP,
        "does not follow",
    ),
}


@pytest.fixture
async def alone(own_url: URL, settings: Settings) -> AsyncGenerator[Runner]:
    """A runner on a database that the test may break, whose log has some entries more."""
    own = postgres.settings_for(own_url, data_dir=settings.data_dir)
    pools = Pools(login_urls(own))
    runner = Runner(own_url, pools, own)
    admin = await runner.principal(ADMIN)
    for number in range(3):
        answer = await runner.run(CREATE, admin, {"name": f"Audited {number}"})
        assert answer["data"]["createSupplier"]["userErrors"] == []
    yield runner
    await pools.close()


async def verified(runner: Runner) -> list[Verified]:
    key = decode_key(runner.settings.audit_key.get_secret_value())
    found: list[Verified] = []
    for tenant in await every_tenant(runner.direct_url):
        scope = TenantScope(tenant)
        async with with_tenant(runner.pools, scope, login=Login.STAFF, read_only=True) as connection:
            found.append(await verify(connection, tenant, key=key))
    return found


async def test_the_logs_of_all_tenants_are_whole(alone: Runner) -> None:
    logs = await verified(alone)
    assert len(logs) == 2
    assert [log.faults for log in logs] == [[], []]
    assert all(log.entries > 3 for log in logs)


@pytest.mark.parametrize("what", SABOTAGES)
async def test_whatever_is_done_to_it_is_found(alone: Runner, what: str) -> None:
    statements, says = SABOTAGES[what]
    tenant = await alone.tenant()
    log = f"SELECT max(sequence) FROM leora.audit_log WHERE tenant_id = '{tenant}'"
    last = f"(tenant_id = '{tenant}' AND sequence = ({log}))"
    second = f"(tenant_id = '{tenant}' AND sequence = ({log}) - 1)"
    await alone.write("ALTER TABLE leora.audit_log DISABLE TRIGGER USER")
    await alone.write("ALTER TABLE leora.audit_log DROP CONSTRAINT ck_audit_log_sequence_minimum")
    for statement in statements.split(";"):
        await alone.write(statement.replace("{second}", second).replace("{last}", last))

    faults = {log.tenant: log.faults for log in await verified(alone)}

    assert any(says in fault for fault in faults.pop(tenant))
    assert list(faults.values()) == [[]]
