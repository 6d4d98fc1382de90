"""`leora rls …`: the boundary in the database, applied, inspected and proven."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from leora_gql.cli.database import database
from leora_gql.db import policies
from leora_gql.db.connect import login_urls
from leora_gql.db.logins import Login
from leora_gql.db.resources import folder
from leora_gql.db.verify import Catalogue, Report, read_catalogue, record, verify_boundary
from leora_gql.db.verify.cells import grants_cell, outcomes_cell, security_cell, verbs_of

app = typer.Typer(no_args_is_help=True, add_completion=False)
_WIDE = 160

Only = Annotated[str | None, typer.Option("--table", help="Only tables whose name contains this.")]


@app.command()
def apply() -> None:
    """Make the boundary what policies/*.sql say, in one transaction."""
    with database() as (_, url):
        policies.apply(url)
        _out().print(f"Applied {len(policies.statements())} files of {folder('policies')}.")


@app.command()
def status(table: Only = None) -> None:
    """Show each table with its row security, policies, and what each login holds on it."""
    with database() as (_, url):
        catalogue = policies.run(url, read_catalogue)
    _out().print(_status_table(catalogue, table or ""))
    _out().print("s select · i insert · u update · d delete · (n) of so many columns only")


@app.command()
def verify(table: Only = None) -> None:
    """Prove the boundary: rules on the catalogue, then live probes as each login; exit code 1 on any finding."""
    with database() as (settings, url):
        report = verify_boundary(url, login_urls(settings))
    _out().print(_verify_table(report, table or ""))
    for note in report.notes:
        _out().print(f"Note: {note}", markup=False)
    if report.findings:
        _complain(report)
        raise typer.Exit(1)
    _out().print(
        f"The boundary holds: {len(list(report.catalogue.tables()))} tables, {len(Login)} logins,"
        f" {len(report.outcomes)} probes, no finding."
    )


@app.command("record")
def write_record() -> None:
    """Write policies/boundary.txt from this database: after a change of policies, to be read and committed."""
    with database() as (_, url):
        path = record.write(policies.run(url, read_catalogue))
        _out().print(f"Wrote {path}. Read its difference before you commit it.")


def _status_table(catalogue: Catalogue, part: str) -> Table:
    shown = Table(
        "table", "row security", "policies", *(login.value for login in Login), title="Row-level security"
    )
    for relation in catalogue.tables():
        if part in relation.name:
            policies_there = len(catalogue.policies_of(relation.name))
            cells = (grants_cell(catalogue, relation.name, login) for login in Login)
            shown.add_row(relation.name, security_cell(relation), str(policies_there), *cells)
    return shown


def _verify_table(report: Report, part: str) -> Table:
    shown = Table("table", "operation", *(login.value for login in Login), title="Boundary")
    for subject in report.subjects():
        if part not in subject:
            continue
        for verb in verbs_of(report, subject):
            cells = (outcomes_cell(report, subject, verb, login) for login in Login)
            shown.add_row(subject, verb, *cells)
        shown.add_section()
    return shown


def _complain(report: Report) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"{len(report.findings)} findings:", style="bold red")
    for finding in report.findings:
        console.print(f"  {finding}", markup=False)


def _out() -> Console:
    """To the terminal at its own width; to a file or pipe wide enough that no cell is cut."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDE)
