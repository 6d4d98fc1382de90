"""The audit chain: dense, in commit order, and broken by whatever is done to it."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from leora_gql.auth.principal import ActorKind
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant
from leora_gql.domains import outbox
from leora_gql.domains.audit import service as audit
from leora_gql.domains.audit.enums import AuditAction
from tests.accounts import Clock, Company

KEY = bytes(range(32))


async def write(
    pools: Pools, clock: Clock, tenant, *events: audit.AuditEvent, login: Login = Login.AUTH
) -> None:
    context = audit.AuditContext(
        tenant_id=tenant, actor_kind=ActorKind.SYSTEM, actor_id=None, operation="test"
    )
    async with with_tenant(pools, TenantScope(tenant), login=login) as connection:
        entries = [(context, event) for event in events]
        await outbox.write(connection, tenant, [], entries, key=KEY, now=clock())


def event(**changes: object) -> audit.AuditEvent:
    return audit.AuditEvent(action=AuditAction.UPDATE, entity_id=uuid4(), changes=changes)


async def chain(company: Company) -> list[tuple[int, str, bytes]]:
    return [(row["sequence"], row["canonical"], row["hash"]) for row in await company.audit()]


async def test_parallel_writers_make_one_dense_chain(pools: Pools, clock: Clock, company: Company) -> None:
    await asyncio.gather(*(write(pools, clock, company.id, event(n=n), event(m=n)) for n in range(10)))
    entries = await chain(company)
    assert [sequence for sequence, _, _ in entries] == list(range(1, 21))
    assert audit.first_broken(entries, key=KEY) is None
    (head,) = await company.sql("SELECT audit_sequence, audit_hash FROM leora.tenant_heads")
    assert (head["audit_sequence"], head["audit_hash"]) == (20, entries[-1][2])


async def test_staff_transactions_write_to_the_same_chain(
    pools: Pools, clock: Clock, company: Company
) -> None:
    await write(pools, clock, company.id, event(a=1))
    await write(pools, clock, company.id, event(a=2), login=Login.STAFF)
    assert audit.first_broken(await chain(company), key=KEY) is None


async def test_a_rolled_back_change_leaves_no_entry_and_no_gap(
    pools: Pools, clock: Clock, company: Company
) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await write(pools, clock, company.id, event(bad="a\0b"))
    await write(pools, clock, company.id, event(good=1))
    assert [sequence for sequence, _, _ in await chain(company)] == [1]


async def test_whatever_is_done_to_the_log_is_found(pools: Pools, clock: Clock, company: Company) -> None:
    for number in range(5):
        await write(pools, clock, company.id, event(n=number))
    whole = await chain(company)
    sequence, canonical, mac = whole[2]
    changed = [*whole[:2], (sequence, canonical.replace('"n":2', '"n":9'), mac), *whole[3:]]
    assert changed != whole
    assert audit.first_broken(changed, key=KEY) == 3
    assert audit.first_broken([*whole[:2], *whole[3:]], key=KEY) == 3
    assert audit.first_broken([whole[1], whole[0], *whole[2:]], key=KEY) == 1
    assert audit.first_broken(whole[1:], key=KEY) == 1
    assert audit.first_broken(whole, key=bytes(32)) == 1
    assert audit.first_broken(whole[3:], key=KEY, after=3, previous=whole[2][2]) is None


async def test_an_entry_is_never_changed(pools: Pools, clock: Clock, company: Company) -> None:
    await write(pools, clock, company.id, event(n=1))
    for statement in (
        "UPDATE leora.audit_log SET operation = 'x' WHERE tenant_id = :tenant",
        "DELETE FROM leora.audit_log WHERE tenant_id = :tenant",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            await company.sql(statement)


async def test_nothing_to_write_takes_no_lock(pools: Pools, clock: Clock, company: Company) -> None:
    await write(pools, clock, uuid4())
    with pytest.raises(LookupError):
        await write(pools, clock, uuid4(), event(n=1))
    assert await company.audit() == []


def test_secrets_are_masked_whatever_they_are_called() -> None:
    given = {
        "passwordHash": {"before": "a", "after": "b"},
        "previous_secret": "x",
        "token": None,
        "name": {"before": "a", "after": "b"},
    }
    assert audit.masked(given) == {
        "passwordHash": {"before": "***", "after": "***"},
        "previous_secret": "***",
        "token": "***",
        "name": {"before": "a", "after": "b"},
    }
