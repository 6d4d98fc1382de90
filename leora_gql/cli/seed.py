"""`leora seed`: the demo tenants, with a progress bar."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from leora_gql.cli.database import database
from leora_gql.demo import PASSWORD
from leora_gql.seed import SeedReport, run
from leora_gql.seed.run import LARGEST_SCALE

_out = Console(highlight=False, soft_wrap=True)


def seed(
    scale: Annotated[
        int,
        typer.Option(
            min=1,
            max=LARGEST_SCALE,
            help="How large: 1 is 500 orders, 100 the real size and more, 2000 a million.",
        ),
    ] = 1,
    number: Annotated[int, typer.Option("--seed", help="Which of all possible histories.")] = 1,
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="Only this demo tenant.")] = None,
) -> None:
    """Make the demo tenants well-crafted and cellar-door. Run again, it changes nothing."""
    with database() as (settings, url), _bar() as bar:
        report = run(url, settings=settings, scale=scale, seed=number, tenant=tenant, progress=_Shown(bar))
    _tell(report, demo=not settings.is_production)


@contextmanager
def _bar() -> Generator[Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("orders"))
    with Bar(*columns, TimeElapsedColumn(), console=_out) as bar:
        yield bar


class _Shown:
    """Shows how far the seed is, a bar per tenant."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def begin(self, tenant: str, orders: int) -> None:
        """Start a tenant's bar."""
        self._task = self._bar.add_task(tenant, total=orders)

    def advance(self, orders: int) -> None:
        """Move it."""
        if self._task is not None:
            self._bar.advance(self._task, orders)


def _tell(report: SeedReport, *, demo: bool) -> None:
    for slug, counts in report.rows.items():
        _out.print(f"Made {slug}: {sum(counts.values()):,} rows, {counts['orders']:,} orders.")
    for slug in report.unchanged:
        _out.print(f"{slug} is there already: nothing changed.")
    if demo and report.rows:
        _out.print(f"Sign in as admin@wellcrafted.test or buyer@harborview.test with {PASSWORD}.")
