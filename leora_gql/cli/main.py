"""`leora`: the command line, and how it says what went wrong."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING

from leora_gql.errors import OperatorError

if TYPE_CHECKING:
    import typer

GROUPS = {
    "dev": "Start everything for development: database, demo data, server with reload.",
    "serve": "Serve in production.",
    "db": "Migrations and the database itself.",
    "rls": "The boundary in the database: apply, inspect and prove it.",
    "doctor": "Look for what does not add up.",
    "seed": "Fill the database with demo tenants.",
    "tenant": "Make tenants.",
    "audit": "The audit log, proven to be whole.",
    "schema": "The GraphQL schema.",
    "explain": "Say how an operation is answered: its SQL and PostgreSQL's plan, or why there is none.",
    "documents": "Trusted documents: the operations that apps may run.",
}
"""The first word after `leora`: a module of this package with an `app`, or a function of its name."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    run(lambda: build_app(words)(args=words, prog_name="leora"))


def run(command: Callable[[], None]) -> None:
    """Run a command; exit with 1 and a sentence when it does not go well."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        command()
    except OperatorError as error:
        complain(str(error))
        sys.exit(1)
    except Exception as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        complain(refusal)
        sys.exit(1)


def build_app(words: Sequence[str]) -> typer.Typer:
    """The application with the group that is asked for; with all of them when none is (`--help`)."""
    import typer

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="The Leora gateway: a multi-tenant GraphQL API over PostgreSQL.",
    )
    app.callback()(_together)
    asked = [words[0]] if words and words[0] in GROUPS else list(GROUPS)
    for name in asked:
        _add(app, name)
    return app


def complain(sentence: str) -> None:
    """Print what is wrong to the error stream, as it is: no markup, no wrapping."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    console.print("Error:", style="bold red", end=" ")
    console.print(sentence, markup=False, soft_wrap=True)


def _refusal(error: Exception) -> str | None:
    """What to say of an error that the database gave; None for every other."""
    from sqlalchemy.exc import DBAPIError

    if not isinstance(error, DBAPIError):
        return None
    statement = (error.statement or "connecting").strip().split("\n", 1)[0][:200]
    return f"The database refused: {str(error.orig).strip()}\n  in {statement}"


def _together() -> None:
    """Keep the groups as words of their own, also when only one is registered."""


def _add(app: typer.Typer, name: str) -> None:
    import typer

    module = importlib.import_module(f"leora_gql.cli.{name}")
    group: object = getattr(module, "app", None)
    if isinstance(group, typer.Typer):
        app.add_typer(group, name=name, help=GROUPS[name])
        return
    command: Callable[..., None] = getattr(module, name)
    app.command(name, help=GROUPS[name])(command)


def _leave(number: int, frame: FrameType | None) -> None:
    """End by an exception, so that what was started is stopped on the way out."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
