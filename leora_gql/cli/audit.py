"""`leora audit …`: the audit log, proven."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, text

from leora_gql.cli.database import database
from leora_gql.db.connect import open_pools
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.owner import every_tenant
from leora_gql.db.scope import TenantScope
from leora_gql.db.tenant import with_tenant
from leora_gql.domains.audit.verification import Verified
from leora_gql.domains.audit.verification import verify as verify_log
from leora_gql.settings import Settings, decode_key

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _together() -> None:
    """The audit log."""


@app.command()
def verify() -> None:
    """Prove that no entry of any tenant was changed, removed, added or moved; exit code 1 on any finding."""
    with database() as (settings, url):
        found = asyncio.run(_verify(settings, url))
    shown = Table("tenant", "entries", "findings", title="Audit log")
    for slug, log in found:
        shown.add_row(slug, f"{log.entries:,}", str(len(log.faults)))
    Console(highlight=False).print(shown)
    faults = [f"{slug}: {fault}" for slug, log in found for fault in log.faults]
    for fault in faults:
        Console(stderr=True, highlight=False, soft_wrap=True).print(fault, markup=False)
    if faults:
        raise typer.Exit(1)


async def _verify(settings: Settings, url: URL) -> Sequence[tuple[str, Verified]]:
    key, pools = decode_key(settings.audit_key.get_secret_value()), open_pools(settings)
    try:
        return [await _of(pools, tenant, key) for tenant in await every_tenant(url)]
    finally:
        await pools.close()


async def _of(pools: Pools, tenant: UUID, key: bytes) -> tuple[str, Verified]:
    async with with_tenant(pools, TenantScope(tenant), login=Login.STAFF, read_only=True) as connection:
        slug = await connection.scalar(text("SELECT slug FROM leora.tenants"))
        return str(slug), await verify_log(connection, tenant, key=key)
