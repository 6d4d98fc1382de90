"""`leora documents …`: the manifests of trusted documents, each checked against the schema before it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer
from graphql import GraphQLError, OperationDefinitionNode, parse
from rich.console import Console

from leora_gql.errors import OperatorError
from leora_gql.schema import product_schema
from leora_gql.server.limits import widest_limits
from leora_gql.server.manifests import ManifestError, read_manifest
from leora_gql.server.trusted import Manifests, is_manifest_name
from leora_gql.server.validation import check as check_document
from leora_gql.settings import load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False)
_out = Console(highlight=False, soft_wrap=True, markup=False)

File = Annotated[Path, typer.Argument(help="What graphql-codegen, Relay's compiler or Apollo's wrote.")]
Name = Annotated[str | None, typer.Option(help="What to call the manifest; else the file's name.")]
One = Annotated[str, typer.Argument(help="A manifest's name, as `list` shows it.")]
Which = Annotated[str | None, typer.Argument(help="A manifest's name: show its documents.")]


@app.command()
def load(file: File, name: Name = None) -> None:
    """Check every document of a manifest and let it run; it replaces one of the same name."""
    called = file.name.removesuffix(".json") if name is None else name
    if not is_manifest_name(called):
        raise OperatorError(
            f"{called} cannot be a manifest's name: letters, digits, dots, dashes and underscores."
            " Give another, e.g. --name portal-2.1"
        )
    documents = _read(file)
    manifests = _manifests()
    _refuse([*_misfits(documents), *_conflicts(documents, called, manifests)])
    try:
        manifests.write(called, orjson.dumps(documents, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
    except OSError as error:
        raise OperatorError(f"{manifests.folder} cannot be written: {error.strerror}.") from None
    _out.print(f"{called}: {len(documents)} documents, from now on trusted ({manifests.folder}).")


@app.command("list")
def list_(name: Which = None) -> None:
    """Show the manifests, or the documents of one of them."""
    manifests = _manifests()
    if name is not None:
        for key, text in sorted(_loaded(manifests, name).items()):
            _out.print(f"{key}  {_operations(text)}")
        return
    names = _names(manifests)
    for each in names:
        _out.print(f"{each}  {len(_loaded(manifests, each))} documents")
    _out.print(f"{len(names)} manifests in {manifests.folder}.")


@app.command()
def check() -> None:
    """Check all that is loaded against this release's schema, as before it is deployed; exit code 1 for misfits."""
    manifests = _manifests()
    loaded = {name: _loaded(manifests, name) for name in _names(manifests)}
    _refuse([f"{name}: {misfit}" for name, documents in loaded.items() for misfit in _misfits(documents)])
    _out.print(f"{sum(map(len, loaded.values()))} documents fit the schema.")


@app.command()
def remove(name: One) -> None:
    """Forget a manifest: within a second its documents run no more, unless another one has them too."""
    manifests = _manifests()
    count = len(_loaded(manifests, name))
    try:
        manifests.remove(name)
    except OSError as error:
        raise OperatorError(f"{manifests.folder} cannot be changed: {error.strerror}.") from None
    _out.print(f"{name}: {count} documents removed.")


def _manifests() -> Manifests:
    return Manifests(load_settings().documents_folder)


def _names(manifests: Manifests) -> list[str]:
    try:
        return manifests.names()
    except OSError as error:
        raise OperatorError(f"{manifests.folder} cannot be read: {error.strerror}.") from None


def _read(file: Path) -> dict[str, str]:
    try:
        documents = read_manifest(file.read_bytes())
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from None
    except ManifestError as error:
        raise OperatorError(f"{file} {error}.") from None
    if not documents:
        raise OperatorError(f"{file} holds no documents.")
    return documents


def _loaded(manifests: Manifests, name: str) -> dict[str, str]:
    if name not in _names(manifests):
        raise OperatorError(f"There is no manifest {name} in {manifests.folder}.")
    try:
        return manifests.read(name)
    except OSError as error:
        raise OperatorError(f"The manifest {name} cannot be read: {error.strerror}.") from None
    except ManifestError as error:
        raise OperatorError(f"The manifest {name} {error}: load it again, or remove its file.") from None


def _misfits(documents: Mapping[str, str]) -> Iterator[str]:
    """Why documents do not fit the schema, each by its id."""
    schema = product_schema()._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    limits = widest_limits(load_settings())
    for key, text in documents.items():
        for error in check_document(schema, text, limits).errors:
            at = error.locations[0] if error.locations else None
            place = f" ({at.line}:{at.column})" if at else ""
            yield f"{key}{place}: {error.message}"


def _conflicts(documents: Mapping[str, str], name: str, manifests: Manifests) -> Iterator[str]:
    """Ids that have another text in another manifest: neither would run."""
    for other in _names(manifests):
        if other != name:
            known = _loaded(manifests, other)
            for key in documents.keys() & known.keys():
                if documents[key] != known[key]:
                    yield f"{key}: the manifest {other} has another text for it."


def _refuse(problems: list[str]) -> None:
    if problems:
        raise OperatorError("\n  ".join(["The documents do not fit; nothing was changed:", *problems]))


def _operations(text: str) -> str:
    """What a document does: the kinds and names of its operations."""
    try:
        definitions = parse(text).definitions
    except GraphQLError:
        return "(not GraphQL)"
    operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    return ", ".join(
        f"{node.operation.value} {node.name.value if node.name else '(no name)'}" for node in operations
    )
