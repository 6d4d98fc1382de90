"""What changes leave behind: the events and audit entries since a moment, and that there are none."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from tests.graph.principals import Runner

NOWHERE = "0195ffff-ffff-7fff-bfff-ffffffffffff"
_HEADS = "SELECT tenant_id, event_sequence, audit_sequence FROM leora.tenant_heads ORDER BY tenant_id"
_EVENTS = """
SELECT type, entity_type, entity_id, payload FROM leora.webhook_events
WHERE tenant_id = :tenant AND sequence > :after ORDER BY sequence
"""
_ENTRIES = """
SELECT operation, action, entity_type, entity_id, changes FROM leora.audit_log
WHERE tenant_id = :tenant AND sequence > :after AND action <> 'SIGN_IN' ORDER BY sequence
"""
_COUNTS = """
SELECT (SELECT count(*) FROM leora.webhook_events), (
    SELECT count(*) FROM leora.audit_log WHERE action <> 'SIGN_IN'
) AS entries
"""
"""Accounts sign in when a test first needs them."""


def global_id(kind: str, key: Any) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def key_of(given: str) -> str:
    return base64.b64decode(given).decode().partition(":")[2]


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return orjson.loads(orjson.dumps(rows, default=str))


@dataclass
class Noted:
    """Events and audit entries of the demo tenant, filled in when the block of `noted` ends."""

    events: list[dict[str, Any]]
    entries: list[dict[str, Any]]

    @property
    def event(self) -> dict[str, Any]:
        (only,) = self.events
        return only

    @property
    def entry(self) -> dict[str, Any]:
        (only,) = self.entries
        return only


@asynccontextmanager
async def noted(runner: Runner) -> AsyncGenerator[Noted]:
    """What the block leaves behind."""
    tenant = await runner.tenant()
    before = {row["tenant_id"]: row for row in await runner.sql(_HEADS)}[tenant]
    found = Noted([], [])
    yield found
    found.events += _plain(await runner.sql(_EVENTS, tenant=tenant, after=before["event_sequence"]))
    found.entries += _plain(await runner.sql(_ENTRIES, tenant=tenant, after=before["audit_sequence"]))


@asynccontextmanager
async def unchanged(runner: Runner, *tables: str) -> AsyncGenerator[None]:
    """Neither a row of these tables nor an event or audit entry of any tenant comes of the block."""
    whole = [f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM leora.{table} t" for table in tables]
    before = [await runner.sql(statement) for statement in (*whole, _COUNTS)]
    yield
    assert [await runner.sql(statement) for statement in (*whole, _COUNTS)] == before


def refusals(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    """The problems of a payload."""
    assert all(error["message"] for error in payload["userErrors"])
    return [(error["code"], error["field"]) for error in payload["userErrors"]]
