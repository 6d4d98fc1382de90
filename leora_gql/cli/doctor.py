"""`leora doctor …`: what does not add up in the data, in every tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, text

from leora_gql.cli.database import database
from leora_gql.db.owner import as_owner, every_tenant
from leora_gql.domains.orders.service.stock_check import Discrepancy, StockCheck, check_stock

app = typer.Typer(no_args_is_help=True, add_completion=False)
_WIDE = 160
_OWN_SLUG = text("SELECT slug FROM leora.tenants")

Checked = Sequence[tuple[str, StockCheck]]
"""Tenants by their slugs, and what was found of each."""


@app.callback()
def _together() -> None:
    """Look for what does not add up."""


@app.command()
def stock() -> None:
    """Check that stock is what its movements and allocations add up to; exit code 1 on any finding."""
    with database() as (_, url):
        checked = asyncio.run(_check(url))
    found = sum(len(check.discrepancies) for _, check in checked)
    out = _out()
    if found:
        out.print(_table(checked))
        out.print(
            "1 inventory item does not add up." if found == 1 else f"{found:,} inventory items do not add up."
        )
        raise typer.Exit(1)
    items = sum(check.items for _, check in checked)
    out.print(f"The stock adds up: {items:,} inventory items of {len(checked):,} tenants.")


async def _check(url: URL) -> Checked:
    checked: list[tuple[str, StockCheck]] = []
    for tenant in await every_tenant(url):
        async with as_owner(url, tenant) as connection:
            slug = await connection.scalar(_OWN_SLUG)
            checked.append((str(slug), await check_stock(connection)))
    return sorted(checked, key=lambda one: one[0])


def _table(checked: Checked) -> Table:
    shown = Table(
        "tenant",
        "SKU",
        "warehouse",
        "on hand",
        "of movements",
        "reserved",
        "of movements",
        "of allocations",
        title="Stock that does not add up",
    )
    for slug, check in checked:
        for one in check.discrepancies:
            shown.add_row(slug, one.sku_code, one.warehouse, *_figures(one))
    return shown


def _figures(one: Discrepancy) -> Iterator[str]:
    """What the item says, and beside it what differs; a tick for what agrees."""
    yield str(one.on_hand)
    yield _unless(one.moved_on_hand, one.on_hand)
    yield str(one.reserved)
    yield _unless(one.moved_reserved, one.reserved)
    yield _unless(one.allocated, one.reserved)


def _unless(figure: int, equal: int) -> str:
    return "✓" if figure == equal else str(figure)


def _out() -> Console:
    """To the terminal at its own width; to a file or pipe wide enough that no cell is cut."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDE)
