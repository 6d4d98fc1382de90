"""`leora schema`: the printed schema, and what a change of it breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLError, GraphQLSchema, build_schema, find_breaking_changes, find_dangerous_changes
from rich.console import Console

from leora_gql.errors import OperatorError
from leora_gql.schema import printed_schema

app = typer.Typer(help="The GraphQL schema.", no_args_is_help=True)
console = Console(soft_wrap=True, highlight=False)

Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead.")]
Old = Annotated[Path, typer.Argument(help="The older schema, as SDL.")]


@app.command("print")
def print_(output: Output = None) -> None:
    """Print the schema as SDL, sorted, as committed in schema.graphql."""
    text = printed_schema()
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@app.command()
def diff(old: Old) -> None:
    """Name what the current schema breaks for clients of an older one; exit 1 when it breaks anything."""
    before, now = _parsed(_read(old), str(old)), _parsed(printed_schema(), "the current schema")
    breaking = find_breaking_changes(before, now)
    for change in breaking:
        console.print(f"breaking   {change.description}", markup=False)
    for change in find_dangerous_changes(before, now):
        console.print(f"dangerous  {change.description}", markup=False)
    console.print(f"{len(breaking)} breaking changes.")
    if breaking:
        raise typer.Exit(1)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise OperatorError(f"{path} cannot be read as a schema: {type(error).__name__}.") from None


def _parsed(text: str, name: str) -> GraphQLSchema:
    try:
        return build_schema(text)
    except (GraphQLError, TypeError) as error:
        raise OperatorError(f"{name} is no GraphQL schema: {error}") from None
