"""`leora db …`: migrations, roles, and the database itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError

from leora_gql.cli.database import database
from leora_gql.db import migrate, policies, shadow
from leora_gql.db.addresses import described
from leora_gql.db.connect import login_urls
from leora_gql.domains.models import metadata
from leora_gql.errors import OperatorError
from leora_gql.settings import Settings, database_url

app = typer.Typer(no_args_is_help=True, add_completion=False)
_out = Console(highlight=False, soft_wrap=True)

_LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})

Revision = Annotated[str, typer.Argument(help="A revision, its unique beginning, or a step such as -1.")]


@app.command()
def upgrade(revision: Annotated[str, typer.Argument(help="The revision to reach.")] = "head") -> None:
    """Run the migrations that are missing, then apply the boundary; all or nothing."""
    with database() as (_, url):
        _tell("Applied", migrate.prepare(url, revision))


@app.command()
def downgrade(revision: Revision) -> None:
    """Undo migrations down to REVISION (`base`: all of them)."""
    with database() as (_, url):
        _tell("Undone", migrate.downgrade(url, revision))


@app.command("revision")
def new_revision(
    message: Annotated[str, typer.Option("-m", "--message", help="What the migration does.")],
    autogenerate: Annotated[bool, typer.Option(help="Write what takes the schema to the models.")] = True,
) -> None:
    """Write a new migration: by comparing the models with what the migrations make."""
    with database() as (settings, url):
        path = shadow.write_revision(
            url, message, metadata=metadata, shadow_url=_shadow_url(settings), autogenerate=autogenerate
        )
        _out.print(f"Wrote {path}. Read it before you run it.")


@app.command()
def status() -> None:
    """Say where the database is, and what an upgrade would run; exit code 1 when it is not at head."""
    with database() as (_, url):
        at = migrate.current(url)
        missing = migrate.pending(url)
        _out.print(f"Database  {described(url)}")
        _out.print(f"At        {at or 'nothing: it is empty'}")
        _out.print(f"Newest    {migrate.head()}")
        for revision in missing:
            _out.print(f"Missing   {revision.name}  {revision.summary}")
    if missing:
        raise typer.Exit(1)


@app.command()
def history() -> None:
    """List the migrations, the oldest first."""
    table = Table("Revision", "After", "What it does")
    for revision in migrate.history():
        table.add_row(revision.name, revision.after or "–", revision.summary)
    _out.print(table)


@app.command()
def check() -> None:
    """Compare the models with a shadow database built from the migrations; exit code 1 on any difference."""
    with database() as (settings, url):
        differences = shadow.drift(url, metadata, shadow_url=_shadow_url(settings))
        missing = migrate.pending(url)
    if differences:
        listed = "\n".join(f"  {difference}" for difference in differences)
        raise OperatorError(
            f"Models and migrations differ in {len(differences)} places:\n{listed}\n"
            "Write what is missing with: leora db revision -m 'what changes'"
        )
    _out.print("Models and migrations agree.")
    if missing:
        names = ", ".join(revision.name for revision in missing)
        raise OperatorError(f"The database itself lacks {names}: run `leora db upgrade`.")
    _out.print("The database is at head.")


@app.command()
def resolve(
    applied: Annotated[str | None, typer.Option(help="This revision is in the database already.")] = None,
    rolled_back: Annotated[str | None, typer.Option(help="This revision is not in the database.")] = None,
) -> None:
    """Put right what the database believes about its migrations, after work by hand; runs none of them."""
    if (applied is None) == (rolled_back is None):
        raise OperatorError("Give one of --applied REVISION and --rolled-back REVISION.")
    target = migrate.named(applied).name if applied else migrate.before(rolled_back or "")
    with database() as (_, url):
        migrate.stamp(url, target)
        _out.print(f"The database counts as being at {target}.")


@app.command()
def reset(
    yes_destroy: Annotated[
        str | None, typer.Option(metavar="NAME", help="The name of the database whose contents may go.")
    ] = None,
) -> None:
    """Destroy everything in the database and build it anew, empty.

    Outside development, or on another machine, only with --yes-destroy and the database's name.
    """
    with database() as (settings, url):
        _refuse_destruction(settings, url, yes_destroy)
        migrate.drop_everything(url)
        migrate.prepare(url)
        _out.print(f"{described(url)} is empty and at {migrate.head()}.")


@app.command()
def ping() -> None:
    """Connect as each login and say how long an answer takes, in milliseconds."""
    with database() as (settings, url):
        addresses = {"direct": url, **{login.value: at for login, at in login_urls(settings).items()}}
        for name, address in addresses.items():
            _out.print(f"{name:<20} {asyncio.run(_answer(address)):6.1f} ms  {described(address)}")


@app.command("create-roles")
def create_roles(
    admin_url: Annotated[
        str | None, typer.Option(metavar="URL", help="An administrator's address; else DIRECT_URL.")
    ] = None,
) -> None:
    """Make the owner and the logins, with the passwords that their addresses have in the settings."""
    with database() as (settings, url):
        passwords = {
            login: str(address.password)
            for login, address in login_urls(settings).items()
            if address.password
        }
        policies.create_roles(_parsed(admin_url) if admin_url else url, passwords=passwords)
        _out.print("The roles are there, and the logins may connect.")


def _parsed(address: str) -> URL:
    try:
        return make_url(address).set(drivername="postgresql")
    except ArgumentError:
        raise OperatorError(
            "--admin-url is not an address, e.g. postgresql://postgres:…@host/leora"
        ) from None


def _shadow_url(settings: Settings) -> URL | None:
    return database_url(settings.shadow_database_url) if settings.shadow_database_url else None


def _refuse_destruction(settings: Settings, url: URL, named: str | None) -> None:
    if named is not None and named != url.database:
        raise OperatorError(f"--yes-destroy {named} is not the name of this database, {described(url)}.")
    here = (url.host or "") in _LOCAL
    if named is None and not (settings.environment == "development" and here):
        raise OperatorError(
            f"This destroys everything in {described(url)}, which is not a development database of this"
            f" machine. If you mean it: leora db reset --yes-destroy {url.database}"
        )


def _tell(verb: str, revisions: Sequence[str]) -> None:
    _out.print(
        f"{verb}: {', '.join(revisions)}" if revisions else "Nothing to do: the database is there already."
    )


async def _answer(url: URL) -> float:
    async with migrate.transaction(url) as connection:
        started = time.perf_counter()
        await connection.execute(text("SELECT 1"))
        return (time.perf_counter() - started) * 1000
