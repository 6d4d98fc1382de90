"""Tenants and accounts for the tests of sign-in: made through the owner, each test with a tenant of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncSession

from leora_gql.auth.authenticator import Authenticator
from leora_gql.auth.integration_tokens import make_integration_token
from leora_gql.auth.limits import SignInLimits
from leora_gql.auth.passwords import Passwords
from leora_gql.auth.permissions import Audience
from leora_gql.db.connect import login_urls
from leora_gql.db.engine import Pools
from leora_gql.db.logins import Login
from leora_gql.db.model import new_id
from leora_gql.db.owner import as_owner
from leora_gql.domains.identity import service
from leora_gql.domains.identity.service import Caller, Credentials, SignedIn
from leora_gql.domains.tenancy.service import NewTenant, create_tenant
from leora_gql.graph.problems import Problem
from leora_gql.settings import Settings

PASSWORD = "cork-and-cask"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = HASHER.hash(PASSWORD)
CALLER = Caller(operation="test", address="192.0.2.1", user_agent="tests", request_id="request-1")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += dt.timedelta(**delta)


@dataclass
class Company:
    """A tenant, and what tests do to it behind the product's back."""

    direct_url: URL
    id: UUID
    slug: str
    roles: dict[str, UUID]

    async def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Run a statement as the owner, in the tenant (`:tenant`)."""
        async with as_owner(self.direct_url, self.id) as connection:
            result = await connection.execute(text(statement), {"tenant": self.id, **values})
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    async def add_user(self, email: str, **given: Any) -> UUID:
        """A member of staff; `role`, `status`, `password_hash`, `external_issuer`, `external_subject`."""
        role = given.pop("role", "admin")
        user = new_id()
        values = _account(email, given)
        await self.sql(f"INSERT INTO leora.users {_INSERT}", id=user, **values)
        await self.grant("user", user, role)
        return user

    async def add_buyer(self, email: str, **given: Any) -> tuple[UUID, UUID]:
        """A portal user and its customer, with the role `portal_user`."""
        customer, buyer = new_id(), new_id()
        await self.sql(
            "INSERT INTO leora.customers (tenant_id, id, account_number, name) VALUES (:tenant, :id, :no, 'A shop')",
            id=customer,
            no=str(customer)[-8:],
        )
        role = given.pop("role", "portal_user")
        columns = _INSERT.replace("(tenant_id,", "(customer_id, tenant_id,").replace(
            "(:tenant,", "(:customer, :tenant,"
        )
        values = _account(email, given)
        await self.sql(f"INSERT INTO leora.portal_users {columns}", id=buyer, customer=customer, **values)
        await self.grant("portal_user", buyer, role)
        return buyer, customer

    async def grant(self, kind: str, account: UUID, role: str) -> None:
        """Give the account a role by its name."""
        await self.sql(
            f"INSERT INTO leora.{kind}_roles (tenant_id, {kind}_id, role_id) VALUES (:tenant, :account, :role)",
            account=account,
            role=self.roles[role],
        )

    async def add_integration(self, maker: UUID | None, *scopes: str, kind: str = "INBOUND") -> str:
        """An inbound token; its text."""
        row = new_id()
        made = make_integration_token(tenant_id=self.id, token_id=row)
        inbound = kind == "INBOUND"
        await self.sql(
            "INSERT INTO leora.integration_tokens"
            " (tenant_id, id, name, provider, kind, token_prefix, token_hash, secret, scopes, created_by_id)"
            " VALUES (:tenant, :id, 'Till', 'till', :kind, :prefix, :hash, :secret, :scopes, :maker)",
            id=row,
            kind=kind,
            prefix=made.prefix if inbound else None,
            hash=made.token_hash if inbound else None,
            secret=None if inbound else b"x" * 32,
            scopes=list(scopes),
            maker=maker,
        )
        return made.text

    async def audit(self) -> list[dict[str, Any]]:
        """The audit log in its order."""
        return await self.sql("SELECT * FROM leora.audit_log ORDER BY sequence")

    async def sessions(self) -> list[dict[str, Any]]:
        """Every session, oldest first."""
        return await self.sql("SELECT * FROM leora.sessions ORDER BY id")


_INSERT = (
    "(tenant_id, id, email, first_name, last_name, status, password_hash, external_issuer, external_subject)"
    " VALUES (:tenant, :id, :email, 'Ada', 'Example', :status, :password_hash, :external_issuer, :external_subject)"
)


def _account(email: str, given: dict[str, Any]) -> dict[str, Any]:
    defaults = {
        "status": "ACTIVE",
        "password_hash": HASH,
        "external_issuer": None,
        "external_subject": None,
    }
    return {"email": email, **defaults, **given}


async def make_company(direct_url: URL) -> Company:
    """A new tenant with a slug of its own."""
    tenant = new_id()
    slug = f"t-{tenant.hex[-12:]}"
    async with as_owner(direct_url, tenant) as connection, AsyncSession(bind=connection) as session:
        roles = await create_tenant(session, NewTenant(slug=slug, name="A distributor", id=tenant))
        await session.flush()
    return Company(direct_url=direct_url, id=tenant, slug=slug, roles=roles)


async def sign_in(
    auth: Authenticator,
    company: Company,
    email: str,
    *,
    password: str = PASSWORD,
    audience: Audience = Audience.STAFF,
    caller: Caller = CALLER,
) -> SignedIn | Problem:
    """Sign in at the company."""
    credentials = Credentials(tenant_slug=company.slug, audience=audience, email=email, password=password)
    return await service.sign_in(auth, credentials, caller=caller)


async def signed_in(auth: Authenticator, company: Company, email: str, **given: Any) -> SignedIn:
    """Sign in, which must work."""
    answer = await sign_in(auth, company, email, **given)
    assert isinstance(answer, SignedIn), answer
    return answer


def bearer(answer: SignedIn) -> str:
    """The header of a session."""
    return f"Bearer {answer.access_token}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def pools(settings: Settings) -> AsyncIterator[Pools]:
    """Pools with room for sign-ins that really run at the same time."""
    made = Pools(login_urls(settings), sizes={Login.AUTH: 8})
    yield made
    await made.close()


@pytest.fixture
async def auth(pools: Pools, clock: Clock, settings: Settings) -> AsyncIterator[Authenticator]:
    made = Authenticator(settings, pools, clock=clock, passwords=Passwords(HASHER), limits=SignInLimits())
    yield made
    await made.close()


@pytest.fixture
async def company(direct_url: URL) -> Company:
    return await make_company(direct_url)
