"""`leora audit …`: the audit log, proven."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
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
from leora_gql.domains.audit.verification import End, Verified
from leora_gql.domains.audit.verification import verify as verify_log
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, decode_key

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _together() -> None:
    """The audit log."""


Ends = dict[UUID, End]
"""Where the logs of tenants ended."""


@app.command()
def verify(
    ends: Annotated[
        Path | None,
        typer.Option(
            "--ends",
            help="A file of where each log ended, kept apart from the database: what is held against it, and"
            " written anew when nothing is found. Tells when the end of a log was cut off.",
        ),
    ] = None,
) -> None:
    """Prove that no entry of any tenant was changed, removed, added or moved; exit code 1 on any finding."""
    earlier = _read(ends) if ends is not None and ends.exists() else {}
    with database() as (settings, url):
        found = asyncio.run(_verify(settings, url, earlier))
    shown = Table("tenant", "entries", "last hash", "findings", title="Audit log")
    for slug, log in found:
        shown.add_row(slug, f"{log.entries:,}", log.end.hash.hex()[:16], str(len(log.faults)))
    Console(highlight=False).print(shown)
    faults = [f"{slug}: {fault}" for slug, log in found for fault in log.faults]
    gone = earlier.keys() - {log.tenant for _, log in found}
    faults += [f"{tenant}: The tenant is gone, with its log." for tenant in sorted(gone)]
    for fault in faults:
        Console(stderr=True, highlight=False, soft_wrap=True).print(fault, markup=False)
    if faults:
        raise typer.Exit(1)
    if ends is not None:
        _write(ends, {log.tenant: log.end for _, log in found})


def _read(path: Path) -> Ends:
    """The ends of an earlier run. Raises `OperatorError` for a file that is none of ours."""
    try:
        kept = orjson.loads(path.read_bytes())
        return {
            UUID(tenant): End(int(end["sequence"]), bytes.fromhex(end["hash"]))
            for tenant, end in kept.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OperatorError(f"{path} is not a file that `leora audit verify --ends` wrote.") from error


def _write(path: Path, ends: Ends) -> None:
    """Put the file in the place of the one before in one step."""
    kept = {str(tenant): {"sequence": end.sequence, "hash": end.hash.hex()} for tenant, end in ends.items()}
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    beside.replace(path)


async def _verify(settings: Settings, url: URL, earlier: Ends) -> Sequence[tuple[str, Verified]]:
    key, pools = decode_key(settings.audit_key.get_secret_value()), open_pools(settings)
    try:
        return [await _of(pools, tenant, key, earlier.get(tenant)) for tenant in await every_tenant(url)]
    finally:
        await pools.close()


async def _of(pools: Pools, tenant: UUID, key: bytes, earlier: End | None) -> tuple[str, Verified]:
    async with with_tenant(pools, TenantScope(tenant), login=Login.STAFF, read_only=True) as connection:
        slug = await connection.scalar(text("SELECT slug FROM leora.tenants"))
        return str(slug), await verify_log(connection, tenant, key=key, earlier=earlier)
