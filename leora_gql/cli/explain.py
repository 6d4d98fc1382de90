"""`leora explain`: how an operation is answered, as the gateway would answer it to somebody."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from asyncpg import PostgresError
from graphql import GraphQLSchema
from pydantic import SecretStr

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.lookup import LoginRecord, Lookup
from leora_gql.auth.permissions import Audience
from leora_gql.auth.principal import Principal
from leora_gql.cli.explained import Explained, as_json, as_text
from leora_gql.db.connect import open_pools, reachable
from leora_gql.db.engine import Pools
from leora_gql.demo import ACCOUNTS
from leora_gql.errors import LeoraError, OperatorError
from leora_gql.schema import product_schema
from leora_gql.server.answer import Answer, Error
from leora_gql.server.caller import Caller
from leora_gql.server.operation import Operations
from leora_gql.server.request import HttpError, OperationRequest, request_from_json
from leora_gql.settings import Settings, load_settings
from leora_gql.settings_traffic import MEMORY

File = Annotated[Path, typer.Argument(help="The file with the operation; - for standard input.")]
Variables = Annotated[str | None, typer.Option(metavar="FILE|JSON", help="The variables' values.")]
Name = Annotated[str | None, typer.Option("--operation", help="Which, where the file has several.")]
Tenant = Annotated[str | None, typer.Option(metavar="SLUG", help="The tenant; else DEFAULT_TENANT_SLUG.")]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="EMAIL", help="As whom; in development, else the demo tenant's admin."),
]
Who = Annotated[
    Audience | None,
    typer.Option(case_sensitive=False, help="Who is meant, where staff and a buyer have that e-mail."),
]
Analyze = Annotated[bool, typer.Option("--analyze", help="Run the query, read only, and measure.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


def explain(
    file: File,
    variables: Variables = None,
    operation: Name = None,
    tenant: Tenant = None,
    email: As = None,
    audience: Who = None,
    analyze: Analyze = False,
    json: AsJson = False,
) -> None:
    """Show the plan, the SQL and the cost, or why it is not compiled; exit code 1 when it would be refused."""
    settings = load_settings()
    request = _request(file, variables, operation, most_nodes=settings.variables_limit_nodes)
    slug = tenant or settings.default_tenant_slug
    account = email or _demo_admin(settings, slug)
    with reachable(settings) as reached:
        found = asyncio.run(
            _explained(reached, request, slug=slug, email=account, audience=audience, analyze=analyze)
        )
    typer.echo(as_json(found) if json else as_text(found, analyzed=analyze))


def _demo_admin(settings: Settings, slug: str) -> str:
    """The first demo account of a tenant, which is its admin."""
    if settings.environment == "development":
        for account in ACCOUNTS:
            if account.tenant == slug:
                return account.email
    raise OperatorError(f"Say as whom in the tenant {slug}: --as EMAIL.")


def _request(file: Path, variables: str | None, name: str | None, *, most_nodes: int) -> OperationRequest:
    body = {"query": _text(file), "variables": _variables(variables), "operationName": name}
    try:
        return request_from_json(orjson.dumps(body), most_nodes=most_nodes)
    except HttpError as error:
        raise OperatorError(f"{file} is no request: {error}") from None


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise OperatorError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def _variables(given: str | None) -> Any:
    """The JSON of the option itself, or of the file that it names."""
    if given is None:
        return None
    text = given if given.lstrip().startswith("{") else _text(Path(given))
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise OperatorError(f"--variables is not JSON: {error}.") from None


async def _explained(
    settings: Settings,
    request: OperationRequest,
    *,
    slug: str,
    email: str,
    audience: Audience | None,
    analyze: bool,
) -> Explained:
    pools = open_pools(settings)
    auth = Authenticator(settings, pools)
    operations = Operations(_schema(), settings=_open_to_any(settings), pools=pools, auth=auth)
    try:
        principal = await _principal(auth.lookup, slug, email=email, audience=audience)
        caller = Caller(principal=principal, tenant_slug=slug, request_id="explain")
        prepared = operations.prepare(request, caller)
        if isinstance(prepared, Answer):
            raise OperatorError("\n  ".join(["The operation would be refused:", *_told(prepared.errors)]))
        explanation = await operations.explain(prepared, principal, analyze=analyze)
    except LeoraError as error:
        raise OperatorError(error.message) from error
    except PostgresError as error:
        raise OperatorError(f"The database refused: {error}") from error
    finally:
        await _close(operations, auth, pools)
    return Explained(prepared, principal, email, explanation)


def _schema() -> GraphQLSchema:
    return product_schema()._schema  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  it has no public name


def _open_to_any(settings: Settings) -> Settings:
    """The settings without what callers are held to and operators are not: trusted documents, rates."""
    free: dict[str, object] = {"staff_documents": "any", "portal_documents": "any"}
    return settings.model_copy(update={**free, "rate_limit_storage": SecretStr(MEMORY)})


async def _close(operations: Operations, auth: Authenticator, pools: Pools) -> None:
    await operations.close()
    await auth.close()
    await pools.close()


async def _principal(lookup: Lookup, slug: str, *, email: str, audience: Audience | None) -> Principal:
    """The account of that e-mail, as signing in would find it. Raises `OperatorError` when there is none."""
    tenant = await lookup.tenant(slug)
    if tenant is None:
        raise OperatorError(f"There is no tenant {slug}.")
    among = [audience] if audience else list(Audience)
    asked = [await lookup.login(tenant.id, email=email, audience=one) for one in among]
    accounts: list[LoginRecord] = [one for one in asked if one is not None]
    if len(accounts) > 1:
        raise OperatorError(f"Both staff and a buyer have {email}: say --audience staff or portal.")
    if not accounts:
        raise OperatorError(f"Nobody in the tenant {slug} has the e-mail {email}.")
    account = accounts[0]
    standing = await lookup.standing(tenant.id, kind=account.kind, principal_id=account.id)
    if standing is None or not standing.active:
        raise OperatorError(f"{email} could not sign in: the account or its tenant is not active.")
    return standing.principal


def _told(errors: Sequence[Error]) -> list[str]:
    """Each error with its place: `3:5 Cannot query field …`."""
    lines: list[str] = []
    for error in errors:
        at = next(iter(error.get("locations", ())), None)
        lines.append(f"{at['line']}:{at['column']} {error['message']}" if at else error["message"])
    return lines
