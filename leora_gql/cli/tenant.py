"""`leora tenant …`: make a tenant."""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Annotated, Final
from zoneinfo import available_timezones

import typer
from rich.console import Console
from sqlalchemy import URL
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from leora_gql.auth.passwords import Passwords, password_weakness
from leora_gql.cli.database import database
from leora_gql.db.owner import as_owner
from leora_gql.domains.identity.enums import UserStatus
from leora_gql.domains.identity.models import User, UserRole
from leora_gql.domains.tenancy.service import NewTenant, create_tenant
from leora_gql.errors import OperatorError
from leora_gql.settings import is_tenant_slug

app = typer.Typer(no_args_is_help=True, add_completion=False)
_out = Console(highlight=False, soft_wrap=True)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


@app.callback()
def _together() -> None:
    """Make tenants."""


@app.command()
def create(
    slug: Annotated[str, typer.Argument(help="Its short name: lower-case letters, digits, hyphens.")],
    name: Annotated[str, typer.Option(help="Its full name.")],
    admin_email: Annotated[str | None, typer.Option(help="Who gets the role admin.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the admin's password from the input.")
    ] = False,
    timezone: Annotated[str, typer.Option(help="Where its days begin.")] = "America/New_York",
    currency: Annotated[str, typer.Option(help="The three letters of its money.")] = "USD",
) -> None:
    """Make a tenant with its settings, counters and system roles, and its first admin."""
    _check(slug, name, admin_email)
    if timezone not in available_timezones():
        raise OperatorError("--timezone is not the name of a time zone: America/New_York.")
    password = _password(admin_email, from_input=password_stdin) if admin_email else None
    settings: dict[str, object] = {"timezone": timezone, "default_currency": currency}
    new = NewTenant(slug=slug, name=name, contact_email=admin_email, settings=settings)
    with database() as (_, url):
        asyncio.run(_create(url, new, admin_email, password))
    _out.print(f"Made the tenant {slug} ({new.id}).")
    if admin_email:
        _out.print(f"{admin_email} may sign in with the header X-Tenant-Slug: {slug}.")


def _check(slug: str, name: str, admin_email: str | None) -> None:
    if not is_tenant_slug(slug):
        raise OperatorError(
            "A slug has at most 63 lower-case letters, digits and single hyphens: blue-cellar."
        )
    if not name.strip() or len(name) > 200:
        raise OperatorError("A name has 1 to 200 characters.")
    if admin_email is not None and (not _EMAIL.fullmatch(admin_email) or len(admin_email) > 254):
        raise OperatorError("--admin-email is not an e-mail address: admin@example.com.")


def _password(email: str, *, from_input: bool) -> str:
    if from_input:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt(f"Password of {email}", hide_input=True, confirmation_prompt=True)
    else:
        raise OperatorError("The admin needs a password: run this at a terminal, or with --password-stdin.")
    weakness = password_weakness(password, email=email)
    if weakness:
        raise OperatorError(weakness)
    return password


async def _create(url: URL, new: NewTenant, admin_email: str | None, password: str | None) -> None:
    try:
        async with as_owner(url, new.id) as connection, AsyncSession(bind=connection) as session:
            roles = await create_tenant(session, new)
            if admin_email and password:
                passwords = Passwords()
                admin = User(
                    tenant_id=new.id,
                    email=admin_email,
                    first_name="First",
                    last_name="Admin",
                    status=UserStatus.ACTIVE,
                    password_hash=await passwords.hash(password),
                )
                passwords.close()
                session.add(admin)
                await session.flush()
                session.add(UserRole(tenant_id=new.id, user_id=admin.id, role_id=roles["admin"]))
                await session.flush()
    except IntegrityError as error:
        raise OperatorError(_refusal(new, str(error.orig))) from error


def _refusal(new: NewTenant, cause: str) -> str:
    if "uq_tenants_slug" in cause:
        return f"There is a tenant {new.slug} already."
    if "default_currency" in cause:
        return "--currency is three capital letters: USD."
    return f"The database refused the tenant: {cause.splitlines()[0]}"
